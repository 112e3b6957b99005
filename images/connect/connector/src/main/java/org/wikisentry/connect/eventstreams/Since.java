package org.wikisentry.connect.eventstreams;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads where to start: a past time, or an age. The other readers of the setting take the same texts:
 * {@code testdata/vectors/since.json}.
 */
final class Since {
    private static final Pattern TIME = Pattern.compile(
            "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})");
    private static final Pattern AGE_PART = Pattern.compile("([0-9]{1,9}) *"
            + "(w|wks?|weeks?|d|days?|h|hrs?|hours?|m|mins?|minutes?|s|secs?|seconds?)(?![a-z]) *");

    private Since() {}

    /**
     * Reads an RFC 3339 time, or an age such as {@code 6h}, {@code 1w} or {@code 1d 12h}, whose days have
     * 24 hours.
     *
     * @throws DateTimeException if it is neither, or is not between 1970 and {@code now}
     */
    static Instant parse(String text, Instant now) {
        Instant time = TIME.matcher(text).matches()
                ? OffsetDateTime.parse(text).toInstant()
                : now.minus(age(text));
        if (time.isAfter(now) || time.isBefore(Instant.EPOCH)) {
            throw new DateTimeException("it is not between 1970 and now");
        }
        return time;
    }

    private static Duration age(String text) {
        Duration age = Duration.ZERO;
        Matcher part = AGE_PART.matcher(text);
        int end = 0;
        while (part.find() && part.start() == end) {
            long number = Long.parseLong(part.group(1));
            age = age.plus(switch (part.group(2).charAt(0)) {
                case 'w' -> Duration.ofDays(7 * number);
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
