package org.wikisentry.connect.eventstreams;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.connect.errors.ConnectException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wikisentry.connect.eventstreams.Event.Position;

/**
 * How far the topics go, read from the events at their ends: for a task whose bookmark is lost, as
 * when somebody deletes the worker's topic of offsets. Without it every event would come again.
 *
 * @param partitions the source partitions of the task's streams, as far as the topics have them
 * @param since where to ask for all partitions; null if the topics hold no event of this service
 */
record TopicEnds(List<IdEntry> partitions, Instant since) {
    private static final Logger LOG = LoggerFactory.getLogger(TopicEnds.class);

    /** Records looked at of each partition. Behind so many of other streams a silent one is not found. */
    private static final int TAIL = 1_000;

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /**
     * Reads the topics.
     *
     * @throws ConnectException if the brokers do not answer, or the file of the client's settings cannot be read
     */
    static TopicEnds read(EventStreamsConfig config, List<String> streams) {
        Map<String, Object> settings = settings(config);
        ByteArrayDeserializer bytes = new ByteArrayDeserializer();
        try (Consumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings, bytes, bytes)) {
            TopicEnds ends = read(
                    consumer, config.topics(streams), config.url(), streams, System.currentTimeMillis());
            if (ends.since() != null) {
                LOG.warn("no bookmark is stored, but the topics hold events of {}: reading from {}, behind {}",
                        config.url(), ends.since(), ends.partitions());
            }
            return ends;
        } catch (KafkaException failed) {
            throw new ConnectException("no bookmark is stored, and the topics could not be asked how far they go: "
                    + failed.getMessage(), failed);
        }
    }

    /** A consumer's settings: those of the file, and over them our own. */
    static Map<String, Object> settings(EventStreamsConfig config) {
        Properties given = new Properties();
        String file = config.getString(EventStreamsConfig.RECOVERY_CLIENT);
        if (!file.isEmpty()) {
            try (Reader reader = Files.newBufferedReader(Path.of(file))) {
                given.load(reader);
            } catch (IOException | IllegalArgumentException failed) {
                throw new ConnectException(
                        EventStreamsConfig.RECOVERY_CLIENT + " " + file + " cannot be read: " + failed, failed);
            }
        }
        Map<String, Object> settings = new HashMap<>();
        given.forEach((name, value) -> settings.put((String) name, value));
        settings.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, config.getList(EventStreamsConfig.RECOVERY_SERVERS));
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        return settings;
    }

    static TopicEnds read(
            Consumer<byte[], byte[]> consumer, Collection<String> topics, String service, List<String> streams, long now) {
        Tails tails = new Tails(service, streams, now);
        tails.readAll(consumer, topics);
        return tails.ends();
    }

    /** The events at the ends, while they are read. */
    private static final class Tails {
        private final EventParser parser = new EventParser();
        private final String service;
        private final List<String> streams;
        private final long now;
        private final Map<String, Map<Integer, TreeMap<Long, Event>>> found = new HashMap<>();
        private long latest = EventTime.NONE;

        private Tails(String service, List<String> streams, long now) {
            this.service = service;
            this.streams = streams;
            this.now = now;
        }

        private void readAll(Consumer<byte[], byte[]> consumer, Collection<String> topics) {
            List<TopicPartition> partitions = new ArrayList<>();
            for (String topic : topics) {
                consumer.partitionsFor(topic, PATIENCE)
                        .forEach(one -> partitions.add(new TopicPartition(topic, one.partition())));
            }
            Map<TopicPartition, Long> first = consumer.beginningOffsets(partitions, PATIENCE);
            Map<TopicPartition, Long> end = consumer.endOffsets(partitions, PATIENCE);
            consumer.assign(partitions);
            partitions.forEach(one -> consumer.seek(one, Math.max(first.get(one), end.get(one) - TAIL)));
            Instant deadline = Instant.now().plus(PATIENCE);
            // A position passes markers of transactions too, where no record stands.
            while (partitions.stream().anyMatch(one -> consumer.position(one) < end.get(one))) {
                if (Instant.now().isAfter(deadline)) {
                    throw new KafkaException("they were not read within " + PATIENCE.toSeconds() + " s");
                }
                consumer.poll(Duration.ofMillis(500)).forEach(this::take);
            }
        }

        private void take(ConsumerRecord<byte[], byte[]> record) {
            Header header = record.headers().lastHeader(Ingest.SOURCE_HEADER);
            boolean isOurs = header != null && service.equals(new String(header.value(), StandardCharsets.UTF_8));
            if (!isOurs || record.value() == null) {
                return;
            }
            try {
                Event event = parser.parse(record.value());
                latest = Math.max(latest, Math.min(event.time(), now));
                Position at = event.position();
                if (at != null && streams.stream().anyMatch(stream -> StreamBookmarks.isOf(at.topic(), stream))) {
                    found.computeIfAbsent(at.topic(), none -> new HashMap<>())
                            .computeIfAbsent(at.partition(), none -> new TreeMap<>())
                            .put(at.offset(), event);
                }
            } catch (EventException written) {
                LOG.debug("a record of {} is no event: {}", record.topic(), written.getMessage());
            }
        }

        private TopicEnds ends() {
            List<IdEntry> entries = new ArrayList<>();
            found.forEach((topic, byPartition) -> byPartition.forEach((partition, events) -> {
                long last = events.values().stream().mapToLong(Event::time).max().orElse(EventTime.NONE);
                Long time = last == EventTime.NONE ? null : (Long) Math.min(last, now);
                entries.add(new IdEntry(topic, partition, events.lastKey() + 1, time, new long[0], recent(events)));
            }));
            // Streams that are all new have no silent partition to look after.
            long margin = entries.isEmpty() ? PartitionMark.MARGIN : PartitionMark.SILENT_MARGIN;
            return new TopicEnds(entries, latest == EventTime.NONE ? null : Instant.ofEpochMilli(latest - margin));
        }

        /** Offsets and ids of the last events. */
        private static long[] recent(TreeMap<Long, Event> events) {
            List<Map.Entry<Long, Event>> kept = new ArrayList<>(events.entrySet());
            kept.removeIf(entry -> entry.getValue().id() == null);
            kept = kept.subList(Math.max(0, kept.size() - TakenEvents.MOST), kept.size());
            long[] pairs = new long[kept.size() * 2];
            for (int at = 0; at < kept.size(); at++) {
                pairs[2 * at] = kept.get(at).getKey();
                pairs[2 * at + 1] = RecentIds.digest(kept.get(at).getValue().id());
            }
            return pairs;
        }
    }
}
