package org.wikisentry.connect.eventstreams;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.SourceRecord;

/** Records on their way from the reader to the worker: bounded in number and in bytes. */
final class RecordBuffer {
    private final int maxRecords;
    private final long maxBytes;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<SourceRecord> waiting = new ArrayDeque<>();
    private long bytes;
    private ConnectException failure;
    private boolean closed;

    RecordBuffer(int maxRecords, long maxBytes) {
        this.maxRecords = maxRecords;
        this.maxBytes = maxBytes;
    }

    /**
     * Adds records, waiting while the buffer is full; they are taken as a whole, so that it may be
     * exceeded by them. False once the buffer was closed: they are dropped then.
     */
    boolean put(Collection<SourceRecord> records) throws InterruptedException {
        long size = records.stream().mapToLong(RecordBuffer::bytes).sum();
        lock.lock();
        try {
            while (isFull() && !closed) {
                changed.await();
            }
            if (closed) {
                return false;
            }
            waiting.addAll(records);
            bytes += size;
            changed.signalAll();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Lets the worker know, once it has taken what waits, that no more will come. */
    void fail(ConnectException reason) {
        lock.lock();
        try {
            failure = reason;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Wakes all that wait; nothing is added from now on. */
    void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes up to {@code most} records: waits for the first, at most {@code patienceMillis}, then
     * for more, at most {@code lingerMillis}. Null if none came.
     *
     * @throws ConnectException once all was taken that there was before {@link #fail}
     */
    List<SourceRecord> take(int most, long lingerMillis, long patienceMillis) throws InterruptedException {
        lock.lock();
        try {
            await(1, patienceMillis);
            if (waiting.isEmpty()) {
                if (failure != null) {
                    throw failure;
                }
                return null;
            }
            await(most, lingerMillis);
            int count = Math.min(most, waiting.size());
            List<SourceRecord> taken = new ArrayList<>(count);
            for (int at = 0; at < count; at++) {
                SourceRecord record = waiting.remove();
                bytes -= bytes(record);
                taken.add(record);
            }
            changed.signalAll();
            return taken;
        } finally {
            lock.unlock();
        }
    }

    int records() {
        lock.lock();
        try {
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }

    long bytes() {
        lock.lock();
        try {
            return bytes;
        } finally {
            lock.unlock();
        }
    }

    double fill() {
        lock.lock();
        try {
            return Math.max((double) waiting.size() / maxRecords, (double) bytes / maxBytes);
        } finally {
            lock.unlock();
        }
    }

    /** Waits until so many records are there, or nobody will add any. */
    private void await(int records, long millis) throws InterruptedException {
        long left = TimeUnit.MILLISECONDS.toNanos(millis);
        while (waiting.size() < records && !isFull() && failure == null && !closed && left > 0) {
            left = changed.awaitNanos(left);
        }
    }

    private boolean isFull() {
        return waiting.size() >= maxRecords || bytes >= maxBytes;
    }

    private static long bytes(SourceRecord record) {
        int key = record.key() == null ? 0 : ((String) record.key()).length();
        return key + ((byte[]) record.value()).length;
    }
}
