package org.wikisentry.flink;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.streaming.api.functions.sink.filesystem.PartFileInfo;
import org.apache.flink.streaming.api.functions.sink.filesystem.rollingpolicies.CheckpointRollingPolicy;

/**
 * When a file of facts ends: with each checkpoint, and before it holds more than readers take. They count it unpacked,
 * which Flink does not.
 */
final class FactFiles extends CheckpointRollingPolicy<byte[], String> {
    /** Unpacked; readers take four times as much. */
    static final long MOST_BYTES = 64L << 20;

    private static final long serialVersionUID = 1L;
    private static final int MOST_FOLDERS = 256;

    private final long most;
    /** What the file that is open in a folder holds. */
    private transient Map<String, Open> open;

    private record Open(long created, long bytes) {}

    FactFiles() {
        this(MOST_BYTES);
    }

    FactFiles(long most) {
        this.most = most;
    }

    /** Called before each fact but the first of a file. */
    @Override
    public boolean shouldRollOnEvent(PartFileInfo<String> file, byte[] fact) {
        if (open == null || open.size() > MOST_FOLDERS) {
            open = new HashMap<>();
        }
        String folder = file.getBucketId();
        long created = file.getCreationTime();
        Open before = open.get(folder);
        // The first fact of the file was not shown here: it counts as large as this one.
        long bytes = (before == null || before.created != created ? fact.length : before.bytes) + fact.length;
        if (bytes > most) {
            open.remove(folder);
            return true;
        }
        open.put(folder, new Open(created, bytes));
        return false;
    }

    @Override
    public boolean shouldRollOnProcessingTime(PartFileInfo<String> file, long now) {
        return false;
    }
}
