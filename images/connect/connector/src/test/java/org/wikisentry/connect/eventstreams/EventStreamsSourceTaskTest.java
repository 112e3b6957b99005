package org.wikisentry.connect.eventstreams;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import java.util.zip.GZIPOutputStream;
import javax.management.ObjectName;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The task against a server that does what it should not. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class EventStreamsSourceTaskTest {
    private final Map<Map<String, ?>, Map<String, Object>> stored = new HashMap<>();

    private static List<String> payloads(long from, long to) {
        return LongStream.range(from, to).mapToObj(Edits::payload).toList();
    }

    private static String id(long offset) {
        return "[{\"topic\":\"" + Edits.TOPIC + "\",\"partition\":0,\"offset\":" + offset + "}]";
    }

    @Test
    void resumesBehindTheLastWholeEventWhenAConnectionIsCut() throws Exception {
        String torn = Edits.frame(3);
        try (FaultyFeed feed = new FaultyFeed(
                        FaultyFeed.text(FaultyFeed.OK + Edits.frames(0, 3) + torn.substring(0, torn.length() - 1)),
                        FaultyFeed.text(FaultyFeed.OK + Edits.frames(3, 5)),
                        out -> {
                            String chunked = FaultyFeed.OK.replace("\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n");
                            out.write((chunked + "1000\r\n" + Edits.frames(5, 6)).getBytes(StandardCharsets.UTF_8));
                        })
                        // The client may drop what came of a chunk that was cut: then it asks for it again.
                        .otherwise(request -> FaultyFeed.text(
                                FaultyFeed.OK + Edits.frames(request.lastEventId().equals(id(5)) ? 5 : 6, 8)));
                TaskHarness worker = new TaskHarness(feed.url(), Map.of(), stored)) {
            worker.await(8);
            assertEquals(payloads(0, 8), worker.values());
            assertNull(feed.requests.get(0).lastEventId());
            assertEquals(id(3), feed.requests.get(1).lastEventId());
            assertEquals(id(5), feed.requests.get(2).lastEventId());
            FaultyFeed.Request request = feed.requests.get(0);
            assertEquals("/v2/stream/recentchange", request.path());
            assertEquals("text/event-stream", request.headers().get("accept"));
            String agent = request.headers().get("user-agent");
            assertTrue(agent.contains("(test@example.org)"), agent);
        }
    }

    @Test
    void aNewTaskGoesOnWhereTheWorkerStoredTheLastRecord() throws Exception {
        try (FaultyFeed feed = new FaultyFeed()) {
            try (TaskHarness worker = new TaskHarness(feed.url(), Map.of(), stored)) {
                feed.then(feed.hanging(Edits.frames(0, 3) + Edits.frames(4, 6)));
                worker.await(5);
            }
            int before = feed.requests.size();
            try (TaskHarness worker = new TaskHarness(feed.url(), Map.of(), stored)) {
                feed.then(feed.hanging(Edits.frames(3, 8)));
                worker.await(3);
                assertEquals(id(3), feed.requests.get(before).lastEventId());
                assertEquals(
                        List.of(Edits.payload(3), Edits.payload(6), Edits.payload(7)), worker.values(),
                        "4 and 5 overtook 3 and were stored before");
            }
        }
    }

    @Test
    void waitsOutWhatPassesAsTheServerAsks() throws Exception {
        try (FaultyFeed feed = new FaultyFeed(
                        FaultyFeed.status(503, "", "busy"),
                        FaultyFeed.status(429, "Retry-After: 1\r\n", ""),
                        FaultyFeed.text("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>"),
                        FaultyFeed.text("nonsense\r\n\r\n"),
                        out -> {},
                        FaultyFeed.status(403, "", "slow down"),
                        FaultyFeed.text(FaultyFeed.OK + Edits.frames(0, 1)));
                TaskHarness worker = new TaskHarness(feed.url(), Map.of(), stored)) {
            long begun = System.nanoTime();
            worker.await(1);
            assertTrue(System.nanoTime() - begun >= 1_000_000_000L, "Retry-After was not kept");
            assertTrue(feed.requests.size() >= 7, feed.requests.size() + " requests");
        }
    }

    @ParameterizedTest
    @CsvSource({"403, 3, contact", "404, 1, streams", "401, 1, url", "410, 1, streams"})
    void failsWithAdviceWhenSomebodyMustDoSomething(int status, int attempts, String setting) throws Exception {
        FaultyFeed.Answer refusal = FaultyFeed.status(status, "", "because\nof you");
        try (FaultyFeed feed = new FaultyFeed(refusal, refusal, refusal, refusal);
                TaskHarness worker = new TaskHarness(feed.url(), Map.of(), stored)) {
            ConnectException failed = assertThrows(ConnectException.class, () -> worker.await(1));
            assertTrue(failed.getMessage().contains("`" + setting + "`"), failed.getMessage());
            assertTrue(failed.getMessage().contains(status + ": because of you"), failed.getMessage());
            assertEquals(attempts, feed.requests.size());
        }
    }

    @Test
    void recordsThatCameBeforeAFailureAreStillHandedOver() throws Exception {
        FaultyFeed.Answer refusal = FaultyFeed.status(404, "", "");
        try (FaultyFeed feed = new FaultyFeed(
                        FaultyFeed.text(FaultyFeed.OK + Edits.frames(0, 50)), refusal, refusal, refusal);
                TaskHarness worker = new TaskHarness(feed.url(), Map.of("batch.max.records", "7"), stored)) {
            assertThrows(ConnectException.class, () -> worker.await(51));
            assertEquals(payloads(0, 50), worker.values());
        }
    }

    @Test
    void resumesByTimeWhenTheServerRefusesTheOffsets() throws Exception {
        try (FaultyFeed feed = new FaultyFeed(
                        FaultyFeed.text(FaultyFeed.OK + Edits.frames(0, 3)),
                        FaultyFeed.status(400, "", "no such offset"),
                        // By time the last event comes again.
                        FaultyFeed.text(FaultyFeed.OK + Edits.frames(2, 5)),
                        FaultyFeed.text(FaultyFeed.OK + Edits.frames(5, 6)));
                TaskHarness worker = new TaskHarness(feed.url(), Map.of(), stored)) {
            worker.await(6);
            assertEquals(payloads(0, 6), worker.values());
            long time = EventTime.parse("2026-09-17T03:42:23.102Z");
            assertEquals(
                    "[{\"topic\":\"" + Edits.TOPIC + "\",\"partition\":0,\"timestamp\":" + time + "}]",
                    feed.requests.get(2).lastEventId());
            assertEquals(id(5), feed.requests.get(3).lastEventId());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Text/Event-Stream", "TEXT/EVENT-STREAM; Charset=UTF-8"})
    void theTypeOfMediaHasNoCase(String type) throws Exception {
        try (FaultyFeed feed = new FaultyFeed(FaultyFeed.text(
                        "HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\n\r\n" + Edits.frames(0, 1)));
                TaskHarness worker = new TaskHarness(feed.url(), Map.of(), stored)) {
            worker.await(1);
            assertEquals(payloads(0, 1), worker.values());
        }
    }

    @Test
    void aSilentConnectionIsReplaced() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        FaultyFeed.Answer silence = out -> {
            out.write((FaultyFeed.OK + Edits.frames(0, 1) + Edits.frame(1).substring(0, 50)).getBytes(StandardCharsets.UTF_8));
            end.await();
        };
        FaultyFeed.Answer noAnswer = out -> end.await();
        try (FaultyFeed feed = new FaultyFeed(
                        silence, noAnswer, FaultyFeed.text(FaultyFeed.OK + Edits.frames(1, 3)));
                TaskHarness worker = new TaskHarness(feed.url(), Map.of("heartbeat.timeout.ms", "200"), stored)) {
            worker.await(3);
            assertEquals(payloads(0, 3), worker.values());
            end.countDown();
        }
    }

    @Test
    void compressedEventsDoNotWaitForLaterOnes() throws Exception {
        CountDownLatch taken = new CountDownLatch(1);
        try (FaultyFeed feed = new FaultyFeed(out -> {
                    String head = FaultyFeed.OK.replace("\r\n\r\n", "\r\nContent-Encoding: gzip\r\n\r\n");
                    out.write(head.getBytes(StandardCharsets.UTF_8));
                    GZIPOutputStream gzip = new GZIPOutputStream(out, 512, true);
                    gzip.write(Edits.frames(0, 3).getBytes(StandardCharsets.UTF_8));
                    gzip.flush();
                    taken.await();
                    gzip.write(Edits.frames(3, 4).getBytes(StandardCharsets.UTF_8));
                    gzip.finish();
                });
                TaskHarness worker = new TaskHarness(feed.url(), Map.of(), stored)) {
            worker.await(3);
            taken.countDown();
            worker.await(4);
            assertEquals(payloads(0, 4), worker.values());
            assertEquals("gzip", feed.requests.get(0).headers().get("accept-encoding"));
        }
    }

    @Test
    void stopsReadingWhileTheWorkerIsSlow() throws Exception {
        int events = 60_000;
        AtomicLong sent = new AtomicLong();
        try (FaultyFeed feed = new FaultyFeed(out -> {
                    out.write(FaultyFeed.OK.getBytes(StandardCharsets.UTF_8));
                    for (int offset = 0; offset < events; offset += 100) {
                        out.write(Edits.frames(offset, offset + 100).getBytes(StandardCharsets.UTF_8));
                        sent.addAndGet(100);
                    }
                });
                TaskHarness worker = new TaskHarness(feed.url(), Map.of("buffer.max.records", "50"), stored)) {
            worker.await(1);
            // The server stands still once what lies between it and the worker is full.
            long before;
            do {
                before = sent.get();
                Thread.sleep(300);
            } while (sent.get() > before);
            assertTrue(sent.get() < events, "the server could send everything");
            int buffered = ((Number) figure("BufferedRecords")).intValue();
            assertTrue(buffered >= 50 && buffered < 1_000, buffered + " records wait");
            worker.await(events);
            assertEquals(payloads(0, events), worker.values());
        }
    }

    @Test
    void everyKindOfEventHasItsPlace() throws Exception {
        String canary = Edits.payload(1).replace("en.wikipedia.org", "canary");
        String log = Edits.payload(2).replace("\"edit\"", "\"log\"");
        String bot = Edits.payload(3).replace("\"bot\":false", "\"bot\":true");
        String address = Edits.payload(4).replace("\"U\"", "\"192.0.2.1\"");
        String broken = Edits.payload(5).replace("\"edit\"", "7");
        String large = Edits.payload(6).replace("\"U\"", "\"" + "u".repeat(3000) + "\"");
        StringBuilder frames = new StringBuilder(Edits.frame(0)).append(Edits.frame(0));
        String[] payloads = {canary, log, bot, address, broken, large};
        for (int offset = 1; offset <= payloads.length; offset++) {
            frames.append(Edits.frame(Edits.TOPIC, offset, payloads[offset - 1]));
        }
        frames.append("event: error\ndata: the broker is gone\n\n").append(Edits.frame(7));
        try (FaultyFeed feed = new FaultyFeed();
                TaskHarness worker = new TaskHarness(feed.url(), Map.of("max.event.bytes", "2048"), stored)) {
            feed.then(feed.hanging(frames.toString()));
            worker.await(7);
            assertEquals(
                    List.of("edits.registered", "edits.bot", "edits.anonymous", "deadletter", "deadletter",
                            "deadletter", "edits.registered"),
                    worker.records.stream().map(SourceRecord::topic).toList());
            SourceRecord last = worker.records.get(6);
            assertEquals("enwiki:Page 0", last.key());
            assertEquals(EventTime.parse("2026-09-17T03:42:33.107Z"), last.timestamp());
            assertTrue(last.sourceOffset().get("bookmark").toString().contains("\"offset\":8"));
            for (Object[] expected : new Object[][] {
                {"EventsRead", 10L}, {"RecordsMade", 7L}, {"DuplicatesDropped", 1L}, {"CanariesDropped", 1L},
                {"UnroutedDropped", 1L}, {"DeadLetters", 3L}, {"Gaps", 0L}, {"Connected", true}, {"LastError", ""},
            }) {
                assertEquals(expected[1], figure((String) expected[0]), (String) expected[0]);
            }
            assertTrue((Long) figure("BookmarkAgeMillis") >= 0);
        }
    }

    @Test
    void stopsAtOnceWhateverItIsDoing() throws Exception {
        try (FaultyFeed feed = new FaultyFeed()) {
            TaskHarness worker = new TaskHarness(feed.url(), Map.of(), stored);
            feed.awaitRequest();
            long begun = System.nanoTime();
            worker.close();
            worker.close();
            assertTrue(System.nanoTime() - begun < TimeUnit.SECONDS.toNanos(4), "it took too long");
            assertThrows(javax.management.InstanceNotFoundException.class, () -> figure("Gaps"));
        }
    }

    @Test
    void aBookmarkThatCannotBeReadIsReported() throws Exception {
        try (FaultyFeed feed = new FaultyFeed()) {
            stored.put(StreamBookmarks.sourcePartition(feed.url(), "recentchange"), Map.of("bookmark", "7"));
            ConnectException failed = assertThrows(
                    ConnectException.class, () -> new TaskHarness(feed.url(), Map.of(), stored).close());
            assertTrue(failed.getMessage().contains("`recentchange`"), failed.getMessage());
        }
    }

    private static Object figure(String name) throws Exception {
        return ManagementFactory.getPlatformMBeanServer()
                .getAttribute(
                        new ObjectName("org.wikisentry.connect.eventstreams:type=source-task,connector=\"test\",task=\"0\""),
                        name);
    }
}
