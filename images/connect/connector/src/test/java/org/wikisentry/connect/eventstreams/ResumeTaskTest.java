package org.wikisentry.connect.eventstreams;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tasks that are stopped and started, against a service that is as EventStreams is. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ResumeTaskTest {
    private static final String EQIAD = "eqiad.mediawiki.recentchange";
    private static final String CODFW = "codfw.mediawiki.recentchange";
    private static final String TAGS = "mediawiki.revision-tags-change";

    private final long begin = System.currentTimeMillis() - 3_600_000;
    private final KafkaSse service = new KafkaSse();
    private final Map<Map<String, ?>, Map<String, Object>> stored = new HashMap<>();
    private final List<String> ids = new ArrayList<>();
    private FaultyFeed feed;

    @BeforeEach
    void serve() throws Exception {
        feed = new FaultyFeed().otherwise(service::answer);
    }

    @AfterEach
    void close() throws Exception {
        feed.close();
    }

    /** A task from its start until so many records came; they are all that there is to come. */
    private List<FaultyFeed.Request> run(String streams, int records) throws Exception {
        int before = feed.requests.size();
        Map<String, String> settings = Map.of("streams", streams, "since", EventTime.format(begin - 1_000));
        try (TaskHarness worker = new TaskHarness(feed.url(), settings, stored)) {
            worker.await(records);
            int answered = feed.requests.size();
            while (feed.requests.size() < answered + 3) {
                Thread.sleep(5);
            }
            assertNull(worker.task.poll(), "records that came twice");
            worker.values().forEach(value -> ids.add(value.replaceFirst("(?s).*?\"id\":\"([^\"]*).*", "$1")));
        }
        return feed.requests.stream()
                .skip(before)
                .filter(request -> request.path().split("\\?")[0].endsWith('/' + streams))
                .toList();
    }

    private long gaps() {
        return stored.values().stream().mapToLong(offset -> ((Number) offset.get("gaps")).longValue()).sum();
    }

    private void assertEachOnce(Object... topicsAndCounts) {
        List<String> expected = new ArrayList<>();
        for (int at = 0; at < topicsAndCounts.length; at += 2) {
            for (int number = 0; number < (Integer) topicsAndCounts[at + 1]; number++) {
                expected.add(topicsAndCounts[at].toString() + '#' + number);
            }
        }
        assertEquals(expected.stream().sorted().toList(), ids.stream().sorted().toList());
        assertEquals(0, gaps());
    }

    @Test
    void aSwitchOfTheDataCentreWhileTheTaskIsAwayLosesNothing() throws Exception {
        service.add(EQIAD, 60, begin, 200);
        run("recentchange", 60);
        service.add(EQIAD, 5, begin + 12_000, 200);
        service.add(CODFW, 40, begin + 12_900, 200);
        run("recentchange", 45);
        assertEachOnce(EQIAD, 65, CODFW, 40);
    }

    @ParameterizedTest
    @ValueSource(longs = {5_000, 5_007, 4_990, 90_000, 1})
    void anotherClusterWhileTheTaskIsAwayRepeatsAndLosesNothing(long firstOffset) throws Exception {
        service.add(EQIAD, 300, begin, 50);
        run("recentchange", 300);
        service.turnToCluster(firstOffset);
        service.add(EQIAD, 200, begin + 15_000, 50);
        run("recentchange", 200);
        service.add(EQIAD, 10, begin + 25_000, 50);
        run("recentchange", 10);
        assertEachOnce(EQIAD, 510);
    }

    @ParameterizedTest
    @ValueSource(longs = {5_000, 5_400, 1})
    void aStreamThatIsAddedArrivesAndTheOthersDoNotRepeat(long firstOffset) throws Exception {
        service.add(EQIAD, 900, begin, 100);
        run("recentchange", 900);
        service.turnToCluster(firstOffset);
        service.add("eqiad." + TAGS, 30, begin + 80_000, 1_000);
        service.add(EQIAD, 20, begin + 90_000, 100);
        List<FaultyFeed.Request> requests = run("recentchange," + TAGS, 50);
        assertTrue(requests.get(0).path().contains("since="), requests.get(0).path());
        assertFalse(requests.get(1).path().contains("since="), "the second request knows the partitions");
        assertEachOnce(EQIAD, 920, "eqiad." + TAGS, 30);
    }

    @Test
    void aStreamThatIsRemovedIsNotAskedForAndKeepsItsPlace() throws Exception {
        service.add(EQIAD, 10, begin, 100);
        service.add("eqiad." + TAGS, 10, begin, 100);
        run("recentchange," + TAGS, 20);
        service.add(EQIAD, 10, begin + 1_000, 100);
        service.add("eqiad." + TAGS, 10, begin + 1_000, 100);
        for (FaultyFeed.Request request : run("recentchange", 10)) {
            assertFalse(request.lastEventId().contains(TAGS), request.lastEventId());
        }
        run("recentchange," + TAGS, 10);
        assertEachOnce(EQIAD, 20, "eqiad." + TAGS, 20);
    }

    @Test
    void aPartitionOfNoStreamThatIsReadIsLeftOut() throws Exception {
        service.add(EQIAD, 10, begin, 100);
        long time = begin - 1_000;
        stored.put(StreamBookmarks.sourcePartition(feed.url(), "recentchange"), Map.of("gaps", 0, "bookmark",
                "[{\"topic\":\"" + EQIAD + "\",\"partition\":0,\"offset\":1,\"timestamp\":" + time + "},"
                        + "{\"topic\":\"eqiad.mediawiki.page-create\",\"partition\":0,\"timestamp\":" + time + "}]"));
        run("recentchange", 10);
        assertTrue(stored.values().toString().contains("page-create"), "it is kept");
    }

    @Test
    void offsetsOfAnOlderVersionAreResumedByTime() throws Exception {
        service.add(EQIAD, 100, begin, 100);
        stored.put(StreamBookmarks.sourcePartition(feed.url(), "recentchange"), Map.of("gaps", 0L, "gap.offsets", 0L,
                "bookmark", "[{\"topic\":\"" + EQIAD + "\",\"partition\":0,\"offset\":5050,\"timestamp\":"
                        + (begin + 4_900) + "},{\"topic\":\"" + CODFW + "\",\"partition\":0}]"));
        service.add(CODFW, 3, begin + 10_000, 100);
        run("recentchange", 53);
        assertEquals(EQIAD + "#50", ids.get(0));
        assertEquals(0, gaps());
    }
}
