package org.wikisentry.connect.eventstreams;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.wikisentry.connect.eventstreams.Event.Kind;

class EventParserTest {
    private final EventParser parser = new EventParser();

    static List<JsonNode> canaries() {
        return Testdata.vectors("canary.json");
    }

    static List<JsonNode> oddEvents() {
        return Testdata.vectors("odd_event.json");
    }

    static List<JsonNode> events() {
        return Testdata.list(Testdata.json("events/expected.json"));
    }

    @ParameterizedTest
    @MethodSource("canaries")
    void knowsCanariesAsTheVectorsDo(JsonNode vector) throws EventException {
        Event event = parser.parse(Testdata.write(vector.get("event")));
        assertEquals(vector.get("canary").asBoolean(), event.kind() == Kind.CANARY, vector.get("name").asText());
    }

    @ParameterizedTest
    @MethodSource("events")
    void readsEveryWireForm(JsonNode expected) throws EventException {
        String file = expected.get("file").asText();
        Event event = parser.parse(Testdata.bytes("events/" + file));
        assertEquals(expected.get("time").asText(), EventTime.format(event.time()), file);
        assertEquals(expected.get("is_page_change").asBoolean(), event.isPageChange(), file);
        assertEquals(expected.has("revert"), event.isRevert(), file);
        assertEquals(textOrNull(expected.get("id")), event.id(), file);
        assertEquals(position(expected.get("position")), event.position(), file);
        JsonNode edit = expected.get("edit");
        if (edit != null) {
            assertEquals(Kind.EDIT, event.kind(), file);
            assertEquals(edit.get("user_type").asText(), event.userType().label(), file);
            assertEquals(edit.get("wiki").asText() + ':' + edit.get("page_title").asText(), event.key(), file);
        } else if (expected.has("label_fact")) {
            assertEquals(Kind.LABEL_FACT, event.kind(), file);
            JsonNode fact = expected.get("label_fact");
            assertEquals(fact.get("wiki").asText() + ':' + fact.get("page_title").asText(), event.key(), file);
        } else if (expected.has("revert_risk")) {
            assertEquals(Kind.LABEL_FACT, event.kind(), file);
            JsonNode risk = expected.get("revert_risk");
            assertEquals(risk.get("wiki").asText() + ':' + risk.get("page_title").asText(), event.key(), file);
        } else {
            assertEquals(expected.has("canary") ? Kind.CANARY : Kind.OTHER, event.kind(), file);
        }
    }

    @ParameterizedTest
    @MethodSource("oddEvents")
    void readsOddEventsAsTheVectorsDo(JsonNode vector) throws EventException {
        String name = vector.get("name").asText();
        byte[] payload = vector.get("json").asText().getBytes(StandardCharsets.UTF_8);
        JsonNode expected = vector.get("expected");
        if (expected.has("refused")) {
            EventException refused = assertThrows(EventException.class, () -> parser.parse(payload), name);
            assertTrue(refused.getMessage().contains(expected.get("refused").asText()), name + ": " + refused.getMessage());
            return;
        }
        Event event = parser.parse(payload);
        assertEquals(expected.get("kind").asText(), event.kind().name().toLowerCase(Locale.ROOT), name);
        assertEquals(expected.get("id").asText(), event.id(), name);
        assertEquals(expected.get("key").asText(), event.key(), name);
        assertEquals(textOrNull(expected.get("user_type")), event.userType() == null ? null : event.userType().label(), name);
        assertEquals(expected.get("time").asText(), EventTime.format(event.time()), name);
        assertEquals(position(expected.get("position")), event.position(), name);
    }

    private static String textOrNull(JsonNode node) {
        return node == null || node.isNull() ? null : node.asText();
    }

    private static Event.Position position(JsonNode node) {
        return node == null || node.isNull()
                ? null
                : new Event.Position(
                        node.get("topic").asText(), node.get("partition").asInt(), node.get("offset").asLong());
    }

