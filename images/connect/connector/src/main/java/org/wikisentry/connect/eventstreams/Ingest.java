package org.wikisentry.connect.eventstreams;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.header.ConnectHeaders;
import org.apache.kafka.connect.source.SourceRecord;
import org.wikisentry.connect.eventstreams.Event.Position;

/**
 * Turns frames into records: each ends in a topic, among the dead letters or in a counter, and
 * moves the bookmark of its stream, which the next record of that stream carries. One thread, the
 * reader, uses it: it is exact when a connection is to be resumed, whatever still waits.
 */
final class Ingest {
    /** Kafka refuses records that claim to come from further ahead (an hour, unless set). */
    private static final long MAX_AHEAD_MILLIS = 10 * 60_000;

    /** The header that names the service: places of its events count for no other. */
    static final String SOURCE_HEADER = "source";

    private final String source;
    private final Map<UserType, String> editTopics = new EnumMap<>(UserType.class);
    private final String labelFactTopic;
    private final String otherTopic;
    private final String deadLetterTopic;
    private final StreamBookmarks bookmarks;
    private final RecentIds recentIds;
    private final TaskMetrics metrics;
    private final Consumer<SourceRecord> records;
    private final LongSupplier clock;
    private final EventParser parser = new EventParser();
    private final boolean editsFromPageChange;
    private final int maxEventBytes;
    private final int window;
    private final Redirects redirects;

    /** {@code allStreams} are those of the whole connector, of which the task may have a part. */
    Ingest(
            EventStreamsConfig config,
            List<String> allStreams,
            StreamBookmarks bookmarks,
            TaskMetrics metrics,
            Consumer<SourceRecord> records,
            LongSupplier clock) {
        this.source = config.url();
        for (UserType type : UserType.values()) {
            String pattern = config.getString(EventStreamsConfig.TOPIC_EDITS);
            editTopics.put(type, pattern.replace(Checks.USER_TYPE, type.label()));
        }
        this.labelFactTopic = config.getString(EventStreamsConfig.TOPIC_LABEL_FACTS);
        this.otherTopic = config.getString(EventStreamsConfig.TOPIC_OTHER);
        this.deadLetterTopic = config.getString(EventStreamsConfig.TOPIC_DEADLETTER);
        this.bookmarks = bookmarks;
        this.recentIds = new RecentIds(config.getInt(EventStreamsConfig.DEDUPE_WINDOW));
        this.metrics = metrics;
        this.records = records;
        this.clock = clock;
        this.editsFromPageChange = EventStreamsConfig.editsFromPageChange(allStreams);
        this.maxEventBytes = config.getInt(EventStreamsConfig.MAX_EVENT_BYTES);
        this.window = config.getInt(EventStreamsConfig.REORDER_WINDOW);
        this.redirects = new Redirects(window);
    }

    /** Takes one frame. */
    void take(Frame frame) {
        if (frame.isEmpty()) {
            // It keeps the connection alive. Its id need not be of the form that events have.
            return;
        }
        metrics.eventsRead.incrementAndGet();
        redirects.countFrame();
        if (!frame.isMessage()) {
            dead("an event named `" + frame.name() + "`", frame, bookmarks.any());
        } else if (frame.isOversized()) {
            List<IdEntry> id = takeId(frame);
            takeUnread("larger than " + EventStreamsConfig.MAX_EVENT_BYTES + ": " + frame.bytes() + " bytes", frame, id);
        } else {
            takeMessage(frame);
        }
        takeDue();
    }

    private List<IdEntry> takeId(Frame frame) {
        List<IdEntry> id = IdEntry.parseId(frame.id(), clock.getAsLong());
        bookmarks.takeId(id);
        return id;
    }

    private void takeMessage(Frame frame) {
        List<IdEntry> id = takeId(frame);
        try {
            Event event = parser.parse(frame.data());
            Event.Redirect redirect = editsFromPageChange ? event.redirect() : null;
            if (redirect == null) {
                takeEvent(event, frame, id, false);
            } else if (redirect.isMove()) {
                Frame creation = redirects.moved(redirect.id());
                if (creation != null) {
                    takeCreation(creation, true);
                }
                takeEvent(event, frame, id, false);
            } else if (redirects.isLeft(redirect.id())) {
                takeEvent(event, frame, id, true);
            } else if (bookmarks.staysBefore(event.position()) && redirects.mayWait(frame)) {
                redirects.await(redirect.id(), frame, clock.getAsLong());
            } else {
                takeEvent(event, frame, id, false);
            }
        } catch (EventException unreadable) {
            takeUnread(unreadable.getMessage(), frame, id);
        }
    }

    /** Takes the creations of redirects whose move no longer comes. */
    void takeDue() {
        for (Frame due = redirects.due(clock.getAsLong()); due != null; due = redirects.due(clock.getAsLong())) {
            takeCreation(due, false);
        }
    }

    /** Takes all that waits. */
    void takeWaiting() {
        for (Frame next = redirects.next(); next != null; next = redirects.next()) {
            takeCreation(next, false);
        }
    }

    /** Takes the creation of a redirect; one that a move left is dropped and counted. */
    private void takeCreation(Frame frame, boolean isLeft) {
        List<IdEntry> id = IdEntry.parseId(frame.id(), clock.getAsLong());
        try {
            takeEvent(parser.parse(frame.data()), frame, id, isLeft);
        } catch (EventException unreadable) {
            throw new IllegalStateException("it was read before", unreadable);
        }
    }

