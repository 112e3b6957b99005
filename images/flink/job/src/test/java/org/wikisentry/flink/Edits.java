package org.wikisentry.flink;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Makes classified edits without the core. */
final class Edits {
    private Edits() {}

    static byte[] edit(long idHigh, long idLow) {
        return edit(idHigh, idLow, 0, 1_700_000_000_000L, "{\"n\":" + idLow + "}");
    }

    static byte[] edit(long idHigh, long idLow, int userType, long eventTime, String json) {
        byte[] key = "enwiki:A page".getBytes(StandardCharsets.UTF_8);
        byte[] record = json.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(Native.AT_KEY + key.length + record.length)
                .put(Native.EDIT)
                .put((byte) userType)
                .putLong(eventTime)
                .putLong(eventTime + 1_000)
                .putLong(idHigh)
                .putLong(idLow)
                .putLong(71)
                .putLong(72)
                .putDouble(0.5)
                .putInt(key.length)
                .put(key)
                .put(record)
                .array();
    }
}
