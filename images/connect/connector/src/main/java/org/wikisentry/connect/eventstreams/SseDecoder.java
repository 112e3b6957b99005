package org.wikisentry.connect.eventstreams;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Incremental decoder of {@code text/event-stream}, over bytes: payloads need not be UTF-8. One
 * decoder serves one connection; what follows the last blank line when that ends is no event. It
 * knows nothing of connections, nor of what the payloads mean.
 *
 * @see <a href="https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream">WHATWG</a>
 */
final class SseDecoder {
    /** How much of an oversized event is kept. */
    static final int OVERSIZED_PREFIX_BYTES = 1024;

    /** Longer ids and event names are ignored; EventStreams takes some 100 bytes per partition. */
    private static final int MAX_FIELD_BYTES = 16 * 1024;

    /** What a line has beside its value at most: a byte order mark and {@code event: }. */
    private static final int FIELD_OVERHEAD_BYTES = 3 + 7;

    private static final byte[] EMPTY = {};

    private final int maxEventBytes;
    private final Consumer<Frame> frames;

    /** The unfinished line, up to what a line can need. */
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    /** Length of the unfinished line, with what was not kept. */
    private long lineBytes;
    /** The last chunk ended in a carriage return: a line feed that follows belongs to it. */
    private boolean afterCarriageReturn;
    /** No line was finished yet, so the first one may begin with a byte order mark. */
    private boolean atStart = true;

    private byte[] id = EMPTY;
    private String name = "";
    /** Data lines of the event under way. */
    private int dataLines;
    /** The first of them. */
    private byte[] first;
    /** All of them, once there is more than one. */
    private final ByteArrayOutputStream joined = new ByteArrayOutputStream();
    /** Their size, line feeds in between and what was not kept included. */
    private long dataBytes;
    private long retryMillis;

    /**
     * Events with more than {@code maxEventBytes} of data are cut to their first
     * {@link #OVERSIZED_PREFIX_BYTES}, the least that the limit may be.
     */
    SseDecoder(int maxEventBytes, Consumer<Frame> frames) {
        if (maxEventBytes < OVERSIZED_PREFIX_BYTES) {
            throw new IllegalArgumentException("limit of " + maxEventBytes + " bytes");
        }
        this.maxEventBytes = maxEventBytes;
        this.frames = frames;
    }

    /** The reconnection time that the server asked for last, in milliseconds; 0 if it did not. */
    long retryMillis() {
        return retryMillis;
    }

    /** Takes the next bytes, split anywhere, and hands on the frames they complete. */
    void feed(byte[] chunk, int offset, int length) {
        int at = offset;
        int end = offset + length;
        if (afterCarriageReturn && at < end) {
            afterCarriageReturn = false;
            if (chunk[at] == '\n') {
                at++;
            }
        }
        while (at < end) {
            int lineEnd = at;
            while (lineEnd < end && chunk[lineEnd] != '\n' && chunk[lineEnd] != '\r') {
                lineEnd++;
            }
            if (lineEnd == end) {
                keep(chunk, at, end);
                return;
            }
            if (lineBytes == 0) {
                takeLine(chunk, at, lineEnd, lineEnd - at);
            } else {
                keep(chunk, at, lineEnd);
                byte[] kept = line.toByteArray();
                long bytes = lineBytes;
                line.reset();
                lineBytes = 0;
                takeLine(kept, 0, kept.length, bytes);
            }
            at = lineEnd + 1;
            if (chunk[lineEnd] == '\r') {
                if (at == end) {
                    afterCarriageReturn = true;
                } else if (chunk[at] == '\n') {
                    at++;
                }
            }
        }
    }

    private void keep(byte[] chunk, int from, int to) {
        int most = Math.max(maxEventBytes, MAX_FIELD_BYTES) + FIELD_OVERHEAD_BYTES;
        line.write(chunk, from, Math.min(to - from, most - line.size()));
        lineBytes += to - from;
    }

