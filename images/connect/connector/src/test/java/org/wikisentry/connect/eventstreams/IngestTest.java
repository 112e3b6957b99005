package org.wikisentry.connect.eventstreams;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class IngestTest {
    private static final long NOW = EventTime.parse("2026-09-17T04:00:00Z");

    private final List<SourceRecord> records = new ArrayList<>();
    private TaskMetrics metrics;
    private long now = NOW;

    private Ingest ingest(String... settings) {
        Map<String, String> all = new HashMap<>(Map.of("contact", "me@example.org", "url", "http://localhost:1/v2/stream"));
        for (int at = 0; at < settings.length; at += 2) {
            all.put(settings[at], settings[at + 1]);
        }
        EventStreamsConfig config = new EventStreamsConfig(all);
        Map<String, Bookmark> bookmarks = new LinkedHashMap<>();
        config.streams().forEach(stream -> bookmarks.put(stream, new Bookmark(100)));
        metrics = new TaskMetrics(new RecordBuffer(1, 1));
        StreamBookmarks streams = new StreamBookmarks(config.url(), bookmarks);
        Ingest ingest = new Ingest(config, config.streams(), streams, metrics, records::add, () -> now);
        return ingest;
    }

    private static Frame frame(String id, String data) {
        byte[] bytes = data.getBytes(StandardCharsets.UTF_8);
        return new Frame(id.getBytes(StandardCharsets.UTF_8), "message", bytes, bytes.length);
    }

    private static String id(String topic, long offset) {
        return "[{\"topic\":\"" + topic + "\",\"partition\":0,\"offset\":" + offset + "}]";
    }

    private List<String> topics() {
        return records.stream().map(SourceRecord::topic).toList();
    }

    @ParameterizedTest
    @CsvSource({
        "recentchange-2018-edit.json, edits.registered, wikidatawiki:Q3855005",
        "recentchange-2018-bot.json, edits.bot, wikidatawiki:Q14643104",
        "recentchange-2018-address.json, edits.anonymous, wikidatawiki:Q28000212",
        "recentchange-2026-temporary-account.json, edits.anonymous, enwiki:User talk:Reagle/QICs-2026-2fa",
        "recentchange-hidden-user.json, edits.registered, enwiki:French withdrawal from Indochina",
        "page-change-bot.json, edits.bot, enwiki:Talk:Example page",
        "page-change-temporary-account-by-flag.json, edits.anonymous, enwiki:Talk:Example page",
        "revision-tags-change.json, revision.tags, enwiki:Example page",
        "revert-risk.json, revision.tags, enwiki:Talk:Example page",
    })
    void eventsGoToTheirTopicAsReceived(String file, String topic, String key) {
        byte[] payload = Testdata.bytes("events/" + file);
        ingest("streams", "mediawiki.page_change.v1").take(new Frame(new byte[0], "message", payload, payload.length));
        SourceRecord record = records.get(0);
        assertEquals(topic, record.topic());
        assertEquals(key, record.key());
        assertArrayEquals(payload, (byte[]) record.value());
    }

    @Test
    void pageChangesAreLabelFactsWhereRecentChangesHoldTheEdits() {
        byte[] payload = Testdata.bytes("events/page-change-edit.json");
        for (String recentChanges : List.of("recentchange", "mediawiki.recentchange")) {
            ingest("streams", "mediawiki.page_change.v1," + recentChanges)
                    .take(new Frame(new byte[0], "message", payload, payload.length));
        }
        assertEquals(List.of("revision.tags", "revision.tags"), topics());
    }

    @Test
    void aRevertByPageChangeIsAnEditAndAFactThatDoesNotMoveTheOffset() {
        byte[] payload = Testdata.bytes("events/page-change-revert.json");
        ingest("streams", "mediawiki.page_change.v1").take(new Frame(new byte[0], "message", payload, payload.length));
        assertEquals(List.of("revision.tags", "edits.registered"), topics());
        assertArrayEquals((byte[]) records.get(1).value(), (byte[]) records.get(0).value());
        String before = records.get(0).sourceOffset().get("bookmark").toString();
        String after = records.get(1).sourceOffset().get("bookmark").toString();
        assertEquals(-1, before.indexOf("\"offset\":15"), before);
        assertEquals(true, after.contains("\"offset\":15"), after);
    }

    @Test
    void topicsAreNamedAsAsked() {
        Ingest ingest = ingest("topic.edits", "p.{stream}.{user_type}", "topic.other", "p.{stream}.other");
        ingest.take(frame("", Edits.payload(1)));
        ingest.take(frame("", Edits.payload(2).replace("\"edit\"", "\"log\"")));
        ingest.take(frame("", Edits.payload(3).replace("\"edit\"", "\"log\"").replace("\"wiki\"", "\"w\"")));
        assertEquals(List.of("p.recentchange.registered", "p.recentchange.other", "p.recentchange.other"), topics());
        assertEquals("enwiki:Page 2", records.get(1).key());
        assertNull(records.get(2).key());
    }

    @Test
    void eachStreamHasItsOwnBookmark() {
        Ingest ingest = ingest("streams", "recentchange,mediawiki.page-create,page-create");
        ingest.take(frame("", Edits.payload("eqiad.mediawiki.recentchange", 1)));
        ingest.take(frame("", Edits.payload("codfw.mediawiki.page-create", 2)));
        ingest.take(frame("", Edits.payload("other.page-create", 3)));
        ingest.take(frame("", Edits.payload("something.else", 4)));
        assertEquals(
                List.of("recentchange", "mediawiki.page-create", "page-create", "recentchange"),
                records.stream().map(record -> record.sourcePartition().get("stream").toString()
                        .replace("http://localhost:1/v2/stream/", "")).toList());
        String bookmark = records.get(1).sourceOffset().get("bookmark").toString();
        assertEquals(-1, bookmark.indexOf("recentchange"), bookmark);
    }

    @Test
    void whatCannotBeReadTakesItsPlaceOnce() {
        Ingest ingest = ingest();
        ingest.take(frame(id(Edits.TOPIC, 6), Edits.payload(5)));
        ingest.take(frame(id(Edits.TOPIC, 7), "garbage in place of 6"));
        ingest.take(frame(id(Edits.TOPIC, 7), "noise in between"));
        ingest.take(frame(id(Edits.TOPIC, 8), Edits.payload(7)));
        assertEquals(List.of("edits.registered", "deadletter", "deadletter", "edits.registered"), topics());
        String bookmark = records.get(3).sourceOffset().get("bookmark").toString();
        assertEquals(-1, bookmark.indexOf("ahead"), bookmark);
        assertEquals(id(Edits.TOPIC, 8).replace("}]", ""), bookmark.substring(0, bookmark.indexOf(",\"timestamp")));
    }

    @Test
    void anEventWithoutAPlaceHasThatOfItsId() {
        String bare = Edits.payload(9).replace("\"topic\":\"" + Edits.TOPIC + "\",\"partition\":0,\"offset\":9", "\"x\":0");
        Ingest ingest = ingest();
        ingest.take(frame(id(Edits.TOPIC, 10), bare));
        ingest.take(frame("[{\"topic\":\"t\",\"partition\":1,\"timestamp\":1700000000000}]", bare.replace(Edits.TOPIC + 9, "b")));
        assertEquals(
                "[{\"topic\":\"" + Edits.TOPIC + "\",\"partition\":0,\"offset\":10,\"timestamp\":1789616553109},"
                        + "{\"topic\":\"t\",\"partition\":1,\"timestamp\":1700000000000}]",
                records.get(1).sourceOffset().get("bookmark").toString().replaceAll(",\"recent\":[^}]*", ""));
    }

    @Test
    void eventsWithoutAnIdOrSeenBeforeMakeNoEdits() {
        Ingest ingest = ingest();
        ingest.take(frame("", Edits.payload(1)));
        ingest.take(frame("", Edits.payload(1).replace("\"offset\":1", "\"offset\":2")));
        ingest.take(frame("", Edits.payload(3).replace("\"id\"", "\"no_id\"").replace("\"edit\"", "\"log\"")));
        assertEquals(List.of("edits.registered", "deadletter"), topics());
        assertEquals(1, metrics.getDuplicatesDropped());
    }

    static List<JsonNode> moves() {
        return Testdata.vectors("move_redirect.json");
    }

    private static Frame frame(JsonNode event) {
        byte[] payload = Testdata.write(event);
        return new Frame(new byte[0], "message", payload, payload.length);
    }

    private List<String> editIds() {
        return records.stream()
                .map(record -> Testdata.parse((byte[]) record.value()).get("meta").get("id").asText())
                .sorted()
                .toList();
    }

    @ParameterizedTest
    @MethodSource("moves")
    void redirectsThatMovesLeaveAreNoEdits(JsonNode vector) {
        String name = vector.get("name").asText();
        Ingest ingest = ingest("streams", "mediawiki.page_change.v1");
        JsonNode last = null;
        for (JsonNode event : vector.get("events")) {
            ingest.take(frame(event));
            last = event;
        }
        ingest.takeWaiting();
        assertEquals(Testdata.list(vector.get("edits")).stream().map(JsonNode::asText).toList(), editIds(), name);
        assertEquals(0, metrics.getGaps(), name);
        // Whatever comes next stores a bookmark without holes.
        String offset = "\"offset\":" + last.get("meta").get("offset").asLong();
        String next = new String(Testdata.write(last), StandardCharsets.UTF_8)
                .replace(offset, "\"offset\":" + (last.get("meta").get("offset").asLong() + 1))
                .replaceFirst("\"id\":\"[^\"]*\"", "\"id\":\"next\"")
                .replaceFirst("\"page_change_kind\":\"[^\"]*\"", "\"page_change_kind\":\"edit\"");
        ingest.take(frame("", next));
        String bookmark = records.get(records.size() - 1).sourceOffset().get("bookmark").toString();
        assertEquals(-1, bookmark.indexOf("ahead"), bookmark);
    }

    @Test
    void aCreationThatWaitsIsTakenAfterASecondAndTheBookmarkStaysBeforeIt() {
        List<JsonNode> events = Testdata.list(moves().get(0).get("events"));
        Ingest ingest = ingest("streams", "mediawiki.page_change.v1");
        events.subList(0, 3).forEach(event -> ingest.take(frame(event)));
        assertEquals(List.of("e1", "e3"), editIds());
        String bookmark = records.get(1).sourceOffset().get("bookmark").toString();
        assertEquals(true, bookmark.contains("\"offset\":2,"), bookmark);
        now += 999;
        ingest.takeDue();
        assertEquals(2, records.size());
        now += 1;
        ingest.takeDue();
        assertEquals(List.of("c", "e1", "e3"), editIds());
        bookmark = records.get(2).sourceOffset().get("bookmark").toString();
        assertEquals(true, bookmark.contains("\"offset\":4,"), bookmark);
    }

    @ParameterizedTest
    @CsvSource({
        "2026-09-17T03:42:33.100Z, 2026-09-17T03:42:33.100Z", "2026-09-17T04:09:59Z, 2026-09-17T04:09:59.000Z",
        "2026-09-17T04:10:01Z, 2026-09-17T04:00:00.000Z", "1969-12-31T23:59:59Z, 2026-09-17T04:00:00.000Z",
    })
    void recordsHaveATimeThatKafkaTakes(String event, String record) {
        ingest().take(frame("", Edits.payload(1).replace("2026-09-17T03:42:33.101Z", event)));
        assertEquals(record, EventTime.format(records.get(0).timestamp()));
    }

    @Test
    void anEmptyMessageKeepsTheConnectionAliveAndNoMore() {
        Ingest ingest = ingest();
        ingest.take(frame("", ""));
        ingest.take(frame(id(Edits.TOPIC, 6), ""));
        assertEquals(List.of(), topics());
        assertEquals(0, metrics.getEventsRead());
        assertEquals(0, metrics.getDeadLetters());
        ingest.take(frame("[{\"topic\":\"" + Edits.TOPIC + "\",\"partition\":0,\"timestamp\":1700000000001}]", Edits.payload(5)));
        ingest.take(frame(id(Edits.TOPIC, 6), ""));
        ingest.take(frame("", Edits.payload(6)));
        assertEquals(true, records.get(1).sourceOffset().get("by.time"), "as the ids of events are");
    }

    @Test
    void anIdSaysWhenAndWhereAnEventStood() {
        Ingest ingest = ingest();
        ingest.take(frame("[{\"topic\":\"" + Edits.TOPIC + "\",\"partition\":0,\"timestamp\":1700000000001}]", Edits.payload(5)));
        String byTime = records.get(0).sourceOffset().get("bookmark").toString();
        assertEquals(true, byTime.contains("\"offset\":6,\"timestamp\":1700000000000"), byTime);
        assertEquals(true, records.get(0).sourceOffset().get("by.time"));

        Ingest renumbered = ingest();
        renumbered.take(frame(id(Edits.TOPIC, 901), Edits.payload(5)));
        String byOffset = records.get(1).sourceOffset().get("bookmark").toString();
        assertEquals(true, byOffset.contains("\"offset\":901"), byOffset);
        assertEquals(false, records.get(1).sourceOffset().get("by.time"));
    }

    @Test
    void anEventThatOvertookOthersKeepsItsOwnPlace() {
        Ingest ingest = ingest();
        // Ids name where to resume: before what is still to come, behind all that came.
        long[][] offsetsAndIds = {{5, 6}, {8, 6}, {7, 6}, {6, 9}, {9, 10}};
        for (long[] sent : offsetsAndIds) {
            ingest.take(frame(id(Edits.TOPIC, sent[1]), Edits.payload(sent[0])));
        }
        assertEquals(5, records.size());
        String bookmark = records.get(4).sourceOffset().get("bookmark").toString();
        assertEquals(true, bookmark.contains("\"offset\":10,"), bookmark);
        assertEquals(-1, bookmark.indexOf("ahead"), bookmark);
        assertEquals(0, metrics.getGaps());
    }

    @Test
    void aClockThatIsAheadDoesNotMoveTheBookmark() {
        Ingest ingest = ingest();
        long ahead = NOW + 86_400_000;
        ingest.take(frame("[{\"topic\":\"" + Edits.TOPIC + "\",\"partition\":0,\"timestamp\":" + ahead + "}]", Edits.payload(5)));
        ingest.take(frame("", Edits.payload(6).replace("2026-09-17", "2026-10-17")));
        for (SourceRecord record : records) {
            String time = record.sourceOffset().get("bookmark").toString().replaceFirst(".*\"timestamp\":(\\d+).*", "$1");
            assertEquals(true, Long.parseLong(time) <= NOW, time);
        }
    }

    @Test
    void aHoleIsCountedOnceItIsGivenUp() {
        Ingest ingest = ingest("reorder.window", "100");
        ingest.take(frame("", Edits.payload(1)));
        for (long offset = 4; offset < 110; offset++) {
            ingest.take(frame("", Edits.payload(offset)));
        }
        assertEquals(1, metrics.getGaps());
        assertEquals(2, metrics.getGapOffsets());
    }
}
