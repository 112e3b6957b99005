package org.wikisentry.flink;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.api.operators.ProcessOperator;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("native")
class FactsTest {
    private static final Path EVENTS = Path.of("../../../testdata/events");
    /** A year after the events. */
    private static final long ARRIVAL = 1_804_000_000_000L;

    private static byte[] event(String name) throws Exception {
        return Files.readAllBytes(EVENTS.resolve(name + ".json"));
    }

    private static byte[] fact(String name) throws Exception {
        return Native.fact(event(name), "revision.tags", 1, 7, ARRIVAL);
    }

    private static String text(byte[] bytes, int from) {
        return new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8);
    }

    @Test
    void whatTellsOfRevertsIsKeptAndWhatCannotBeReadIsADeadLetter() throws Exception {
        var operator = new ProcessOperator<>(new Facts());
        try (var harness = new OneInputStreamOperatorTestHarness<RawEvent, byte[]>(operator)) {
            harness.open();
            for (String name : List.of("page-change-edit", "page-change-revert", "revert-risk", "revision-tags-change")) {
                harness.processElement(new RawEvent("revision.tags", 1, 7, ARRIVAL, event(name)), 0);
            }
            harness.processElement(new RawEvent("revision.tags", 1, 8, ARRIVAL, "{".getBytes(StandardCharsets.UTF_8)), 0);
            List<byte[]> kept = harness.extractOutputValues();
            assertEquals(3, kept.size());
            assertArrayEquals(fact("page-change-revert"), kept.get(0));
            assertArrayEquals(fact("revert-risk"), kept.get(1));
            var letters = harness.getSideOutput(Classify.DEAD_LETTERS);
            assertEquals(1, letters.size());
            String letter = text(letters.peek().getValue(), 0);
            assertTrue(letter.contains("\"origin\":{\"source\":\"revision.tags\",\"id\":\"1/8\"}"), letter);
        }
    }

    @Test
    void aFactHasItsFieldsWhereTheyAreDocumented() throws Exception {
        byte[] fact = fact("revision-tags-change");
        assertEquals(Native.FACT, fact[0]);
        assertEquals(0, fact[Native.AT_FACT_KIND]);
        assertEquals(1, fact("revert-risk")[Native.AT_FACT_KIND]);
        String line = text(fact, Native.AT_FACT_LINE);
        assertTrue(line.startsWith("{") && line.strip().endsWith("}") && !line.contains("\n"), line);
        FactDay day = new FactDay();
        // And from what is remembered.
        for (int time = 0; time < 2; time++) {
            assertEquals("facts/date=2026-03-01", day.getBucketId(fact, null));
            assertEquals("revert_risk/date=2026-03-01", day.getBucketId(fact("revert-risk"), null));
        }
        assertEquals(".jsonl.gz", Native.factSuffix());
        assertNull(fact("page-change-edit"));
        assertNull(fact("canary-page-change"));
        assertThrows(NativeException.class, () -> Native.factFolder(Native.FACT_KINDS, 0));
    }

    @Test
    void aFactPassesOnce() throws Exception {
        var operator = new KeyedProcessOperator<Long, byte[], byte[]>(new Dedupe(Duration.ofHours(1)));
        try (var harness =
                new KeyedOneInputStreamOperatorTestHarness<>(operator, ClassifiedEdit::idHigh, Types.LONG)) {
            harness.open();
            for (String name : List.of("revert-risk", "revision-tags-change", "revert-risk")) {
                harness.processElement(fact(name), 0);
            }
            assertEquals(2, harness.extractOutputValues().size());
        }
    }

    @Test
    void aFileHoldsAllFactsOneALine(@TempDir Path folder) throws Exception {
        byte[] fact = fact("revision-tags-change");
        Path file = folder.resolve("flink");
        FileSystem files = FileSystem.getLocalFileSystem();
        try (FSDataOutputStream out = files.create(
                new org.apache.flink.core.fs.Path(file.toUri()), FileSystem.WriteMode.NO_OVERWRITE)) {
            LakeWriter writer = new LakeWriter(out, LakeWriter.Content.FACTS);
            for (int i = 0; i < 20_000; i++) {
                writer.addElement(fact);
            }
            writer.flush();
            writer.finish();
        }
        List<String> lines = new ArrayList<>();
        try (var packed = new GZIPInputStream(Files.newInputStream(file));
                var text = new BufferedReader(new InputStreamReader(packed, StandardCharsets.UTF_8))) {
            text.lines().forEach(lines::add);
        }
        assertEquals(20_000, lines.size());
        assertEquals(text(fact, Native.AT_FACT_LINE), lines.get(19_999));
        // An edit is no fact, nor a fact an edit.
        long facts = Native.openFacts();
        long edits = Native.openFile();
        byte[][] rows = {Edits.edit(1, 1), fact};
        assertThrows(NativeException.class, () -> Native.addToFile(facts, rows, 1));
        assertThrows(NativeException.class, () -> Native.addToFile(edits, Arrays.copyOfRange(rows, 1, 2), 1));
        Native.freeFile(facts);
        Native.freeFile(edits);
    }
}
