package org.wikisentry.flink;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The core in a JVM: the border itself. What the core does is tested in {@code crates/jvm}. */
@Tag("native")
class NativeTest {
    private static final Path DATA = Path.of("../../../testdata");
    private static final Path MODEL = Path.of("../../../models/edit-risk/versions/1");
    /** {@code -Dwikisentry.native.events=1000000} for more mutated events. */
    private static final int EVENTS = Integer.getInteger("wikisentry.native.events", 50_000);

    private static List<byte[]> recorded;
    private static long model;

    @BeforeAll
    static void load() throws IOException {
        String library = System.getProperty("wikisentry.native", "");
        Assumptions.assumeTrue(
                Files.exists(Path.of(library)),
                "no library at `" + library + "`: `cargo build --release -p wikisentry-jvm --lib`, then"
                        + " -Dwikisentry.native=target/release/libwikisentry_jvm.so");
        recorded = new ArrayList<>();
        try (var packed = new GZIPInputStream(Files.newInputStream(DATA.resolve("sample/recentchange.jsonl.gz")));
                var lines = new BufferedReader(new InputStreamReader(packed, StandardCharsets.UTF_8))) {
            lines.lines().forEach(line -> recorded.add(line.getBytes(StandardCharsets.UTF_8)));
        }
        try (var files = Files.list(DATA.resolve("events"))) {
            for (Path file : files.filter(file -> file.toString().endsWith(".json")).sorted().toList()) {
                recorded.add(Files.readAllBytes(file));
            }
        }
        model = Native.bootstrapModel();
    }

    @AfterAll
    static void free() {
        Native.freeModel(model);
    }

    private static byte[] classify(byte[] event) {
        return Native.classify(model, event, "edits.registered", 2, 17, Core.TIME, Core.TIME, false);
    }

