package org.wikisentry.connect.eventstreams;

import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.SourceRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wikisentry.connect.eventstreams.Reconnect.Ended;
import org.wikisentry.connect.eventstreams.Reconnect.Next;
import org.wikisentry.connect.eventstreams.Reconnect.Verdict;

/**
 * The thread of a task that keeps its subscription up: connects, takes events, connects again
 * where the bookmarks say. Failures that pass are waited out; others end it and fail the task.
 */
final class FeedReader implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(FeedReader.class);

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

    private final EventStreamsConfig config;
    private final List<String> streams;
    private final StreamBookmarks bookmarks;
    private final RecordBuffer buffer;
    private final TaskMetrics metrics;
    private final Ingest ingest;
    private final Reconnect reconnect;
    private final HttpClient client;
    private final int heartbeatTimeout;
    private final List<SourceRecord> made = new ArrayList<>();
    private volatile boolean stopped;

    /** Where to begin if nothing was taken yet; null for now. */
    private Instant since;

    FeedReader(
            EventStreamsConfig config,
            List<String> streams,
            List<String> allStreams,
            StreamBookmarks bookmarks,
            RecordBuffer buffer,
            TaskMetrics metrics) {
        this.config = config;
        this.streams = streams;
        this.bookmarks = bookmarks;
        this.buffer = buffer;
        this.metrics = metrics;
        this.ingest = new Ingest(config, allStreams, bookmarks, metrics, made::add, System::currentTimeMillis);
        this.reconnect = new Reconnect(
                config.getInt(EventStreamsConfig.BACKOFF_MIN),
                config.getInt(EventStreamsConfig.BACKOFF_MAX),
                ThreadLocalRandom.current()::nextLong);
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_TIMEOUT)
                .followRedirects(HttpClient.Redirect.NEVER)
                .build();
        this.heartbeatTimeout = config.getInt(EventStreamsConfig.HEARTBEAT_TIMEOUT);
        this.since = config.since(Instant.now());
    }

    /** Makes the thread end soon; it must be interrupted, too. */
    void stop() {
        stopped = true;
    }

    @Override
    public void run() {
        try {
            while (!stopped) {
                Thread.sleep(connectOnce());
            }
        } catch (InterruptedException stop) {
            LOG.debug("reading ends");
        } catch (ConnectException hopeless) {
            buffer.fail(hopeless);
        } catch (RuntimeException | Error defect) {
            buffer.fail(new ConnectException("reading the feed failed: " + defect, defect));
        } finally {
            metrics.connected = false;
        }
    }

    /** One connection, from where to resume to its end. Returns how long to wait, in milliseconds. */
    private long connectOnce() throws InterruptedException {
        Resume resume = bookmarks.resume(reconnect.by(), since);
        URI url = config.address(streams, resume.since());
        Instant begun = Instant.now();
        long accepted = 0;
        long framesBefore = metrics.eventsRead.get();
        SseDecoder decoder = new SseDecoder(config.getInt(EventStreamsConfig.MAX_EVENT_BYTES), ingest::take);
        ConnectionException error;
        try (Connection connection = Connection.open(
                client, url, config.userAgent(), config.gzip(), resume.lastEventId(), heartbeatTimeout)) {
            accepted = System.nanoTime();
            connected(url, begun);
            while (!stopped) {
                read(connection, decoder);
            }
            return 0;
        } catch (ConnectionException ended) {
            error = ended;
            ingest.takeWaiting();
            handOn();
        } finally {
            metrics.connected = false;
        }
        if (stopped) {
            return 0;
        }
        long lived = accepted == 0 ? 0 : Math.max(1, (System.nanoTime() - accepted) / 1_000_000);
        boolean delivered = metrics.eventsRead.get() > framesBefore;
        Ended ended = new Ended(error, resume.lastEventId() != null, lived, delivered);
        return report(ended, reconnect.after(ended, decoder.retryMillis()), url);
    }

    private void connected(URI url, Instant begun) {
        LOG.info("connected to {}", url);
        metrics.connected = true;
        metrics.connections.incrementAndGet();
        if (since == null) {
            // Should the connection end before its first event, the next one starts here.
            since = begun;
        }
    }

    private void read(Connection connection, SseDecoder decoder) throws ConnectionException, InterruptedException {
        int bytes = connection.read(decoder);
        metrics.bytesRead.addAndGet(bytes);
        metrics.lastBytesAt = System.currentTimeMillis();
        // A silent stream still brings comments: this is then the only time to look.
        ingest.takeDue();
        handOn();
    }

    private void handOn() throws InterruptedException {
        if (!made.isEmpty()) {
            buffer.put(made);
            made.clear();
        }
    }

    private long report(Ended ended, Next next, URI url) {
        String reason = ended.error().getMessage();
        if (next.verdict() == Verdict.WORKED) {
            LOG.info("{}; connecting again in {} ms", reason, next.waitMillis());
            return next.waitMillis();
        }
        metrics.connectionFailures.incrementAndGet();
        metrics.lastError = reason;
        switch (next.verdict()) {
            case HOPELESS -> throw new ConnectException(advice(ended, url));
            case BOOKMARK_REFUSED -> {
                metrics.bookmarkFallbacks.incrementAndGet();
                LOG.warn("{}; resuming in another way", reason);
            }
            default -> LOG.warn("no connection, failure {} in a row, next attempt in {} ms: {}",
                    reconnect.failures(), next.waitMillis(), reason);
        }
        return next.waitMillis();
    }

    /** What somebody must do about it: this is what the connector's status shows. */
    private static String advice(Ended ended, URI url) {
        String advice = switch (ended.error().status) {
            case 403 -> "it refuses this client; set `" + EventStreamsConfig.CONTACT
                    + "` to an e-mail address or web page where you can be reached, then restart the task";
            case 404 -> "it has no such stream; correct `" + EventStreamsConfig.STREAMS + "` ("
                    + "the service lists its streams in its documentation)";
            case 400, 431 -> "it refuses the subscription, with the bookmark and without; correct `"
                    + EventStreamsConfig.STREAMS + "`, or see the README on resetting the bookmark";
            default -> "it will not serve this subscription; correct `" + EventStreamsConfig.URL + "` or `"
                    + EventStreamsConfig.STREAMS + "`";
        };
        return url + ": " + ended.error().getMessage() + " — " + advice;
    }
}
