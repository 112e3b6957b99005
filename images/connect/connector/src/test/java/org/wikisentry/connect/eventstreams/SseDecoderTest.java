package org.wikisentry.connect.eventstreams;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SseDecoderTest {
    private static final int LIMIT = 2048;

    /** What a frame says, comparable. */
    private record Seen(String id, String name, String data, long bytes) {}

    static List<Arguments> streams() {
        return List.of(
                Arguments.of("data: a\n\n", List.of(seen("", "message", "a"))),
                Arguments.of("data:a\n\ndata: b\n\n", List.of(seen("", "message", "a"), seen("", "message", "b"))),
                Arguments.of("data:  a\n\n", List.of(seen("", "message", " a"))),
                Arguments.of("data: a\ndata: b\ndata\n\n", List.of(seen("", "message", "a\nb\n"))),
                Arguments.of("data\n\n", List.of(seen("", "message", ""))),
                Arguments.of("data: a\r\n\r\ndata: b\r\rdata: c\n\n",
                        List.of(seen("", "message", "a"), seen("", "message", "b"), seen("", "message", "c"))),
                Arguments.of(":ok\n\n:heartbeat\n\n", List.of()),
                Arguments.of("event: error\ndata: a\n\ndata: b\n\n",
                        List.of(seen("", "error", "a"), seen("", "message", "b"))),
                Arguments.of("id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n",
                        List.of(seen("1", "message", "a"), seen("1", "message", "b"), seen("", "message", "c"))),
                Arguments.of("id: 1\u0000\ndata: a\n\n", List.of(seen("", "message", "a"))),
                Arguments.of("id: 7\n\ndata: a\n\n", List.of(seen("7", "message", "a"))),
                Arguments.of("event: error\n\ndata: a\n\n", List.of(seen("", "message", "a"))),
                Arguments.of("dat: a\nData: b\n data: c\n\n", List.of()),
                Arguments.of("data: a\n", List.of()),
                Arguments.of("\u00ef\u00bb\u00bfdata: a\n\n\u00ef\u00bb\u00bfdata: b\n\n",
                        List.of(seen("", "message", "a"))),
                Arguments.of("data: \u00ff\u00fe\n\n", List.of(seen("", "message", "\u00ff\u00fe"))));
    }

    @ParameterizedTest
    @MethodSource("streams")
    void readsAsTheSpecificationSaysHoweverItIsCut(String stream, List<Seen> expected) {
        byte[] bytes = stream.getBytes(StandardCharsets.ISO_8859_1);
        for (int size = 1; size <= bytes.length; size++) {
            List<Seen> seen = new ArrayList<>();
            SseDecoder decoder = new SseDecoder(LIMIT, frame -> seen.add(seen(frame)));
            for (int at = 0; at < bytes.length; at += size) {
                decoder.feed(bytes, at, Math.min(size, bytes.length - at));
            }
            assertEquals(expected, seen, "in pieces of " + size);
        }
    }

    @Test
    void agreesWithASimpleReaderOnRandomStreamsInRandomPieces() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        String[] parts = {
            "data: ", "data", "id: ", "event: ", "retry: 5", ":", " ", "\n", "\n\n", "\r", "\r\n", "x", "é", "\u0000",
            "data: " + "y".repeat(900), "\u00ef\u00bb\u00bf", "message"
        };
        int frames = 0;
        for (int round = 0; round < 3_000; round++) {
            StringBuilder text = new StringBuilder();
            for (int part = random.nextInt(60); part > 0; part--) {
                text.append(parts[random.nextInt(parts.length)]);
            }
            byte[] bytes = text.toString().getBytes(StandardCharsets.ISO_8859_1);
            List<Seen> seen = new ArrayList<>();
            SseDecoder decoder = new SseDecoder(LIMIT, frame -> seen.add(seen(frame)));
            int at = 0;
            while (at < bytes.length) {
                int size = Math.min(bytes.length - at, random.nextInt(40));
                decoder.feed(bytes, at, size);
                at += size;
            }
            frames += seen.size();
            assertEquals(reference(bytes), seen, "seed " + seed + ", round " + round);
        }
        assertTrue(frames > 1_000, "the streams held only " + frames + " events");
    }

    @Test
    void cutsWhatIsTooLargeAndGoesOn() {
        String large = "z".repeat(LIMIT + 1);
        for (String stream : List.of(
                "id: 4\ndata: " + large + "\n\ndata: b\n\n",
                "id: 4\ndata: " + "z".repeat(LIMIT) + "\ndata:\n\ndata: b\n\n",
                "id: 4\n" + "data: zzz\n".repeat(LIMIT) + "\ndata: b\n\n")) {
            List<Frame> frames = new ArrayList<>();
            byte[] bytes = stream.getBytes(StandardCharsets.US_ASCII);
            new SseDecoder(LIMIT, frames::add).feed(bytes, 0, bytes.length);
            assertEquals(2, frames.size());
            Frame cut = frames.get(0);
            assertTrue(cut.isOversized());
            assertEquals("4", new String(cut.id(), StandardCharsets.US_ASCII));
            assertEquals(SseDecoder.OVERSIZED_PREFIX_BYTES, cut.data().length);
            assertTrue(cut.bytes() > LIMIT, cut.bytes() + " bytes");
            assertEquals("b", new String(frames.get(1).data(), StandardCharsets.US_ASCII));
        }
    }

    @Test
    void countsALineOfWhichItKeepsNoMoreThanItNeeds() {
        List<Frame> frames = new ArrayList<>();
        SseDecoder decoder = new SseDecoder(LIMIT, frames::add);
        byte[] start = "data: ".getBytes(StandardCharsets.US_ASCII);
        byte[] part = new byte[1 << 20];
        java.util.Arrays.fill(part, (byte) 'a');
        decoder.feed(start, 0, start.length);
        for (int round = 0; round < 300; round++) {
            decoder.feed(part, 0, part.length);
        }
        decoder.feed(new byte[] {'\n', '\n'}, 0, 2);
        assertEquals(300L << 20, frames.get(0).bytes());
    }

    @Test
    void takesAnIdUpToItsLimit() {
        for (int more = 0; more < 2; more++) {
            List<Frame> frames = new ArrayList<>();
            SseDecoder decoder = new SseDecoder(LIMIT, frames::add);
            String id = "i".repeat((16 << 10) + more);
            byte[] bytes = ("id: 1\ndata: a\n\nid: " + id + "\ndata: b\n\n").getBytes(StandardCharsets.US_ASCII);
            decoder.feed(bytes, 0, bytes.length);
            String taken = new String(frames.get(1).id(), StandardCharsets.US_ASCII);
            assertEquals(more == 0 ? id : "1", taken);
        }
    }

    @Test
    void takesTheReconnectionTimeOfDigitsOnly() {
        for (String[] field : new String[][] {
            {"retry: 1500", "1500"}, {"retry: 1.5", "0"}, {"retry: ", "0"}, {"retry:9", "9"}, {"retry: -1", "0"},
            {"retry: 99999999999999999999999999", "0"},
        }) {
            SseDecoder decoder = new SseDecoder(LIMIT, frame -> {});
            byte[] bytes = (field[0] + "\n").getBytes(StandardCharsets.US_ASCII);
            decoder.feed(bytes, 0, bytes.length);
            assertEquals(Long.parseLong(field[1]), decoder.retryMillis(), field[0]);
        }
    }

    /** The specification read line by line over the whole text, without any limit. */
    private static List<Seen> reference(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        if (text.startsWith("\u00ef\u00bb\u00bf")) {
            text = text.substring(3);
        }
        text = text.replace("\r\n", "\n").replace('\r', '\n');
        List<Seen> seen = new ArrayList<>();
        String id = "";
        String name = "";
        StringBuilder data = new StringBuilder();
        int end;
        for (int at = 0; (end = text.indexOf('\n', at)) >= 0; at = end + 1) {
            String line = text.substring(at, end);
            if (line.isEmpty()) {
                if (data.length() > 0) {
                    String whole = data.substring(0, data.length() - 1);
                    String kept = whole.length() > LIMIT ? whole.substring(0, 1024) : whole;
                    seen.add(new Seen(id, name.isEmpty() ? "message" : name, kept, whole.length()));
                }
                data.setLength(0);
                name = "";
                continue;
            }
            int colon = line.indexOf(':');
            String field = colon < 0 ? line : line.substring(0, colon);
            String value = colon < 0 ? "" : line.substring(colon + 1).replaceFirst("^ ", "");
            switch (field) {
                case "data" -> data.append(value).append('\n');
                case "event" -> name = new String(value.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
                case "id" -> id = value.indexOf('\0') < 0 ? value : id;
                default -> {
                    // Comments, retry and unknown fields make no event.
                }
            }
        }
        return seen;
    }

    private static Seen seen(String id, String name, String data) {
        return new Seen(id, name, data, data.length());
    }

    private static Seen seen(Frame frame) {
        String id = new String(frame.id(), StandardCharsets.ISO_8859_1);
        return new Seen(id, frame.name(), new String(frame.data(), StandardCharsets.ISO_8859_1), frame.bytes());
    }
}
