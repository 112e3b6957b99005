package org.wikisentry.connect.eventstreams;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.util.Locale;

/** Times of events: milliseconds since 1970-01-01T00:00:00Z, read from RFC 3339. */
final class EventTime {
    /** No time is known. */
    static final long NONE = Long.MIN_VALUE;

    /** From the year 1 to the last moment that is within the year 9999 at every UTC offset. */
    private static final long MIN_MILLIS = -62_135_596_800_000L;
    private static final long MAX_MILLIS = 253_402_207_199_999L;

    private static final DateTimeFormatter ANY_OFFSET = new DateTimeFormatterBuilder()
            .parseCaseInsensitive()
            .append(DateTimeFormatter.ISO_LOCAL_DATE_TIME)
            .optionalStart()
            .appendOffset("+HH:MM", "Z")
            .optionalEnd()
            .appendPattern("[XX][X]")
            .toFormatter(Locale.ROOT)
            .withResolverStyle(ResolverStyle.STRICT);

    private static final DateTimeFormatter MILLISECONDS =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT);

    private EventTime() {}

    /** Milliseconds of an RFC 3339 time, what is finer being cut; {@link #NONE} if it is none. */
    static long parse(String text) {
        long plain = parsePlain(text);
        if (plain != NONE) {
            return plain;
        }
        int fraction = text.indexOf('.') + 1;
        if (fraction > 0 && digits(text, fraction, Math.min(fraction + 1, text.length())) < 0) {
            return NONE;
        }
        String form = text.length() > 10 && text.charAt(10) == ' '
                ? text.substring(0, 10) + 'T' + text.substring(11)
                : text;
        try {
            return checked(OffsetDateTime.parse(form, ANY_OFFSET).toInstant().toEpochMilli());
        } catch (DateTimeException | ArithmeticException none) {
            return NONE;
        }
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

    /** The form that nearly all events use, {@code 2026-09-17T03:42:33[.fff…]Z}, quickly. */
    private static long parsePlain(String text) {
        int length = text.length();
        boolean shaped = length >= 20
                && text.charAt(4) == '-'
                && text.charAt(7) == '-'
                && text.charAt(10) == 'T'
                && text.charAt(13) == ':'
                && text.charAt(16) == ':'
                && text.charAt(length - 1) == 'Z';
        if (!shaped || (length > 20 && text.charAt(19) != '.')) {
            return NONE;
        }
        int year = digits(text, 0, 4);
        int month = digits(text, 5, 7);
        int day = digits(text, 8, 10);
        int hour = digits(text, 11, 13);
        int minute = digits(text, 14, 16);
        int second = digits(text, 17, 19);
        int fractionEnd = Math.min(length - 1, 23);
        int fraction = length > 20 ? digits(text, 20, fractionEnd) : 0;
        if ((year | month | day | hour | minute | second | fraction) < 0) {
            return NONE;
        }
        for (int scale = fractionEnd - 20; length > 20 && scale < 3; scale++) {
            fraction *= 10;
        }
        try {
            long seconds = LocalDateTime.of(year, month, day, hour, minute, second)
                    .toEpochSecond(ZoneOffset.UTC);
            return checked(seconds * 1000 + fraction);
        } catch (DateTimeException none) {
            return NONE;
        }
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
