package org.wikisentry.connect.eventstreams;

/**
 * What the first events of a connection have to show.
 *
 * @param offset asked for; {@link PartitionMark#NONE} if it was asked by time, so that events which
 *     were taken come first
 */
record Check(long offset) {
    static final Check BY_TIME = new Check(PartitionMark.NONE);

    boolean isByTime() {
        return offset == PartitionMark.NONE;
    }
}
