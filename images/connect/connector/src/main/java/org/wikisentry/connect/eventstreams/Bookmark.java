package org.wikisentry.connect.eventstreams;

import java.io.IOException;
import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.wikisentry.connect.eventstreams.Comparison.Finding;
import org.wikisentry.connect.eventstreams.Event.Position;

/**
 * How far one stream was taken, over all its source partitions. It is the source offset of every
 * record of the stream. Held to {@code testdata/vectors/bookmark.json} and {@code resume.json}. One
 * thread changes it.
 */
final class Bookmark {
    /** The field of a source offset that counts: a JSON array of {@link IdEntry}. */
    static final String FIELD = "bookmark";

    /** Beside it, for monitoring: holes given up since the stream was first read. */
    static final String GAPS = "gaps";

    /** Offsets that were missing in them. */
    static final String GAP_OFFSETS = "gap.offsets";

    /** Beside it: whether the service's ids carry times, as its clusters differ in their offsets. */
    static final String BY_TIME = "by.time";

    /**
     * Partitions that are kept of a stream: what a bookmark asks for has to fit into one header. The
     * streams of the public service have one or two in each data centre.
     */
    static final int MAX_PARTITIONS = 64;

    /** Longer names of topics are none: Kafka's own limit. */
    private static final int MAX_TOPIC_CHARS = 249;

    /** What is kept rather: what events came from, not ids alone named; then what is newer. */
    private static final Comparator<PartitionMark> WORTH =
            Comparator.comparing((PartitionMark mark) -> mark.taken.size() > 0).thenComparingLong(mark -> mark.time);

    /** There is no room for a partition. */
    private static final int NO_ROOM = -1;

    private final int window;
    private PartitionMark[] marks = {};
    private long gaps;
    private long gapOffsets;
    private boolean byTime;

    /**
     * An empty bookmark. A hole in the offsets is given up once {@code window} later ones were
     * taken, because not every offset of a source carries an event.
     */
    Bookmark(int window) {
        this.window = window;
    }

    /**
     * The bookmark that a source offset holds; an empty one for null.
     *
     * @throws IOException if it holds something else
     */
    static Bookmark read(Map<String, ?> sourceOffset, int window) throws IOException {
        Bookmark bookmark = new Bookmark(window);
        if (sourceOffset == null) {
            return bookmark;
        }
        if (!(sourceOffset.get(FIELD) instanceof String text)) {
            throw new IOException("it has no text named `" + FIELD + "`");
        }
        for (IdEntry entry : IdEntry.parse(text)) {
            bookmark.restore(entry);
        }
        bookmark.gaps = count(sourceOffset.get(GAPS));
        bookmark.gapOffsets = count(sourceOffset.get(GAP_OFFSETS));
        // Offsets that were stored before it was: asking by time loses nothing wherever they are from.
        bookmark.byTime = sourceOffset.get(BY_TIME) instanceof Boolean known
                ? known
                : Arrays.stream(bookmark.marks).anyMatch(mark -> mark.time != EventTime.NONE);
        return bookmark;
    }

    /** Takes a partition as it is stored, unless there are too many. */
    private void restore(IdEntry entry) {
        boolean hasEvents = entry.recent().length > 0;
        int index = indexOf(entry.topic(), entry.partition(), hasEvents);
        if (index != NO_ROOM) {
            set(index, PartitionMark.restored(entry));
        }
    }

    /** Takes what the topics say of a partition. */
    void recover(IdEntry entry) {
        restore(entry);
        byTime = true;
    }

    /** Records an event of which no id is known; false if it was taken before. */
    boolean take(Position position, long time) {
        int index = indexOf(position.topic(), position.partition(), true);
        if (index == NO_ROOM) {
            return true;
        }
        boolean isFresh = !marks[index].hasTaken(position.offset());
        set(index, passed(marks[index], position.offset(), time));
        return isFresh;
    }

    /**
     * Records an event; false if it was taken before. After a break it finds out whether something is
     * missing, and whether another cluster sends.
     */
    boolean take(Position position, long time, Seen seen) {
        int index = indexOf(position.topic(), position.partition(), true);
        if (index == NO_ROOM) {
            return seen.isNew();
        }
        long offset = position.offset();
        Comparison compared = Comparison.of(marks[index], offset, time, seen);
        PartitionMark mark = compared.mark();
        if (compared.finding() == Finding.FORGOTTEN) {
            return false;
        }
        if (compared.finding() == Finding.AFTER_LOSS) {
            gaps++;
        }
        if (compared.isFresh() || mark.taken.offsetOf(seen.id()) == PartitionMark.NONE) {
            mark = mark.remember(offset, seen, time, compared.isFresh());
        }
        set(index, passed(mark, offset, time));
        return compared.isFresh();
    }

    /** The mark behind an event. */
    private PartitionMark passed(PartitionMark mark, long offset, long time) {
        if (mark.hasTaken(offset)) {
            return mark;
        }
        PartitionMark taken = mark.take(offset, time);
        if (taken.ahead.count() <= window) {
            return taken;
        }
        gaps++;
        gapOffsets += taken.ahead.first() - taken.next;
        return taken.giveUp();
    }

