package org.wikisentry.connect.eventstreams.it;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A consumer that sees committed records only, and compares them with what is expected. */
final class CommittedReader implements AutoCloseable {
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Expected expected;
    private final int lateness;
    private final Map<String, Integer> seen = new HashMap<>();
    /** The furthest place seen of each key, by source topic. */
    private final Map<String, Integer> furthest = new HashMap<>();
    private final List<String> wrong = new ArrayList<>();
    private long deadLetters;
    private long late;

    /** {@code lateness}: how many places an event may come behind a later one of the same key. */
    CommittedReader(String bootstrap, Expected expected, int lateness) {
        this.expected = expected;
        this.lateness = lateness;
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("isolation.level", "read_committed");
        settings.put("auto.offset.reset", "earliest");
        settings.put("max.poll.records", "5000");
        consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        List<TopicPartition> all = new ArrayList<>();
        for (String topic : Platform.TOPICS) {
            for (int partition = 0; partition < Platform.PARTITIONS; partition++) {
                all.add(new TopicPartition(topic, partition));
            }
        }
        consumer.assign(all);
        consumer.seekToBeginning(all);
    }

    /** Takes what is there; returns how many records. */
    int poll(Duration wait) {
        var records = consumer.poll(wait);
        records.forEach(this::take);
        return records.count();
    }

    /** How many different expected events came. */
    int distinct() {
        return seen.size();
    }

    long deadLetters() {
        return deadLetters;
    }

    /** Events that came behind a later one of their key, within what is allowed. */
    long late() {
        return late;
    }

    /** What is not as expected, so far; a short list. */
    List<String> wrong() {
        return wrong;
    }

    /** Some of what was expected and did not come. */
    List<String> missing() {
        return expected.entries.keySet().stream().filter(id -> !seen.containsKey(id)).sorted().limit(10).toList();
    }

    private void take(ConsumerRecord<byte[], byte[]> record) {
        if (record.topic().equals("deadletter")) {
            deadLetters++;
            return;
        }
        String id = Expected.id(record.value());
        Expected.Entry entry = expected.entries.get(id);
        String where = id + " in " + record.topic() + '-' + record.partition() + " at " + record.offset();
        if (entry == null) {
            note("not expected: " + where);
            return;
        }
        if (seen.merge(id, 1, Integer::sum) > 1) {
            note("doubled: " + where);
            return;
        }
        String key = new String(record.key(), StandardCharsets.UTF_8);
        if (!record.topic().equals(entry.topic()) || !key.equals(entry.key())) {
            note("expected in " + entry.topic() + " with key " + entry.key() + ": " + where + " with key " + key);
        }
        if (Expected.sum(record.value()) != entry.sum()) {
            note("changed: " + where);
        }
        String source = id.substring(0, id.indexOf('@')) + '/' + entry.topic() + '/' + key;
        int last = furthest.merge(source, entry.place(), Math::max);
        if (last > entry.place()) {
            late++;
            if (last - entry.place() > lateness) {
                note("out of order by " + (last - entry.place()) + " events: " + where);
            }
        }
    }

    private void note(String what) {
        if (wrong.size() < 20) {
            wrong.add(what);
        }
    }

    @Override
    public void close() {
        consumer.close();
    }
}
