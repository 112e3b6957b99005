package org.wikisentry.flink;

import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/** Raw events in; classified edits out, and dead letters beside them. */
final class Classify extends ProcessFunction<RawEvent, byte[]> {
    /** Records of {@code deadletter}. */
    static final OutputTag<byte[]> DEAD_LETTERS = new OutputTag<>("dead letters", Bytes.TYPE);

    private static final long serialVersionUID = 1L;

    private final String models;
    private final boolean scoreBots;
    private transient ModelFollower champion;
    private transient Counter edits;
    private transient Counter deadLetters;
    private transient Counter passedOver;

    /** Argument {@code models}: the registry's folder. */
    Classify(String models, boolean scoreBots) {
        this.models = models;
        this.scoreBots = scoreBots;
    }

    @Override
    public void open(OpenContext context) throws Exception {
        MetricGroup metrics = getRuntimeContext().getMetricGroup();
        edits = metrics.counter("edits");
        deadLetters = metrics.counter("deadLetters");
        passedOver = metrics.counter("passedOver");
        champion = ModelFollower.start(models, ModelFollower.EVERY);
        champion.register(metrics);
    }

    @Override
    public void processElement(RawEvent event, Context context, Collector<byte[]> out) {
        champion.swapped();
        byte[] classified = Native.classify(
                champion.model(), event.bytes, event.topic, event.partition, event.offset, event.ingestTime,
                System.currentTimeMillis(), scoreBots);
        if (classified == null) {
            passedOver.inc();
        } else if (ClassifiedEdit.isDeadLetter(classified)) {
            deadLetters.inc();
            context.output(DEAD_LETTERS, ClassifiedEdit.deadLetter(classified));
        } else {
            edits.inc();
            out.collect(classified);
        }
    }

    @Override
    public void close() {
        if (champion != null) {
            champion.close();
        }
    }
}
