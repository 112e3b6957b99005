package org.wikisentry.connect.eventstreams;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.LongStream;

/**
 * One entry of an SSE id, of the {@code Last-Event-ID} header, and of a stored bookmark: they have
 * the same form, a JSON array of objects. A bookmark has {@code ahead} and {@code timestamp} more.
 *
 * @param topic source topic, e.g. {@code eqiad.mediawiki.recentchange}
 * @param partition partition of it
 * @param offset first offset wanted; null if none is named, -1 for the end of the partition
 * @param timestamp first event time wanted, in milliseconds; null if none is named
 * @param ahead ranges of offsets beyond that were taken already: first, last, first, last, …
 * @param recent events taken last: offset, {@link RecentIds#digest}, offset, digest, …
 */
record IdEntry(String topic, int partition, Long offset, Long timestamp, long[] ahead, long[] recent) {
    private static final JsonFactory JSON = new JsonFactory();
    private static final long[] NONE = {};
    private static final int DIGEST_BYTES = 6;

    /** An entry of a header. */
    static IdEntry at(String topic, int partition, Long offset, Long timestamp) {
        return new IdEntry(topic, partition, offset, timestamp, NONE, NONE);
    }

    /** Whether it names a time and no offset, as ids do where the clusters' offsets differ. */
    boolean isTime() {
        return offset == null && timestamp != null;
    }

    /** The array of these entries, as JSON. */
    static String write(List<IdEntry> entries) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartArray();
            for (IdEntry entry : entries) {
                entry.write(json);
            }
            json.writeEndArray();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return text.toString();
    }

    private void write(JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeStringField("topic", topic);
        json.writeNumberField("partition", partition);
        if (offset != null) {
            json.writeNumberField("offset", offset);
        }
        if (timestamp != null) {
            json.writeNumberField("timestamp", timestamp);
        }
        if (ahead.length > 0) {
            json.writeArrayFieldStart("ahead");
            for (int at = 0; at < ahead.length; at += 2) {
                json.writeArray(ahead, at, 2);
            }
            json.writeEndArray();
        }
        if (recent.length > 0) {
            json.writeArrayFieldStart("recent");
            writeRecent(json);
            json.writeEndArray();
        }
        json.writeEndObject();
    }

    /** The first offset of each run of consecutive ones, and the run's digests. */
    private void writeRecent(JsonGenerator json) throws IOException {
        int from = 0;
        while (from < recent.length) {
            int to = from + 2;
            while (to < recent.length && recent[to] == recent[to - 2] + 1) {
                to += 2;
            }
            ByteBuffer digests = ByteBuffer.allocate((to - from) / 2 * DIGEST_BYTES);
            for (int at = from; at < to; at += 2) {
                digests.putShort((short) (recent[at + 1] >>> 32)).putInt((int) recent[at + 1]);
            }
            json.writeStartArray();
            json.writeNumber(recent[from]);
            json.writeString(Base64.getEncoder().encodeToString(digests.array()));
            json.writeEndArray();
            from = to;
        }
    }

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

    /**
     * The same for an id as received, which may be anything: what is no array has no entries. Nothing
     * happened after it arrived: a clock that is ahead must not move the bookmark.
     */
    static List<IdEntry> parseId(byte[] id, long now) {
        if (id.length == 0) {
            return List.of();
        }
        try (JsonParser json = JSON.createParser(id)) {
            List<IdEntry> entries = read(json);
            entries.replaceAll(entry -> entry.timestamp == null || entry.timestamp <= now
                    ? entry
                    : at(entry.topic, entry.partition, entry.offset, now));
            return entries;
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
        long[] recent = NONE;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            JsonToken value = json.nextToken();
            boolean number = value == JsonToken.VALUE_NUMBER_INT;
            switch (name) {
                case "topic" -> topic = value == JsonToken.VALUE_STRING ? json.getText() : null;
                case "partition" -> partition = number ? json.getIntValue() : -1;
                case "offset" -> offset = number ? (Long) json.getLongValue() : null;
                case "timestamp" -> timestamp = number ? time(json.getLongValue()) : null;
                case "ahead" -> ahead = readRanges(json);
                case "recent" -> recent = readRecent(json);
                default -> json.skipChildren();
            }
        }
        if (topic == null || partition < 0) {
            throw new IOException("an entry lacks its topic or partition");
        }
        return new IdEntry(topic, partition, offset, timestamp, ahead, recent);
    }

    private static Long time(long millis) {
        return EventTime.checked(millis) == EventTime.NONE ? null : (Long) millis;
    }

    private static long[] readRecent(JsonParser json) throws IOException {
        if (json.currentToken() != JsonToken.START_ARRAY) {
            throw new IOException("`recent` is no array");
        }
        LongStream.Builder recent = LongStream.builder();
        while (json.nextToken() == JsonToken.START_ARRAY) {
            long offset = json.nextLongValue(-1);
            ByteBuffer digests = ByteBuffer.wrap(json.nextToken() == JsonToken.VALUE_STRING
                    ? json.getBinaryValue()
                    : new byte[1]);
            boolean isRun = offset >= 0 && digests.remaining() % DIGEST_BYTES == 0;
            if (!isRun || json.nextToken() != JsonToken.END_ARRAY) {
                throw new IOException("`recent` holds something that is no offset with digests");
            }
            while (digests.hasRemaining()) {
                long digest = (digests.getShort() & 0xffffL) << 32 | digests.getInt() & 0xffff_ffffL;
                recent.add(offset++).add(digest);
            }
        }
        return recent.build().toArray();
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
