package org.wikisentry.connect.eventstreams;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.wikisentry.connect.eventstreams.Event.Position;

/**
 * The bookmarks of a task's streams. Each stream is a source partition of its own, so that streams
 * can be added, or moved to other tasks, without any of them losing its place.
 */
final class StreamBookmarks {
    /**
     * A stream.
     *
     * @param name as the settings name it
     * @param sourcePartition under which the worker stores its bookmark
     */
    record Entry(String name, Map<String, ?> sourcePartition, Bookmark bookmark) {}

    /** Names that are remembered. A feed may name any number. */
    private static final int MAX_NAMES = 256;

    private final Map<String, Entry> byStream = new LinkedHashMap<>();
    /** Which stream the events of a source topic, or of a stream's full name, belong to. */
    private final Map<String, Entry> byName = new HashMap<>();
    private final Entry first;
    /** Where to begin if bookmarks were lost: topics name no silent partition, so the service must. */
    private Instant recoveredSince;

    /** Bookmarks by stream, in the order of the settings. There is at least one. */
    StreamBookmarks(String url, Map<String, Bookmark> bookmarks) {
        bookmarks.forEach((stream, bookmark) ->
                byStream.put(stream, new Entry(stream, sourcePartition(url, stream), bookmark)));
        first = byStream.values().iterator().next();
    }

    /** The source partition of a stream: another service has offsets of its own. */
    static Map<String, String> sourcePartition(String url, String stream) {
        // One entry only: the worker finds a bookmark by the bytes of this map, order included.
        return Map.of("stream", url + '/' + stream);
    }

    /**
     * The stream of a source topic. What belongs to none that was asked for goes with the first.
     */
    Entry of(String topic) {
        if (topic == null || byStream.size() == 1) {
            return first;
        }
        Entry known = byName.get(topic);
        if (known != null) {
            return known;
        }
        Entry found = find(topic);
        if (byName.size() < MAX_NAMES) {
            byName.put(topic, found);
        }
        return found;
    }

    /** The stream whose record carries what belongs to none. */
    Entry any() {
        return first;
    }

    /**
     * Whether a source topic belongs to a stream, in whichever data centre:
     * {@code eqiad.mediawiki.recentchange} to {@code mediawiki.recentchange} and {@code recentchange}.
     */
    static boolean isOf(String topic, String stream) {
        return topic.equals(stream) || topic.endsWith('.' + stream);
    }

    /** Takes how far the topics go, where no bookmark is stored. */
    void recover(TopicEnds ends) {
        ends.partitions().forEach(partition -> of(partition.topic()).bookmark().recover(partition));
        recoveredSince = ends.since();
    }

    /** How to ask for what is missing of all streams; see {@link Resume#of}. */
    Resume resume(ResumeBy by, Instant begin) {
        if (recoveredSince != null) {
            return Resume.since(all(), recoveredSince);
        }
        return Resume.of(all(), byStream.keySet(), by, begin);
    }

    /**
     * Records the partitions of the streams that an SSE id names: the service refuses topics of others.
     * An id stands behind its own event, or before one
     * that this overtook: there a partition begins.
     */
    void takeId(List<IdEntry> id) {
        if (id.isEmpty()) {
            return;
        }
        recoveredSince = null;
        boolean byTime = isByTime(id);
        for (Entry entry : byStream.values()) {
            entry.bookmark().takeForm(byTime);
        }
        for (IdEntry named : id) {
            if (byStream.keySet().stream().noneMatch(stream -> isOf(named.topic(), stream))) {
                continue;
            }
            // In ids by time an offset is one of this cluster alone, and nothing came from there yet.
            boolean isElsewhere = byTime && named.offset() != null;
            of(named.topic()).bookmark().takeId(
                    isElsewhere ? IdEntry.at(named.topic(), named.partition(), null, named.timestamp()) : named);
        }
    }

    private static boolean isByTime(List<IdEntry> id) {
        return id.stream().anyMatch(IdEntry::isTime);
    }

    /** All bookmarks, in the order of the settings. */
    private Collection<Bookmark> all() {
        List<Bookmark> all = new ArrayList<>();
        byStream.values().forEach(entry -> all.add(entry.bookmark()));
        return all;
    }

    /**
     * The place that an id gives an event which does not name its own: of the partitions listed,
     * the one that moved. Null if none did, as where the service speaks up in between events.
     */
    Position newestOf(List<IdEntry> entries) {
        if (isByTime(entries)) {
            // Such ids name offsets of partitions that have sent nothing.
            return null;
        }
        for (IdEntry entry : entries) {
            if (entry.offset() == null || entry.offset() <= 0) {
                continue;
            }
            long offset = entry.offset() - 1;
            PartitionMark mark = of(entry.topic()).bookmark().mark(entry.topic(), entry.partition());
            if (mark == null || !mark.hasTaken(offset)) {
                return new Position(entry.topic(), entry.partition(), offset);
            }
        }
        return null;
    }

    /** Whether the bookmark will stay before an event that is not taken yet when later ones are. */
    boolean staysBefore(Position position) {
        if (position == null) {
            return false;
        }
        PartitionMark mark = of(position.topic()).bookmark().mark(position.topic(), position.partition());
        return mark != null && mark.asked == null && mark.next != PartitionMark.NONE && position.offset() >= mark.next;
    }

    long gaps() {
        long sum = 0;
        for (Entry entry : byStream.values()) {
            sum += entry.bookmark().gaps();
        }
        return sum;
    }

    long gapOffsets() {
        long sum = 0;
        for (Entry entry : byStream.values()) {
            sum += entry.bookmark().gapOffsets();
        }
        return sum;
    }

    private Entry find(String topic) {
        Entry found = null;
        for (Entry entry : byStream.values()) {
            String name = entry.name();
            if (isOf(topic, name) && (found == null || name.length() > found.name().length())) {
                found = entry;
            }
        }
        return found == null ? first : found;
    }
}
