package org.wikisentry.connect.eventstreams;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.ExactlyOnceSupport;
import org.apache.kafka.connect.source.SourceConnector;
import org.junit.jupiter.api.Test;

class EventStreamsSourceConnectorTest {
    private static final Map<String, String> SETTINGS =
            Map.of("name", "n", "contact", "me@example.org", "streams", "a,b,c", "url", "http://localhost:1/v2/stream");

    private final EventStreamsSourceConnector connector = new EventStreamsSourceConnector();

    @Test
    void isFoundAsAService() {
        SourceConnector found = ServiceLoader.load(SourceConnector.class).findFirst().orElseThrow();
        assertInstanceOf(EventStreamsSourceConnector.class, found);
        assertTrue(found.version().matches("\\d+\\.\\d+\\.\\d+.*"), found.version());
    }

    @Test
    void streamsAreSpreadOverTasksEachInOne() {
        connector.start(SETTINGS);
        for (int most : new int[] {1, 2, 3, 10}) {
            List<Map<String, String>> tasks = connector.taskConfigs(most);
            assertEquals(Math.min(most, 3), tasks.size());
            Set<String> streams = new HashSet<>();
            for (int number = 0; number < tasks.size(); number++) {
                assertEquals(Integer.toString(number), tasks.get(number).get("task.id"));
                for (String stream : tasks.get(number).get("task.streams").split(",")) {
                    assertTrue(streams.add(stream), stream);
                }
            }
            assertEquals(Set.of("a", "b", "c"), streams);
        }
    }

    @Test
    void supportsExactlyOnce() {
        assertEquals(ExactlyOnceSupport.SUPPORTED, connector.exactlyOnceSupport(SETTINGS));
    }

    @Test
    void validatesSettingsThatMustFitEachOther() {
        Map<String, String> settings = new HashMap<>(SETTINGS);
        settings.putAll(Map.of("backoff.min.ms", "100", "backoff.max.ms", "50"));
        List<String> errors = connector.validate(settings).configValues().stream()
                .flatMap(value -> value.errorMessages().stream()).toList();
        assertEquals(1, errors.size(), errors.toString());
        assertTrue(errors.get(0).contains("backoff.max.ms"), errors.get(0));
        settings.put("backoff.max.ms", "x");
        assertTrue(connector.validate(settings).configValues().stream()
                .flatMap(value -> value.errorMessages().stream())
                .noneMatch(error -> error.contains("less than")));
    }

    @Test
    void bookmarksCanBeAlteredToWhatATaskCanRead() {
        Map<String, ?> partition = Map.of("stream", "http://localhost:1/v2/stream/a");
        Map<String, ?> bookmark = Map.of("bookmark", "[{\"topic\":\"t\",\"partition\":0,\"offset\":5}]");
        Map<Map<String, ?>, Map<String, ?>> offsets = new HashMap<>();
        offsets.put(partition, bookmark);
        assertTrue(connector.alterOffsets(SETTINGS, offsets));
        offsets.put(partition, null);
        offsets.put(Map.of("stream", "http://localhost:1/v2/stream/gone"), null);
        assertTrue(connector.alterOffsets(SETTINGS, offsets));
        offsets.put(partition, Map.of("bookmark", 5));
        assertThrows(ConnectException.class, () -> connector.alterOffsets(SETTINGS, offsets));
        Map<Map<String, ?>, Map<String, ?>> others = Map.of(Map.of("stream", "other"), bookmark);
        assertThrows(ConnectException.class, () -> connector.alterOffsets(SETTINGS, others));
    }
}
