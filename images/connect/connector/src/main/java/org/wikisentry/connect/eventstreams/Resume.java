package org.wikisentry.connect.eventstreams;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * How to ask for what is missing, as EventStreams really is (its code is KafkaSSE): what
 * {@code Last-Event-ID} does not name is not delivered, an offset of -1 or out of range means the
 * end, a topic outside of the URL is refused. Its ids carry times, since offsets differ between its
 * clusters: it is asked for a little more than is missing, and what was taken is recognised.
 *
 * @param lastEventId value of the header; null for none
 * @param since without a header: all partitions of the streams begin there; null for now
 * @see <a href="https://github.com/wikimedia/KafkaSSE">KafkaSSE</a>
 */
record Resume(String lastEventId, Instant since) {
    /**
     * Where to go on with these streams.
     *
     * @param bookmarks of the streams; they expect what is asked for
     * @param by how the service wants to be asked
     * @param begin where to begin if nothing was taken; null for now
     */
    static Resume of(
            Collection<Bookmark> bookmarks, Collection<String> streams, ResumeBy by, Instant begin) {
        long latest = bookmarks.stream().mapToLong(Bookmark::time).max().orElse(EventTime.NONE);
        if (latest == EventTime.NONE) {
            // Of partitions that have sent nothing, none knows a place.
            String header = by == ResumeBy.SINCE ? null : lastEventId(bookmarks, streams);
            return new Resume(header, header == null ? begin : null);
        }
        if (by == ResumeBy.SINCE || streams.stream().anyMatch(stream -> bookmarks.stream().noneMatch(one -> one.names(stream)))) {
            // Which partitions a stream has is not known. Silent ones of others need the longer way back.
            boolean areAllNew = streams.stream().noneMatch(stream -> bookmarks.stream().anyMatch(one -> one.names(stream)));
            long margin = areAllNew ? PartitionMark.MARGIN : PartitionMark.SILENT_MARGIN;
            return since(bookmarks, Instant.ofEpochMilli(latest - margin));
        }
        List<IdEntry> entries = new ArrayList<>();
        bookmarks.forEach(bookmark -> entries.addAll(bookmark.resume(streams, latest, by == ResumeBy.TIMES)));
        return new Resume(IdEntry.write(entries), null);
    }

    /** All partitions that the streams have. */
    static Resume since(Collection<Bookmark> bookmarks, Instant begin) {
        bookmarks.forEach(Bookmark::resumeSince);
        return new Resume(null, begin);
    }

    /** The header that names the exact places of these streams' partitions; null if there is none. */
    static String lastEventId(Collection<Bookmark> bookmarks, Collection<String> streams) {
        List<IdEntry> entries = new ArrayList<>();
        boolean isStarted = false;
        for (Bookmark bookmark : bookmarks) {
            for (PartitionMark mark : bookmark.marks()) {
                if (mark.isOfAny(streams)) {
                    entries.add(mark.place());
                    isStarted |= mark.isKnown();
                }
            }
        }
        return isStarted ? IdEntry.write(entries) : null;
    }
}
