package org.wikisentry.connect.eventstreams;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A record of the dead letters' topic: what could not be read, why, and where it came from.
 *
 * @param reason what is wrong with the payload
 * @param source where it came from: the address of the service
 * @param id the SSE id it came with; empty if it came with none
 * @param receivedAt when it was received, in milliseconds
 * @param payload the payload, or its beginning
 * @param bytes its size as received
 */
record DeadLetter(String reason, String source, byte[] id, long receivedAt, byte[] payload, long bytes) {
    private static final JsonFactory JSON = new JsonFactory();

    /** JSON writes one byte as up to six, {@code \\u0001}. */
    private static final int WORST_EXPANSION = 6;

    /** The record's value, of at most about {@code maxBytes}: a longer payload is cut. */
    byte[] toJson(int maxBytes) {
        byte[] whole = write(payload);
        if (whole.length <= maxBytes) {
            return whole;
        }
        int end = Math.min(payload.length, maxBytes / WORST_EXPANSION);
        while (end > 0 && end < payload.length && (payload[end] & 0xc0) == 0x80) {
            end--;
        }
        return write(Arrays.copyOf(payload, end));
    }

    private byte[] write(byte[] part) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(part.length + 512);
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("reason", wellFormed(reason));
            json.writeObjectFieldStart("origin");
            json.writeStringField("source", source);
            if (id.length > 0) {
                json.writeStringField("id", new String(id, StandardCharsets.UTF_8));
            }
            json.writeEndObject();
            json.writeStringField("received_at", EventTime.format(receivedAt));
            json.writeNumberField("bytes", bytes);
            if (Utf8.firstInvalid(part) < 0) {
                json.writeStringField("payload", new String(part, StandardCharsets.UTF_8));
            } else {
                json.writeBinaryField("payload_base64", part);
            }
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return out.toByteArray();
    }

    /** Half a surrogate pair, which JSON escapes can smuggle into a quotation, cannot be written. */
    private static String wellFormed(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }
}
