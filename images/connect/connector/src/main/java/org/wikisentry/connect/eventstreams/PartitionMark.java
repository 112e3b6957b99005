package org.wikisentry.connect.eventstreams;

/**
 * How far one source partition was taken. Immutable: every record carries the marks as they were
 * when it was taken, so that whatever the worker commits is exact.
 *
 * <p>What lies before {@code next} was taken, except for holes, which were given up. A hole is
 * forgotten by a restart, as the service is then asked for {@code next} and later only.
 */
final class PartitionMark {
    /** No offset is known. */
    static final long NONE = -1;

    /** A drop in offsets larger than this means that the source partition was created again. */
    private static final long RESET_DISTANCE = 100_000;

    /** Holes that are remembered: an event that comes after so many more is taken for repeated. */
    private static final int MAX_HOLES = 32;

    final String topic;
    final int partition;
    /** The first offset not yet taken; {@link #NONE} if the partition's events carry no offset. */
    final long next;
    /** Time of an event before {@code next}, the last one or nearly, or {@link EventTime#NONE}. */
    final long time;
    /** Offsets taken beyond {@code next}, of events that overtook others. */
    final OffsetRanges ahead;
    /** Time of the last of them: it must not be resumed by while others are missing. */
    private final long aheadTime;
    /** Offsets before {@code next} that never came. */
    private final OffsetRanges holes;

    private PartitionMark(
            String topic, int partition, long next, long time, OffsetRanges ahead, long aheadTime, OffsetRanges holes) {
        this.topic = topic;
        this.partition = partition;
        this.next = next;
        this.time = time;
        this.ahead = ahead;
        this.aheadTime = aheadTime;
        this.holes = holes;
    }

    /** A partition of which nothing is known. */
    static PartitionMark unknown(String topic, int partition) {
        return new PartitionMark(
                topic, partition, NONE, EventTime.NONE, OffsetRanges.EMPTY, EventTime.NONE, OffsetRanges.EMPTY);
    }

    /** A partition as an id names it before any event of it was taken. */
    static PartitionMark named(IdEntry entry) {
        PartitionMark mark = restored(entry);
        return mark.next == NONE ? mark : mark.with(mark.next, mark.time, OffsetRanges.EMPTY, before(mark.next));
    }

    /** A partition as stored. */
    static PartitionMark restored(IdEntry entry) {
        long next = entry.offset() == null || entry.offset() < 0 ? NONE : entry.offset();
        long time = entry.timestamp() == null ? EventTime.NONE : entry.timestamp();
        OffsetRanges ahead = next == NONE ? OffsetRanges.EMPTY : OffsetRanges.of(entry.ahead());
        return new PartitionMark(
                entry.topic(), entry.partition(), next, time, ahead, EventTime.NONE, OffsetRanges.EMPTY).absorb();
    }

    /** Whether events lie before the mark, so that the source can be asked to resume there. */
    boolean isKnown() {
        return next != NONE || time != EventTime.NONE;
    }

    /** Whether the event at an offset was taken, in this run or before it. */
    boolean hasTaken(long offset) {
        return offset < next ? !isReset(offset) && !holes.contains(offset) : ahead.contains(offset);
    }

    /** The mark after an event. Events may overtake each other: it stays before the first hole. */
    PartitionMark take(long offset, long eventTime) {
        if (next == NONE || isReset(offset)) {
            return with(offset + 1, latest(eventTime, time), OffsetRanges.EMPTY, before(offset));
        }
        if (offset < next) {
            return with(next, time == EventTime.NONE ? eventTime : time, ahead, holes.minus(offset));
        }
        if (offset == next) {
            return with(offset + 1, latest(eventTime, time), ahead, holes).absorb();
        }
        boolean isLast = ahead.isEmpty() || offset > ahead.last();
        return new PartitionMark(topic, partition, next, time, ahead.plus(offset, offset),
                isLast ? latest(eventTime, aheadTime) : aheadTime, holes);
    }

    /** The mark after an event that says when it happened but not where it stood. */
    PartitionMark takeTime(long eventTime) {
        return with(next, eventTime, ahead, holes);
    }

    /** The mark once the hole at {@code next} is given up; something must lie behind it. */
    PartitionMark giveUp() {
        OffsetRanges more = holes.plus(next, ahead.first() - 1);
        return with(ahead.first(), time, ahead, more.ranges() > MAX_HOLES ? more.withoutFirst() : more).absorb();
    }

    private boolean isReset(long offset) {
        return next - offset > RESET_DISTANCE;
    }

    /** Events before the first that came may still come. */
    private static OffsetRanges before(long offset) {
        return offset == 0 ? OffsetRanges.EMPTY : OffsetRanges.of(0, offset - 1);
    }

    private static long latest(long eventTime, long known) {
        return eventTime == EventTime.NONE ? known : eventTime;
    }

    /** Moves {@code next} over what was taken already. */
    private PartitionMark absorb() {
        long reached = next;
        OffsetRanges rest = ahead;
        while (!rest.isEmpty() && rest.first() <= reached) {
            reached = Math.max(reached, rest.bounds()[1] + 1);
            rest = rest.withoutFirst();
        }
        if (rest == ahead) {
            return this;
        }
        return with(reached, rest.isEmpty() ? latest(aheadTime, time) : time, rest, holes);
    }

    private PartitionMark with(long newNext, long newTime, OffsetRanges newAhead, OffsetRanges newHoles) {
        long newAheadTime = newAhead.isEmpty() ? EventTime.NONE : aheadTime;
        return new PartitionMark(topic, partition, newNext, newTime, newAhead, newAheadTime, newHoles);
    }
}
