package org.wikisentry.connect.eventstreams;

import static org.wikisentry.connect.eventstreams.EventFields.*;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.util.Arrays;

/**
 * Reads the values of an event's fields from JSON. A value of another type than the schemas say is read
 * if it can mean one thing only, and else counts as absent, as in the core: both are held to
 * {@code testdata/vectors/odd_event.json}. One thread uses it.
 */
final class FieldReader {
    /** What is deeper is cut out before it is read; real events nest five levels. */
    private static final int MAX_NESTING = 127;

    /** Whole numbers up to here are exact in a float. */
    private static final double MAX_EXACT = 9_007_199_254_740_992.0;

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

    /** The values of an event's fields, by slot, until the next one is read. Absent ones are null. */
    Object[] read(byte[] payload) throws EventException {
        int invalid = Utf8.firstInvalid(payload);
        if (invalid >= 0) {
            throw EventException.notUtf8(invalid);
        }
        requireObject(payload);
        try {
            readOnce(payload);
        } catch (JsonProcessingException refused) {
            readRepaired(payload);
        }
        return values;
    }

    /** Reads again without what the JSON parser alone refuses. */
    private void readRepaired(byte[] payload) throws EventException {
        try {
            readOnce(Repair.pairs(Repair.nesting(payload, MAX_NESTING)));
        } catch (JsonProcessingException error) {
            var place = error.getLocation();
            throw EventException.notJson(
                    error.getOriginalMessage() + (place == null ? "" : " at byte " + place.getByteOffset()));
        }
    }

    private void readOnce(byte[] payload) throws EventException, JsonProcessingException {
        Arrays.fill(values, null);
        try (JsonParser json = JSON.createParser(payload)) {
            json.nextToken();
            readObject(json, ROOT, "");
            if (json.nextToken() != null) {
                throw EventException.notJson("something follows the event");
            }
        } catch (JsonProcessingException refused) {
            throw refused;
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
            Object value = valueOf(json, token, field, path);
            if (field.slot() != UNUSED) {
                values[field.slot()] = value;
            }
        }
    }

    /** The value as the field's type; null for null and for what cannot be read as that. */
    private Object valueOf(JsonParser json, JsonToken token, Field field, String path)
            throws IOException, EventException {
        if (field.type() == Type.OBJECT && token == JsonToken.START_OBJECT) {
            readObject(json, field.fields(), path + field.name() + '.');
            return Boolean.TRUE;
        }
        if (token.isStructStart()) {
            json.skipChildren();
        }
        return switch (field.type()) {
            case TEXT -> token == JsonToken.VALUE_STRING ? text(json) : null;
            case INTEGER -> integer(json, token);
            case PARTITION -> {
                Long number = integer(json, token);
                yield number == null && token != JsonToken.VALUE_NULL ? Long.valueOf(-1) : number;
            }
            case NUMBER -> number(json, token);
            case FLAG -> token.isBoolean() ? (Object) (token == JsonToken.VALUE_TRUE) : null;
            case OBJECT, ANY -> null;
        };
    }

    /** The string, with U+FFFD for each half of a surrogate pair. */
    private static String text(JsonParser json) throws IOException {
        String text = json.getText();
        StringBuilder whole = null;
        for (int at = 0; at < text.length(); at++) {
            if (!Character.isSurrogate(text.charAt(at))) {
                continue;
            }
            if (at + 1 < text.length() && Character.isSurrogatePair(text.charAt(at), text.charAt(at + 1))) {
                at++;
                continue;
            }
            whole = whole == null ? new StringBuilder(text) : whole;
            whole.setCharAt(at, '\ufffd');
        }
        return whole == null ? text : whole.toString();
    }

    private static Long integer(JsonParser json, JsonToken token) throws IOException {
        switch (token) {
            case VALUE_NUMBER_INT -> {
                boolean fits = json.getNumberType() != JsonParser.NumberType.BIG_INTEGER;
                return fits ? json.getLongValue() : null;
            }
            case VALUE_NUMBER_FLOAT -> {
                double number = json.getDoubleValue();
                boolean exact = Math.rint(number) == number && Math.abs(number) <= MAX_EXACT;
                return exact ? (long) number : null;
            }
            case VALUE_STRING -> {
                return integer(json.getText());
            }
            default -> {
                return null;
            }
        }
    }

    /** Digits only, perhaps after a minus. */
    private static Long integer(String text) {
        int first = text.startsWith("-") ? 1 : 0;
        boolean plain = text.length() > first && text.chars().skip(first).allMatch(c -> c >= '0' && c <= '9');
        try {
            return plain ? Long.parseLong(text) : null;
        } catch (NumberFormatException tooLarge) {
            return null;
        }
    }

    private static Object number(JsonParser json, JsonToken token) throws IOException {
        if (!token.isNumeric()) {
            return null;
        }
        double number = json.getDoubleValue();
        return Double.isInfinite(number) ? null : number;
    }
}
