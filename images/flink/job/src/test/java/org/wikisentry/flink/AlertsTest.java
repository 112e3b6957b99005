package org.wikisentry.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.streaming.util.TwoInputStreamOperatorTestHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("native")
class AlertsTest {
    @TempDir
    Path models;

    private String registry;
    private long model;

    @BeforeEach
    void loadModel() throws Exception {
        registry = Files.createDirectory(models.resolve("edit-risk")).toUri().toString();
        model = Native.bootstrapModel();
    }

    @AfterEach
    void freeModel() {
        Native.freeModel(model);
    }

    private static KeyedOneInputStreamOperatorTestHarness<Long, byte[], byte[]> bursts() throws Exception {
        return new KeyedOneInputStreamOperatorTestHarness<>(
                new KeyedProcessOperator<>(new Detect(Detect.Kind.BURST, Core.RULES)), ClassifiedEdit::user, Types.LONG);
    }

    private TwoInputStreamOperatorTestHarness<byte[], byte[], Tuple2<byte[], byte[]>> watch() throws Exception {
        var harness = new TwoInputStreamOperatorTestHarness<>(new Watch(registry, Core.RULES));
        harness.setProcessingTime(Core.TIME);
        return harness;
    }

    /** Three edits of one user, one before a checkpoint, with another user's in between. */
    private byte[] detected() throws Exception {
        OperatorSubtaskState snapshot;
        try (var harness = bursts()) {
            harness.open();
            harness.processElement(Core.classified(model, "Alice", 1), 0);
            harness.processElement(Core.classified(model, "Bob", 2), 0);
            snapshot = harness.snapshot(1, 0);
            assertEquals(0, harness.extractOutputValues().size());
        }
        try (var harness = bursts()) {
            harness.initializeState(snapshot);
            harness.open();
            harness.processElement(Core.classified(model, "Alice", 3), 0);
            harness.processElement(Core.classified(model, "Bob", 4), 0);
            assertEquals(0, harness.extractOutputValues().size());
            harness.processElement(Core.classified(model, "Alice", 5), 0);
            List<byte[]> out = harness.extractOutputValues();
            assertEquals(1, out.size());
            return out.get(0);
        }
    }

    @Test
    void aBurstBecomesOneAlertWithinItsCooldownAcrossACheckpoint() throws Exception {
        byte[] detected = detected();
        OperatorSubtaskState snapshot;
        try (var harness = watch()) {
            harness.open();
            harness.processElement2(new StreamRecord<>(detected));
            List<Tuple2<byte[], byte[]>> out = harness.extractOutputValues();
            assertEquals(1, out.size());
            String alert = new String(out.get(0).f1, StandardCharsets.UTF_8);
            assertTrue(alert.contains("\"edit_burst\"") && alert.contains("Alice"), alert);
            snapshot = harness.snapshot(1, 0);
        }
        try (var harness = watch()) {
            harness.initializeState(snapshot);
            harness.open();
            harness.processElement2(new StreamRecord<>(detected));
            assertEquals(0, harness.extractOutputValues().size());
        }
    }

    @Test
    void silenceBecomesOneAlert() throws Exception {
        try (var harness = watch()) {
            harness.open();
            byte[] signal = signal(Core.classified(model, "Alice", 1));
            harness.processElement1(new StreamRecord<>(signal));
            harness.setProcessingTime(Core.TIME + 119_000);
            assertEquals(0, harness.extractOutputValues().size());
            harness.setProcessingTime(Core.TIME + 125_000);
            harness.setProcessingTime(Core.TIME + 130_000);
            List<Tuple2<byte[], byte[]>> out = harness.extractOutputValues();
            assertEquals(1, out.size());
            String alert = new String(out.get(0).f1, StandardCharsets.UTF_8);
            assertTrue(alert.contains("\"feed_stalled\""), alert);
        }
    }

    private static byte[] signal(byte[] edit) {
        long rules = Native.openRules(Core.RULES);
        byte[] signal = Native.signal(rules, edit);
        Native.freeRules(rules);
        return signal;
    }
}
