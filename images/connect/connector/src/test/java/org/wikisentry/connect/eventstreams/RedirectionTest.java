package org.wikisentry.connect.eventstreams;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedirectionTest {
    private static final String HERE = "http://127.0.0.1:8888/v2/stream/a";
    private static final String THERE = "https://stream.wikimedia.org/v2/stream/a";

    @ParameterizedTest
    @CsvSource({
        THERE + ", https://stream.wikimedia.org/v3/stream/a, true",
        THERE + ", https://stream.wikimedia.org:4443/v2/stream/a, true",
        THERE + ", https://stream-eqiad.example.org/v2/stream/a, true",
        THERE + ", http://stream.wikimedia.org/v2/stream/a, false",
        THERE + ", http://127.0.0.1:8888/v2/stream/a, false",
        THERE + ", https://localhost/v2/stream/a, false",
        THERE + ", https://registry/v2/stream/a, false",
        THERE + ", https://me:secret@stream.wikimedia.org/, false",
        THERE + ", ftp://stream.wikimedia.org/, false",
        THERE + ", mailto:me@example.org, false",
        HERE + ", http://127.0.0.1:9999/v2/stream/a, true",
        HERE + ", " + THERE + ", true",
        HERE + ", http://stream.wikimedia.org/v2/stream/a, false",
        HERE + " https://localhost/, " + HERE + ", false",
    })
    void redirectsAreFollowedWhereEventsStaySafe(String asked, String to, boolean followed) {
        List<URI> chain = Arrays.stream(asked.split(" ")).map(URI::create).toList();
        String objection = Redirection.objection(chain, URI.create(to));
        assertEquals(followed, objection == null, objection);
    }

    @Test
    void aChainHasAnEnd() {
        URI there = URI.create(THERE);
        assertEquals(null, Redirection.objection(java.util.Collections.nCopies(5, there), there));
        assertTrue(Redirection.objection(java.util.Collections.nCopies(6, there), there) != null);
    }

    @Test
    void aRedirectToAnotherPortIsFollowedWithThePlaceToResumeAt() throws Exception {
        Map<Map<String, ?>, Map<String, Object>> stored = new HashMap<>();
        try (FaultyFeed there = new FaultyFeed();
                FaultyFeed here = new FaultyFeed()) {
            stored.put(
                    StreamBookmarks.sourcePartition(here.url(), "recentchange"),
                    Map.of("bookmark", "[{\"topic\":\"" + Edits.TOPIC + "\",\"partition\":0,\"offset\":7}]"));
            there.otherwise(request -> there.hanging(Edits.frame(7)));
            here.otherwise(request -> FaultyFeed.status(307, "Location: " + there.url() + "/elsewhere\r\n", ""));
            try (TaskHarness worker = new TaskHarness(here.url(), Map.of(), stored)) {
                worker.await(1);
            }
            FaultyFeed.Request request = there.requests.get(0);
            assertEquals("/v2/stream/elsewhere", request.path());
            assertTrue(request.lastEventId().contains("\"offset\":7"), request.lastEventId());
            assertTrue(request.headers().get("user-agent").contains("test@example.org"));
        }
    }
}
