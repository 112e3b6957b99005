package org.wikisentry.flink;

import java.io.IOException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;

/** The registry's file {@code aliases/champion}; {@code docs/contracts/registry.md} says what is in it. */
final class Alias {
    private static final ObjectMapper JSON = new ObjectMapper().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);

    private Alias() {}

    /**
     * The version that it names.
     *
     * @throws RefusedModelException if it names none
     */
    static int version(byte[] file) throws RefusedModelException {
        JsonNode version;
        try {
            JsonNode alias = JSON.readTree(file);
            version = alias == null ? null : alias.get("version");
        } catch (IOException wrong) {
            throw new RefusedModelException(0, "aliases/champion is not JSON");
        }
        if (version == null || !version.isIntegralNumber() || !version.canConvertToInt() || version.intValue() < 1) {
            throw new RefusedModelException(0, "aliases/champion names no version: " + version);
        }
        return version.intValue();
    }
}
