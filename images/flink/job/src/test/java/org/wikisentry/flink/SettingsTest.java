package org.wikisentry.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
    private static Settings parse(String json) {
        return Settings.parse(json.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void whatIsNotSaidHasItsDefault() {
        Settings settings = parse("{\"bucket\": \"wikisentry\", \"alerts\": {\"burst_edits\": 30}}");
        assertEquals("", settings.topicPrefix());
        assertEquals("wikisentry", settings.bucket());
        assertEquals("edit-risk", settings.model());
        assertEquals(false, settings.scoreBots());
        assertEquals(1, settings.parallelism());
        assertEquals(Duration.ofSeconds(60), settings.hold());
        assertEquals(20_000, settings.holdRows());
        assertEquals(Duration.ofHours(1), settings.dedupeTtl());
        assertEquals(Settings.Start.COMMITTED, settings.start());
        assertEquals("{\"burst_edits\":30}", new String(settings.rules(), StandardCharsets.UTF_8));
    }

    @Test
    void everythingCanBeSaid() {
        Settings settings = parse(
                """
                {"topic_prefix": "wiki.", "bucket": "b-1", "model": "risk", "score_bots": true, "alerts": {},
                 "parallelism": 4, "hold_seconds": 30, "hold_rows": 500, "dedupe_ttl_seconds": 120,
                 "start_from": "earliest"}""");
        assertEquals("wiki.", settings.topicPrefix());
        assertEquals("b-1", settings.bucket());
        assertEquals("risk", settings.model());
        assertEquals(true, settings.scoreBots());
        assertEquals(4, settings.parallelism());
        assertEquals(Duration.ofSeconds(30), settings.hold());
        assertEquals(500, settings.holdRows());
        assertEquals(Duration.ofMinutes(2), settings.dedupeTtl());
        assertEquals(Settings.Start.EARLIEST, settings.start());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "[]                                                          | must be a JSON object",
        "{                                                           | is not JSON: line 1",
        "{} {}                                                       | nothing after it",
        "{\"alerts\": {}}                                            | bucket: is missing",
        "{\"bucket\": \"X\", \"alerts\": {}}                         | bucket: must be 3 to 63 lower-case letters",
        "{\"bucket\": \"wikisentry\"}                                | alerts: must be an object",
        "{\"bucket\": \"wikisentry\", \"alerts\": 3}                 | alerts: must be an object",
        "{\"bucket\": \"wikisentry\", \"alerts\": {}, \"hold\": 3}   | unknown: hold; there are topic_prefix, bucket",
        "{\"bucket\": \"wikisentry\", \"bucket\": \"wikisentry\"}    | Duplicate field 'bucket'",
        "{\"bucket\": \"wikisentry\", \"alerts\": {}, \"parallelism\": 0} | parallelism: must be a whole number from 1 to 128, not 0",
        "{\"bucket\": \"wikisentry\", \"alerts\": {}, \"parallelism\": 1.5} | parallelism: must be a whole number",
        "{\"bucket\": \"wikisentry\", \"alerts\": {}, \"hold_rows\": 9999999999} | hold_rows: must be a whole number",
        "{\"bucket\": \"wikisentry\", \"alerts\": {}, \"hold_seconds\": \"60\"} | hold_seconds: must be a whole number from 1 to 3600, not \"60\"",
        "{\"bucket\": \"wikisentry\", \"alerts\": {}, \"score_bots\": 1} | score_bots: must be true or false, not 1",
        "{\"bucket\": \"wikisentry\", \"alerts\": {}, \"start_from\": \"now\"} | start_from: must be committed or earliest",
        "{\"bucket\": \"wikisentry\", \"alerts\": {}, \"model\": \"../x\"} | model: must be",
        "{\"bucket\": \"wikisentry\", \"alerts\": {}, \"topic_prefix\": \"a b\"} | topic_prefix: must be",
    })
    void whatIsWrongIsNamed(String json, String message) {
        SettingsException refused = assertThrows(SettingsException.class, () -> parse(json));
        assertTrue(refused.getMessage().contains(message), refused.getMessage());
    }

    @Test
    void theFileIsNamed(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("job.json");
        SettingsException absent = assertThrows(SettingsException.class, () -> Settings.read(file));
        assertTrue(absent.getMessage().startsWith(file + ": is not there"), absent.getMessage());

        Files.writeString(file, "{\"bucket\": 3}");
        SettingsException wrong = assertThrows(SettingsException.class, () -> Settings.read(file));
        assertTrue(wrong.getMessage().startsWith(file + ": bucket: must be"), wrong.getMessage());

        Files.writeString(file, " ".repeat(2 << 20));
        SettingsException large = assertThrows(SettingsException.class, () -> Settings.read(file));
        assertTrue(large.getMessage().startsWith(file + ": has more than"), large.getMessage());
    }
}
