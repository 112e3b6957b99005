package org.wikisentry.flink;

import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;

/** What the watch needs of an edit, so that not all of it goes to one place. */
final class Signal extends RichMapFunction<byte[], byte[]> {
    private static final long serialVersionUID = 1L;

    private final byte[] json;
    private transient long rules;

    /** Argument {@code rules}: those of the settings. */
    Signal(byte[] rules) {
        this.json = rules;
    }

    @Override
    public void open(OpenContext context) {
        rules = Native.openRules(json);
    }

    @Override
    public byte[] map(byte[] edit) {
        return Native.signal(rules, edit);
    }

    @Override
    public void close() {
        if (rules != 0) {
            Native.freeRules(rules);
        }
    }
}