    private static String text(byte[] bytes, int from) {
        return new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8);
    }

    private static void refused(String reason, Runnable call) {
        String message = assertThrows(NativeException.class, call::run).getMessage();
        assertTrue(message.contains(reason), message);
    }

    @Test
    void everyRecordedEventIsClassifiedOrLeftOut() {
        long start = 0;
        int edits = 0;
        int others = 0;
        int rounds = 20;
        Set<Long> ids = new HashSet<>();
        for (int round = 0; round < rounds; round++) {
            // The first half is for the JVM to warm up.
            if (round == rounds / 2) {
                start = System.nanoTime();
            }
            edits = 0;
            others = 0;
            for (byte[] event : recorded) {
                byte[] edit = classify(event);
                if (edit == null) {
                    others++;
                    continue;
                }
                // `expected.json` is no event, and says so.
                if (ClassifiedEdit.isDeadLetter(edit)) {
                    String letter = text(edit, Native.AT_DEAD_LETTER);
                    assertTrue(letter.contains("\"origin\":{\"source\":\"edits.registered\",\"id\":\"2/17\"}"), letter);
                    others++;
                    continue;
                }
                edits++;
                assertEquals(Native.EDIT, edit[0]);
                ids.add(ClassifiedEdit.idLow(edit));
            }
        }
        long nanos = (System.nanoTime() - start) / ((long) recorded.size() * (rounds - rounds / 2));
        System.out.println("classify: " + nanos + " ns an event, " + edits + " edits of " + recorded.size() + " events");
        assertTrue(edits > 3_000 && others > 50, edits + " edits, " + others + " others");
        assertTrue(ids.size() > 3_000, "ids: " + ids.size());
    }

    @Test
    void aClassifiedEditHasItsFieldsWhereTheyAreDocumented() {
        byte[] edit = Core.classified(model, "Alice", 5);
        ByteBuffer fields = ByteBuffer.wrap(edit);
        assertEquals("registered", Native.USER_TYPES[edit[Native.AT_USER_TYPE]]);
        assertEquals(Core.TIME, fields.getLong(Native.AT_EVENT_TIME));
        assertEquals(Core.TIME, fields.getLong(Native.AT_INGEST_TIME));
        assertNotEquals(0, fields.getLong(Native.AT_ID_HIGH));
        assertNotEquals(0, fields.getLong(Native.AT_USER));
        assertNotEquals(0, fields.getLong(Native.AT_PAGE));
        int key = fields.getInt(Native.AT_KEY_LENGTH);
        assertEquals("enwiki:Page 5", new String(edit, Native.AT_KEY, key, StandardCharsets.UTF_8));
        String json = text(edit, Native.AT_KEY + key);
        assertTrue(json.startsWith("{\"meta_id\":\"00000000-0000-4000-8000-000000000005\""), json);
        assertTrue(json.contains("\"score\":" + fields.getDouble(Native.AT_SCORE) + ","), json);
        byte[] other = Core.classified(model, "Bob", 5);
        assertNotEquals(fields.getLong(Native.AT_USER), ClassifiedEdit.user(other));
        assertEquals(fields.getLong(Native.AT_PAGE), ClassifiedEdit.page(other));
    }

    @Test
    void mutatedEventsNeverThrowNorEndTheJvm() {
        long seed = Long.getLong("wikisentry.native.seed", System.nanoTime());
        System.out.println("mutated events: " + EVENTS + ", -Dwikisentry.native.seed=" + seed);
        Random random = new Random(seed);
        long rules = Native.openRules(Core.RULES);
        long watch = Native.openWatch(rules, null, Core.TIME);
        int[] kinds = new int[3];
        long start = System.nanoTime();
        for (int i = 0; i < EVENTS; i++) {
            byte[] edit = classify(mutated(recorded.get(random.nextInt(recorded.size())), random));
            if (edit == null) {
                kinds[0]++;
            } else if (ClassifiedEdit.isDeadLetter(edit)) {
                kinds[1]++;
            } else {
                kinds[2]++;
                // What is classified is good for all that follows.
                byte[][] burst = Native.burst(rules, null, edit);
                Native.burst(rules, burst[0], edit);
                Native.war(rules, null, edit);
                Native.watch(watch, Native.signal(rules, edit), Core.TIME);
            }
        }
        long nanos = (System.nanoTime() - start) / EVENTS;
        System.out.println("mutated: " + nanos + " ns an event with all steps; none, dead, edits: " + Arrays.toString(kinds));
        assertTrue(kinds[1] > EVENTS / 20 && kinds[2] > EVENTS / 20, Arrays.toString(kinds));
        Native.freeWatch(watch);
        Native.freeRules(rules);
    }

    private static byte[] mutated(byte[] event, Random random) {
        byte[] bytes = event.clone();
        for (int change = random.nextInt(3); change >= 0 && bytes.length > 1; change--) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(6)) {
                case 0 -> bytes = Arrays.copyOf(bytes, at);
                case 1 -> bytes[at] = (byte) random.nextInt();
                case 2 -> bytes[at] = (byte) "{}[]\",:\\0".charAt(random.nextInt(9));
                case 3 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 4 -> {
                    int length = Math.min(random.nextInt(64), bytes.length - at);
                    System.arraycopy(bytes, random.nextInt(bytes.length - length + 1), bytes, at, length);
                }
                default -> {
                    // A digit for another one: still JSON, most of the time.
                    for (int step = 0; step < bytes.length; step++) {
                        int digit = (at + step) % bytes.length;
                        if (bytes[digit] >= '0' && bytes[digit] <= '9') {
                            bytes[digit] = (byte) ('0' + random.nextInt(10));
                            break;
                        }
                    }
                }
            }
        }
        return bytes;
    }

    @Test
    void deepJsonIsRefusedOnASmallStack() throws Exception {
        String deep = "[".repeat(500_000);
        String inside = new String(recorded.get(0), StandardCharsets.UTF_8).replaceFirst("\\{", "{\"deep\":" + deep + ",");
        byte[] card = Files.readAllBytes(MODEL.resolve("card.json"));
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread thread = new Thread(null, () -> {
            for (String event : List.of(deep, inside)) {
                assertTrue(ClassifiedEdit.isDeadLetter(classify(event.getBytes(StandardCharsets.UTF_8))));
            }
            refused("model", () -> Native.loadModel("edit-risk", 1, deep.getBytes(StandardCharsets.UTF_8), card, null));
            refused("rules", () -> Native.openRules(deep.getBytes(StandardCharsets.UTF_8)));
        }, "small stack", 256 << 10);
        thread.setUncaughtExceptionHandler((dead, error) -> failure.set(error));
        thread.start();
        thread.join();
        assertNull(failure.get());
    }

    @Test
    void aPanicIsAnExceptionWithItsMessage() {
        for (int i = 0; i < 3; i++) {
            refused("the core panicked, which is a bug of it: as asked for, 📝", () -> Native.panic("as asked for, 📝"));
        }
        assertFalse(ClassifiedEdit.isDeadLetter(Core.classified(model, "Alice", 1)));
    }

    @Test
    void whatIsFreedOrWrongIsRefusedByName() throws IOException {
        byte[] edit = Core.classified(model, "Alice", 1);
        byte[] bytes = Files.readAllBytes(MODEL.resolve("model.json"));
        byte[] card = Files.readAllBytes(MODEL.resolve("card.json"));
        long loaded = Native.loadModel("edit-risk", 1, bytes, card, null);
        assertEquals("edit-risk/1", Native.modelVersion(loaded));
        assertArrayEquals(edit, Core.classified(loaded, "Alice", 1));
        Native.freeModel(loaded);
        Native.freeModel(loaded);
        refused("there is no model " + loaded, () -> Native.modelVersion(loaded));
        refused("there is no model " + loaded, () -> Core.classified(loaded, "Alice", 1));
        refused("`event` is null", () -> classify(null));
        refused("edit-risk/2", () -> Native.loadModel("edit-risk", 2, bytes, card, null));
        bytes[bytes.length / 2] ^= 1;
        refused("the model cannot be used", () -> Native.loadModel("edit-risk", 1, bytes, card, null));

        long rules = Native.openRules(Core.RULES);
        refused("there is no model " + rules, () -> Native.modelVersion(rules));
        refused("of version 9", () -> Native.burst(rules, new byte[] {9, 0}, edit));
        refused("a user's edits is damaged", () -> Native.burst(rules, new byte[] {1, 0, 0}, edit));
        refused("not a classified edit", () -> Native.war(rules, null, new byte[] {1, 2, 3}));
        refused("not a message", () -> Native.admit(Native.openWatch(rules, null, 0), new byte[] {1}, 0));
        refused("missing field", () -> Native.openRules("{\"burst_edits\": 3}".getBytes(StandardCharsets.UTF_8)));
        assertArrayEquals(new long[] {86_460_000, 90_000_000}, Native.stateLifetime(rules));
        Native.freeRules(rules);
    }

    @Test
    void aFileOfTheLakeIsWrittenPieceByPiece() {
        byte[][] edits = new byte[256][];
        for (int i = 0; i < edits.length; i++) {
            edits[i] = Core.classified(model, "User " + i, i);
        }
        long file = Native.openFile();
        long bytes = 0;
        // More than the local references that a native call has room for, and more than a chunk.
        for (int batch = 0; batch < 200; batch++) {
            assertTrue(Native.addToFile(file, edits, edits.length) < 64 << 20);
            bytes += Native.takeFromFile(file).length;
        }
        refused("257 elements of an array of 256", () -> Native.addToFile(file, edits, 257));
        refused("-1 elements", () -> Native.addToFile(file, edits, -1));
        byte[] last = Native.finishFile(file);
        assertEquals("PAR1", text(last, last.length - 4));
        assertTrue(bytes + last.length > 10_000);
        refused("there is no file " + file, () -> Native.takeFromFile(file));
        Native.freeFile(file);

        assertEquals("user_type=registered/date=2023-11-14/hour=22", Native.partition(0, Core.TIME));
        assertEquals("user_type=bot/date=1969-12-31/hour=23", Native.partition(2, -1));
        refused("there is no user type 3", () -> Native.partition(3, 0));
        assertEquals("-v2.parquet", Native.fileSuffix());
    }

    @Test
    void threadsShareAModelWhileItIsSwappedAndFreed() throws Exception {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        byte[] expected = Core.classified(model, "Alice", 1);
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            Thread thread = new Thread(() -> {
                for (int i = 0; i < 20; i++) {
                    long own = Native.bootstrapModel();
                    assertArrayEquals(expected, Core.classified(own, "Alice", 1));
                    Native.freeModel(own);
                    assertThrows(NativeException.class, () -> Core.classified(own, "Alice", 1));
                }
            });
            thread.setUncaughtExceptionHandler((dead, error) -> failure.set(error));
            threads.add(thread);
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertNull(failure.get());
    }
}
