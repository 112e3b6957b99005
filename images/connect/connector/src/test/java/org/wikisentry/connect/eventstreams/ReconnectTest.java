package org.wikisentry.connect.eventstreams;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.wikisentry.connect.eventstreams.Reconnect.Ended;
import org.wikisentry.connect.eventstreams.Reconnect.Next;
import org.wikisentry.connect.eventstreams.Reconnect.Verdict;

class ReconnectTest {
    private static final ConnectionException UNREACHABLE = ConnectionException.unreachable(new IOException("no"));
    private final Reconnect reconnect = new Reconnect(1_000, 60_000, new Random(7));

    private Next after(ConnectionException error, boolean resumed, long lived, boolean delivered) {
        return reconnect.after(new Ended(error, resumed, lived, delivered), 0);
    }

    private static ConnectionException status(int status, long retryAfter) {
        return ConnectionException.status(status, retryAfter, "");
    }

    @Test
    void waitsDoubleAfterEachFailureUpToTheLongestWait() {
        long[] ceilings = {2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000};
        for (int round = 0; round < 200; round++) {
            for (long ceiling : ceilings) {
                Next next = after(UNREACHABLE, false, 0, false);
                assertEquals(Verdict.FAILED, next.verdict());
                assertTrue(next.waitMillis() >= 1_000 && next.waitMillis() <= ceiling, next + " of " + ceiling);
            }
            assertEquals(Verdict.WORKED, after(ConnectionException.closed(), true, 500, true).verdict());
        }
    }

    @Test
    void jitterSpreadsTheWaits() {
        long distinct = java.util.stream.Stream.generate(() -> after(UNREACHABLE, false, 0, false).waitMillis())
                .limit(100).distinct().count();
        assertTrue(distinct > 50, distinct + " different waits");
    }

    @Test
    void theRegularEndOfALongConnectionNeedsNoWait() {
        assertEquals(new Next(Verdict.WORKED, 0), after(ConnectionException.closed(), true, 900_000, true));
        assertEquals(new Next(Verdict.WORKED, 0), after(ConnectionException.closed(), true, 10_000, false));
        assertEquals(Verdict.FAILED, after(ConnectionException.closed(), true, 9_999, false).verdict());
    }

    @ParameterizedTest
    @CsvSource({
        "408, FAILED", "429, FAILED", "500, FAILED", "502, FAILED", "503, FAILED", "504, FAILED",
        "404, HOPELESS", "401, HOPELESS", "410, HOPELESS", "301, HOPELESS", "400, HOPELESS", "403, REFUSED",
    })
    void judgesByTheStatus(int status, Verdict verdict) {
        assertEquals(verdict, after(status(status, 0), false, 0, false).verdict());
    }

    @Test
    void aRefusedBookmarkIsSentInAnotherWayUntilAConnectionWorks() {
        for (int second : new int[] {400, 431}) {
            assertEquals(Verdict.BOOKMARK_REFUSED, after(status(400, 0), true, 0, false).verdict());
            assertEquals(ResumeBy.TIMES, reconnect.by());
            assertEquals(Verdict.BOOKMARK_REFUSED, after(status(second, 0), true, 0, false).verdict());
            assertEquals(ResumeBy.SINCE, reconnect.by());
            after(ConnectionException.closed(), true, 900_000, true);
            assertEquals(ResumeBy.OFFSETS, reconnect.by());
        }
        assertEquals(Verdict.BOOKMARK_REFUSED, after(status(431, 0), true, 0, false).verdict());
        assertEquals(ResumeBy.SINCE, reconnect.by());
    }

    @Test
    void whatSendsNoBookmarkIsRefusedForAnotherReason() {
        assertEquals(Verdict.HOPELESS, after(status(400, 0), false, 0, false).verdict());
        assertEquals(Verdict.HOPELESS, after(status(431, 0), false, 0, false).verdict());
    }

    @Test
    void refusalsInARowAreHopelessAtTheThird() {
        for (int round = 0; round < 2; round++) {
            assertEquals(Verdict.REFUSED, after(status(403, 0), false, 0, false).verdict());
            Next second = after(status(403, 0), false, 0, false);
            assertEquals(Verdict.REFUSED, second.verdict());
            assertTrue(second.waitMillis() >= 30_000, second.toString());
            after(status(503, 0), false, 0, false);
        }
        after(status(403, 0), false, 0, false);
        after(status(403, 0), false, 0, false);
        assertEquals(Verdict.HOPELESS, after(status(403, 0), false, 0, false).verdict());
    }

    @Test
    void aSubscriptionThatWorkedIsNotGivenUpAtOnce() {
        after(ConnectionException.closed(), true, 900_000, true);
        assertEquals(Verdict.REFUSED, after(status(404, 0), true, 0, false).verdict());
        assertEquals(Verdict.REFUSED, after(status(404, 0), true, 0, false).verdict());
        assertEquals(Verdict.HOPELESS, after(status(404, 0), true, 0, false).verdict());
    }

    @Test
    void theServerCanAskForALongerWaitWithinReason() {
        assertTrue(after(status(429, 120_000), false, 0, false).waitMillis() >= 120_000);
        assertEquals(Reconnect.LONGEST_ASKED_MILLIS, after(status(429, Long.MAX_VALUE), false, 0, false).waitMillis());
        Ended worked = new Ended(ConnectionException.closed(), true, 900_000, true);
        assertEquals(3_000, reconnect.after(worked, 3_000).waitMillis());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', value = {
        "120|120000", "^ 0 ^|0", "Sun, 06 Nov 1994 08:49:37 GMT|30000", "Sun, 06 Nov 1994 08:48:00 GMT|0",
        "soon|0", "-5|0", "^^|0", "99999999999999999999|3600000",
    })
    void retryAfterIsReadAsSecondsOrAsADate(String header, long millis) {
        assertEquals(millis, Connection.retryAfterMillis(header, Instant.parse("1994-11-06T08:49:07Z")), header);
    }
}
