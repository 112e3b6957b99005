package org.wikisentry.connect.eventstreams;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;

/** One connection to the feed, from the request to its end. It does not know of the next one. */
final class Connection implements AutoCloseable {
    /** How much of a refusal is read, in bytes, and shown, in characters. */
    private static final int BODY_BYTES = 4096;
    private static final int BODY_SHOWN = 300;

    private static final int BUFFER_BYTES = 64 * 1024;

    private final ChunkStream chunks;
    private final InputStream body;
    private final byte[] buffer = new byte[BUFFER_BYTES];

    private Connection(ChunkStream chunks, InputStream body) {
        this.chunks = chunks;
        this.body = body;
    }

    /**
     * Subscribes.
     *
     * @param lastEventId where to resume; null starts where the URL says
     * @param timeoutMillis longest silence, before the answer and within it
     */
    static Connection open(
            HttpClient client, URI url, String userAgent, boolean gzip, String lastEventId, long timeoutMillis)
            throws ConnectionException, InterruptedException {
        List<URI> asked = new ArrayList<>();
        URI next = url;
        while (true) {
            asked.add(next);
            HttpResponse<ChunkStream> response = send(client, request(next, userAgent, gzip, lastEventId, timeoutMillis));
            ChunkStream chunks = response.body();
            try {
                if (!Redirection.isOne(response)) {
                    return new Connection(chunks, accept(response));
                }
                next = Redirection.follow(response, asked);
                chunks.close();
            } catch (IOException refused) {
                chunks.close();
                throw refused instanceof ConnectionException known ? known : ConnectionException.broken(refused);
            }
        }
    }

    private static HttpRequest request(URI url, String userAgent, boolean gzip, String lastEventId, long timeoutMillis) {
        HttpRequest.Builder request = HttpRequest.newBuilder(url)
                .timeout(Duration.ofMillis(timeoutMillis))
                .header("Accept", "text/event-stream")
                .header("Accept-Encoding", gzip ? "gzip" : "identity")
                .header("User-Agent", userAgent);
        if (lastEventId != null) {
            request.header("Last-Event-ID", lastEventId);
        }
        return request.build();
    }

    private static HttpResponse<ChunkStream> send(HttpClient client, HttpRequest request)
            throws ConnectionException, InterruptedException {
        long silence = request.timeout().orElseThrow().toMillis();
        try {
            return client.send(request, answered -> new ChunkStream(silence));
        } catch (IOException unreachable) {
            throw ConnectionException.unreachable(unreachable);
        }
    }

    private static InputStream accept(HttpResponse<ChunkStream> response) throws IOException {
        if (response.statusCode() != 200) {
            throw refusal(response);
        }
        String contentType = response.headers().firstValue("Content-Type").orElse("nothing");
        // Types of media have no case (RFC 9110, section 8.3.1).
        if (!contentType.toLowerCase(Locale.ROOT).startsWith("text/event-stream")) {
            throw ConnectionException.notEventStream(contentType);
        }
        String encoding = response.headers().firstValue("Content-Encoding").orElse("identity");
        return switch (encoding) {
            case "identity", "" -> response.body();
            // It hands on what a flush of the server completes: events do not wait for others.
            case "gzip", "x-gzip" -> new GZIPInputStream(response.body(), BUFFER_BYTES);
            default -> throw ConnectionException.notEventStream("the encoding " + encoding);
        };
    }

    /** Waits for the next bytes and hands those that came to the decoder; returns how many. */
    int read(SseDecoder decoder) throws ConnectionException {
        int count;
        try {
            count = body.read(buffer, 0, buffer.length);
        } catch (ConnectionException known) {
            throw known;
        } catch (IOException broken) {
            throw ConnectionException.broken(broken);
        }
        if (count < 0) {
            throw ConnectionException.closed();
        }
        decoder.feed(buffer, 0, count);
        return count;
    }

    @Override
    public void close() {
        chunks.close();
    }

    /** What the server says instead of a stream. */
    private static ConnectionException refusal(HttpResponse<ChunkStream> response) {
        String retryAfter = response.headers().firstValue("Retry-After").orElse("");
        byte[] start = {};
        try {
            start = response.body().readNBytes(BODY_BYTES);
        } catch (IOException cut) {
            // The status is what counts.
        }
        String text = new String(start, StandardCharsets.UTF_8)
                .chars()
                .mapToObj(c -> Character.isISOControl(c) ? " " : Character.toString(c))
                .collect(Collectors.joining());
        String line = text.strip().replaceAll("\\s+", " ");
        String shown = line.length() <= BODY_SHOWN ? line : line.substring(0, BODY_SHOWN) + '…';
        return ConnectionException.status(
                response.statusCode(), retryAfterMillis(retryAfter, Instant.now()), shown);
    }

    /** Seconds or a date, as RFC 9110, section 10.2.3, has it; 0 for anything else. */
    static long retryAfterMillis(String header, Instant now) {
        String text = header.strip();
        if (!text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return text.length() > 9 ? Reconnect.LONGEST_ASKED_MILLIS : Long.parseLong(text) * 1000;
        }
        try {
            Instant date = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
            return Math.max(0, Duration.between(now, date).toMillis());
        } catch (DateTimeException other) {
            return 0;
        }
    }
}
