package org.wikisentry.connect.eventstreams;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeadLetterTest {
    private static JsonNode letter(String reason, byte[] payload, int maxBytes) {
        byte[] id = "[1]".getBytes(StandardCharsets.UTF_8);
        byte[] json = new DeadLetter(reason, "http://s", id, 1_789_616_553_778L, payload, 9_000).toJson(maxBytes);
        assertTrue(json.length <= maxBytes + 300, json.length + " bytes");
        return Testdata.parse(json);
    }

    @Test
    void saysWhatCameWhenAndWhyItWasNotRead() {
        JsonNode letter = letter("bad \ud800 thing", "{\"ä\"".getBytes(StandardCharsets.UTF_8), 2048);
        assertEquals("bad ? thing", letter.get("reason").asText());
        assertEquals("http://s", letter.get("origin").get("source").asText());
        assertEquals("[1]", letter.get("origin").get("id").asText());
        assertEquals("2026-09-17T03:42:33.778Z", letter.get("received_at").asText());
        assertEquals(9_000, letter.get("bytes").asLong());
        assertEquals("{\"ä\"", letter.get("payload").asText());
        assertFalse(letter.has("payload_base64"));
    }

    @Test
    void aPayloadThatIsNoTextIsKeptInBase64() throws IOException {
        byte[] payload = {(byte) 0xff, 0, 'a'};
        JsonNode letter = letter("r", payload, 2048);
        assertArrayEquals(payload, letter.get("payload_base64").binaryValue());
        assertFalse(letter.has("payload"));
    }

    @Test
    void isCutToWhatKafkaTakes() {
        for (String unit : List.of("a", "é", "\u0001", "\ud83d\ude00", "\"")) {
            JsonNode letter = letter("r", unit.repeat(5_000).getBytes(StandardCharsets.UTF_8), 2048);
            String kept = letter.get("payload").asText();
            assertFalse(kept.isEmpty());
            assertEquals(unit.repeat(kept.length() / unit.length()), kept, "cut between characters");
        }
        byte[] noText = new byte[5_000];
        java.util.Arrays.fill(noText, (byte) 0xff);
        assertTrue(letter("r", noText, 2048).get("payload_base64").asText().length() > 100);
    }
}
