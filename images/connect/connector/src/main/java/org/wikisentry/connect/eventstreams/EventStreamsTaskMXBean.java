package org.wikisentry.connect.eventstreams;

/**
 * The figures of one task, over JMX as
 * {@code org.wikisentry.connect.eventstreams:type=source-task,connector="…",task="…"}. Counts are
 * since the task's start.
 */
public interface EventStreamsTaskMXBean {
    /** Events the service sent, of any kind. */
    long getEventsRead();

    /** Bytes received, after decompression. */
    long getBytesRead();

    /** Records made of them, dead letters included. */
    long getRecordsMade();

    /** Events dropped because they were taken before. */
    long getDuplicatesDropped();

    /** Test events of the event platform, which are dropped. */
    long getCanariesDropped();

    /** Events dropped because no topic takes them. */
    long getUnroutedDropped();

    /** Payloads that could not be read. */
    long getDeadLetters();

    /** Holes in the source's offsets that were given up since the streams were first read. */
    long getGaps();

    /** Offsets that were missing in them. */
    long getGapOffsets();

    /** Whether the service is answering with events now. */
    boolean isConnected();

    /** Connections made after the first. */
    long getReconnects();

    /** Attempts that failed, and connections that brought nothing. */
    long getConnectionFailures();

    /** How often the service refused the bookmark's offsets, so that times were sent instead. */
    long getBookmarkFallbacks();

    /** Why the last connection failed; empty if none did. */
    String getLastError();

    /** How long ago the latest event before the bookmark happened, in milliseconds; -1: none yet. */
    long getBookmarkAgeMillis();

    /** How long ago the last bytes came, heartbeats included, in milliseconds; -1: none yet. */
    long getSilenceMillis();

    /** Records that wait for the worker. */
    int getBufferedRecords();

    /** Their size, in bytes of keys and values. */
    long getBufferedBytes();

    /** The fuller of the two as a share of its limit; from 1 on the task has stopped reading. */
    double getBufferFill();
}
