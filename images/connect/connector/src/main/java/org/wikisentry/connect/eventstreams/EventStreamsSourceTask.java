package org.wikisentry.connect.eventstreams;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;

/** Reads some of the connector's streams, over one connection. */
public final class EventStreamsSourceTask extends SourceTask {
    /** The task's own streams, a part of those of the connector. */
    static final String TASK_STREAMS = "task.streams";
    /** The task's number, from 0. */
    static final String TASK_ID = "task.id";

    /** A worker wants to be asked every so often whether to stop. */
    private static final long PATIENCE_MILLIS = 1_000;

    private static final long STOP_MILLIS = 5_000;

    private EventStreamsConfig config;
    private RecordBuffer buffer;
    private TaskMetrics metrics;
    private FeedReader reader;
    private Thread thread;

    @Override
    public String version() {
        return ConnectorVersion.get();
    }

    @Override
    public void start(Map<String, String> settings) {
        config = new EventStreamsConfig(settings);
        List<String> streams = List.of(settings.get(TASK_STREAMS).split(","));
        String task = settings.get(TASK_ID);
        buffer = new RecordBuffer(
                config.getInt(EventStreamsConfig.BUFFER_RECORDS), config.getLong(EventStreamsConfig.BUFFER_BYTES));
        metrics = new TaskMetrics(buffer);
        StreamBookmarks bookmarks = bookmarks(streams);
        reader = new FeedReader(config, streams, config.streams(), bookmarks, buffer, metrics);
        metrics.register(settings.getOrDefault("name", "eventstreams"), task);
        thread = new Thread(reader, "eventstreams-reader-" + settings.getOrDefault("name", "") + '-' + task);
        thread.setDaemon(true);
        thread.start();
    }

    private StreamBookmarks bookmarks(List<String> streams) {
        Map<String, Bookmark> bookmarks = new LinkedHashMap<>();
        boolean isStored = false;
        for (String stream : streams) {
            Map<String, String> partition = StreamBookmarks.sourcePartition(config.url(), stream);
            Map<String, Object> stored = context.offsetStorageReader().offset(partition);
            isStored |= stored != null;
            try {
                bookmarks.put(stream, Bookmark.read(stored, config.getInt(EventStreamsConfig.REORDER_WINDOW)));
            } catch (IOException unreadable) {
                throw new ConnectException("the stored bookmark of `" + stream + "` cannot be read ("
                        + unreadable.getMessage() + "); reset or correct it over the worker's REST interface,"
                        + " /connectors/…/offsets", unreadable);
            }
        }
        StreamBookmarks all = new StreamBookmarks(config.url(), bookmarks);
        if (!isStored && !config.getList(EventStreamsConfig.RECOVERY_SERVERS).isEmpty()) {
            all.recover(TopicEnds.read(config, streams));
        }
        return all;
    }

    @Override
    public List<SourceRecord> poll() throws InterruptedException {
        return buffer.take(
                config.getInt(EventStreamsConfig.BATCH_RECORDS),
                config.getInt(EventStreamsConfig.BATCH_LINGER),
                PATIENCE_MILLIS);
    }

    /** May be called by another thread, before a start has succeeded, and more than once. */
    @Override
    public synchronized void stop() {
        if (reader == null) {
            return;
        }
        reader.stop();
        buffer.close();
        thread.interrupt();
        try {
            thread.join(STOP_MILLIS);
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
        metrics.close();
        reader = null;
    }
}
