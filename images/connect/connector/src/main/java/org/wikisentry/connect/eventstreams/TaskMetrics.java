package org.wikisentry.connect.eventstreams;

import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.JMException;
import javax.management.ObjectName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The figures of one task, counted by its reader and shown over JMX. An own bean rather than the
 * worker's plugin metrics: those exist from Kafka 4.1 on only.
 */
final class TaskMetrics implements EventStreamsTaskMXBean, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TaskMetrics.class);

    final AtomicLong eventsRead = new AtomicLong();
    final AtomicLong bytesRead = new AtomicLong();
    final AtomicLong recordsMade = new AtomicLong();
    final AtomicLong duplicates = new AtomicLong();
    final AtomicLong canaries = new AtomicLong();
    final AtomicLong unrouted = new AtomicLong();
    final AtomicLong deadLetters = new AtomicLong();
    final AtomicLong connections = new AtomicLong();
    final AtomicLong connectionFailures = new AtomicLong();
    final AtomicLong bookmarkFallbacks = new AtomicLong();
    volatile long gaps;
    volatile long gapOffsets;
    volatile boolean connected;
    volatile String lastError = "";
    /** Event time up to which all was taken, in milliseconds. */
    volatile long bookmarkTime = EventTime.NONE;
    /** When bytes came last, by the clock of the day, in milliseconds; 0: never. */
    volatile long lastBytesAt;

    private final RecordBuffer buffer;
    private ObjectName name;

    TaskMetrics(RecordBuffer buffer) {
        this.buffer = buffer;
    }

    /** Shows the figures. A platform that refuses is no reason to stop working. */
    void register(String connector, String task) {
        String text = String.format("org.wikisentry.connect.eventstreams:type=source-task,connector=%s,task=%s",
                ObjectName.quote(connector), ObjectName.quote(task));
        try {
            var server = ManagementFactory.getPlatformMBeanServer();
            ObjectName wanted = new ObjectName(text);
            if (server.isRegistered(wanted)) {
                // A task that the worker gave up on while it hung; the new one is the one to watch.
                server.unregisterMBean(wanted);
            }
            server.registerMBean(this, wanted);
            name = wanted;
        } catch (JMException | SecurityException refused) {
            LOG.warn("no figures over JMX as {}", text, refused);
        }
    }

    @Override
    public void close() {
        if (name == null) {
            return;
        }
        try {
            ManagementFactory.getPlatformMBeanServer().unregisterMBean(name);
        } catch (JMException | SecurityException gone) {
            LOG.debug("{} was not registered any more", name, gone);
        }
        name = null;
    }

    @Override
    public long getEventsRead() {
        return eventsRead.get();
    }

    @Override
    public long getBytesRead() {
        return bytesRead.get();
    }

    @Override
    public long getRecordsMade() {
        return recordsMade.get();
    }

    @Override
    public long getDuplicatesDropped() {
        return duplicates.get();
    }

    @Override
    public long getCanariesDropped() {
        return canaries.get();
    }

    @Override
    public long getUnroutedDropped() {
        return unrouted.get();
    }

    @Override
    public long getDeadLetters() {
        return deadLetters.get();
    }

    @Override
    public long getGaps() {
        return gaps;
    }

    @Override
    public long getGapOffsets() {
        return gapOffsets;
    }

    @Override
    public boolean isConnected() {
        return connected;
    }

    @Override
    public long getReconnects() {
        return Math.max(0, connections.get() - 1);
    }

    @Override
    public long getConnectionFailures() {
        return connectionFailures.get();
    }

    @Override
    public long getBookmarkFallbacks() {
        return bookmarkFallbacks.get();
    }

    @Override
    public String getLastError() {
        return lastError;
    }

    @Override
    public long getBookmarkAgeMillis() {
        long time = bookmarkTime;
        return time == EventTime.NONE ? -1 : Math.max(0, System.currentTimeMillis() - time);
    }

    @Override
    public long getSilenceMillis() {
        long at = lastBytesAt;
        return at == 0 ? -1 : Math.max(0, System.currentTimeMillis() - at);
    }

    @Override
    public int getBufferedRecords() {
        return buffer.records();
    }

    @Override
    public long getBufferedBytes() {
        return buffer.bytes();
    }

    @Override
    public double getBufferFill() {
        return buffer.fill();
    }
}
