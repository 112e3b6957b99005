package org.wikisentry.flink;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import net.jpountz.lz4.LZ4BlockInputStream;
import net.jpountz.lz4.LZ4BlockOutputStream;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Holds edits or facts back, so that files of the lake are few though every checkpoint ends them. A checkpoint packs what came
 * since the one before into one more chunk of LZ4, and passes on the others as they are.
 */
final class Hold extends AbstractStreamOperator<byte[]> implements OneInputStreamOperator<byte[], byte[]>, BoundedOneInput {
    private static final long serialVersionUID = 1L;

    /** Bytes that are held at most, whatever the number of rows. */
    static final long MOST_BYTES = 24L << 20;
    /** The same of facts, of which there are few. */
    static final long MOST_BYTES_OF_FACTS = 4L << 20;

    private static final int BLOCK = 1 << 18;
    /** After the last edit of a chunk, in place of a length. */
    private static final int END = -1;

    private final long millis;
    private final int rows;
    private final long bytes;
    private transient List<byte[]> held;
    private transient long heldBytes;
    /** How many of the held are in the chunks. */
    private transient int packed;
    private transient List<byte[]> chunks;
    private transient ListState<byte[]> state;

    Hold(Duration longest, int rows) {
        this(longest, rows, MOST_BYTES);
    }

    Hold(Duration longest, int rows, long bytes) {
        this.millis = longest.toMillis();
        this.rows = rows;
        this.bytes = bytes;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        held = new ArrayList<>();
        chunks = new ArrayList<>();
        state = context.getOperatorStateStore().getListState(new ListStateDescriptor<>("held", Bytes.TYPE));
        for (byte[] chunk : state.get()) {
            unpack(chunk);
            chunks.add(chunk);
        }
        packed = held.size();
    }

    @Override
    public void open() throws Exception {
        super.open();
        getMetricGroup().gauge("heldRows", () -> held.size());
        schedule();
    }

    /** At the same moments in all subtasks: the files of one checkpoint hold all that came. */
    private void schedule() {
        long now = getProcessingTimeService().getCurrentProcessingTime();
        getProcessingTimeService().registerTimer((Math.floorDiv(now, millis) + 1) * millis, time -> {
            emit();
            schedule();
        });
    }

    @Override
    public void processElement(StreamRecord<byte[]> record) {
        held.add(record.getValue());
        heldBytes += record.getValue().length;
        if (held.size() >= rows || heldBytes >= bytes) {
            emit();
        }
    }

    private void emit() {
        for (byte[] edit : held) {
            output.collect(new StreamRecord<>(edit));
        }
        // A new list: the old one keeps the room that it once took.
        held = new ArrayList<>();
        heldBytes = 0;
        chunks = new ArrayList<>();
        packed = 0;
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        if (packed < held.size()) {
            chunks.add(pack(held.subList(packed, held.size())));
            packed = held.size();
        }
        state.update(chunks);
    }

    private static byte[] pack(List<byte[]> edits) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(new LZ4BlockOutputStream(bytes, BLOCK))) {
            for (byte[] edit : edits) {
                out.writeInt(edit.length);
                out.write(edit);
            }
            out.writeInt(END);
        }
        return bytes.toByteArray();
    }

    private void unpack(byte[] chunk) throws IOException {
        InputStream bytes = LZ4BlockInputStream.newBuilder().build(new ByteArrayInputStream(chunk));
        try (DataInputStream in = new DataInputStream(bytes)) {
            for (int length = in.readInt(); length != END; length = in.readInt()) {
                byte[] edit = new byte[length];
                in.readFully(edit);
                held.add(edit);
                heldBytes += length;
            }
        }
    }

    @Override
    public void endInput() {
        emit();
    }
}
