package org.wikisentry.connect.eventstreams;

import java.util.Collection;

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

    /**
     * Before the last event of a partition, asked for again, in milliseconds: times run back by some
     * milliseconds, and the service begins behind all events of the last one's millisecond.
     */
    static final long MARGIN = 10_000;

    /** Before the last event of all, where a partition has sent nothing yet. In milliseconds. */
    static final long SILENT_MARGIN = 600_000;

    /** An event is newer than another if it is so by more than this, in milliseconds. */
    static final long JITTER = 1_000;

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
    /** The events taken last. */
    final TakenEvents taken;
    /** What was asked for when the connection was made again; null once it is known what came of it. */
    final Asked asked;
    /** Asked by time after the task was started, with nothing new since: the task knows no ids. */
    final boolean isRestored;
    /** Time of the last of those ahead: it must not be resumed by while others are missing. */
    private final long aheadTime;
    /** Offsets before {@code next} that never came. */
    private final OffsetRanges holes;

    private PartitionMark(PartitionMark of, long next, long time, OffsetRanges ahead, OffsetRanges holes) {
        this(of, next, time, ahead, ahead.isEmpty() ? EventTime.NONE : of.aheadTime, holes, of.taken, of.asked,
                of.isRestored);
    }

    private PartitionMark(PartitionMark of, TakenEvents taken, Asked asked, boolean isRestored) {
        this(of, of.next, of.time, of.ahead, of.aheadTime, of.holes, taken, asked, isRestored);
    }

    private PartitionMark(PartitionMark of, long next, long time, OffsetRanges ahead, long aheadTime,
            OffsetRanges holes, TakenEvents taken, Asked asked, boolean isRestored) {
        this.topic = of.topic;
        this.partition = of.partition;
        this.next = next;
        this.time = time;
        this.ahead = ahead;
        this.aheadTime = aheadTime;
        this.holes = holes;
        this.taken = taken;
        this.asked = asked;
        this.isRestored = isRestored;
    }

    private PartitionMark(String topic, int partition) {
        this.topic = topic;
        this.partition = partition;
        this.next = NONE;
        this.time = EventTime.NONE;
        this.ahead = OffsetRanges.EMPTY;
        this.aheadTime = EventTime.NONE;
        this.holes = OffsetRanges.EMPTY;
        this.taken = TakenEvents.NONE;
        this.asked = null;
        this.isRestored = false;
    }

    /** A partition of which nothing is known. */
    static PartitionMark unknown(String topic, int partition) {
        return new PartitionMark(topic, partition);
    }

    /** A partition as an id names it before any event of it was taken. */
    static PartitionMark named(IdEntry entry) {
        PartitionMark mark = from(entry);
        return mark.next == NONE ? mark : mark.with(mark.next, mark.time, OffsetRanges.EMPTY, before(mark.next));
    }

    /** A partition as stored. */
    static PartitionMark restored(IdEntry entry) {
        PartitionMark mark = from(entry);
        TakenEvents taken = TakenEvents.NONE;
        long[] recent = entry.recent();
        for (int at = 0; at < recent.length; at += 2) {
            taken = taken.plus(recent[at], recent[at + 1], mark.time);
        }
        return new PartitionMark(mark, taken, null, true);
    }

    private static PartitionMark from(IdEntry entry) {
        long next = entry.offset() == null || entry.offset() < 0 ? NONE : entry.offset();
        long time = entry.timestamp() == null ? EventTime.NONE : entry.timestamp();
        OffsetRanges ahead = next == NONE ? OffsetRanges.EMPTY : OffsetRanges.of(entry.ahead());
        return unknown(entry.topic(), entry.partition()).with(next, time, ahead, OffsetRanges.EMPTY).absorb();
    }

    /** Whether events lie before the mark, so that the source can be asked to resume there. */
    boolean isKnown() {
        return next != NONE || time != EventTime.NONE;
    }

    /** Whether the event at an offset was taken, in this run or before it. */
    boolean hasTaken(long offset) {
        return offset < next ? !isReset(offset) && !holes.contains(offset) : ahead.contains(offset);
    }

    /** Whether an event that is sent again was taken, by its offset and time: its id may be forgotten. */
    boolean hasTaken(long offset, long eventTime) {
        boolean isTimed = eventTime != EventTime.NONE && time != EventTime.NONE;
        return asked != null && asked.isByTime() && offset < next && isTimed && eventTime < time - MARGIN;
    }

    /** The mark once it was asked for: by offset, or by time from {@link #resumeTime} on. */
    PartitionMark askFor(boolean byTime) {
        boolean isByTime = byTime || next == NONE;
        return new PartitionMark(this, taken, isByTime ? Asked.BY_TIME : new Asked(next), isRestored && isByTime);
    }

    /** Whether it belongs to one of these streams. */
    boolean isOfAny(Collection<String> streams) {
        return streams.stream().anyMatch(stream -> StreamBookmarks.isOf(topic, stream));
    }

    /** The first place that is missing; the end of the partition if nothing of it is known. */
    IdEntry place() {
        boolean isEnd = next == NONE && time == EventTime.NONE;
        Long timestamp = next == NONE && !isEnd ? (Long) time : null;
        return IdEntry.at(topic, partition, isEnd || next != NONE ? (Long) next : null, timestamp);
    }

    /** The mark as it is stored, with the ids of all that may come again. */
    IdEntry stored() {
        long[] recent = time == EventTime.NONE ? taken.since(Long.MAX_VALUE) : taken.since(time - MARGIN - JITTER);
        return new IdEntry(topic, partition, next == NONE ? null : (Long) next, time == EventTime.NONE ? null : (Long) time,
                ahead.bounds(), recent);
    }

    /** Where to ask for it by time, if the last event of all partitions was at {@code latest}. */
    long resumeTime(long latest) {
        return time == EventTime.NONE ? latest - SILENT_MARGIN : time - MARGIN;
    }

    /** The mark once it is known whether the offsets are those of before. */
    PartitionMark settled() {
        return new PartitionMark(this, taken, null, isRestored);
    }

    /** The mark where the event that stood at {@code was} stands at {@code offset}: so do all others. */
    PartitionMark shifted(long was, long offset) {
        long by = offset - was;
        if (by == 0) {
            return new PartitionMark(this, taken, asked, false);
        }
        long last = (ahead.isEmpty() ? next : ahead.last()) + by;
        if (next + by < 0 || last < 0) {
            return restarted(offset);
        }
        // The events before it are known by their ids: nothing was taken by these offsets.
        return new PartitionMark(this, next + by, time, ahead.shifted(by), aheadTime, before(next + by),
                taken.shifted(by), asked, isRestored);
    }

    /** The mark at an offset that has nothing to do with those before. */
    PartitionMark restarted(long offset) {
        return new PartitionMark(this, offset, time, OffsetRanges.EMPTY, EventTime.NONE, before(offset),
                TakenEvents.NONE, asked, isRestored);
    }

    /** The mark once an event is kept to be recognised. */
    PartitionMark remember(long offset, Seen seen, long eventTime, boolean isFresh) {
        return new PartitionMark(this, taken.plus(offset, seen.id(), eventTime), asked, isRestored && !isFresh);
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
        return new PartitionMark(this, next, time, ahead.plus(offset, offset),
                isLast ? latest(eventTime, aheadTime) : aheadTime, holes, taken, asked, isRestored);
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

    /** Whether an offset lies so far back that the source partition must have been created again. */
    boolean isReset(long offset) {
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
        return new PartitionMark(this, newNext, newTime, newAhead, newHoles);
    }
}
