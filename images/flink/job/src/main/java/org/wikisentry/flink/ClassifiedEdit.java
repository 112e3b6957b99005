package org.wikisentry.flink;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Reads the bytes of a classified edit; {@link Native} says what stands where. */
final class ClassifiedEdit {
    /** As {@link Native#USER_TYPES} has it. */
    private static final int BOT = 2;
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private ClassifiedEdit() {}

    static boolean isDeadLetter(byte[] bytes) {
        return bytes[0] == Native.DEAD_LETTER;
    }

    /** The record of a dead letter. */
    static byte[] deadLetter(byte[] bytes) {
        return Arrays.copyOfRange(bytes, Native.AT_DEAD_LETTER, bytes.length);
    }

    static int userType(byte[] edit) {
        return edit[Native.AT_USER_TYPE];
    }

    static boolean isBot(byte[] edit) {
        return userType(edit) == BOT;
    }

    static long eventTime(byte[] edit) {
        return (long) LONG.get(edit, Native.AT_EVENT_TIME);
    }

    static long idHigh(byte[] edit) {
        return (long) LONG.get(edit, Native.AT_ID_HIGH);
    }

    static long idLow(byte[] edit) {
        return (long) LONG.get(edit, Native.AT_ID_LOW);
    }

    /** Whom bursts are keyed by; 0 for nobody. */
    static long user(byte[] edit) {
        return (long) LONG.get(edit, Native.AT_USER);
    }

    /** What edit wars are keyed by. */
    static long page(byte[] edit) {
        return (long) LONG.get(edit, Native.AT_PAGE);
    }

    /** Key of the record in {@code edits.classified}. */
    static byte[] key(byte[] edit) {
        return Arrays.copyOfRange(edit, Native.AT_KEY, json0(edit));
    }

    /** The record in {@code edits.classified}. */
    static byte[] json(byte[] edit) {
        return Arrays.copyOfRange(edit, json0(edit), edit.length);
    }

    private static int json0(byte[] edit) {
        return Native.AT_KEY + (int) INT.get(edit, Native.AT_KEY_LENGTH);
    }
}
