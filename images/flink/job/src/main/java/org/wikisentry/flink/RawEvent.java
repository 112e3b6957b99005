package org.wikisentry.flink;

/** One record of a source, as received. A POJO of Flink's, hence its fields. */
public final class RawEvent {
    public String topic;
    public int partition;
    public long offset;
    /** When the platform received it, in milliseconds: the record's timestamp. */
    public long ingestTime;
    public byte[] bytes;

    public RawEvent() {}

    RawEvent(String topic, int partition, long offset, long ingestTime, byte[] bytes) {
        this.topic = topic;
        this.partition = partition;
        this.offset = offset;
        this.ingestTime = ingestTime;
        this.bytes = bytes;
    }
}
