package org.wikisentry.connect.eventstreams;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads where to start: a past time, or an age. */
final class Since {
    private static final Pattern AGE_PART =
            Pattern.compile("(\\d{1,9})\\s*(days?|d|hours?|h|minutes?|min|m|seconds?|s)\\s*");

    private Since() {}

    /**
     * Reads an RFC 3339 time or an age such as {@code 6h}, {@code 1d 12h} or {@code PT6H}.
     *
     * @throws DateTimeException if it is neither, or lies ahead of {@code now}
     */
    static Instant parse(String text, Instant now) {
        Instant time = Character.isDigit(text.charAt(0)) && text.indexOf('-') == 4
                ? OffsetDateTime.parse(text).toInstant()
                : now.minus(age(text));
        if (time.isAfter(now)) {
            throw new DateTimeException("it lies ahead");
        }
        return time;
    }

    private static Duration age(String text) {
        if (text.startsWith("P")) {
            return Duration.parse(text);
        }
        Duration age = Duration.ZERO;
        Matcher part = AGE_PART.matcher(text);
        int end = 0;
        while (part.find() && part.start() == end) {
            long number = Long.parseLong(part.group(1));
            age = age.plus(switch (part.group(2).charAt(0)) {
                case 'd' -> Duration.ofDays(number);
                case 'h' -> Duration.ofHours(number);
                case 'm' -> Duration.ofMinutes(number);
                default -> Duration.ofSeconds(number);
            });
            end = part.end();
        }
        if (end == 0 || end != text.length()) {
            throw new DateTimeException("it is neither a time nor an age");
        }
        return age;
    }
}
