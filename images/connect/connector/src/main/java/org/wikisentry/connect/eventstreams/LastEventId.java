package org.wikisentry.connect.eventstreams;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Collection;

/**
 * Writes the {@code Last-Event-ID} header. The service reads the partitions that it lists and no
 * others, each from {@code offset} or, without one, from the first event at {@code timestamp}.
 */
final class LastEventId {
    private static final JsonFactory JSON = new JsonFactory();

    /**
     * A partition that was always silent is asked for from this long before the last event of the
     * others, in milliseconds: nothing of it can have been taken, and should the source have
     * turned to it while the task was down, nothing of it is lost. It covers their different delays.
     */
    private static final long SILENT_SLACK_MILLIS = 60_000;

    private LastEventId() {}

    /** The header for these bookmarks; null if they say nothing, before the first event. */
    static String of(Collection<Bookmark> bookmarks) {
        return write(bookmarks, true);
    }

    /** The same by event times alone, for a service that no longer has the offsets. */
    static String byTime(Collection<Bookmark> bookmarks) {
        return write(bookmarks, false);
    }

    private static String write(Collection<Bookmark> bookmarks, boolean offsets) {
        long latest = bookmarks.stream().mapToLong(Bookmark::time).max().orElse(EventTime.NONE);
        boolean useful = false;
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartArray();
            for (Bookmark bookmark : bookmarks) {
                for (PartitionMark mark : bookmark.marks()) {
                    useful |= write(mark, offsets, latest, json);
                }
            }
            json.writeEndArray();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return useful ? text.toString() : null;
    }

    /** Returns whether the entry names a place, rather than the end of the partition. */
    private static boolean write(PartitionMark mark, boolean offsets, long latest, JsonGenerator json)
            throws IOException {
        json.writeStartObject();
        json.writeStringField("topic", mark.topic);
        json.writeNumberField("partition", mark.partition);
        boolean named = true;
        if (offsets && mark.next != PartitionMark.NONE) {
            json.writeNumberField("offset", mark.next);
        } else if (mark.time != EventTime.NONE) {
            json.writeNumberField("timestamp", mark.time);
        } else if (latest != EventTime.NONE) {
            json.writeNumberField("timestamp", latest - SILENT_SLACK_MILLIS);
        } else {
            json.writeNumberField("offset", -1);
            named = false;
        }
        json.writeEndObject();
        return named;
    }
}
