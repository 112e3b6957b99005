package org.wikisentry.connect.eventstreams;

import static org.wikisentry.connect.eventstreams.EventFields.*;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import org.wikisentry.connect.eventstreams.Event.Kind;
import org.wikisentry.connect.eventstreams.Event.Position;

/**
 * Reads what the connector must know of an event: {@code recentchange} in every form on record,
 * {@code mediawiki.page_change.v1}, {@code mediawiki.revision-tags-change} and
 * {@code mediawiki.page_revert_risk_prediction_change.v1}. Any bytes give an event or an
 * {@link EventException}. One thread uses it.
 */
final class EventParser {
    /** As deep as other readers of these events go; real ones nest five levels. */
    private static final int MAX_NESTING = 127;

    private static final JsonFactory JSON = JsonFactory.builder()
            // Field names of log parameters are without end.
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .disable(JsonFactory.Feature.FAIL_ON_SYMBOL_HASH_OVERFLOW)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_NESTING)
                    .maxNumberLength(Integer.MAX_VALUE)
                    .maxNameLength(Integer.MAX_VALUE)
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    /** Values of the event at hand, by slot. */
    private final Object[] values = new Object[SLOTS];

    /** Reads one event from the payload of an SSE {@code data} field. */
    Event parse(byte[] payload) throws EventException {
        int invalid = Utf8.firstInvalid(payload);
        if (invalid >= 0) {
            throw EventException.notUtf8(invalid);
        }
        Arrays.fill(values, null);
        read(payload);
        return event();
    }

    private void read(byte[] payload) throws EventException {
        requireObject(payload);
        try (JsonParser json = JSON.createParser(payload)) {
            json.nextToken();
            readObject(json, ROOT, "");
            if (json.nextToken() != null) {
                throw EventException.notJson("something follows the event");
            }
        } catch (StreamConstraintsException tooDeep) {
            throw EventException.notJson("nested deeper than " + MAX_NESTING + " levels");
        } catch (JsonProcessingException error) {
            var place = error.getLocation();
            throw EventException.notJson(
                    error.getOriginalMessage() + (place == null ? "" : " at byte " + place.getByteOffset()));
        } catch (IOException impossible) {
            throw EventException.notJson(String.valueOf(impossible.getMessage()));
        }
    }

    /** The JSON parser would take a leading NUL or byte order mark for UTF-16 or skip it. */
    private static void requireObject(byte[] payload) throws EventException {
        int at = 0;
        while (at < payload.length && payload[at] <= ' ' && payload[at] > 0) {
            at++;
        }
        if (at == payload.length) {
            throw EventException.notJson("nothing there");
        }
        byte first = payload[at];
        if (first != '{' || (at + 1 < payload.length && payload[at + 1] == 0)) {
            boolean isJson = first == '[' || first == '"' || first == '-' || (first >= '0' && first <= '9')
                    || first == 't' || first == 'f' || first == 'n';
            throw isJson
                    ? EventException.wrongType("(the event)", "not an object")
                    : EventException.notJson("it does not begin with an object");
        }
    }

    private void readObject(JsonParser json, Fields fields, String path) throws IOException, EventException {
        long seen = 0;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            Field field = fields.get(json.currentName());
            JsonToken token = json.nextToken();
            if (field == null) {
                json.skipChildren();
                continue;
            }
            long bit = 1L << field.number();
            if ((seen & bit) != 0) {
                throw EventException.wrongType(path + field.name(), "it stands there twice");
            }
            seen |= bit;
            if (token == JsonToken.VALUE_NULL) {
                continue;
            }
            readField(json, token, field, path);
        }
    }

    private void readField(JsonParser json, JsonToken token, Field field, String path)
            throws IOException, EventException {
        Object value = switch (field.type()) {
            case TEXT -> token == JsonToken.VALUE_STRING ? text(json, field, path) : null;
            case INTEGER -> token == JsonToken.VALUE_NUMBER_INT ? integer(json, field, path) : null;
            case NUMBER -> token.isNumeric() ? number(json, field, path) : null;
            case FLAG -> token.isBoolean() ? (Object) json.getBooleanValue() : null;
            case TEXTS -> token == JsonToken.START_ARRAY ? texts(json, field, path) : null;
            case OBJECT -> {
                if (token != JsonToken.START_OBJECT) {
                    yield null;
                }
                readObject(json, field.fields(), path + field.name() + '.');
                yield Boolean.TRUE;
            }
        };
        if (value == null) {
            String wanted = field.type().name().toLowerCase(Locale.ROOT);
            throw EventException.wrongType(path + field.name(), "not of type " + wanted);
        }
        if (field.slot() != UNUSED) {
            values[field.slot()] = value;
        }
    }

    /** The string; for one that nobody asks for, only checked. */
    private static Object text(JsonParser json, Field field, String path) throws IOException, EventException {
        char[] chars = json.getTextCharacters();
        int end = json.getTextOffset() + json.getTextLength();
        for (int at = json.getTextOffset(); at < end; at++) {
            if (!Character.isSurrogate(chars[at])) {
                continue;
            }
            boolean pair = at + 1 < end && Character.isSurrogatePair(chars[at], chars[at + 1]);
            if (!pair) {
                throw EventException.wrongType(path + field.name(), "half a surrogate pair");
            }
            at++;
        }
        return field.slot() == UNUSED ? "" : json.getText();
    }

    private static Object integer(JsonParser json, Field field, String path) throws IOException, EventException {
        return switch (json.getNumberType()) {
            case INT, LONG -> json.getLongValue();
            default -> throw EventException.wrongType(path + field.name(), "out of range");
        };
    }

    private static Object number(JsonParser json, Field field, String path) throws IOException, EventException {
        double number = json.getDoubleValue();
        if (Double.isInfinite(number)) {
            throw EventException.wrongType(path + field.name(), "out of range");
        }
        return number;
    }

    private static Object texts(JsonParser json, Field field, String path) throws IOException, EventException {
        for (JsonToken token = json.nextToken(); token != JsonToken.END_ARRAY; token = json.nextToken()) {
            if (token != JsonToken.VALUE_STRING) {
                throw EventException.wrongType(path + field.name(), "not a list of texts");
            }
            text(json, field, path);
        }
        return Boolean.TRUE;
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
            String key = required(DATABASE, "database") + ':' + spaced(required(PAGE_TITLE, "page_title"));
            return event(Kind.LABEL_FACT, time, false, null, key);
        }
        return recentChange(time);
    }

    private Event recentChange(long time) throws EventException {
        String type = value(TYPE);
        if (type == null && value(SCHEMA) == null && value(STREAM) == null) {
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
        if (values[PAGE] == null) {
            throw EventException.missing("page");
        }
        if (values[REVISION] == null) {
            throw EventException.missing("revision");
        }
        String title = required(PAGE_PAGE_TITLE, "page.page_title");
        UserType userType = UserType.of(value(USER_TEXT), values[IS_BOT] == Boolean.TRUE);
        if (userType == UserType.REGISTERED && values[IS_TEMP] == Boolean.TRUE) {
            userType = UserType.ANONYMOUS;
        }
        String registered = value(REGISTRATION_DT);
        if (registered != null && EventTime.parse(registered) == EventTime.NONE) {
            throw EventException.badTime("performer.registration_dt", registered);
        }
        required(ID, "meta.id");
        // Canonical titles have spaces, as recentchange writes them.
        String key = required(WIKI_ID, "wiki_id") + ':' + spaced(title);
        requireTime(time, "dt");
        return event(Kind.EDIT, time, true, userType, key);
    }

    private Event event(Kind kind, long time, boolean pageChange, UserType userType, String key) {
        boolean revert = pageChange && values[REVERTED_OLDEST] != null && values[REVERTED_NEWEST] != null;
        return new Event(kind, value(ID), time, position(), value(STREAM), pageChange, revert, userType, key);
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
     * one that the service resumes by and has the milliseconds, else the wiki's in seconds.
     */
    private long time() throws EventException {
        String own = value(DT);
        String text = own != null ? own : value(META_DT);
        if (text != null) {
            long time = EventTime.parse(text);
            if (time == EventTime.NONE) {
                throw EventException.badTime(own != null ? "dt" : "meta.dt", text);
            }
            return time;
        }
        Long seconds = (Long) values[TIMESTAMP];
        if (seconds == null) {
            return EventTime.NONE;
        }
        long time = EventTime.ofSeconds(seconds);
        if (time == EventTime.NONE) {
            throw EventException.badTime("timestamp", seconds.toString());
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

    private static void requireTime(long time, String field) throws EventException {
        if (time == EventTime.NONE) {
            throw EventException.missing(field);
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
