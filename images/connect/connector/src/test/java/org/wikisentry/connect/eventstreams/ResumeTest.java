package org.wikisentry.connect.eventstreams;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.wikisentry.connect.eventstreams.Event.Position;

class ResumeTest {
    static List<JsonNode> vectors() {
        return Testdata.vectors("resume.json");
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void agreesWithTheVectorsInOneRun(JsonNode vector) throws IOException {
        run(vector, false);
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void agreesWithTheVectorsOverRestarts(JsonNode vector) throws IOException {
        run(vector, true);
    }

    private static void run(JsonNode vector, boolean restarts) throws IOException {
        String name = vector.get("name").asText();
        int window = vector.get("window").asInt();
        List<String> streams = Testdata.list(vector.get("streams")).stream().map(JsonNode::asText).toList();
        Instant begin = vector.has("begin") ? Instant.ofEpochMilli(vector.get("begin").asLong()) : null;
        Map<String, Bookmark> byStream = new HashMap<>();
        put(byStream, streams, new Bookmark(window));
        StreamBookmarks bookmarks = new StreamBookmarks("http://localhost", byStream);
        for (JsonNode step : vector.get("steps")) {
            if (step.has("id")) {
                bookmarks.takeId(IdEntry.parseId(Testdata.write(step.get("id")), Long.MAX_VALUE));
            } else if (step.has("partitions")) {
                bookmarks.takeId(partitions(step.get("partitions")));
            } else if (step.has("event")) {
                take(bookmarks.any().bookmark(), step.get("event"), name);
            } else {
                if (restarts) {
                    Map<String, Object> stored = bookmarks.any().bookmark().sourceOffset();
                    put(byStream, streams, Bookmark.read(stored, window));
                    bookmarks = new StreamBookmarks("http://localhost", byStream);
                }
                resume(byStream.get(streams.get(0)), streams, begin, step.get("resume"), name);
            }
        }
        assertEquals(vector.get("gaps").asLong(), bookmarks.any().bookmark().gaps(), name);
        Map<String, Long> positions = new HashMap<>();
        for (PartitionMark mark : bookmarks.any().bookmark().marks()) {
            if (mark.next != PartitionMark.NONE) {
                positions.put(mark.topic + '/' + mark.partition, mark.next);
            }
        }
        Map<String, Long> expected = new HashMap<>();
        vector.get("positions").properties().forEach(entry -> expected.put(entry.getKey(), entry.getValue().asLong()));
        assertEquals(expected, positions, name);
    }

    /** One bookmark for all streams, as the other implementation has it. */
    private static void put(Map<String, Bookmark> byStream, List<String> streams, Bookmark bookmark) {
        streams.forEach(stream -> byStream.put(stream, bookmark));
    }

    private static List<IdEntry> partitions(JsonNode named) {
        int first = named.get("first").asInt();
        return IntStream.range(first, first + named.get("count").asInt())
                .mapToObj(number -> IdEntry.at(named.get("topic").asText(), number, named.get("offset").asLong(), null))
                .toList();
    }

    private static ResumeBy by(JsonNode step) {
        if (step.path("without_header").asBoolean()) {
            return ResumeBy.SINCE;
        }
        return step.path("without_offsets").asBoolean() ? ResumeBy.TIMES : ResumeBy.OFFSETS;
    }

    private static void take(Bookmark bookmark, JsonNode event, String name) {
        Position position = new Position(
                event.get("topic").asText(), event.get("partition").asInt(), event.get("offset").asLong());
        long time = event.get("timestamp").asLong();
        PartitionMark mark = bookmark.mark(position.topic(), position.partition());
        String id = event.get("id").asText();
        boolean repeated = mark != null && mark.hasTaken(position.offset(), time);
        assertEquals(event.path("repeated").asBoolean(), repeated, name + ": " + id);
        boolean again = event.path("again").asBoolean();
        boolean fresh = bookmark.take(position, time, new Seen(RecentIds.digest(id), !again));
        assertEquals(!again, fresh, name + ": " + id);
    }

    private static void resume(Bookmark bookmark, List<String> streams, Instant begin, JsonNode step, String name)
            throws IOException {
        Resume resume = Resume.of(List.of(bookmark), streams, by(step), begin);
        if (step.has("entries")) {
            assertEquals(step.get("entries").asInt(), IdEntry.parse(resume.lastEventId()).size(), name);
            return;
        }
        if (step.has("last_event_id")) {
            assertNotNull(resume.lastEventId(), name);
            byte[] header = resume.lastEventId().getBytes(StandardCharsets.UTF_8);
            assertEquals(step.get("last_event_id"), Testdata.parse(header), name);
            assertEquals(null, resume.since(), name);
        } else {
            Instant since = step.has("since") ? Instant.ofEpochMilli(step.get("since").asLong()) : null;
            assertEquals(new Resume(null, since), resume, name);
        }
    }

    /** Wherever a task is stopped and whichever cluster goes on: each event once, in order, no gap. */
    @Test
    void takesEveryEventOnceOverRestartsAndClusters() throws IOException {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            long[] times = times(random);
            List<Integer> taken = new ArrayList<>();
            List<Integer> committed = List.of();
            Map<String, Object> stored = null;
            RecentIds ids = new RecentIds(1_000);
            Bookmark bookmark = new Bookmark(100);
            long firstOffset = 50_000;
            for (int connection = 0; connection < 8; connection++) {
                if (random.nextInt(2) == 0) {
                    bookmark = Bookmark.read(stored, 100);
                    taken = new ArrayList<>(committed);
                    ids = new RecentIds(1_000);
                }
                firstOffset = random.nextInt(2) == 0 ? firstOffset : random.nextInt(100_000);
                Resume resume = Resume.of(List.of(bookmark), List.of("t"), ResumeBy.OFFSETS, null);
                int at = resume.lastEventId() == null ? 0 : asked(resume.lastEventId(), times);
                int end = connection == 7 ? times.length : at + random.nextInt(times.length - at + 1);
                for (; at < end; at++) {
                    Position position = new Position("eqiad.t", 0, firstOffset + at);
                    String id = "event " + at;
                    bookmark.takeForm(true);
                    if (bookmark.take(position, times[at], new Seen(RecentIds.digest(id), ids.add(id)))) {
                        taken.add(at);
                        if (random.nextInt(4) > 0) {
                            stored = bookmark.sourceOffset();
                            committed = List.copyOf(taken);
                        }
                    }
                }
            }
            String where = "seed " + seed + ", round " + round;
            assertEquals(IntStream.range(0, times.length).boxed().toList(), taken, where);
            assertEquals(0, bookmark.gaps(), where);
        }
    }

    /** Times of events, some of them a little back. */
    private static long[] times(Random random) {
        long[] times = new long[1 + random.nextInt(400)];
        int step = 30 + random.nextInt(3_000);
        long clock = 1_700_000_000_000L;
        for (int at = 0; at < times.length; at++) {
            clock += random.nextInt(step);
            times[at] = clock - random.nextInt(500);
        }
        return times;
    }

    /** The first event at the time that the header names. */
    private static int asked(String lastEventId, long[] times) throws IOException {
        long time = IdEntry.parse(lastEventId).get(0).timestamp();
        int at = 0;
        while (at < times.length && times[at] < time) {
            at++;
        }
        return at;
    }

    @Test
    void whatWasStoredIsWhatMayComeAgain() throws IOException {
        Bookmark bookmark = new Bookmark(100);
        for (int number = 0; number < 2_000; number++) {
            bookmark.take(new Position("eqiad.t", 0, number), number * 100L, new Seen(number, true));
        }
        Map<String, Object> stored = bookmark.sourceOffset();
        TakenEvents taken = Bookmark.read(stored, 100).mark("eqiad.t", 0).taken;
        assertEquals(111, taken.size(), "those of the last 11 s");
        assertEquals(1_999, taken.offsetOf(1_999));
        assertEquals(PartitionMark.NONE, taken.offsetOf(1_888));
        assertEquals(stored, Bookmark.read(stored, 100).sourceOffset());
        int bytes = stored.get("bookmark").toString().length();
        assertTrue(bytes < 1_000, bytes + " bytes");
    }

    @Test
    void aRareEventIsRememberedHoweverOldAndABusyStreamIsBounded() {
        TakenEvents taken = TakenEvents.NONE;
        for (int number = 0; number < 5_000; number++) {
            TakenEvents before = taken;
            taken = taken.plus(number, number, number);
            assertEquals(PartitionMark.NONE, before.offsetOf(number), "it is not changed");
        }
        assertEquals(TakenEvents.MOST, taken.size());
        assertEquals(2 * 16, taken.since(Long.MAX_VALUE).length);
        TakenEvents shifted = taken.shifted(-4_000);
        assertEquals(999, shifted.offsetOf(4_999));
        assertEquals(4_999, taken.offsetOf(4_999));
    }

    @Test
    void withoutAnyTimeTheOffsetsOfTheStreamsAreSent() throws IOException {
        Bookmark set = Bookmark.read(Map.of("bookmark",
                "[{\"topic\":\"eqiad.t\",\"partition\":0,\"offset\":7},{\"topic\":\"eqiad.u\",\"partition\":0,\"offset\":9}]"), 10);
        assertEquals("[{\"topic\":\"eqiad.t\",\"partition\":0,\"offset\":7}]",
                Resume.of(List.of(set), List.of("t"), ResumeBy.OFFSETS, null).lastEventId());
        Bookmark timed = Bookmark.read(Map.of("bookmark",
                "[{\"topic\":\"eqiad.t\",\"partition\":0,\"offset\":7,\"timestamp\":20000}]"), 10);
        assertEquals("[{\"topic\":\"eqiad.t\",\"partition\":0,\"timestamp\":10000}]",
                Resume.of(List.of(timed), List.of("t"), ResumeBy.OFFSETS, null).lastEventId());
    }

    @Test
    void partitionsThatHaveSentNothingHaveNoOffsetInIdsByTime() {
        Bookmark bookmark = new Bookmark(10);
        StreamBookmarks bookmarks = new StreamBookmarks("http://localhost", Map.of("t", bookmark));
        bookmarks.takeId(List.of(
                IdEntry.at("eqiad.t", 0, null, 1_700_000_000_000L), IdEntry.at("codfw.t", 0, 1_234L, null)));
        assertEquals(PartitionMark.NONE, bookmark.mark("codfw.t", 0).next);
    }
}
