package org.wikisentry.flink;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.flink.streaming.api.functions.sink.filesystem.PartFileInfo;
import org.junit.jupiter.api.Test;

class FactFilesTest {
    private static final byte[] FACT = new byte[100];

    private record File(String folder, long created) implements PartFileInfo<String> {
        @Override
        public String getBucketId() {
            return folder;
        }

        @Override
        public long getCreationTime() {
            return created;
        }

        @Override
        public long getSize() {
            // Packed, and in the hands of the core until it is final.
            return 0;
        }

        @Override
        public long getLastUpdateTime() {
            return created;
        }
    }

    @Test
    void aFileEndsBeforeItHoldsMoreThanAllowed() {
        FactFiles files = new FactFiles(1_000);
        File file = new File("facts/date=2026-03-01", 5);
        // Flink asks before the second fact and all that follow.
        for (int fact = 2; fact <= 10; fact++) {
            assertFalse(files.shouldRollOnEvent(file, FACT), "fact " + fact);
        }
        assertTrue(files.shouldRollOnEvent(file, FACT));
        File next = new File("facts/date=2026-03-01", 9);
        for (int fact = 2; fact <= 10; fact++) {
            assertFalse(files.shouldRollOnEvent(next, FACT), "fact " + fact + " of the next");
        }
        assertTrue(files.shouldRollOnEvent(next, FACT));
    }

    @Test
    void foldersAreCountedApartAndACheckpointBeginsAnew() {
        FactFiles files = new FactFiles(500);
        File one = new File("facts/date=2026-03-01", 5);
        File other = new File("revert_risk/date=2026-03-01", 5);
        for (int fact = 2; fact <= 5; fact++) {
            assertFalse(files.shouldRollOnEvent(one, FACT));
            assertFalse(files.shouldRollOnEvent(other, FACT));
        }
        // A checkpoint ended the file; the next one was made without asking.
        assertFalse(files.shouldRollOnEvent(new File("facts/date=2026-03-01", 6), FACT));
        assertTrue(files.shouldRollOnEvent(other, FACT));
        assertTrue(files.shouldRollOnCheckpoint(one));
        assertFalse(files.shouldRollOnProcessingTime(one, Long.MAX_VALUE));
    }
}
