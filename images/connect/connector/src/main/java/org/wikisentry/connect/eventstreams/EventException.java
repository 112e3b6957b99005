package org.wikisentry.connect.eventstreams;

/** Why a payload could not be read as an event; the text is the reason given to the dead letter. */
final class EventException extends Exception {
    private static final long serialVersionUID = 1;

    /** Longest quotation of a payload in a reason: reasons are kept beside the payload. */
    private static final int MAX_QUOTED = 256;

    private EventException(String reason) {
        // Bad payloads come in floods; where in this code they were found tells nothing.
        super(reason, null, false, false);
    }

    static EventException notUtf8(int at) {
        return new EventException("not UTF-8: invalid byte at " + at);
    }

    static EventException notJson(String why) {
        return new EventException("not JSON: " + shortened(why));
    }

    static EventException wrongType(String field, String why) {
        return new EventException("field `" + field + "`: " + why);
    }

    static EventException missing(String field) {
        return new EventException("field `" + field + "` is missing or cannot be read");
    }

    static EventException badTime(String field, String value) {
        return new EventException("field `" + field + "`: `" + shortened(value) + "` is no time");
    }

    private static String shortened(String text) {
        String line = text.lines().findFirst().orElse("");
        if (line.length() <= MAX_QUOTED) {
            return line;
        }
        int half = MAX_QUOTED / 2;
        return line.substring(0, half) + '…' + line.substring(line.length() - half);
    }
}