    /** Takes a line of {@code bytes} bytes, of which those from start to end were kept. */
    private void takeLine(byte[] buffer, int start, int end, long bytes) {
        if (atStart) {
            atStart = false;
            if (startsWithByteOrderMark(buffer, start, end)) {
                start += 3;
                bytes -= 3;
            }
        }
        if (bytes == 0) {
            dispatch();
            return;
        }
        int colon = start;
        while (colon < end && buffer[colon] != ':') {
            colon++;
        }
        int value = Math.min(colon + 1, end);
        if (value < end && buffer[value] == ' ') {
            value++;
        }
        long valueBytes = bytes - (value - start);
        if (is("data", buffer, start, colon)) {
            addData(buffer, value, end, valueBytes);
        } else if (is("id", buffer, start, colon)) {
            if (valueBytes <= MAX_FIELD_BYTES && !contains(buffer, value, end, (byte) 0)) {
                id = Arrays.copyOfRange(buffer, value, end);
            }
        } else if (is("event", buffer, start, colon)) {
            if (valueBytes <= MAX_FIELD_BYTES) {
                name = is("message", buffer, value, end)
                        ? "message"
                        : new String(buffer, value, end - value, StandardCharsets.UTF_8);
            }
        } else if (is("retry", buffer, start, colon)) {
            takeRetry(buffer, value, end);
        }
    }

    private void addData(byte[] buffer, int from, int to, long bytes) {
        if (dataLines++ == 0) {
            dataBytes = bytes;
            // Nearly every event is one line: it is copied once, and is then the record's value.
            int length = bytes <= maxEventBytes ? to - from : Math.min(to - from, OVERSIZED_PREFIX_BYTES);
            first = Arrays.copyOfRange(buffer, from, from + length);
            return;
        }
        if (dataLines == 2) {
            joined.write(first, 0, first.length);
        }
        dataBytes += 1 + bytes;
        int most = dataBytes <= maxEventBytes ? maxEventBytes : OVERSIZED_PREFIX_BYTES;
        if (joined.size() < most) {
            joined.write('\n');
        }
        joined.write(buffer, from, Math.max(0, Math.min(to - from, most - joined.size())));
    }

    private void dispatch() {
        String type = name.isEmpty() ? "message" : name;
        name = "";
        if (dataLines == 0) {
            return;
        }
        byte[] data = dataLines == 1 ? first : joined.toByteArray();
        if (dataBytes > maxEventBytes && data.length > OVERSIZED_PREFIX_BYTES) {
            data = Arrays.copyOf(data, OVERSIZED_PREFIX_BYTES);
        }
        dataLines = 0;
        first = null;
        joined.reset();
        frames.accept(new Frame(id, type, data, dataBytes));
    }

    private void takeRetry(byte[] buffer, int from, int to) {
        long millis = 0;
        for (int at = from; at < to; at++) {
            if (buffer[at] < '0' || buffer[at] > '9' || millis > Long.MAX_VALUE / 100) {
                return;
            }
            millis = millis * 10 + (buffer[at] - '0');
        }
        if (from < to) {
            retryMillis = millis;
        }
    }

    private static boolean startsWithByteOrderMark(byte[] buffer, int start, int end) {
        return end - start >= 3
                && buffer[start] == (byte) 0xef
                && buffer[start + 1] == (byte) 0xbb
                && buffer[start + 2] == (byte) 0xbf;
    }

    private static boolean is(String word, byte[] buffer, int from, int to) {
        if (to - from != word.length()) {
            return false;
        }
        for (int at = 0; at < word.length(); at++) {
            if (buffer[from + at] != word.charAt(at)) {
                return false;
            }
        }
        return true;
    }

    private static boolean contains(byte[] buffer, int from, int to, byte wanted) {
        for (int at = from; at < to; at++) {
            if (buffer[at] == wanted) {
                return true;
            }
        }
        return false;
    }
}
