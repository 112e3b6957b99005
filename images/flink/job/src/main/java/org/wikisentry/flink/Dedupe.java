package org.wikisentry.flink;

import java.time.Duration;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/** Lets each edit through once: keyed by one half of its id's hash, it remembers the other. */
final class Dedupe extends KeyedProcessFunction<Long, byte[], byte[]> {
    private static final long serialVersionUID = 1L;

    private final Duration ttl;
    private transient ValueState<Long> seen;
    private transient Counter duplicates;

    Dedupe(Duration ttl) {
        this.ttl = ttl;
    }

    @Override
    public void open(OpenContext context) {
        ValueStateDescriptor<Long> descriptor = new ValueStateDescriptor<>("id", Types.LONG);
        descriptor.enableTimeToLive(StateTtlConfig.newBuilder(ttl)
                .setUpdateType(StateTtlConfig.UpdateType.OnCreateAndWrite)
                .setStateVisibility(StateTtlConfig.StateVisibility.NeverReturnExpired)
                .cleanupInRocksdbCompactFilter(1_000)
                .build());
        seen = getRuntimeContext().getState(descriptor);
        duplicates = getRuntimeContext().getMetricGroup().counter("duplicates");
    }

    @Override
    public void processElement(byte[] edit, Context context, Collector<byte[]> out) throws Exception {
        long id = ClassifiedEdit.idLow(edit);
        Long before = seen.value();
        if (before != null && before == id) {
            duplicates.inc();
            return;
        }
        // Of two ids that share the first half, the later is remembered.
        seen.update(id);
        out.collect(edit);
    }
}
