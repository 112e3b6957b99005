package org.wikisentry.flink;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.List;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

class DedupeTest {
    private static final Duration TTL = Duration.ofMinutes(10);

    private static KeyedOneInputStreamOperatorTestHarness<Long, byte[], byte[]> harness() throws Exception {
        return new KeyedOneInputStreamOperatorTestHarness<>(
                new KeyedProcessOperator<>(new Dedupe(TTL)), ClassifiedEdit::idHigh, Types.LONG);
    }

    private static void put(KeyedOneInputStreamOperatorTestHarness<Long, byte[], byte[]> harness, byte[] edit)
            throws Exception {
        harness.processElement(edit, 0);
    }

    @Test
    void anEditPassesOnce() throws Exception {
        try (var harness = harness()) {
            harness.open();
            put(harness, Edits.edit(1, 10));
            put(harness, Edits.edit(2, 20));
            put(harness, Edits.edit(1, 10));
            List<byte[]> out = harness.extractOutputValues();
            assertEquals(2, out.size());
            assertArrayEquals(Edits.edit(1, 10), out.get(0));
            assertArrayEquals(Edits.edit(2, 20), out.get(1));
        }
    }

    @Test
    void twoIdsThatShareHalfOfTheirHashAreTwo() throws Exception {
        try (var harness = harness()) {
            harness.open();
            put(harness, Edits.edit(1, 10));
            put(harness, Edits.edit(1, 11));
            put(harness, Edits.edit(1, 11));
            assertEquals(2, harness.extractOutputValues().size());
        }
    }

    @Test
    void aCheckpointRemembers() throws Exception {
        OperatorSubtaskState snapshot;
        try (var harness = harness()) {
            harness.open();
            put(harness, Edits.edit(1, 10));
            snapshot = harness.snapshot(1, 0);
        }
        try (var harness = harness()) {
            harness.initializeState(snapshot);
            harness.open();
            put(harness, Edits.edit(1, 10));
            put(harness, Edits.edit(3, 30));
            assertEquals(1, harness.extractOutputValues().size());
        }
    }

    @Test
    void anIdIsForgottenAfterItsTime() throws Exception {
        try (var harness = harness()) {
            harness.open();
            harness.setStateTtlProcessingTime(0);
            put(harness, Edits.edit(1, 10));
            harness.setStateTtlProcessingTime(TTL.toMillis() - 1);
            put(harness, Edits.edit(1, 10));
            assertEquals(1, harness.extractOutputValues().size());
            harness.setStateTtlProcessingTime(TTL.toMillis() + 1);
            put(harness, Edits.edit(1, 10));
            assertEquals(2, harness.extractOutputValues().size());
        }
    }
}
