package org.wikisentry.connect.eventstreams;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.ConnectException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A bookmark that is lost is read back from the topics. */
class TopicEndsTest {
    private static final String SERVICE = "http://service";
    private static final String CODFW = "codfw.mediawiki.recentchange";
    private static final List<String> STREAMS = List.of("recentchange");
    private static final long NOW = Instant.parse("2026-09-18T00:00:00Z").toEpochMilli();

    private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none");
    private final Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> records = new LinkedHashMap<>();

    private static TopicPartition partition(String topic, int number) {
        return new TopicPartition(topic, number);
    }

    private void add(TopicPartition to, String service, String value) {
        List<ConsumerRecord<byte[], byte[]>> kept = records.computeIfAbsent(to, none -> new ArrayList<>());
        ConsumerRecord<byte[], byte[]> record =
                new ConsumerRecord<>(to.topic(), to.partition(), kept.size(), null, value.getBytes(UTF_8));
        if (service != null) {
            record.headers().add(Ingest.SOURCE_HEADER, service.getBytes(UTF_8));
        }
        kept.add(record);
    }

    /** What the topics say; a marker of a transaction ends every partition. */
    private TopicEnds read() {
        Map<TopicPartition, Long> begin = new HashMap<>();
        Map<TopicPartition, Long> end = new HashMap<>();
        Map<String, List<PartitionInfo>> infos = new HashMap<>();
        Node node = new Node(0, "localhost", 9092);
        Node[] nodes = {node};
        records.forEach((at, kept) -> {
            begin.put(at, 0L);
            end.put(at, kept.size() + 1L);
            infos.computeIfAbsent(at.topic(), none -> new ArrayList<>())
                    .add(new PartitionInfo(at.topic(), at.partition(), node, nodes, nodes));
        });
        infos.forEach(consumer::updatePartitions);
        consumer.updateBeginningOffsets(begin);
        consumer.updateEndOffsets(end);
        consumer.schedulePollTask(() -> {
            records.values().forEach(kept -> kept.stream()
                    .filter(record -> record.offset() >= consumer.position(partition(record.topic(), record.partition())))
                    .forEach(consumer::addRecord));
        });
        consumer.schedulePollTask(() -> end.forEach(consumer::seek));
        return TopicEnds.read(consumer, infos.keySet(), SERVICE, STREAMS, NOW);
    }

    @Test
    void theClientIsWhomTheFileSaysAndReadsAsWeDo(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("client.properties");
        Files.writeString(file, "security.protocol=SASL_PLAINTEXT\nisolation.level=read_uncommitted\n");
        Map<String, String> given = Map.of("contact", "me@example.org",
                EventStreamsConfig.RECOVERY_SERVERS, "kafka:9092",
                EventStreamsConfig.RECOVERY_CLIENT, file.toString());
        Map<String, Object> settings = TopicEnds.settings(new EventStreamsConfig(given));
        assertEquals("SASL_PLAINTEXT", settings.get("security.protocol"));
        assertEquals("read_committed", settings.get("isolation.level"));
        assertEquals(List.of("kafka:9092"), settings.get("bootstrap.servers"));
        Files.delete(file);
        assertThrows(ConnectException.class, () -> TopicEnds.settings(new EventStreamsConfig(given)));
    }

    @Test
    void itGoesOnBehindTheLastEventOfEachSourcePartition() {
        for (int offset = 0; offset < 2_500; offset++) {
            add(partition("edits.bot", offset % 2), SERVICE, Edits.payload(offset));
        }
        add(partition("edits.registered", 0), SERVICE, Edits.payload(CODFW, 70));
        add(partition("edits.registered", 0), SERVICE, Edits.payload(CODFW, 69));
        List<IdEntry> found = new ArrayList<>(read().partitions());
        found.sort(Comparator.comparing(IdEntry::topic));
        assertEquals(List.of(CODFW, Edits.TOPIC), found.stream().map(IdEntry::topic).toList());
        assertEquals(List.of(71L, 2_500L), found.stream().map(IdEntry::offset).toList());
        long[] codfw = {69, RecentIds.digest(CODFW + 69), 70, RecentIds.digest(CODFW + 70)};
        assertArrayEquals(codfw, found.get(0).recent());
        assertEquals(2 * TakenEvents.MOST, found.get(1).recent().length);
        assertEquals("2026-09-17T03:42:33.999Z", Instant.ofEpochMilli(found.get(1).timestamp()).toString());
    }

    @Test
    void eventsOfAnotherServiceOrStreamAndWhatIsNoEventSayNothing() {
        add(partition("edits.bot", 0), "http://other", Edits.payload(900));
        add(partition("edits.bot", 0), null, Edits.payload(901));
        add(partition("edits.bot", 0), SERVICE, "{");
        assertEquals(new TopicEnds(List.of(), null), read());
        consumer.unsubscribe();
        // Streams that are all new begin behind those that were read before.
        add(partition("edits.bot", 0), SERVICE, Edits.payload("eqiad.mediawiki.page_change.v1", 2));
        assertEquals(new TopicEnds(List.of(), Instant.parse("2026-09-17T03:42:23.102Z")), read());
        consumer.unsubscribe();
        add(partition("edits.bot", 1), SERVICE, Edits.payload(3));
        assertEquals(List.of(4L), read().partitions().stream().map(IdEntry::offset).toList());
    }

    @Test
    void aClockThatIsAheadDoesNotMoveTheBookmark() {
        add(partition("edits.bot", 0), SERVICE, Edits.payload(1).replace("2026-09-17", "2031-09-17"));
        assertEquals(List.of(NOW), read().partitions().stream().map(IdEntry::timestamp).toList());
    }

    @Test
    void theServiceIsAskedForAllPartitionsFirstAsSilentOnesAreNotKnown() throws Exception {
        add(partition("edits.bot", 0), SERVICE, Edits.payload(42));
        Map<String, Bookmark> empty = Map.of("recentchange", new Bookmark(100));
        StreamBookmarks bookmarks = new StreamBookmarks(SERVICE, empty);
        bookmarks.recover(read());
        Resume first = bookmarks.resume(ResumeBy.OFFSETS, null);
        assertNull(first.lastEventId());
        assertEquals(Instant.parse("2026-09-17T03:32:33.142Z"), first.since());
        Bookmark bookmark = bookmarks.of(Edits.TOPIC).bookmark();
        Event.Position taken = new Event.Position(Edits.TOPIC, 0, 42);
        long time = Instant.parse("2026-09-17T03:42:33.142Z").toEpochMilli();
        assertFalse(bookmark.take(taken, time, new Seen(RecentIds.digest(Edits.TOPIC + 42), true)));
        Event.Position next = new Event.Position(Edits.TOPIC, 0, 43);
        assertTrue(bookmark.take(next, time + 1, new Seen(RecentIds.digest(Edits.TOPIC + 43), true)));
        bookmarks.takeId(IdEntry.parse("[{\"topic\":\"" + CODFW + "\",\"partition\":0,\"timestamp\":" + time + "}]"));
        assertNotNull(bookmarks.resume(ResumeBy.OFFSETS, null).lastEventId());
        assertTrue(bookmarks.resume(ResumeBy.OFFSETS, null).lastEventId().contains(CODFW));
    }

    @Test
    void topicsAreThoseOfTheSettings() {
        Map<String, String> settings = Map.of("contact", "a@example.org", "topic.edits", "x.{stream}.{user_type}");
        assertEquals(
                Set.of("x.recentchange.anonymous", "x.recentchange.bot", "x.recentchange.registered", "revision.tags"),
                new EventStreamsConfig(settings).topics(STREAMS));
    }
}
