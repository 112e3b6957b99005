package org.wikisentry.connect.eventstreams;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SinceTest {
    private static final Instant NOW = Instant.parse(Testdata.json("vectors/since.json").get("now").asText());

    static List<JsonNode> vectors() {
        return Testdata.vectors("since.json");
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void agreesWithTheVectors(JsonNode vector) {
        String text = vector.get("text").asText();
        if (vector.get("start").isNull()) {
            assertThrows(DateTimeException.class, () -> Since.parse(text, NOW), text);
        } else {
            assertEquals(Instant.parse(vector.get("start").asText()), Since.parse(text, NOW), text);
        }
    }
}
