package org.wikisentry.flink;

import java.util.List;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.metrics.Counter;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.TwoInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * What must be one for the whole stream: it takes a signal of each edit and what the detectors found, and gives alerts, as
 * key and JSON of their records.
 */
final class Watch extends AbstractStreamOperator<Tuple2<byte[], byte[]>>
        implements TwoInputStreamOperator<byte[], byte[], Tuple2<byte[], byte[]>> {
    private static final long serialVersionUID = 1L;
    private static final long TICK_MS = 1_000;

    private final String models;
    private final byte[] json;
    private transient long rules;
    private transient long watch;
    private transient ModelFollower champion;
    private transient ListState<byte[]> state;
    private transient Counter alerts;

    /** Arguments: the registry's folder, the rules of the settings. */
    Watch(String models, byte[] rules) {
        this.models = models;
        this.json = rules;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        state = context.getOperatorStateStore().getListState(new ListStateDescriptor<>("watch", Bytes.TYPE));
        byte[] snapshot = null;
        for (byte[] bytes : state.get()) {
            if (snapshot != null) {
                throw new IllegalStateException("the checkpoint has the state of two watches; there is one");
            }
            snapshot = bytes;
        }
        rules = Native.openRules(json);
        watch = Native.openWatch(rules, snapshot, now());
    }

    @Override
    public void open() throws Exception {
        super.open();
        alerts = getMetricGroup().counter("alerts");
        getMetricGroup().gauge("suppressedAlerts", () -> watch == 0 ? 0 : Native.suppressed(watch));
        champion = ModelFollower.start(models, ModelFollower.EVERY);
        Native.follow(watch, champion.model());
        schedule();
    }

    private void schedule() {
        getProcessingTimeService().registerTimer(now() + TICK_MS, time -> {
            follow();
            emit(Native.tick(watch, now()));
            schedule();
        });
    }

    private void follow() {
        if (champion.swapped()) {
            Native.follow(watch, champion.model());
        }
    }

    /** A signal. */
    @Override
    public void processElement1(StreamRecord<byte[]> signal) {
        follow();
        emit(Native.watch(watch, signal.getValue(), now()));
    }

    /** Something detected. */
    @Override
    public void processElement2(StreamRecord<byte[]> detected) {
        emit(Native.admit(watch, detected.getValue(), now()));
    }

    private void emit(byte[][] records) {
        for (int i = 0; i < records.length; i += 2) {
            alerts.inc();
            output.collect(new StreamRecord<>(Tuple2.of(records[i], records[i + 1])));
        }
    }

    private long now() {
        return getProcessingTimeService().getCurrentProcessingTime();
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        state.update(List.of(Native.snapshot(watch)));
    }

    @Override
    public void close() throws Exception {
        if (champion != null) {
            champion.close();
        }
        long freed = watch;
        watch = 0;
        if (freed != 0) {
            Native.freeWatch(freed);
        }
        if (rules != 0) {
            Native.freeRules(rules);
        }
        super.close();
    }
}
