package org.wikisentry.connect.eventstreams;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.wikisentry.connect.eventstreams.Event.Position;

class BookmarkTest {
    private static final String EQIAD = "eqiad.mediawiki.recentchange";
    private static final String CODFW = "codfw.mediawiki.recentchange";

    private static final List<String> STREAMS = List.of("mediawiki.recentchange");

    static List<JsonNode> vectors() {
        return Testdata.vectors("bookmark.json");
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void agreesWithTheVectors(JsonNode vector) {
        Bookmark bookmark = new Bookmark(vector.get("window").asInt());
        for (JsonNode event : vector.get("events")) {
            String topic = event.get("topic").asText();
            int partition = event.get("partition").asInt();
            long time = event.get("timestamp").asLong();
            if (event.get("offset").isNull()) {
                bookmark.takeTime(topic, partition, time);
            } else {
                bookmark.take(new Position(topic, partition, event.get("offset").asLong()), time);
            }
        }
        String name = vector.get("name").asText();
        String header = Resume.lastEventId(List.of(bookmark), STREAMS);
        JsonNode expected = vector.get("last_event_id");
        if (expected.isNull()) {
            assertNull(header, name);
        } else {
            assertEquals(expected, Testdata.parse(header.getBytes(StandardCharsets.UTF_8)), name);
        }
        assertEquals(vector.get("gaps").asLong(), bookmark.gaps(), name);
    }

    @Test
    void isStoredAsTheHeaderWithWhatLiesAhead() throws IOException {
        Bookmark bookmark = new Bookmark(10);
        for (long offset : new long[] {5, 7, 8, 11}) {
            assertTrue(bookmark.take(new Position(EQIAD, 0, offset), 1000 + offset));
        }
        bookmark.takeId(IdEntry.at(CODFW, 0, -1L, null));
        Map<String, Object> stored = bookmark.sourceOffset();
        assertEquals(
                Map.of("bookmark", "[{\"topic\":\"" + EQIAD + "\",\"partition\":0,\"offset\":6,\"timestamp\":1005,"
                        + "\"ahead\":[[7,8],[11,11]]},{\"topic\":\"" + CODFW + "\",\"partition\":0}]",
                        "gaps", 0L, "gap.offsets", 0L, "by.time", false),
                stored);

        Bookmark restored = Bookmark.read(stored, 10);
        assertEquals(stored, restored.sourceOffset());
        for (long taken : new long[] {4, 5, 7, 8, 11}) {
            assertFalse(restored.take(new Position(EQIAD, 0, taken), 1000), "offset " + taken);
        }
        for (long missing : new long[] {6, 9, 10}) {
            assertTrue(restored.take(new Position(EQIAD, 0, missing), 1000), "offset " + missing);
        }
        assertEquals(12, restored.mark(EQIAD, 0).next);
    }

    @Test
    void gapsAreCountedOnAfterARestart() throws IOException {
        Bookmark bookmark = new Bookmark(1);
        for (long offset : new long[] {5, 9, 10}) {
            bookmark.take(new Position(EQIAD, 0, offset), 1);
        }
        Bookmark restored = Bookmark.read(bookmark.sourceOffset(), 1);
        for (long offset : new long[] {12, 13}) {
            restored.take(new Position(EQIAD, 0, offset), 1);
        }
        assertEquals(2, restored.gaps());
        assertEquals(4, restored.gapOffsets());
        Bookmark older = Bookmark.read(Map.of("bookmark", "[]"), 1);
        assertEquals(0, older.gaps());
    }

    @Test
    void aRecordKeepsTheBookmarkAsItWas() {
        Bookmark bookmark = new Bookmark(10);
        bookmark.take(new Position(EQIAD, 0, 5), 1);
        Map<String, Object> then = bookmark.sourceOffset();
        bookmark.take(new Position(EQIAD, 0, 6), 2);
        bookmark.take(new Position(CODFW, 0, 6), 2);
        assertTrue(then.get("bookmark").toString().endsWith("\"offset\":6,\"timestamp\":1}]"), then::toString);
    }

    /** Whatever the order and the repetitions, and wherever the task is stopped: each event once. */
    @Test
    void takesEveryEventOnceOverRestarts() throws IOException {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            int events = 1 + random.nextInt(60);
            Set<Long> holes = new HashSet<>();
            for (long offset = 0; offset < events; offset++) {
                if (random.nextInt(10) == 0) {
                    holes.add(offset);
                }
            }
            Set<Long> taken = new HashSet<>();
            Map<String, Object> stored = null;
            for (int run = 0; run < 6; run++) {
                Bookmark bookmark = Bookmark.read(stored, 1_000);
                // As the first id of a connection does.
                bookmark.takeId(IdEntry.at(EQIAD, 0, 0L, null));
                long from = bookmark.mark(EQIAD, 0).next;
                boolean last = run == 5;
                for (long offset : shuffled(from, events, holes, random, last)) {
                    boolean fresh = bookmark.take(new Position(EQIAD, 0, offset), offset);
                    assertEquals(taken.add(offset), fresh, "seed " + seed + ", round " + round + ", offset " + offset);
                    stored = bookmark.sourceOffset();
                }
            }
            assertEquals(events - holes.size(), taken.size(), "seed " + seed + ", round " + round);
        }
    }

