package org.wikisentry.flink;

/** What the core refuses or fails at, with its own message. A panic of the core arrives as this, too. */
public final class NativeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Called by the core, with what is wrong. */
    public NativeException(String message) {
        super(message);
    }
}
