package org.wikisentry.connect.eventstreams;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EventStreamsConfigTest {
    private static final Instant NOW = Instant.parse("2026-06-15T12:00:00Z");

    private static EventStreamsConfig config(String... settings) {
        Map<String, String> all = new HashMap<>(Map.of("contact", "me@example.org"));
        for (int at = 0; at < settings.length; at += 2) {
            all.put(settings[at], settings[at + 1]);
        }
        return new EventStreamsConfig(all);
    }

    @Test
    void onlyTheContactMustBeSet() {
        assertEquals(List.of("recentchange"), config().streams());
        ConfigException refused = assertThrows(ConfigException.class, () -> new EventStreamsConfig(Map.of()));
        assertTrue(refused.getMessage().contains("contact"), refused.getMessage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', value = {
        "contact|^ ^", "contact|(me)", "contact|ä@example.org", "contact|^a\nb^",
        "streams|^^", "streams|a/b", "streams|a,..", "streams|a?b", "streams|a b",
        "url|stream.wikimedia.org", "url|http://stream.wikimedia.org/v2/stream", "url|ftp://localhost/",
        "url|http://127.0.0.1.example.org/", "url|https://u:p@h/", "url|https://h/?a=b", "url|https://h/ x",
        "url|http://172.15.0.1/", "url|http://8.8.8.8/",
        "since|yesterday", "since|2999-01-01T00:00:00Z", "since|-6h", "since|2 months", "since|6", "since|h",
        "compression|br", "heartbeat.timeout.ms|0", "backoff.min.ms|0", "max.event.bytes|1023",
        "topic.edits|^^", "topic.edits|a b", "topic.edits|{wiki}", "topic.label.facts|{user_type}",
        "topic.deadletter|{stream}", "topic.deadletter|..", "topic.other|a/b",
        "recovery.client.config|client.properties", "reorder.window|0", "dedupe.window|0", "batch.max.records|0", "buffer.max.bytes|0",
    })
    void whatWouldNotWorkIsRefusedByName(String name, String value) {
        ConfigException refused = assertThrows(ConfigException.class, () -> config(name, value));
        assertTrue(refused.getMessage().contains(name), refused.getMessage());
    }

    @ParameterizedTest
    @CsvSource({
        "localhost:8888/v2/stream", "127.0.0.1:1/", "[::1]:1", "host.docker.internal:8888/v2/stream",
        "replay:8888/v2/stream/", "192.168.1.5:1/x", "10.1.2.3/", "172.31.0.1/",
    })
    void plainHttpIsTakenNearby(String place) {
        String url = "http://" + place;
        String address = config("url", url, "streams", "a,b,a").address(List.of("a", "b"), null).toString();
        assertEquals((url.endsWith("/") ? url : url + '/') + "a,b", address);
    }

    @ParameterizedTest
    @CsvSource({
        "2026-06-15T10:00:00Z, 2026-06-15T10:00:00Z", "2026-06-15T10:00:00+02:00, 2026-06-15T08:00:00Z",
        "6h, 2026-06-15T06:00:00Z", "7d, 2026-06-08T12:00:00Z", "90 min, 2026-06-15T10:30:00Z",
        "1d 12h, 2026-06-14T00:00:00Z", "1w, 2026-06-08T12:00:00Z", "30s, 2026-06-15T11:59:30Z",
        "2026-06-15T12:00:00Z, 2026-06-15T12:00:00Z",
    })
    void sinceIsAPastTimeOrAnAge(String since, String expected) {
        assertEquals(Instant.parse(expected), Since.parse(since, NOW));
    }

    @Test
    void sinceGoesIntoTheAddressUnlessThereIsABookmark() {
        EventStreamsConfig config = config("since", "2026-06-15T10:00:00Z");
        assertEquals(
                "https://stream.wikimedia.org/v2/stream/recentchange?since=2026-06-15T10%3A00%3A00Z",
                config.address(config.streams(), config.since(NOW)).toString());
        assertNull(config().since(NOW));
    }

    @Test
    void theUserAgentNamesClientContactAndLibrary() {
        String agent = config("contact", " https://example.org/me ").userAgent();
        assertTrue(agent.matches(
                "wikisentry-connect-eventstreams/\\d+\\.\\d+\\.\\d+\\S* \\(https://example.org/me\\) java\\.net\\.http/\\d+"),
                agent);
    }

    /** The table in the README is what the code says; the message shows what to put there. */
    @Test
    void theReadmeListsEverySetting() throws IOException {
        String readme = Files.readString(Path.of("README.md"));
        String begin = "<!-- settings: begin -->\n";
        String table = readme.substring(readme.indexOf(begin) + begin.length(), readme.indexOf("<!-- settings: end -->"));
        assertEquals(table(), table);
    }

    private static String table() {
        StringBuilder table = new StringBuilder("| setting | type | default | valid | what it does |\n| --- | --- | --- | --- | --- |\n");
        for (ConfigDef.ConfigKey key : EventStreamsConfig.DEFINITION.configKeys().values()) {
            boolean required = key.defaultValue == ConfigDef.NO_DEFAULT_VALUE;
            String standard = required ? "required" : ConfigDef.convertToString(key.defaultValue, key.type);
            table.append(String.format("| `%s` | %s | %s | %s | %s |%n", key.name,
                    key.type.name().toLowerCase(java.util.Locale.ROOT),
                    required ? standard : standard.isEmpty() ? "(empty)" : '`' + standard + '`',
                    key.validator, key.documentation));
        }
        return table.toString();
    }
}