    /** What a server sends: from an offset on, up to four places late, cut off somewhere. */
    private static List<Long> shuffled(long from, long to, Set<Long> holes, Random random, boolean whole) {
        List<Long> sent = new ArrayList<>();
        for (long offset = from; offset < to; offset++) {
            if (!holes.contains(offset)) {
                sent.add(Math.max(0, sent.size() - random.nextInt(5)), offset);
            }
        }
        return whole ? sent : sent.subList(0, random.nextInt(sent.size() + 1));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "{}", "null", "[1]", "[{}]", "[{\"topic\":\"t\"}]", "[{\"partition\":0}]", "[",
        "[{\"topic\":\"t\",\"partition\":0,\"offset\":5,\"ahead\":[[8,7]]}]",
        "[{\"topic\":\"t\",\"partition\":0,\"offset\":5,\"ahead\":[[8,9],[7,7]]}]",
        "[{\"topic\":\"t\",\"partition\":0,\"offset\":5,\"ahead\":[8]}]",
        "[{\"topic\":\"t\",\"partition\":0,\"offset\":5,\"ahead\":[[8]]}]",
        "[{\"topic\":\"t\",\"partition\":0,\"offset\":5}] x",
        "[{\"topic\":\"t\",\"partition\":0,\"offset\":5,\"recent\":7}]",
        "[{\"topic\":\"t\",\"partition\":0,\"offset\":5,\"recent\":[4]}]",
        "[{\"topic\":\"t\",\"partition\":0,\"offset\":5,\"recent\":[[4]]}]",
        "[{\"topic\":\"t\",\"partition\":0,\"offset\":5,\"recent\":[[4,\"AAAA\"]]}]",
        "[{\"topic\":\"t\",\"partition\":0,\"offset\":5,\"recent\":[[-4,\"AAAAAAAA\"]]}]",
        "[{\"topic\":\"t\",\"partition\":0,\"offset\":5,\"recent\":[[4,\"AAAAAAA!\"]]}]",
    })
    void refusesWhatIsNoBookmark(String text) {
        assertThrows(IOException.class, () -> Bookmark.read(Map.of("bookmark", text), 10), text);
        assertThrows(IOException.class, () -> Bookmark.read(Map.of("other", 1L), 10));
    }

    @Test
    void anIdOfAnotherFormNamesNothing() {
        for (String id : List.of("", "7", "[7]", "{", "[{\"topic\":1}]", "\u0000")) {
            assertEquals(List.of(), IdEntry.parseId(id.getBytes(StandardCharsets.UTF_8), 0), id);
        }
    }
}
