package org.wikisentry.flink;

/** Settings that the job does not start with; the message says what to change. */
final class SettingsException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    SettingsException(String message) {
        super(message);
    }
}
