package org.wikisentry.connect.eventstreams;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class OffsetRangesTest {
    @Test
    void isTheSetOfOffsetsPutIn() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 500; round++) {
            TreeSet<Long> model = new TreeSet<>();
            OffsetRanges ranges = OffsetRanges.EMPTY;
            for (int step = 0; step < 40; step++) {
                long first = random.nextInt(30);
                if (random.nextInt(3) == 0) {
                    model.remove(first);
                    ranges = ranges.minus(first);
                } else {
                    long last = first + random.nextInt(4);
                    for (long offset = first; offset <= last; offset++) {
                        model.add(offset);
                    }
                    ranges = ranges.plus(first, last);
                }
                String where = "seed " + seed + ", round " + round + ", step " + step;
                assertEquals(model.size(), ranges.count(), where);
                for (long offset = -1; offset < 36; offset++) {
                    assertEquals(model.contains(offset), ranges.contains(offset), where);
                }
                if (!model.isEmpty()) {
                    assertEquals(model.first(), ranges.first(), where);
                    assertEquals(model.last(), ranges.last(), where);
                }
                assertArrayEquals(ranges.bounds(), OffsetRanges.of(ranges.bounds()).bounds(), where);
            }
        }
    }

    @Test
    void rangesThatTouchAreOne() {
        assertArrayEquals(new long[] {1, 6}, OffsetRanges.of(1, 2, 5, 6).plus(3, 4).bounds());
        assertArrayEquals(new long[] {1, 2, 4, 6}, OffsetRanges.of(1, 6).minus(3).bounds());
        assertArrayEquals(new long[] {5, 6}, OffsetRanges.of(1, 2, 5, 6).withoutFirst().bounds());
    }

    @Test
    void allOfThemMoveTogether() {
        OffsetRanges ranges = OffsetRanges.of(5, 7, 9, 9);
        assertArrayEquals(new long[] {105, 107, 109, 109}, ranges.shifted(100).bounds());
        assertArrayEquals(new long[] {5, 7, 9, 9}, ranges.bounds());
        assertEquals(OffsetRanges.EMPTY, OffsetRanges.EMPTY.shifted(3));
    }
}
