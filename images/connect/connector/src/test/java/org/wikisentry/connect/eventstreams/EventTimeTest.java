package org.wikisentry.connect.eventstreams;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventTimeTest {
    @ParameterizedTest
    @CsvSource({
        "2018-03-07T16:16:17+00:00, 2018-03-07T16:16:17.000Z",
        "2023-07-29T07:51:39Z, 2023-07-29T07:51:39.000Z",
        "2026-09-17T03:42:33.778Z, 2026-09-17T03:42:33.778Z",
        "2026-09-17T03:42:33.7Z, 2026-09-17T03:42:33.700Z",
        "2026-09-17T03:42:33.77Z, 2026-09-17T03:42:33.770Z",
        "2026-09-17T03:42:33.778999999Z, 2026-09-17T03:42:33.778Z",
        "2026-09-17T05:42:33.7789+02:00, 2026-09-17T03:42:33.778Z",
        "2026-09-17t05:42:33.7789z, 2026-09-17T05:42:33.778Z",
        "2026-09-17 05:42:33Z, 2026-09-17T05:42:33.000Z",
        "2026-09-17T03:42:33.7781234567Z, 2026-09-17T03:42:33.778Z",
        "2016-12-31T23:59:60Z, 2016-12-31T23:59:59.000Z",
        "2026-09-17T03:42:33-00:00, 2026-09-17T03:42:33.000Z",
        "1969-12-31T23:59:59.999Z, 1969-12-31T23:59:59.999Z",
    })
    void readsEveryWireFormAndWritesMilliseconds(String wire, String written) {
        assertEquals(written, EventTime.format(EventTime.parse(wire)), wire);
        assertEquals(EventTime.parse(wire), EventTime.parse(written), wire);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "yesterday", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-09-17", "1789616553",
        "2026-09-17T24:00:01Z", "2026-09-17T03:42:33", "2026-09-17T03:42:33.Z", "2026-09-17T03:42:33xZ",
        "2026-09-17T03:42:33+0200", "2026-09-17T03:42:33+02", "2026-09-17T03:42:33+24:00", "2026-09-17T03:42:61Z",
        "+2026-09-17T03:42:33Z", "2026-09-17T03:42:3aZ",
    })
    void refusesWhatIsNoTime(String wire) {
        assertEquals(EventTime.NONE, EventTime.parse(wire), wire);
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MAX_VALUE, Long.MIN_VALUE, 253_402_300_800L, -62_135_596_801L})
    void refusesSecondsOutOfRange(long seconds) {
        assertEquals(EventTime.NONE, EventTime.ofSeconds(seconds));
    }
}
