package org.wikisentry.flink;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What tests give the core: rules, raw events, registries. */
final class Core {
    /** Rules with a burst of three edits and no other limit that tests could meet. */
    static final byte[] RULES =
            """
            {"high_risk_score": 1.0, "burst_edits": 3, "burst_window_ms": 60000, "war_reverts": 4,
             "war_window_ms": 3600000, "stalled_after_ms": 120000, "drift_psi": 0.25, "drift_window": 5000,
             "cooldown_ms": 600000, "max_per_minute": 1000}"""
                    .getBytes(StandardCharsets.UTF_8);

    /** The moment of all events. */
    static final long TIME = 1_700_000_000_000L;

    private static final Path BOOTSTRAP = Path.of("../../../models/edit-risk/versions/1");

    private Core() {}

    /** The n-th edit of a user. */
    static byte[] event(String user, int number) {
        return """
            {"meta": {"id": "00000000-0000-4000-8000-%012d", "dt": "2023-11-14T22:13:20Z", "domain": "en.wikipedia.org",
             "stream": "mediawiki.recentchange"}, "type": "edit", "namespace": 0, "title": "Page %d", "comment": "",
             "timestamp": 1700000000, "user": "%s", "bot": false, "minor": false, "length": {"old": 10, "new": 20},
             "revision": {"old": 1, "new": %d}, "server_url": "https://en.wikipedia.org",
             "server_name": "en.wikipedia.org", "wiki": "enwiki"}"""
                .formatted(number, number, user, number + 2)
                .getBytes(StandardCharsets.UTF_8);
    }

    static byte[] classified(long model, String user, int number) {
        return Native.classify(model, event(user, number), "edits.registered", 0, number, TIME, TIME, false);
    }

    /** Writes a version that is the bootstrap model under another number. */
    static void version(Path registry, int number) throws IOException {
        Path folder = Files.createDirectories(registry.resolve("versions/" + number));
        Files.copy(BOOTSTRAP.resolve("model.json"), folder.resolve("model.json"));
        String card = Files.readString(BOOTSTRAP.resolve("card.json"));
        String renumbered = card.replaceFirst("\"version\": ?1,", "\"version\": " + number + ",");
        if (renumbered.equals(card)) {
            throw new AssertionError("the bootstrap card does not begin with its version as it did");
        }
        Files.writeString(folder.resolve("card.json"), renumbered);
    }

    static void alias(Path registry, String text) throws IOException {
        Files.createDirectories(registry.resolve("aliases"));
        Path fresh = Files.writeString(registry.resolve("aliases/fresh"), text);
        Files.move(fresh, registry.resolve("aliases/champion"), java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    }
}
