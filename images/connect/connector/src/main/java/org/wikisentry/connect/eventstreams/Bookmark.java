package org.wikisentry.connect.eventstreams;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.AbstractMap;
import java.util.Map;
import java.util.Set;
import org.wikisentry.connect.eventstreams.Event.Position;

/**
 * How far one stream was taken, over all its source partitions. It is the source offset of every
 * record of the stream. Held to {@code testdata/vectors/bookmark.json}. One thread changes it.
 */
final class Bookmark {
    /** The field of a source offset that counts: a JSON array of {@link IdEntry}. */
    static final String FIELD = "bookmark";

    /** Beside it, for monitoring: holes given up since the stream was first read. */
    static final String GAPS = "gaps";

    /** Offsets that were missing in them. */
    static final String GAP_OFFSETS = "gap.offsets";

    private static final JsonFactory JSON = new JsonFactory();

    private final int window;
    private PartitionMark[] marks = {};
    private long gaps;
    private long gapOffsets;

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
            bookmark.set(bookmark.indexOf(entry.topic(), entry.partition()), PartitionMark.restored(entry));
        }
        bookmark.gaps = count(sourceOffset.get(GAPS));
        bookmark.gapOffsets = count(sourceOffset.get(GAP_OFFSETS));
        return bookmark;
    }

    /** Records an event; false if it was taken before. */
    boolean take(Position position, long time) {
        int index = indexOf(position.topic(), position.partition());
        PartitionMark mark = marks[index];
        if (mark.hasTaken(position.offset())) {
            return false;
        }
        PartitionMark taken = mark.take(position.offset(), time);
        if (taken.ahead.count() > window) {
            gaps++;
            gapOffsets += taken.ahead.first() - taken.next;
            taken = taken.giveUp();
        }
        set(index, taken);
        return true;
    }

    /** Records an event that says when it happened but not where it stood. */
    void takeTime(String topic, int partition, long time) {
        int index = indexOf(topic, partition);
        set(index, marks[index].takeTime(time));
    }

    /**
     * Records a partition that an SSE id names. The service resumes only those that
     * {@code Last-Event-ID} lists, so silent ones must be kept as well.
     */
    void takeId(IdEntry entry) {
        int index = indexOf(entry.topic(), entry.partition());
        if (!marks[index].isKnown()) {
            set(index, PartitionMark.named(entry));
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

    /** Whether no partition of the stream was named yet. */
    boolean isEmpty() {
        return marks.length == 0;
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
        return new SourceOffset(marks, gaps, gapOffsets);
    }

    /** A count as stored; 0 in offsets that were stored before it was counted. */
    private static long count(Object stored) {
        return stored instanceof Number number ? number.longValue() : 0;
    }

    private int indexOf(String topic, int partition) {
        for (int index = 0; index < marks.length; index++) {
            if (marks[index].partition == partition && marks[index].topic.equals(topic)) {
                return index;
            }
        }
        PartitionMark[] more = java.util.Arrays.copyOf(marks, marks.length + 1);
        more[marks.length] = PartitionMark.unknown(topic, partition);
        marks = more;
        return more.length - 1;
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

        private SourceOffset(PartitionMark[] marks, long gaps, long gapOffsets) {
            this.marks = marks;
            this.gaps = gaps;
            this.gapOffsets = gapOffsets;
        }

        @Override
        public Set<Entry<String, Object>> entrySet() {
            return Map.<String, Object>of(FIELD, write(marks), GAPS, gaps, GAP_OFFSETS, gapOffsets)
                    .entrySet();
        }
    }

    private static String write(PartitionMark[] marks) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartArray();
            for (PartitionMark mark : marks) {
                write(mark, json);
            }
            json.writeEndArray();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return text.toString();
    }

    private static void write(PartitionMark mark, JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeStringField("topic", mark.topic);
        json.writeNumberField("partition", mark.partition);
        if (mark.next != PartitionMark.NONE) {
            json.writeNumberField("offset", mark.next);
        }
        if (mark.time != EventTime.NONE) {
            json.writeNumberField("timestamp", mark.time);
        }
        long[] ahead = mark.ahead.bounds();
        if (ahead.length > 0) {
            json.writeArrayFieldStart("ahead");
            for (int at = 0; at < ahead.length; at += 2) {
                json.writeArray(ahead, at, 2);
            }
            json.writeEndArray();
        }
        json.writeEndObject();
    }
}
