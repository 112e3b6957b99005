package org.wikisentry.connect.eventstreams;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.ConnectorTransactionBoundaries;
import org.apache.kafka.connect.source.ExactlyOnceSupport;
import org.apache.kafka.connect.source.SourceConnector;
import org.apache.kafka.connect.util.ConnectorUtils;

/**
 * Kafka Connect source for Wikimedia EventStreams: resumes exactly where it stopped, delivers
 * exactly once where the worker does, and routes edits by the kind of user behind them.
 */
public final class EventStreamsSourceConnector extends SourceConnector {
    private Map<String, String> settings;

    @Override
    public String version() {
        return ConnectorVersion.get();
    }

    @Override
    public ConfigDef config() {
        return EventStreamsConfig.DEFINITION;
    }

    @Override
    public Class<? extends Task> taskClass() {
        return EventStreamsSourceTask.class;
    }

    /** Every setting by itself, and those that must fit each other. */
    @Override
    public Config validate(Map<String, String> proposed) {
        Config checked = super.validate(proposed);
        Integer min = null;
        ConfigValue max = null;
        for (ConfigValue value : checked.configValues()) {
            if (value.name().equals(EventStreamsConfig.BACKOFF_MIN)) {
                min = (Integer) value.value();
            } else if (value.name().equals(EventStreamsConfig.BACKOFF_MAX)) {
                max = value;
            }
        }
        boolean known = min != null && max != null && max.value() != null;
        if (known && (Integer) max.value() < min) {
            max.addErrorMessage("Invalid value " + max.value() + " for configuration " + max.name()
                    + ": it is less than " + EventStreamsConfig.BACKOFF_MIN);
        }
        return checked;
    }

    @Override
    public void start(Map<String, String> given) {
        new EventStreamsConfig(given);
        settings = Map.copyOf(given);
    }

    /** One task per stream at most: a stream has one reader. */
    @Override
    public List<Map<String, String>> taskConfigs(int maxTasks) {
        List<String> streams = new EventStreamsConfig(settings).streams();
        List<Map<String, String>> tasks = new ArrayList<>();
        for (List<String> part : ConnectorUtils.groupPartitions(streams, Math.min(maxTasks, streams.size()))) {
            Map<String, String> task = new HashMap<>(settings);
            task.put(EventStreamsSourceTask.TASK_STREAMS, String.join(",", part));
            task.put(EventStreamsSourceTask.TASK_ID, Integer.toString(tasks.size()));
            tasks.add(task);
        }
        return tasks;
    }

    @Override
    public void stop() {
        // Everything that runs belongs to the tasks.
    }

    /** The source keeps its events and is asked for them by offset: what failed is read again. */
    @Override
    public ExactlyOnceSupport exactlyOnceSupport(Map<String, String> given) {
        return ExactlyOnceSupport.SUPPORTED;
    }

    /** Any number of records may share a transaction; use the boundaries {@code poll} or {@code interval}. */
    @Override
    public ConnectorTransactionBoundaries canDefineTransactionBoundaries(Map<String, String> given) {
        return ConnectorTransactionBoundaries.UNSUPPORTED;
    }

    /** Refuses bookmarks, set over the worker's REST interface, that a task could not read. */
    @Override
    public boolean alterOffsets(Map<String, String> given, Map<Map<String, ?>, Map<String, ?>> offsets) {
        EventStreamsConfig config = new EventStreamsConfig(given);
        offsets.forEach((partition, offset) -> {
            boolean ours = config.streams().stream()
                    .map(stream -> StreamBookmarks.sourcePartition(config.url(), stream))
                    .anyMatch(known -> Objects.equals(known, partition));
            // What is reset may be of a stream that is not read any more.
            if (!ours && offset != null) {
                throw new ConnectException("no stream of this connector has the partition " + partition
                        + "; one looks like " + StreamBookmarks.sourcePartition(config.url(), config.streams().get(0)));
            }
            try {
                Bookmark.read(offset, config.getInt(EventStreamsConfig.REORDER_WINDOW));
            } catch (IOException unreadable) {
                throw new ConnectException("the offset of " + partition + " is no bookmark: " + unreadable.getMessage());
            }
        });
        return true;
    }
}
