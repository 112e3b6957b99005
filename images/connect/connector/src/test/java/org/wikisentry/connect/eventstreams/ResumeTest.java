package org.wikisentry.connect.eventstreams;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
        byStream.put(streams.get(0), new Bookmark(window));
        StreamBookmarks bookmarks = new StreamBookmarks("http://localhost", byStream);
        for (JsonNode step : vector.get("steps")) {
            if (step.has("id")) {
                bookmarks.takeId(IdEntry.parseId(Testdata.write(step.get("id")), Long.MAX_VALUE));
            } else if (step.has("event")) {
                take(bookmarks.any().bookmark(), step.get("event"), name);
            } else {
                if (restarts) {
                    Map<String, Object> stored = bookmarks.any().bookmark().sourceOffset();
                    byStream.put(streams.get(0), Bookmark.read(stored, window));
                    bookmarks = new StreamBookmarks("http://localhost", byStream);
                }
                resume(byStream.get(streams.get(0)), streams, begin, step.get("resume"), name);
            }
        }
        assertEquals(vector.get("gaps").asLong(), bookmarks.gaps(), name);
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

    private static void resume(Bookmark bookmark, List<String> streams, Instant begin, JsonNode step, String name) {
        Resume resume = Resume.of(List.of(bookmark), streams, step.path("without_offsets").asBoolean(), begin);
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
}
