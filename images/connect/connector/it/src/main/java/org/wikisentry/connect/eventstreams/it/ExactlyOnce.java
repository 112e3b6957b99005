package org.wikisentry.connect.eventstreams.it;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Random;

/**
 * Kills the worker again and again in the middle of a replay with faults: a consumer of committed
 * records must see every event exactly once, unchanged, where it belongs, in order per key.
 * Halfway the streams are spread over two tasks instead of one.
 */
final class ExactlyOnce {
    /** All that the replay server can do, but for 403, which is no fault that passes. */
    private static final String FAULTS = "disconnect=0.0005,truncated=0.0005,duplicate=0.01,gap=0.002,"
            + "stall=0.0001:3s,429=0.1,503=0.1,garbage=0.001,oversized=0.0002,canary=0.005";

    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final int kills;
    private final long seed;
    private final int repeat;
    private final String faults;
    private final String rate;
    private final String boundary;
    private final int lateness;
    private final Random random;
    private Instant lastNews = Instant.now();

    ExactlyOnce(Map<String, String> options) {
        kills = Integer.parseInt(options.getOrDefault("kills", "3"));
        seed = Long.parseLong(options.getOrDefault("seed", Long.toString(System.nanoTime() & 0xffff)));
        repeat = Integer.parseInt(options.getOrDefault("repeat", Integer.toString(8 + kills)));
        rate = options.getOrDefault("rate", "1500");
        boundary = options.getOrDefault("boundary", "poll");
        boolean reorder = !options.getOrDefault("reorder", "yes").equals("no");
        faults = options.getOrDefault("faults", FAULTS + (reorder ? ",reorder=0.005" : ""));
        // The server sends an event up to 5 places late, and on each new connection again.
        lateness = faults.contains("reorder") ? 20 : 0;
        random = new Random(seed);
    }

    void run() throws Exception {
        System.out.printf("exactly-once: seed %d, %d kills, %d repetitions, faults %s%n", seed, kills, repeat, faults);
        Instant begun = Instant.now();
        try (Platform platform = new Platform()) {
            Path recording = Recording.write(platform.folder());
            Expected expected = expected(platform.folder(), recording);
            int port = ChildProcess.freePort();
            Path log = platform.folder().resolve("replay.log");
            try (CommittedReader reader = new CommittedReader(platform.bootstrap(), expected, lateness)) {
                try (ReplayServer replay = new ReplayServer(port, log, recording, rate, repeat, seed, faults)) {
                    configure(platform, replay.url(), 1);
                    killAgainAndAgain(platform, replay, reader, expected);
                }
                // The rest, at full speed: the same seed gives the same offsets.
                try (ReplayServer replay = new ReplayServer(port, log, recording, "max", repeat, seed, faults)) {
                    readToTheEnd(platform, reader, expected);
                }
                verify(reader, expected);
                System.out.printf("fine: %d events, each once, after %d kills in %d s; %d dead letters, %d late by key%n",
                        reader.distinct(), kills, Duration.between(begun, Instant.now()).toSeconds(),
                        reader.deadLetters(), reader.late());
                System.out.println("stored: " + platform.offsets());
            }
        }
    }

    private Expected expected(Path folder, Path recording) throws Exception {
        Expected expected = new Expected();
        // Gaps and canaries take offsets; the other faults do not change what is recorded.
        StringBuilder fixed = new StringBuilder();
        for (String fault : faults.split(",")) {
            if (fault.startsWith("gap=") || fault.startsWith("canary=")) {
                fixed.append(fixed.length() > 0 ? "," : "").append(fault);
            }
        }
        try (ReplayServer plain = new ReplayServer(
                ChildProcess.freePort(), folder.resolve("plain.log"), recording, "max", repeat, seed, fixed.toString())) {
            plain.read(Recording.STREAMS, expected::add);
        }
        System.out.println(expected.entries.size() + " records are expected");
        return expected;
    }

    private void configure(Platform platform, String url, int tasks) throws Exception {
        platform.configure(url, Map.of(
                "streams", String.join(",", Recording.STREAMS),
                "tasks.max", Integer.toString(tasks),
                "transaction.boundary", boundary,
                "transaction.boundary.interval.ms", "700",
                "heartbeat.timeout.ms", "2000",
                "backoff.min.ms", "20",
                "backoff.max.ms", "500"));
    }

    private void killAgainAndAgain(Platform platform, ReplayServer replay, CommittedReader reader, Expected expected)
            throws Exception {
        for (int kill = 1; kill <= kills; kill++) {
            if (kill == kills / 2 + 1) {
                configure(platform, replay.url(), 2);
            }
            // The worker is at work once something new was committed.
            int before = reader.distinct();
            lastNews = Instant.now();
            while (reader.distinct() == before && before < expected.entries.size()) {
                step(platform, reader);
            }
            Instant end = Instant.now().plusMillis(random.nextInt(2_500));
            while (Instant.now().isBefore(end)) {
                step(platform, reader);
            }
            platform.worker().kill();
            System.out.printf("kill %d: %d of %d events committed%n", kill, reader.distinct(), expected.entries.size());
            platform.startWorker();
        }
    }

    private void readToTheEnd(Platform platform, CommittedReader reader, Expected expected) throws Exception {
        lastNews = Instant.now();
        while (reader.distinct() < expected.entries.size()) {
            step(platform, reader);
        }
        // What comes after the last event would be something doubled.
        Instant end = Instant.now().plusSeconds(5);
        while (Instant.now().isBefore(end)) {
            step(platform, reader);
        }
    }

    private void step(Platform platform, CommittedReader reader) throws Exception {
        int before = reader.distinct();
        reader.poll(Duration.ofMillis(100));
        if (!reader.wrong().isEmpty()) {
            throw new Main.Failure("seed " + seed + ":\n" + String.join("\n", reader.wrong()));
        }
        if (reader.distinct() > before) {
            lastNews = Instant.now();
        } else if (Duration.between(lastNews, Instant.now()).compareTo(PATIENCE) > 0) {
            throw new Main.Failure("seed " + seed + ": nothing new for " + PATIENCE.toSeconds() + " s after "
                    + reader.distinct() + " events; missing: " + reader.missing() + '\n'
                    + platform.worker().lastLines());
        }
        if (random.nextInt(20) == 0) {
            platform.requireNoFailedTask();
        }
    }

    private void verify(CommittedReader reader, Expected expected) {
        if (reader.distinct() != expected.entries.size()) {
            throw new Main.Failure("seed " + seed + ": " + reader.distinct() + " of " + expected.entries.size() + " events");
        }
    }
}