    /** Records an event that says when it happened but not where it stood. */
    void takeTime(String topic, int partition, long time) {
        int index = indexOf(topic, partition, false);
        if (index != NO_ROOM) {
            set(index, marks[index].takeTime(time));
        }
    }

    /**
     * Records a partition that an SSE id names. The service resumes only those that
     * {@code Last-Event-ID} lists, so silent ones must be kept as well.
     */
    void takeId(IdEntry entry) {
        int index = indexOf(entry.topic(), entry.partition(), false);
        if (index != NO_ROOM && !marks[index].isKnown()) {
            set(index, PartitionMark.named(entry));
        }
    }

    /** Records whether the service's ids carry times instead of offsets. */
    void takeForm(boolean idsByTime) {
        byTime = idsByTime;
    }

    /**
     * Where to go on with the partitions of these streams; those of others are left out and kept.
     *
     * @param latest time of the last event of all bookmarks
     */
    List<IdEntry> resume(Collection<String> streams, long latest, boolean withoutOffsets) {
        List<IdEntry> entries = new ArrayList<>();
        for (int index = 0; index < marks.length; index++) {
            if (marks[index].isOfAny(streams)) {
                set(index, marks[index].askFor(byTime || withoutOffsets));
                PartitionMark mark = marks[index];
                entries.add(mark.asked.isByTime()
                        ? IdEntry.at(mark.topic, mark.partition, null, mark.resumeTime(latest))
                        : IdEntry.at(mark.topic, mark.partition, mark.next, null));
            }
        }
        return entries;
    }

    /** All partitions are asked for by time, as the connection says since when. */
    void resumeSince() {
        for (int index = 0; index < marks.length; index++) {
            set(index, marks[index].askFor(true));
        }
    }

    /** The mark of a partition; null if it was never named. */
    PartitionMark mark(String topic, int partition) {
        for (PartitionMark mark : marks) {
            if (mark.partition == partition && mark.topic.equals(topic)) {
                return mark;
            }
        }
        return null;
    }

    /** Whether a partition of the stream is known. */
    boolean names(String stream) {
        return Arrays.stream(marks).anyMatch(mark -> StreamBookmarks.isOf(mark.topic, stream));
    }

    /** Time of the latest event before which all were taken, or {@link EventTime#NONE}. */
    long time() {
        long latest = EventTime.NONE;
        for (PartitionMark mark : marks) {
            latest = Math.max(latest, mark.time);
        }
        return latest;
    }

    /** Holes in the offsets that were given up since the stream was first read. */
    long gaps() {
        return gaps;
    }

    /** Offsets that were missing in them. */
    long gapOffsets() {
        return gapOffsets;
    }

    /** The partitions as they are now. */
    PartitionMark[] marks() {
        // Changes replace the array: see `set`.
        return marks;
    }

    /** The bookmark as it is now, as a source offset. Written out only if the worker stores it. */
    Map<String, Object> sourceOffset() {
        return new SourceOffset(marks, gaps, gapOffsets, byTime);
    }

    /** A count as stored; 0 in offsets that were stored before it was counted. */
    private static long count(Object stored) {
        return stored instanceof Number number ? number.longValue() : 0;
    }

    /**
     * The index of a partition, which is added if it is new; {@link #NO_ROOM} where there is none left. One
     * that an event came from takes the place of the one that can best be done without.
     */
    private int indexOf(String topic, int partition, boolean isOfEvent) {
        for (int index = 0; index < marks.length; index++) {
            if (marks[index].partition == partition && marks[index].topic.equals(topic)) {
                return index;
            }
        }
        if (topic.length() > MAX_TOPIC_CHARS) {
            return NO_ROOM;
        }
        List<PartitionMark> more = new ArrayList<>(Arrays.asList(marks));
        if (marks.length >= MAX_PARTITIONS) {
            if (!isOfEvent) {
                return NO_ROOM;
            }
            more.remove(Collections.min(more, WORTH));
        }
        more.add(PartitionMark.unknown(topic, partition));
        marks = more.toArray(PartitionMark[]::new);
        return marks.length - 1;
    }

    private void set(int index, PartitionMark mark) {
        if (marks[index] != mark) {
            marks = marks.clone();
            marks[index] = mark;
        }
    }

    private static final class SourceOffset extends AbstractMap<String, Object> {
        private final PartitionMark[] marks;
        private final long gaps;
        private final long gapOffsets;
        private final boolean byTime;

        private SourceOffset(PartitionMark[] marks, long gaps, long gapOffsets, boolean byTime) {
            this.marks = marks;
            this.gaps = gaps;
            this.gapOffsets = gapOffsets;
            this.byTime = byTime;
        }

        @Override
        public Set<Entry<String, Object>> entrySet() {
            List<IdEntry> entries = Arrays.stream(marks).map(PartitionMark::stored).toList();
            return Map.<String, Object>of(
                            FIELD, IdEntry.write(entries), GAPS, gaps, GAP_OFFSETS, gapOffsets, BY_TIME, byTime)
                    .entrySet();
        }
    }
}
