package org.wikisentry.connect.eventstreams;

import static org.wikisentry.connect.eventstreams.EventFields.*;

import org.wikisentry.connect.eventstreams.Event.Kind;
import org.wikisentry.connect.eventstreams.Event.Position;
import org.wikisentry.connect.eventstreams.Event.Redirect;

/**
 * Reads what the connector must know of an event: {@code recentchange} in every form on record,
 * {@code mediawiki.page_change.v1}, {@code mediawiki.revision-tags-change} and
 * {@code mediawiki.page_revert_risk_prediction_change.v1}. Any bytes give an event or an
 * {@link EventException}. One thread uses it.
 */
final class EventParser {
    private final FieldReader reader = new FieldReader();

    /** Values of the event at hand, by slot. */
    private Object[] values;

    /** Why its time could not be read; null if it has none, or one that can. */
    private EventException timeError;

    /** Reads one event from the payload of an SSE {@code data} field. */
    Event parse(byte[] payload) throws EventException {
        values = reader.read(payload);
        timeError = null;
        return event();
    }

    private Event event() throws EventException {
        if (values[META] == null) {
            throw EventException.missing("meta");
        }
        long time = time();
        boolean prediction = isOf("mediawiki/page/prediction_classification_change/", "prediction_change");
        boolean pageChange = !prediction
                && (value(PAGE_CHANGE_KIND) != null || isOf("mediawiki/page/change/", "page_change"));
        if ("canary".equals(value(DOMAIN))) {
            return event(Kind.CANARY, time, pageChange, null, null);
        }
        if (prediction) {
            return prediction(time);
        }
        if (pageChange) {
            return pageChange(time);
        }
        if (isOf("mediawiki/revision/tags-change/", "revision-tags-change")) {
            String title = spaced(required(PAGE_TITLE, "page_title"));
            String key = required(DATABASE, "database") + ':' + title;
            if (values[TAGGED_REV_ID] == null) {
                throw EventException.missing("rev_id");
            }
            requireTime(time, "meta.dt");
            return event(Kind.LABEL_FACT, time, false, null, key);
        }
        return recentChange(time);
    }

    private Event recentChange(long time) throws EventException {
        String type = value(TYPE);
        boolean isNamed = value(SCHEMA) != null || value(STREAM) != null;
        if (type == null && (!isNamed || isOf("mediawiki/recentchange/", "recentchange"))) {
            throw EventException.missing("type");
        }
        if (!"edit".equals(type) && !"new".equals(type)) {
            return event(Kind.OTHER, time, false, null, optionalKey(value(WIKI), value(TITLE)));
        }
        required(ID, "meta.id");
        String key = required(WIKI, "wiki") + ':' + required(TITLE, "title");
        requireTime(time, "meta.dt");
        UserType userType = UserType.of(value(USER), values[BOT] == Boolean.TRUE);
        return event(Kind.EDIT, time, false, userType, key);
    }

    /** Scores of models that predict reverts; other classifications are other events. */
    private Event prediction(long time) throws EventException {
        String model = value(MODEL_NAME);
        String title = value(PAGE_PAGE_TITLE);
        if (model == null || !model.startsWith("revertrisk")) {
            String key = optionalKey(value(WIKI_ID), title == null ? null : spaced(title));
            return event(Kind.OTHER, time, false, null, key);
        }
        String page = spaced(required(PAGE_PAGE_TITLE, "page.page_title"));
        String probability = "predicted_classification.probabilities.true";
        if (values[PROBABILITY] == null) {
            throw EventException.missing(probability);
        }
        double likely = (Double) values[PROBABILITY];
        if (likely < 0 || likely > 1) {
            throw EventException.wrongType(probability, likely + " is no probability");
        }
        String key = required(WIKI_ID, "wiki_id") + ':' + page;
        if (values[REV_ID] == null) {
            throw EventException.missing("revision.rev_id");
        }
        requireTime(time, "dt");
        return event(Kind.LABEL_FACT, time, false, null, key);
    }

