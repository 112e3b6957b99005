package org.wikisentry.connect.eventstreams;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class UserTypeTest {
    static List<JsonNode> vectors() {
        return Testdata.vectors("user_type.json");
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void agreesWithTheVectors(JsonNode vector) {
        String user = vector.get("user").isNull() ? null : vector.get("user").asText();
        UserType type = UserType.of(user, vector.get("bot").asBoolean());
        assertEquals(vector.get("user_type").asText(), type.label(), vector.get("name").asText());
    }

    /** Forms that the vectors leave out, as RFC 4291 and the textual rules of IPv4 decide them. */
    @ParameterizedTest
    @CsvSource({
        "1::, true", "1:2:3:4:5:6:7::, true", "::2:3:4:5:6:7:8, true", "1:2:3:4:5:6:7:8::, false",
        "::1:2:3:4:5:6:7:8, false", "1:2:3:4:5:6:1.2.3.4, true", "1:2:3:4:5:6:7:1.2.3.4, false",
        "::1.2.3.4, true", "1::1.2.3.4.5, false", "1.2.3.4::, false", "1:2, false", ":1, false", "1:, false",
        ":::, false", "::1:, false", "1:::2, false", "g::1, false", "1.2.3.4:5, false", "0001::, true",
        "1.2.3., false", ".1.2.3, false", "1..2.3, false", "1000.1.1.1, false",
    })
    void knowsAddresses(String name, boolean isAddress) {
        assertEquals(isAddress, UserType.isAddress(name), name);
    }
}
