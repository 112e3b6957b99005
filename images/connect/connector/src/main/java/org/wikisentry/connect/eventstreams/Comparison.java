package org.wikisentry.connect.eventstreams;

/**
 * An event held against what was asked for: whether it was taken before, whether something is
 * missing, whether another cluster sends it. Held to {@code testdata/vectors/resume.json}.
 *
 * @param mark of its partition, in the offsets of the cluster that sends; the event is not taken yet
 */
record Comparison(PartitionMark mark, Finding finding) {
    /** What an event turned out to be. */
    enum Finding {
        /** Not taken before. */
        FRESH,
        /** Not taken before, and something before it is lost; how much cannot be known. */
        AFTER_LOSS,
        /** Taken before. */
        TAKEN,
        /** Taken before, and so long ago that its place says nothing. */
        FORGOTTEN
    }

    boolean isFresh() {
        return finding == Finding.FRESH || finding == Finding.AFTER_LOSS;
    }

    static Comparison of(PartitionMark mark, long offset, long time, Seen seen) {
        if (mark.next == PartitionMark.NONE) {
            return new Comparison(mark, seen.isNew() ? Finding.FRESH : Finding.TAKEN);
        }
        boolean mayRepeat = mark.asked != null || offset < mark.next;
        long was = mayRepeat ? mark.taken.offsetOf(seen.id()) : PartitionMark.NONE;
        boolean isNew = seen.isNew() && was == PartitionMark.NONE;
        if (mark.asked == null) {
            return isForgotten(mark, offset, time)
                    ? new Comparison(mark, Finding.FORGOTTEN)
                    : byOffset(mark, offset, isNew, isNew && mark.isReset(offset));
        }
        if (!mark.asked.isByTime()) {
            return byOffset(mark.settled(), offset, isNew, isNew && offset < mark.asked.offset());
        }
        if (was != PartitionMark.NONE) {
            return new Comparison(mark.settled().shifted(was, offset), Finding.TAKEN);
        }
        return byTime(mark, offset, time, isNew);
    }

    /** The offsets are those that were asked for. */
    private static Comparison byOffset(PartitionMark mark, long offset, boolean isNew, boolean isLost) {
        if (isLost) {
            return new Comparison(mark.restarted(offset), Finding.AFTER_LOSS);
        }
        return new Comparison(mark, isNew && !mark.hasTaken(offset) ? Finding.FRESH : Finding.TAKEN);
    }

    /** Nothing was recognised yet: the offsets may be those of another cluster. */
    private static Comparison byTime(PartitionMark mark, long offset, long time, boolean isNew) {
        if (mark.hasTaken(offset, time) || isForgotten(mark, offset, time)) {
            return new Comparison(mark, Finding.FORGOTTEN);
        }
        if (!isNew) {
            // Taken, and not by an offset of this cluster.
            boolean isElsewhere = offset > mark.next && !mark.ahead.contains(offset);
            return new Comparison(isElsewhere ? mark.restarted(offset) : mark, Finding.TAKEN);
        }
        boolean isTimed = time != EventTime.NONE && mark.time != EventTime.NONE;
        boolean isNewer = isTimed && time > mark.time + PartitionMark.JITTER;
        if (offset < mark.next && isNewer) {
            return new Comparison(mark.settled().restarted(offset), Finding.AFTER_LOSS);
        }
        return new Comparison(offset == mark.next ? mark.settled() : mark, Finding.FRESH);
    }

    /**
     * Whether an event was taken before the task was started, so long ago, or so many, that its id
     * is not stored. A partition is sent in order: what comes before all that is recognised was taken.
     */
    private static boolean isForgotten(PartitionMark mark, long offset, long time) {
        if (!mark.isRestored || time == EventTime.NONE || mark.time == EventTime.NONE) {
            return false;
        }
        boolean isOld = time < mark.time - PartitionMark.MARGIN && (mark.asked != null || offset < mark.next);
        return isOld || (mark.hasTaken(offset) && time <= mark.time);
    }
}
