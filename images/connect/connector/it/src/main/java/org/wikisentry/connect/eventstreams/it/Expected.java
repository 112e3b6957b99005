package org.wikisentry.connect.eventstreams.it;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/** Where each event of the recording must end up, worked out apart from the connector. */
final class Expected {
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * A record.
     *
     * @param topic its topic
     * @param key its key
     * @param sum a checksum of its value
     * @param place its place among the events of its source topic, from 0
     */
    record Entry(String topic, String key, long sum, int place) {}

    /** By source topic and offset. */
    final Map<String, Entry> entries = new HashMap<>();
    private final Map<String, Integer> places = new HashMap<>();

    /** Takes an event; those that no topic takes have a place, but are not expected. */
    void add(String data) {
        try {
            JsonNode event = JSON.readTree(data);
            String source = event.at("/meta/topic").asText();
            int place = places.merge(source, 1, Integer::sum) - 1;
            byte[] value = data.getBytes(StandardCharsets.UTF_8);
            String topic = topic(event);
            if (topic != null) {
                entries.put(id(event), new Entry(topic, key(event), sum(value), place));
            }
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    /** The source topic and offset that a value names. */
    static String id(byte[] value) {
        try {
            return id(JSON.readTree(value));
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    static long sum(byte[] value) {
        CRC32C sum = new CRC32C();
        sum.update(value);
        return sum.getValue() << 32 | value.length;
    }

    private static String id(JsonNode event) {
        return event.at("/meta/topic").asText() + '@' + event.at("/meta/offset").asLong();
    }

    private static String key(JsonNode event) {
        return event.has("database")
                ? event.get("database").asText() + ':' + event.get("page_title").asText().replace('_', ' ')
                : event.get("wiki").asText() + ':' + event.get("title").asText();
    }

    private static String topic(JsonNode event) {
        if (event.has("database")) {
            return "revision.tags";
        }
        String type = event.path("type").asText();
        if (!type.equals("edit") && !type.equals("new")) {
            return null;
        }
        String user = event.path("user").asText();
        boolean address = user.matches("[0-9.]+\\.[0-9.]+") || user.matches("(?i)[0-9a-f]*:[0-9a-f:]*");
        if (event.path("bot").asBoolean()) {
            return "edits.bot";
        }
        return address || user.startsWith("~2") ? "edits.anonymous" : "edits.registered";
    }
}
