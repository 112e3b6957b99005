package org.wikisentry.connect.eventstreams;

import java.util.random.RandomGenerator;

/** When to connect again, and how, after a connection ended. It neither waits nor connects. */
final class Reconnect {
    /** A connection that lived this long is replaced at once. */
    static final long LONG_LIVED_MILLIS = 10_000;

    /** The longest wait a server can ask for. */
    static final long LONGEST_ASKED_MILLIS = 3_600_000;

    /** Refusals in a row after which waiting is given up: somebody must do something. */
    static final int MAX_REFUSALS = 3;

    /** What to make of how a connection ended. */
    enum Verdict {
        /** It did its work. */
        WORKED,
        /** It failed; trying again may help. */
        FAILED,
        /** The server refuses the client or the subscription; that may be a mistake of its own. */
        REFUSED,
        /** The server refuses the bookmark: resume in another way. */
        BOOKMARK_REFUSED,
        /** The server keeps refusing, or refused a subscription that never worked. */
        HOPELESS
    }

    /**
     * How a connection, or the attempt to make one, ended.
     *
     * @param error why
     * @param resumed where to resume had been sent
     * @param livedMillis time since the server accepted it; 0 if it did not
     * @param delivered events came
     */
    record Ended(ConnectionException error, boolean resumed, long livedMillis, boolean delivered) {}

    /** What to do next, and after which wait. */
    record Next(Verdict verdict, long waitMillis) {}

    private final long minMillis;
    private final long maxMillis;
    private final RandomGenerator random;
    private int failures;
    private int refusals;
    private boolean hasWorked;
    private ResumeBy by = ResumeBy.OFFSETS;

    /** Waits double from {@code minMillis} to at most {@code maxMillis}. */
    Reconnect(long minMillis, long maxMillis, RandomGenerator random) {
        this.minMillis = minMillis;
        this.maxMillis = Math.max(minMillis, maxMillis);
        this.random = random;
    }

    /** Failures in a row. */
    int failures() {
        return failures;
    }

    /** How to resume, as the server refused the ways before. */
    ResumeBy by() {
        return by;
    }

    /**
     * Records how a connection ended. {@code retryMillis} is the server's {@code retry:}, the
     * shortest wait. The random part keeps clients from coming back all at once.
     */
    Next after(Ended ended, long retryMillis) {
        Verdict verdict = judge(ended);
        failures = verdict == Verdict.WORKED ? 0 : failures + 1;
        if (verdict == Verdict.WORKED) {
            by = ResumeBy.OFFSETS;
            refusals = 0;
            hasWorked = true;
        }
        long wait = switch (verdict) {
            case WORKED -> ended.livedMillis() >= LONG_LIVED_MILLIS ? 0 : between(0, minMillis);
            case FAILED -> between(minMillis, ceiling());
            case REFUSED -> between(maxMillis / 2, maxMillis);
            case BOOKMARK_REFUSED -> {
                // By times it is as large; some servers say 400 to what is too large as well.
                boolean isForm = ended.error().status == 400 && by == ResumeBy.OFFSETS;
                by = isForm ? ResumeBy.TIMES : ResumeBy.SINCE;
                yield between(0, minMillis);
            }
            case HOPELESS -> 0;
        };
        long asked = Math.max(ended.error().retryAfterMillis, retryMillis);
        return new Next(verdict, Math.max(wait, Math.min(asked, LONGEST_ASKED_MILLIS)));
    }

    private Verdict judge(Ended ended) {
        int status = ended.error().status;
        if (status == ConnectionException.NO_STATUS) {
            boolean worked = ended.delivered() || ended.livedMillis() >= LONG_LIVED_MILLIS;
            return worked ? Verdict.WORKED : Verdict.FAILED;
        }
        if (status == 408 || status == 425 || status == 429 || status >= 500) {
            refusals = 0;
            return Verdict.FAILED;
        }
        // What was not sent cannot be what is refused.
        if ((status == 400 || status == 431) && ended.resumed()) {
            return Verdict.BOOKMARK_REFUSED;
        }
        // The service answers 403 also for a while, when a network misbehaved.
        boolean mayPass = hasWorked || status == 403;
        return mayPass && ++refusals < MAX_REFUSALS ? Verdict.REFUSED : Verdict.HOPELESS;
    }

    /** Twice the least wait after the first failure, doubled at each further one. */
    private long ceiling() {
        long doubled = minMillis << Math.min(failures, 20);
        return Math.max(minMillis, Math.min(doubled, maxMillis));
    }

    private long between(long from, long to) {
        return from + random.nextLong(to - from + 1);
    }
}