    private void takeEvent(Event event, Frame frame, List<IdEntry> id, boolean isLeft) {
        Position position = event.position();
        // Nothing happened after it arrived: a clock that is ahead must not move the bookmark.
        long time = Math.min(event.time(), clock.getAsLong());
        StreamBookmarks.Entry stream = bookmarks.of(position == null ? event.stream() : position.topic());
        boolean isBoth = event.isRevert() && editsFromPageChange;
        Map<String, ?> before = isBoth ? stream.bookmark().sourceOffset() : null;
        Seen seen = event.id() == null ? null : new Seen(RecentIds.digest(event.id()), recentIds.add(event.id()));
        Place place = position == null ? new Place(bookmarks.newestOf(id), time) : Place.of(position, time, id, window);
        boolean fresh = take(place, seen, id);
        metrics.gaps = bookmarks.gaps();
        metrics.gapOffsets = bookmarks.gapOffsets();
        if (event.time() != EventTime.NONE) {
            metrics.bookmarkTime = stream.bookmark().time();
        }
        if (event.kind() == Event.Kind.CANARY) {
            metrics.canaries.incrementAndGet();
        } else if (event.id() == null) {
            dead(EventException.missing("meta.id").getMessage(), frame, stream);
        } else if (!fresh) {
            metrics.duplicates.incrementAndGet();
        } else if (isLeft) {
            metrics.unrouted.incrementAndGet();
        } else {
            if (isBoth && event.kind() == Event.Kind.EDIT) {
                // A revert is an edit and a fact about others. The fact goes first and does not move
                // the offset: if the two are torn apart, it comes again and the edit is not lost.
                emit(stream, before, labelFactTopic, event.key(), frame.data(), recordTime(event.time()));
            }
            route(event, frame, stream);
        }
    }

    private void route(Event event, Frame frame, StreamBookmarks.Entry stream) {
        String topic = switch (event.kind()) {
            case EDIT -> event.isPageChange() && !editsFromPageChange
                    ? labelFactTopic
                    : editTopics.get(event.userType());
            case LABEL_FACT -> labelFactTopic;
            case OTHER -> otherTopic;
            case CANARY -> "";
        };
        if (topic.isEmpty()) {
            metrics.unrouted.incrementAndGet();
            return;
        }
        emit(stream, topic, event.key(), frame.data(), recordTime(event.time()));
    }

    /** What cannot be read has the place that its id names. */
    private void takeUnread(String reason, Frame frame, List<IdEntry> id) {
        Place place = new Place(bookmarks.newestOf(id), EventTime.NONE);
        boolean fresh = take(place, null, id);
        if (fresh) {
            dead(reason, frame, place.position() == null ? bookmarks.any() : bookmarks.of(place.position().topic()));
        } else {
            metrics.duplicates.incrementAndGet();
        }
    }

    /** Moves the bookmark; false if the event was taken before. {@code seen} is null without an id. */
    private boolean take(Place place, Seen seen, List<IdEntry> id) {
        Position position = place.position();
        if (position != null) {
            Bookmark bookmark = bookmarks.of(position.topic()).bookmark();
            return seen == null ? bookmark.take(position, place.time()) : bookmark.take(position, place.time(), seen);
        }
        for (IdEntry entry : id) {
            long at = entry.timestamp() == null ? place.time() : entry.timestamp();
            boolean byTime = entry.offset() == null && at != EventTime.NONE;
            if (byTime) {
                bookmarks.of(entry.topic()).bookmark().takeTime(entry.topic(), entry.partition(), at);
            }
        }
        return seen == null || seen.isNew();
    }

    private void dead(String reason, Frame frame, StreamBookmarks.Entry stream) {
        metrics.deadLetters.incrementAndGet();
        long now = clock.getAsLong();
        DeadLetter letter = new DeadLetter(reason, source, frame.id(), now, frame.data(), frame.bytes());
        emit(stream, deadLetterTopic, null, letter.toJson(maxEventBytes), now);
    }

    private void emit(StreamBookmarks.Entry stream, String topic, String key, byte[] value, Long timestamp) {
        emit(stream, stream.bookmark().sourceOffset(), topic, key, value, timestamp);
    }

    private void emit(
            StreamBookmarks.Entry stream, Map<String, ?> offset, String topic, String key, byte[] value, Long timestamp) {
        String named = topic.replace(Checks.STREAM, stream.name());
        Schema keySchema = key == null ? null : Schema.STRING_SCHEMA;
        metrics.recordsMade.incrementAndGet();
        ConnectHeaders headers = new ConnectHeaders();
        headers.addString(SOURCE_HEADER, source);
        records.accept(new SourceRecord(stream.sourcePartition(), offset, named, null, keySchema, key,
                Schema.BYTES_SCHEMA, value, timestamp, headers));
    }

    /** Event time, where Kafka takes it: no record may come from before 1970 or from the future. */
    private Long recordTime(long time) {
        long now = clock.getAsLong();
        boolean taken = time >= 0 && time <= now + MAX_AHEAD_MILLIS;
        return taken ? time : now;
    }
}
