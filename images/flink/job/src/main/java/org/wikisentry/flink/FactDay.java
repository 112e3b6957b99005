package org.wikisentry.flink;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.streaming.api.functions.sink.filesystem.BucketAssigner;
import org.apache.flink.streaming.api.functions.sink.filesystem.bucketassigners.SimpleVersionedStringSerializer;

/** The folder of a fact, as the core names it. */
final class FactDay implements BucketAssigner<byte[], String> {
    private static final long serialVersionUID = 1L;
    private static final long DAY = 86_400_000;
    private static final int MOST_NAMES = 256;

    private transient Map<Long, String> names;

    @Override
    public String getBucketId(byte[] fact, Context context) {
        if (names == null || names.size() > MOST_NAMES) {
            names = new HashMap<>();
        }
        int kind = fact[Native.AT_FACT_KIND];
        // At the same place as an edit's.
        long time = ClassifiedEdit.eventTime(fact);
        long day = Math.floorDiv(time, DAY) * Native.FACT_KINDS + kind;
        return names.computeIfAbsent(day, absent -> Native.factFolder(kind, time));
    }

    @Override
    public SimpleVersionedSerializer<String> getSerializer() {
        return SimpleVersionedStringSerializer.INSTANCE;
    }
}
