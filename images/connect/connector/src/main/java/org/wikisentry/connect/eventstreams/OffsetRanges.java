package org.wikisentry.connect.eventstreams;

/** An immutable set of offsets, as ascending ranges that do not touch. Meant for a few ranges. */
final class OffsetRanges {
    static final OffsetRanges EMPTY = new OffsetRanges(new long[0]);

    /** First, last, first, last, …. */
    private final long[] bounds;

    private OffsetRanges(long[] bounds) {
        this.bounds = bounds;
    }

    /** The ranges that these bounds name: first, last, first, last, …, ascending. */
    static OffsetRanges of(long... bounds) {
        OffsetRanges ranges = EMPTY;
        for (int at = 0; at < bounds.length; at += 2) {
            ranges = ranges.plus(bounds[at], bounds[at + 1]);
        }
        return ranges;
    }

    boolean isEmpty() {
        return bounds.length == 0;
    }

    /** The least offset; there must be one. */
    long first() {
        return bounds[0];
    }

    /** The greatest offset; there must be one. */
    long last() {
        return bounds[bounds.length - 1];
    }

    /** How many ranges. */
    int ranges() {
        return bounds.length / 2;
    }

    /** How many offsets. */
    long count() {
        long count = 0;
        for (int at = 0; at < bounds.length; at += 2) {
            count += bounds[at + 1] - bounds[at] + 1;
        }
        return count;
    }

    /** First, last, first, last, …. */
    long[] bounds() {
        return bounds.clone();
    }

    boolean contains(long offset) {
        for (int at = 0; at < bounds.length && bounds[at] <= offset; at += 2) {
            if (offset <= bounds[at + 1]) {
                return true;
            }
        }
        return false;
    }

    /** With a range more, joined to those that it meets or touches. */
    OffsetRanges plus(long first, long last) {
        int from = 0;
        while (from < bounds.length && bounds[from + 1] < first - 1) {
            from += 2;
        }
        int to = from;
        while (to < bounds.length && bounds[to] <= last + 1) {
            to += 2;
        }
        long start = from < to ? Math.min(first, bounds[from]) : first;
        long end = from < to ? Math.max(last, bounds[to - 1]) : last;
        return replaced(from, to, start, end);
    }

    /** Without an offset, which may leave two ranges of one. */
    OffsetRanges minus(long offset) {
        for (int at = 0; at < bounds.length; at += 2) {
            long first = bounds[at];
            long last = bounds[at + 1];
            if (offset < first || offset > last) {
                continue;
            }
            if (first == last) {
                return replaced(at, at + 2);
            }
            if (offset == first) {
                return replaced(at, at + 2, first + 1, last);
            }
            if (offset == last) {
                return replaced(at, at + 2, first, last - 1);
            }
            return replaced(at, at + 2, first, offset - 1, offset + 1, last);
        }
        return this;
    }

    /** Without the first range. */
    OffsetRanges withoutFirst() {
        return replaced(0, 2);
    }

    /** All of them, so much further on; none may come to lie before 0. */
    OffsetRanges shifted(long by) {
        long[] moved = bounds.clone();
        for (int at = 0; at < moved.length; at++) {
            moved[at] += by;
        }
        return moved.length == 0 ? EMPTY : new OffsetRanges(moved);
    }

    private OffsetRanges replaced(int from, int to, long... with) {
        int length = bounds.length - (to - from) + with.length;
        if (length == 0) {
            return EMPTY;
        }
        long[] made = new long[length];
        System.arraycopy(bounds, 0, made, 0, from);
        System.arraycopy(with, 0, made, from, with.length);
        System.arraycopy(bounds, to, made, from + with.length, bounds.length - to);
        return new OffsetRanges(made);
    }
}
