package org.wikisentry.flink;

import java.io.IOException;
import java.io.Serializable;
import java.lang.ref.Cleaner;
import org.apache.flink.api.common.serialization.BulkWriter;
import org.apache.flink.core.fs.FSDataOutputStream;

/** One Parquet file: the core makes columns of edits and encodes them, Flink gives the place and the moment. */
final class LakeWriter implements BulkWriter<byte[]> {
    /** Edits that are handed to the core at a time. */
    private static final int ROWS = 256;
    /** After so many the bytes that are final are fetched. */
    private static final int TAKE_ROWS = 16_384;
    /** A failed task drops its writers without a word; what they hold outside the heap goes with them. */
    private static final Cleaner CLEANER = Cleaner.create();

    private final FSDataOutputStream out;
    private final byte[][] waiting = new byte[ROWS][];
    private final long file = Native.openFile();
    private final Cleaner.Cleanable freed;
    private int count;
    private int untaken;

    LakeWriter(FSDataOutputStream out) {
        this.out = out;
        long handle = file;
        this.freed = CLEANER.register(this, () -> Native.freeFile(handle));
    }

    /** Makes writers. */
    static final class Factory implements BulkWriter.Factory<byte[]>, Serializable {
        private static final long serialVersionUID = 1L;

        @Override
        public BulkWriter<byte[]> create(FSDataOutputStream out) {
            return new LakeWriter(out);
        }
    }

    @Override
    public void addElement(byte[] edit) throws IOException {
        waiting[count++] = edit;
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
