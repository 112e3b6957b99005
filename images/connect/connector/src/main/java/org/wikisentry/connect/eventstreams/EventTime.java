package org.wikisentry.connect.eventstreams;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Times of events: milliseconds since 1970-01-01T00:00:00Z, read from RFC 3339. */
final class EventTime {
    /** No time is known. */
    static final long NONE = Long.MIN_VALUE;

    /** From the year 1 to the last moment that is within the year 9999 at every UTC offset. */
    private static final long MIN_MILLIS = -62_135_596_800_000L;
    private static final long MAX_MILLIS = 253_402_207_199_999L;

    private static final DateTimeFormatter MILLISECONDS =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT);

    private EventTime() {}

    /**
     * Reads RFC 3339: any offset, a fraction of any length, which is cut off after milliseconds, and a
     * leap second, which counts as the one before it. A space may stand for the T. {@link #NONE} for
     * anything else.
     */
    static long parse(String text) {
        boolean shaped = text.length() >= 20
                && text.charAt(4) == '-'
                && text.charAt(7) == '-'
                && (text.charAt(10) == 'T' || text.charAt(10) == 't' || text.charAt(10) == ' ')
                && text.charAt(13) == ':'
                && text.charAt(16) == ':';
        if (!shaped) {
            return NONE;
        }
        int year = digits(text, 0, 4);
        int month = digits(text, 5, 7);
        int day = digits(text, 8, 10);
        int hour = digits(text, 11, 13);
        int minute = digits(text, 14, 16);
        int second = digits(text, 17, 19);
        int end = fractionEnd(text);
        long offset = end < 0 ? NONE : offsetSeconds(text.substring(end));
        if ((year | month | day | hour | minute | second) < 0 || offset == NONE) {
            return NONE;
        }
        try {
            long seconds = LocalDateTime.of(year, month, day, hour, minute, second == 60 ? 59 : second)
                    .toEpochSecond(ZoneOffset.UTC);
            return checked((seconds - offset) * 1000 + milliseconds(text, end));
        } catch (DateTimeException none) {
            return NONE;
        }
    }

    /** Where what follows the seconds and their fraction begins; -1 if the fraction has no digits. */
    private static int fractionEnd(String text) {
        if (text.charAt(19) != '.') {
            return 19;
        }
        int end = 20;
        while (end < text.length() && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
            end++;
        }
        return end == 20 ? -1 : end;
    }

    private static int milliseconds(String text, int end) {
        int milliseconds = 0;
        for (int at = 20; at < 23; at++) {
            milliseconds = milliseconds * 10 + (at < end ? text.charAt(at) - '0' : 0);
        }
        return milliseconds;
    }

    /** Seconds of Z or an offset such as +02:00. */
    private static long offsetSeconds(String text) {
        if (text.equals("Z") || text.equals("z")) {
            return 0;
        }
        boolean shaped = text.length() == 6
                && (text.charAt(0) == '+' || text.charAt(0) == '-')
                && text.charAt(3) == ':';
        int hours = shaped ? digits(text, 1, 3) : -1;
        int minutes = shaped ? digits(text, 4, 6) : -1;
        if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
            return NONE;
        }
        long seconds = hours * 3600L + minutes * 60L;
        return text.charAt(0) == '-' ? -seconds : seconds;
    }

    /** Milliseconds of seconds since the epoch; {@link #NONE} outside the years 1 to 9999. */
    static long ofSeconds(long seconds) {
        boolean fits = seconds >= MIN_MILLIS / 1000 && seconds <= MAX_MILLIS / 1000;
        return fits ? seconds * 1000 : NONE;
    }

    /** RFC 3339, UTC, with milliseconds. */
    static String format(long millis) {
        return MILLISECONDS.format(Instant.ofEpochMilli(millis).atOffset(ZoneOffset.UTC));
    }

    /** The time itself; {@link #NONE} outside the years 1 to 9999. */
    static long checked(long millis) {
        return millis >= MIN_MILLIS && millis <= MAX_MILLIS ? millis : NONE;
    }

    /** The number that digits make; -1 if there are none, or something else is among them. */
    private static int digits(String text, int from, int to) {
        int number = 0;
        for (int at = from; at < to; at++) {
            int digit = text.charAt(at) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = number * 10 + digit;
        }
        return from < to ? number : -1;
    }
}
