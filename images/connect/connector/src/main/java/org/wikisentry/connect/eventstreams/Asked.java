package org.wikisentry.connect.eventstreams;

/**
 * What was asked for, until the first events have shown what came of it.
 *
 * @param offset asked for; {@link PartitionMark#NONE} if it was asked by time, so that events which
 *     were taken come first
 */
record Asked(long offset) {
    static final Asked BY_TIME = new Asked(PartitionMark.NONE);

    boolean isByTime() {
        return offset == PartitionMark.NONE;
    }
}
