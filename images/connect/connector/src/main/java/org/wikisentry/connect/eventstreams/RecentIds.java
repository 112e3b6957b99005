package org.wikisentry.connect.eventstreams;

import java.util.UUID;

/**
 * The event ids seen lately: at least the last {@code window}, at most twice as many, in 64 bytes
 * each. It is lost with the task; across restarts the bookmark knows what was taken.
 */
final class RecentIds {
    private final int window;
    private final int mask;
    /** Pairs of longs, open addressing; (0, 0) is a free place. */
    private long[] younger;
    private long[] older;
    private int size;

    RecentIds(int window) {
        this.window = window;
        int places = Integer.highestOneBit(window * 2 - 1) * 2;
        this.mask = places - 1;
        this.younger = new long[places * 2];
        this.older = new long[places * 2];
    }

    /** Remembers an id; false if it is remembered already. */
    boolean add(String id) {
        long high;
        long low;
        UUID uuid = uuid(id);
        if (uuid != null) {
            high = uuid.getMostSignificantBits();
            low = uuid.getLeastSignificantBits();
        } else {
            high = hash(id, 0xcbf29ce484222325L);
            low = hash(id, 0x9e3779b97f4a7c15L);
        }
        if ((high | low) == 0) {
            low = 1;
        }
        int known = place(younger, high, low);
        if (younger[known] != 0 || younger[known + 1] != 0 || isIn(older, high, low)) {
            return false;
        }
        if (size == window) {
            long[] emptied = older;
            older = younger;
            java.util.Arrays.fill(emptied, 0);
            younger = emptied;
            size = 0;
            known = place(younger, high, low);
        }
        younger[known] = high;
        younger[known + 1] = low;
        size++;
        return true;
    }

    /** 48 bits of an id's hash: enough to tell a few hundred events apart. */
    static long digest(String id) {
        return hash(id, 0xcbf29ce484222325L) >>> 16;
    }

    private boolean isIn(long[] table, long high, long low) {
        int place = place(table, high, low);
        return table[place] != 0 || table[place + 1] != 0;
    }

    /** Where the id is, or the free place where it would be put. */
    private int place(long[] table, long high, long low) {
        long mixed = (high ^ Long.rotateLeft(low, 32)) * 0x9e3779b97f4a7c15L;
        int place = (int) (mixed >>> 32) & mask;
        while (true) {
            long h = table[place * 2];
            long l = table[place * 2 + 1];
            if ((h == high && l == low) || (h | l) == 0) {
                return place * 2;
            }
            place = (place + 1) & mask;
        }
    }

    /** Ids are UUIDs; any other text is hashed. */
    private static UUID uuid(String id) {
        if (id.length() != 36) {
            return null;
        }
        try {
            return UUID.fromString(id);
        } catch (IllegalArgumentException other) {
            return null;
        }
    }

    /** FNV-1a over UTF-16 units, with 64 bits (draft-eastlake-fnv). */
    private static long hash(String text, long basis) {
        long hash = basis;
        for (int at = 0; at < text.length(); at++) {
            hash = (hash ^ text.charAt(at)) * 0x100000001b3L;
        }
        return hash;
    }
}