    /** Each payload, and what its reason must name. Single quotes stand for double ones. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', value = {
        "^^|not JSON",
        "null|(the event)",
        "[]|(the event)",
        "7|(the event)",
        "<html>|not JSON",
        "{}|`meta`",
        "{'meta':null}|`meta`",
        "{'meta':[]}|`meta`",
        "{'meta':{}}|`type`",
        "{'meta':{}} x|not JSON",
        "{'meta':{},'type':'log'}{}|not JSON",
        "{'meta':{'id':'a'},'meta':{}}|twice",
        "{'meta':{},'type':'edit'}|`meta.id`",
        "{'meta':{'id':'a'},'type':'edit','wiki':'','title':'T'}|`wiki`",
        "{'meta':{'id':'a'},'type':'edit','wiki':'w'}|`title`",
        "{'meta':{'id':'a'},'type':'edit','wiki':'w','title':'T'}|`meta.dt`",
        "{'meta':{'id':'a'},'page_change_kind':'edit','page':{},'revision':{}}|`page.page_title`",
        "{'$schema':'/mediawiki/revision/tags-change/1.0.0','meta':{},'page_title':'T'}|`database`",
        "{'meta':{'stream':'x_prediction_change'},'predicted_classification':{'model_name':'revertrisk'}}|`page.page_title`",
        "{'meta':{'stream':'x_prediction_change'},'page':{'page_title':'T'},'predicted_classification':{'model_name':'revertrisk'}}|`predicted_classification.probabilities.true`",
        "{'meta':{'stream':'x_prediction_change'},'page':{'page_title':'T'},'predicted_classification':{'model_name':'revertrisk','probabilities':{'true':2}}}|no probability",
        "{'meta':{'stream':'x_prediction_change'},'page':{'page_title':'T'},'predicted_classification':{'model_name':'revertrisk','probabilities':{'true':1}}}|`wiki_id`",
        "{'meta':{'stream':'x_prediction_change'},'wiki_id':'w','page':{'page_title':'T'},'predicted_classification':{'model_name':'revertrisk','probabilities':{'true':1}}}|`revision.rev_id`",
        "{'meta':{'id':'a\u0001'}}|not JSON",
    })
    void saysWhatIsWrong(String payload, String named) {
        byte[] bytes = payload.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        EventException refused = assertThrows(EventException.class, () -> parser.parse(bytes));
        assertTrue(refused.getMessage().contains(named), refused.getMessage());
    }

    @Test
    void refusesBytesThatAreNotText() {
        for (byte[] bytes : new byte[][] {
            {(byte) 0xff}, {'{', '"', (byte) 0xc3, '(', '"'}, {(byte) 0xc0, (byte) 0x80}, {(byte) 0xed, (byte) 0xa0, (byte) 0x80},
            {(byte) 0xf4, (byte) 0x90, (byte) 0x80, (byte) 0x80}, {'a', (byte) 0xe2, (byte) 0x82},
        }) {
            EventException refused = assertThrows(EventException.class, () -> parser.parse(bytes));
            assertTrue(refused.getMessage().startsWith("not UTF-8"), refused.getMessage());
        }
    }

    @Test
    void doesNotTakeOtherEncodingsForJson() {
        String json = "{\"meta\":{},\"type\":\"log\"}";
        for (var charset : List.of(StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE)) {
            assertThrows(EventException.class, () -> parser.parse(json.getBytes(charset)));
        }
        assertThrows(EventException.class, () -> parser.parse(("\ufeff" + json).getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void readsWhatItIsNotAskedForHoweverItLooks() throws EventException {
        String json = "{\"meta\":{\"id\":\"a\",\"x\":\"\\ud800\"},\"type\":\"log\",\"n\":1e400,\"m\":"
                + "9".repeat(5_000) + ",\"deep\":" + "[".repeat(20_000) + "]".repeat(20_000) + ",\"" + "k".repeat(60_000) + "\":0}";
        assertEquals(Kind.OTHER, parser.parse(json.getBytes(StandardCharsets.UTF_8)).kind());
        String deeper = "{\"meta\":" + "[".repeat(20_000);
        assertThrows(EventException.class, () -> parser.parse(deeper.getBytes(StandardCharsets.UTF_8)));
    }

    /** Whatever a relay does to an event: an event or a reason, never anything else. */
    @Test
    void survivesDamagedEvents() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        List<JsonNode> events = events();
        for (int round = 0; round < 20_000; round++) {
            JsonNode event = events.get(random.nextInt(events.size()));
            byte[] bytes = Testdata.bytes("events/" + event.get("file").asText());
            for (int damage = 1 + random.nextInt(3); damage > 0; damage--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            byte[] damaged = Arrays.copyOf(bytes, 1 + random.nextInt(bytes.length));
            for (byte[] payload : List.of(bytes, damaged)) {
                try {
                    parser.parse(payload);
                } catch (EventException refused) {
                    assertTrue(!refused.getMessage().isBlank(), "seed " + seed);
                }
            }
        }
    }

    @Test
    void hasNoPositionWhereNumbersAreNegativeOrTooLarge() throws EventException {
        for (String[] numbers : new String[][] {{"-1", "5"}, {"0", "-1"}, {"4294967296", "5"}}) {
            String json = "{\"meta\":{\"topic\":\"t\",\"partition\":" + numbers[0] + ",\"offset\":" + numbers[1]
                    + "},\"type\":\"log\"}";
            assertEquals(null, parser.parse(json.getBytes(StandardCharsets.UTF_8)).position(), json);
        }
    }
}
