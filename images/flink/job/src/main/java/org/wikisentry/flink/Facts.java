package org.wikisentry.flink;

import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;

/** Events of {@code revision.tags} in; what is kept of them out, and dead letters beside it. */
final class Facts extends ProcessFunction<RawEvent, byte[]> {
    private static final long serialVersionUID = 1L;

    private transient Counter facts;
    private transient Counter deadLetters;
    private transient Counter passedOver;

    @Override
    public void open(OpenContext context) {
        MetricGroup metrics = getRuntimeContext().getMetricGroup();
        facts = metrics.counter("facts");
        deadLetters = metrics.counter("deadLetters");
        passedOver = metrics.counter("passedOver");
    }

    @Override
    public void processElement(RawEvent event, Context context, Collector<byte[]> out) {
        byte[] fact = Native.fact(event.bytes, event.topic, event.partition, event.offset, event.ingestTime);
        if (fact == null) {
            passedOver.inc();
        } else if (ClassifiedEdit.isDeadLetter(fact)) {
            deadLetters.inc();
            context.output(Classify.DEAD_LETTERS, ClassifiedEdit.deadLetter(fact));
        } else {
            facts.inc();
            out.collect(fact);
        }
    }
}
