package org.wikisentry.flink;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.streaming.api.functions.sink.filesystem.BucketAssigner;
import org.apache.flink.streaming.api.functions.sink.filesystem.bucketassigners.SimpleVersionedStringSerializer;

/** The folder of an edit, as the core names it. */
final class LakeBucket implements BucketAssigner<byte[], String> {
    private static final long serialVersionUID = 1L;
    private static final long HOUR = 3_600_000;
    /** Edits come in about the order of time: few hours are current. */
    private static final int MOST_NAMES = 256;

    private transient Map<Long, String> names;

    @Override
    public String getBucketId(byte[] edit, Context context) {
        if (names == null || names.size() > MOST_NAMES) {
            names = new HashMap<>();
        }
        int userType = ClassifiedEdit.userType(edit);
        long time = ClassifiedEdit.eventTime(edit);
        long hour = Math.floorDiv(time, HOUR) * Native.USER_TYPES.length + userType;
        return names.computeIfAbsent(hour, absent -> Native.partition(userType, time));
    }

    @Override
    public SimpleVersionedSerializer<String> getSerializer() {
        return SimpleVersionedStringSerializer.INSTANCE;
    }
}
