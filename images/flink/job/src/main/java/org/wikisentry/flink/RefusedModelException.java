package org.wikisentry.flink;

/** A version of a model that is not used, and why; it is not tried again until the alias is written again. */
final class RefusedModelException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int version;

    /** Argument {@code version}: 0 if the alias names none. */
    RefusedModelException(int version, String message) {
        super(message);
        this.version = version;
    }

    int version() {
        return version;
    }
}