    private Event pageChange(long time) throws EventException {
        String change = required(PAGE_CHANGE_KIND, "page_change_kind");
        if (!change.equals("edit") && !change.equals("create")) {
            String title = value(PAGE_PAGE_TITLE);
            String key = optionalKey(value(WIKI_ID), title == null ? null : spaced(title));
            return event(Kind.OTHER, time, true, null, key);
        }
        String title = required(PAGE_PAGE_TITLE, "page.page_title");
        UserType userType = UserType.of(value(USER_TEXT), values[IS_BOT] == Boolean.TRUE);
        if (userType == UserType.REGISTERED && values[IS_TEMP] == Boolean.TRUE) {
            userType = UserType.ANONYMOUS;
        }
        required(ID, "meta.id");
        // Canonical titles have spaces, as recentchange writes them.
        String key = required(WIKI_ID, "wiki_id") + ':' + spaced(title);
        requireTime(time, "dt");
        return event(Kind.EDIT, time, true, userType, key);
    }

    private Event event(Kind kind, long time, boolean pageChange, UserType userType, String key) {
        boolean revert = pageChange && values[REVERTED_OLDEST] != null && values[REVERTED_NEWEST] != null;
        return new Event(
                kind, value(ID), time, position(), value(STREAM), pageChange, revert, pageChange ? redirect() : null,
                userType, key);
    }

    private Redirect redirect() {
        boolean isMove = "move".equals(value(PAGE_CHANGE_KIND));
        boolean isCreation = "create".equals(value(PAGE_CHANGE_KIND)) && values[IS_REDIRECT] == Boolean.TRUE;
        Object page = values[isMove ? LEFT_PAGE_ID : PAGE_ID];
        boolean isNamed = value(WIKI_ID) != null && value(REQUEST_ID) != null && page != null;
        if (!isNamed || !(isMove || isCreation)) {
            return null;
        }
        return new Redirect(value(WIKI_ID) + ':' + page + ':' + value(REQUEST_ID), isMove);
    }

    /** Negative numbers are no place in a source: -1 would ask the service for its end. */
    private Position position() {
        String topic = value(TOPIC);
        Long offset = (Long) values[OFFSET];
        Long partition = values[PARTITION] == null ? Long.valueOf(0) : (Long) values[PARTITION];
        if (topic == null || offset == null || offset < 0 || partition < 0 || partition > Integer.MAX_VALUE) {
            return null;
        }
        return new Position(topic, partition.intValue(), offset);
    }

    /**
     * When the event happened: its own time, else the time the platform took it in, which is the
     * one that the service resumes by and has the milliseconds, else the wiki's in seconds. The first
     * that can be read counts.
     */
    private long time() {
        long time = time(DT, "dt");
        time = time == EventTime.NONE ? time(META_DT, "meta.dt") : time;
        Long seconds = (Long) values[TIMESTAMP];
        if (time != EventTime.NONE || seconds == null) {
            return time;
        }
        time = EventTime.ofSeconds(seconds);
        if (time == EventTime.NONE && timeError == null) {
            timeError = EventException.badTime("timestamp", seconds.toString());
        }
        return time;
    }

    private long time(int slot, String field) {
        String text = value(slot);
        long time = text == null ? EventTime.NONE : EventTime.parse(text);
        if (text != null && time == EventTime.NONE && timeError == null) {
            timeError = EventException.badTime(field, text);
        }
        return time;
    }

    /** Whether the event is of a schema or, where it names none, of a stream. */
    private boolean isOf(String schema, String stream) {
        String named = value(SCHEMA) != null ? value(SCHEMA) : value(SCHEMA_URI);
        if (named != null) {
            int start = 0;
            while (start < named.length() && named.charAt(start) == '/') {
                start++;
            }
            return named.startsWith(schema, start);
        }
        String source = value(STREAM) != null ? value(STREAM) : value(TOPIC);
        return source != null && source.contains(stream);
    }

    private String value(int slot) {
        return (String) values[slot];
    }

    /** An absent or empty value is the same thing here: nothing can be keyed by it. */
    private String required(int slot, String field) throws EventException {
        String text = value(slot);
        if (text == null || text.isEmpty()) {
            throw EventException.missing(field);
        }
        return text;
    }

    private void requireTime(long time, String field) throws EventException {
        if (time == EventTime.NONE) {
            throw timeError != null ? timeError : EventException.missing(field);
        }
    }

    private static String optionalKey(String wiki, String title) {
        boolean named = wiki != null && !wiki.isEmpty() && title != null && !title.isEmpty();
        return named ? wiki + ':' + title : null;
    }

    private static String spaced(String title) {
        return title.replace('_', ' ');
    }
}
