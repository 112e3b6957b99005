package org.wikisentry.connect.eventstreams;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;

/** The repository's test data, which the other implementations are held to as well. */
final class Testdata {
    private static final Path ROOT = Path.of("../../../testdata");
    private static final ObjectMapper JSON = new ObjectMapper();

    private Testdata() {}

    /** The cases of a file of vectors; there is at least one. */
    static List<JsonNode> vectors(String name) {
        List<JsonNode> cases = list(json("vectors/" + name).get("cases"));
        if (cases.isEmpty()) {
            throw new IllegalStateException(name + " has no cases");
        }
        return cases;
    }

    static JsonNode json(String path) {
        try {
            return JSON.readTree(bytes(path));
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    static JsonNode parse(byte[] json) {
        try {
            return JSON.readTree(json);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    static byte[] bytes(String path) {
        try {
            return Files.readAllBytes(ROOT.resolve(path));
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    static byte[] write(JsonNode node) {
        try {
            return JSON.writeValueAsBytes(node);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    static List<JsonNode> list(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).toList();
    }
}
