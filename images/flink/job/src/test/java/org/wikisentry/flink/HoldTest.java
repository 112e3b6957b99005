package org.wikisentry.flink;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

class HoldTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private static OneInputStreamOperatorTestHarness<byte[], byte[]> harness(int rows, long bytes) throws Exception {
        return new OneInputStreamOperatorTestHarness<>(new Hold(MINUTE, rows, bytes));
    }

    private static OneInputStreamOperatorTestHarness<byte[], byte[]> restored(OperatorSubtaskState snapshot)
            throws Exception {
        var harness = harness(1_000, 1 << 20);
        harness.initializeState(snapshot);
        harness.open();
        return harness;
    }

    /** Puts edits of these numbers. */
    private static void put(OneInputStreamOperatorTestHarness<byte[], byte[]> harness, int from, int to)
            throws Exception {
        for (int i = from; i < to; i++) {
            harness.processElement(Edits.edit(i, i), 0);
        }
    }

    private static void assertOut(OneInputStreamOperatorTestHarness<byte[], byte[]> harness, int from, int to) {
        List<byte[]> out = harness.extractOutputValues();
        assertEquals(to - from, out.size());
        for (int i = from; i < to; i++) {
            assertArrayEquals(Edits.edit(i, i), out.get(i - from));
        }
    }

    @Test
    void editsLeaveAtTheFullMinute() throws Exception {
        try (var harness = harness(1_000, 1 << 20)) {
            harness.setProcessingTime(MINUTE.toMillis() * 5 + 20_000);
            harness.open();
            put(harness, 0, 3);
            harness.setProcessingTime(MINUTE.toMillis() * 6 - 1);
            assertOut(harness, 0, 0);
            harness.setProcessingTime(MINUTE.toMillis() * 6);
            assertOut(harness, 0, 3);
            put(harness, 3, 5);
            harness.setProcessingTime(MINUTE.toMillis() * 7);
            assertOut(harness, 0, 5);
        }
    }

    @Test
    void editsLeaveWhenThereAreManyOrTheyAreLarge() throws Exception {
        try (var harness = harness(4, 1 << 20)) {
            harness.open();
            put(harness, 0, 3);
            assertOut(harness, 0, 0);
            put(harness, 3, 5);
            assertOut(harness, 0, 4);
        }
        try (var harness = harness(1_000, 3L * Edits.edit(0, 0).length)) {
            harness.open();
            put(harness, 0, 2);
            assertOut(harness, 0, 0);
            put(harness, 2, 4);
            assertOut(harness, 0, 3);
        }
    }

    @Test
    void aCheckpointHoldsWhatIsHeldAndNothingElse() throws Exception {
        OperatorSubtaskState first;
        OperatorSubtaskState second;
        OperatorSubtaskState third;
        OperatorSubtaskState fourth;
        try (var harness = harness(10, 1 << 20)) {
            harness.open();
            put(harness, 0, 3);
            first = harness.snapshot(1, 0);
            put(harness, 3, 7);
            second = harness.snapshot(2, 0);
            // Nothing new: the same again.
            third = harness.snapshot(3, 0);
            put(harness, 7, 12);
            assertOut(harness, 0, 10);
            fourth = harness.snapshot(4, 0);
        }
        List<Integer> ends = List.of(3, 7, 7);
        List<OperatorSubtaskState> snapshots = List.of(first, second, third);
        for (int i = 0; i < snapshots.size(); i++) {
            try (var harness = restored(snapshots.get(i))) {
                harness.endInput();
                assertOut(harness, 0, ends.get(i));
            }
        }
        try (var harness = restored(fourth)) {
            harness.endInput();
            assertOut(harness, 10, 12);
        }
    }

    @Test
    void whatWasRestoredIsInTheNextCheckpointToo() throws Exception {
        OperatorSubtaskState snapshot;
        try (var harness = harness(1_000, 1 << 20)) {
            harness.open();
            put(harness, 0, 3);
            snapshot = harness.snapshot(1, 0);
        }
        try (var harness = restored(snapshot)) {
            put(harness, 3, 5);
            snapshot = harness.snapshot(2, 0);
        }
        try (var harness = restored(snapshot)) {
            harness.endInput();
            assertOut(harness, 0, 5);
        }
    }

    @Test
    void aChangeOfParallelismLosesAndDoublesNothing() throws Exception {
        OperatorSubtaskState one;
        try (var harness = harness(1_000, 1 << 20)) {
            harness.open();
            put(harness, 0, 4);
            harness.snapshot(1, 0);
            put(harness, 4, 9);
            one = harness.snapshot(2, 0);
        }
        List<byte[]> all = new ArrayList<>();
        for (int subtask = 0; subtask < 2; subtask++) {
            OperatorSubtaskState part = AbstractStreamOperatorTestHarness.repartitionOperatorState(one, 128, 1, 2, subtask);
            try (var harness =
                    new OneInputStreamOperatorTestHarness<>(new Hold(MINUTE, 1_000), 128, 2, subtask)) {
                harness.initializeState(part);
                harness.open();
                harness.endInput();
                all.addAll(harness.extractOutputValues());
            }
        }
        assertEquals(9, all.size());
        assertEquals(9, all.stream().mapToLong(ClassifiedEdit::idLow).distinct().count());
    }
}
