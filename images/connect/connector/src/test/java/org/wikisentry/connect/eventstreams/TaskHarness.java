package org.wikisentry.connect.eventstreams;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTaskContext;
import org.apache.kafka.connect.storage.OffsetStorageReader;

/** A task with a worker around it that stores, of each source partition, the last record's offset. */
final class TaskHarness implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    final EventStreamsSourceTask task = new EventStreamsSourceTask();
    final List<SourceRecord> records = new ArrayList<>();
    private final Map<Map<String, ?>, Map<String, Object>> stored;

    /** {@code stored} holds the offsets, and outlives the task. */
    TaskHarness(String url, Map<String, String> settings, Map<Map<String, ?>, Map<String, Object>> stored) {
        this.stored = stored;
        Map<String, String> all = new HashMap<>(Map.of(
                "name", "test", "url", url, "contact", "test@example.org",
                "backoff.min.ms", "1", "backoff.max.ms", "20",
                "batch.linger.ms", "0", "heartbeat.timeout.ms", "20000"));
        all.putAll(settings);
        EventStreamsSourceConnector connector = new EventStreamsSourceConnector();
        connector.start(all);
        task.initialize(new Context());
        task.start(connector.taskConfigs(1).get(0));
    }

    /** Polls until so many records came in all. */
    void await(int count) throws InterruptedException, TimeoutException {
        Instant deadline = Instant.now().plus(PATIENCE);
        while (records.size() < count) {
            if (Instant.now().isAfter(deadline)) {
                throw new TimeoutException(records.size() + " records instead of " + count);
            }
            List<SourceRecord> batch = task.poll();
            if (batch != null) {
                for (SourceRecord record : batch) {
                    records.add(record);
                    stored.put(record.sourcePartition(), Map.copyOf(offset(record)));
                }
            }
        }
    }

    /** The values of the records so far, as text. */
    List<String> values() {
        return records.stream()
                .map(record -> new String((byte[]) record.value(), StandardCharsets.UTF_8))
                .toList();
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> offset(SourceRecord record) {
        return (Map<String, Object>) record.sourceOffset();
    }

    @Override
    public void close() {
        task.stop();
    }

    private final class Context implements SourceTaskContext {
        @Override
        public Map<String, String> configs() {
            return Map.of();
        }

        @Override
        public OffsetStorageReader offsetStorageReader() {
            return new OffsetStorageReader() {
                @Override
                public <T> Map<String, Object> offset(Map<String, T> partition) {
                    return stored.get(partition);
                }

                @Override
                public <T> Map<Map<String, T>, Map<String, Object>> offsets(Collection<Map<String, T>> partitions) {
                    throw new UnsupportedOperationException();
                }
            };
        }

        @Override
        public PluginMetrics pluginMetrics() {
            throw new UnsupportedOperationException();
        }
    }
}
