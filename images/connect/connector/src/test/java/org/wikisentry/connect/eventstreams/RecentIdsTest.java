package org.wikisentry.connect.eventstreams;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RecentIdsTest {
    @Test
    void remembersAtLeastTheWindowAndAtMostTwiceIt() {
        for (int window : new int[] {1, 2, 3, 100, 1000}) {
            RecentIds ids = new RecentIds(window);
            List<String> all = new ArrayList<>();
            for (int number = 0; number < window * 5; number++) {
                String id = number % 3 == 0 ? "text-" + number : new UUID(number * 31L, number).toString();
                assertTrue(ids.add(id), id);
                all.add(id);
                int last = Math.max(0, all.size() - window);
                assertFalse(ids.add(all.get(last + new Random(number).nextInt(all.size() - last))));
            }
            assertTrue(ids.add(all.get(0)), "the first of " + all.size() + " is forgotten");
        }
    }

    @Test
    void idsThatDifferInOneCharacterAreDifferent() {
        RecentIds ids = new RecentIds(10_000);
        int added = 0;
        for (String form : List.of("%s", "00000000-0000-0000-0000-0000000000%s", "x00000000-0000-0000-0000-0000000000%s")) {
            for (int number = 10; number < 100; number++) {
                added += ids.add(String.format(form, number)) ? 1 : 0;
            }
        }
        assertEquals(270, added);
        assertTrue(ids.add("00000000-0000-0000-0000-000000000000"));
        assertFalse(ids.add("00000000-0000-0000-0000-000000000000"));
    }
}
