package org.wikisentry.connect.eventstreams;

import java.util.Arrays;

/**
 * Offsets and ids of the events of a partition that were taken last: they tell what comes again,
 * and whether another cluster, whose offsets differ, sends it. Immutable, in memory that those
 * before and after it share, so that every record can carry one. One thread adds to it.
 */
final class TakenEvents {
    static final TakenEvents NONE = new TakenEvents(new Log(0), 0, 0);

    /** Kept at most: about ten seconds of the busiest stream at its usual rate, a few times over. */
    static final int MOST = 512;

    /** Stored at least, however old. */
    private static final int LEAST = 16;

    /** An event takes three places: offset, id, time. */
    private static final int WIDTH = 3;

    private final Log log;
    private final int from;
    private final int to;

    /** Places that are filled are never changed. */
    private static final class Log {
        private final long[] places;
        private int filled;

        private Log(int places) {
            this.places = new long[places];
        }
    }

    private TakenEvents(Log log, int from, int to) {
        this.log = log;
        this.from = from;
        this.to = to;
    }

    /** With an event more; the oldest goes if there are too many. */
    TakenEvents plus(long offset, long id, long time) {
        boolean fits = log.filled == to && to + WIDTH <= log.places.length;
        if (!fits) {
            return copy(2 * Math.max(LEAST, size() + 1), 0).plus(offset, id, time);
        }
        log.places[to] = offset;
        log.places[to + 1] = id;
        log.places[to + 2] = time;
        log.filled = to + WIDTH;
        int kept = Math.max(from, to + WIDTH - MOST * WIDTH);
        return new TakenEvents(log, kept, to + WIDTH);
    }

    /** The same events where another cluster has them. */
    TakenEvents shifted(long by) {
        return by == 0 ? this : copy(size(), by);
    }

    int size() {
        return (to - from) / WIDTH;
    }

    /** The offset of the event with an id; {@link PartitionMark#NONE} if it is not among them. */
    long offsetOf(long id) {
        for (int at = to - WIDTH; at >= from; at -= WIDTH) {
            if (log.places[at + 1] == id) {
                return log.places[at];
            }
        }
        return PartitionMark.NONE;
    }

    /** Those since a time, and some more: offset, id, offset, id, …, as they were taken. */
    long[] since(long time) {
        int at = to;
        while (at > from && (log.places[at - 1] >= time || (to - at) / WIDTH < LEAST)) {
            at -= WIDTH;
        }
        long[] pairs = new long[(to - at) / WIDTH * 2];
        for (int pair = 0; pair < pairs.length; pair += 2, at += WIDTH) {
            pairs[pair] = log.places[at];
            pairs[pair + 1] = log.places[at + 1];
        }
        return pairs;
    }

    private TakenEvents copy(int events, long by) {
        Log copy = new Log(events * WIDTH);
        System.arraycopy(log.places, from, copy.places, 0, to - from);
        for (int at = 0; at < to - from; at += WIDTH) {
            copy.places[at] += by;
        }
        copy.filled = to - from;
        return new TakenEvents(copy, 0, to - from);
    }

    @Override
    public String toString() {
        return Arrays.toString(since(EventTime.NONE));
    }
}
