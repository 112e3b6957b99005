package org.wikisentry.connect.eventstreams;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * One entry of an SSE id, of the {@code Last-Event-ID} header, and of a stored bookmark: they have
 * the same form, a JSON array of objects. A bookmark has {@code ahead} and {@code timestamp} more.
 *
 * @param topic source topic, e.g. {@code eqiad.mediawiki.recentchange}
 * @param partition partition of it
 * @param offset first offset wanted; null if none is named, -1 for the end of the partition
 * @param timestamp first event time wanted, in milliseconds; null if none is named
 * @param ahead ranges of offsets beyond that were taken already: first, last, first, last, …
 */
record IdEntry(String topic, int partition, Long offset, Long timestamp, long[] ahead) {
    private static final JsonFactory JSON = new JsonFactory();
    private static final long[] NONE = {};

    /**
     * Reads an array of entries.
     *
     * @throws IOException if it is none, or an entry lacks its topic or partition
     */
    static List<IdEntry> parse(String text) throws IOException {
        try (JsonParser json = JSON.createParser(text)) {
            List<IdEntry> entries = read(json);
            if (json.nextToken() != null) {
                throw new IOException("something follows the array");
            }
            return entries;
        }
    }

    /** The same for an id as received, which may be anything: what is no array has no entries. */
    static List<IdEntry> parseId(byte[] id) {
        if (id.length == 0) {
            return List.of();
        }
        try (JsonParser json = JSON.createParser(id)) {
            return read(json);
        } catch (IOException other) {
            return List.of();
        }
    }

    private static List<IdEntry> read(JsonParser json) throws IOException {
        if (json.nextToken() != JsonToken.START_ARRAY) {
            throw new IOException("not an array");
        }
        List<IdEntry> entries = new ArrayList<>(4);
        while (json.nextToken() == JsonToken.START_OBJECT) {
            entries.add(readEntry(json));
        }
        if (json.currentToken() != JsonToken.END_ARRAY) {
            throw new IOException("not an array of objects");
        }
        return entries;
    }

    private static IdEntry readEntry(JsonParser json) throws IOException {
        String topic = null;
        int partition = -1;
        Long offset = null;
        Long timestamp = null;
        long[] ahead = NONE;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            JsonToken value = json.nextToken();
            boolean number = value == JsonToken.VALUE_NUMBER_INT;
            switch (name) {
                case "topic" -> topic = value == JsonToken.VALUE_STRING ? json.getText() : null;
                case "partition" -> partition = number ? json.getIntValue() : -1;
                case "offset" -> offset = number ? (Long) json.getLongValue() : null;
                case "timestamp" -> timestamp = number ? (Long) json.getLongValue() : null;
                case "ahead" -> ahead = readRanges(json);
                default -> json.skipChildren();
            }
        }
        if (topic == null || partition < 0) {
            throw new IOException("an entry lacks its topic or partition");
        }
        return new IdEntry(topic, partition, offset, timestamp, ahead);
    }

    private static long[] readRanges(JsonParser json) throws IOException {
        List<Long> bounds = new ArrayList<>();
        if (json.currentToken() != JsonToken.START_ARRAY) {
            throw new IOException("`ahead` is no array");
        }
        while (json.nextToken() == JsonToken.START_ARRAY) {
            long first = json.nextLongValue(-1);
            long last = json.nextLongValue(-1);
            boolean follows = bounds.isEmpty() || first > bounds.get(bounds.size() - 1);
            if (first < 0 || last < first || !follows || json.nextToken() != JsonToken.END_ARRAY) {
                throw new IOException("`ahead` holds something that is no range, or ranges out of order");
            }
            bounds.add(first);
            bounds.add(last);
        }
        return bounds.stream().mapToLong(Long::longValue).toArray();
    }
}
