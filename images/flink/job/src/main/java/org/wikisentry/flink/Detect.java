package org.wikisentry.flink;

import java.time.Duration;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * One detector of the core over the edits of one key. Its state is bytes of the core's, which say their version: a newer
 * core reads what an older one has written.
 */
final class Detect extends KeyedProcessFunction<Long, byte[], byte[]> {
    /** What is detected. */
    enum Kind {
        /** Many edits of a user; keyed by {@link ClassifiedEdit#user}. */
        BURST,
        /** Reverts on a page; keyed by {@link ClassifiedEdit#page}. */
        WAR
    }

    private static final long serialVersionUID = 1L;
    /** The core counts in event time, Flink forgets by the clock: an outage that is shorter changes nothing. */
    private static final Duration OUTAGE = Duration.ofHours(1);

    private final Kind kind;
    private final byte[] json;
    private transient long rules;
    private transient ValueState<byte[]> state;

    /** Argument {@code rules}: those of the settings. */
    Detect(Kind kind, byte[] rules) {
        this.kind = kind;
        this.json = rules;
    }

    @Override
    public void open(OpenContext context) {
        rules = Native.openRules(json);
        Duration lifetime = Duration.ofMillis(Native.stateLifetime(rules)[kind.ordinal()]);
        ValueStateDescriptor<byte[]> descriptor = new ValueStateDescriptor<>("detector", Bytes.TYPE);
        descriptor.enableTimeToLive(StateTtlConfig.newBuilder(lifetime.plus(OUTAGE))
                .setUpdateType(StateTtlConfig.UpdateType.OnCreateAndWrite)
                .setStateVisibility(StateTtlConfig.StateVisibility.ReturnExpiredIfNotCleanedUp)
                .cleanupInRocksdbCompactFilter(1_000)
                .build());
        state = getRuntimeContext().getState(descriptor);
    }

    @Override
    public void processElement(byte[] edit, Context context, Collector<byte[]> out) throws Exception {
        byte[] before = state.value();
        byte[][] result = switch (kind) {
            case BURST -> Native.burst(rules, before, edit);
            case WAR -> Native.war(rules, before, edit);
        };
        state.update(result[0]);
        if (result[1] != null) {
            out.collect(result[1]);
        }
    }

    @Override
    public void close() {
        if (rules != 0) {
            Native.freeRules(rules);
        }
    }
}
