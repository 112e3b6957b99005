package org.wikisentry.flink;

import java.io.IOException;
import java.lang.ref.Cleaner;
import org.apache.flink.api.common.serialization.BulkWriter;
import org.apache.flink.core.fs.FSDataOutputStream;

/** One file of the lake: the core encodes edits or facts, Flink gives the place and the moment. */
final class LakeWriter implements BulkWriter<byte[]> {
    /** Rows that are handed to the core at a time. */
    private static final int ROWS = 256;
    /** After so many the bytes that are final are fetched. */
    private static final int TAKE_ROWS = 16_384;
    /** A failed task drops its writers without a word; what they hold outside the heap goes with them. */
    private static final Cleaner CLEANER = Cleaner.create();

    private final FSDataOutputStream out;
    private final byte[][] waiting = new byte[ROWS][];
    private final long file;
    private final Cleaner.Cleanable freed;
    private int count;
    private int untaken;

    LakeWriter(FSDataOutputStream out, Content content) {
        this.out = out;
        long handle = content.open();
        this.file = handle;
        this.freed = CLEANER.register(this, () -> Native.freeFile(handle));
    }

    /** What a file holds. */
    enum Content implements BulkWriter.Factory<byte[]> {
        EDITS,
        FACTS;

        private long open() {
            return this == EDITS ? Native.openFile() : Native.openFacts();
        }

        @Override
        public BulkWriter<byte[]> create(FSDataOutputStream out) {
            return new LakeWriter(out, this);
        }
    }

    @Override
    public void addElement(byte[] row) throws IOException {
        waiting[count++] = row;
        if (count == ROWS) {
            push();
        }
    }

    private void push() throws IOException {
        Native.addToFile(file, waiting, count);
        untaken += count;
        count = 0;
        if (untaken >= TAKE_ROWS) {
            out.write(Native.takeFromFile(file));
            untaken = 0;
        }
    }

    @Override
    public void flush() throws IOException {
        if (count > 0) {
            push();
        }
        out.flush();
    }

    @Override
    public void finish() throws IOException {
        if (count > 0) {
            push();
        }
        out.write(Native.finishFile(file));
        freed.clean();
    }
}
