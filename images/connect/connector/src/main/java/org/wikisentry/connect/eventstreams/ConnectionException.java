package org.wikisentry.connect.eventstreams;

import java.io.IOException;

/** Why a connection was not made, or ended. */
final class ConnectionException extends IOException {
    private static final long serialVersionUID = 1;

    /** No status: the server did not answer with one, or the connection had begun. */
    static final int NO_STATUS = 0;

    /** What the server answered, if not 200. */
    final int status;
    /** How long it asked to wait, in milliseconds. */
    final long retryAfterMillis;

    private ConnectionException(String message, Throwable cause, int status, long retryAfterMillis) {
        super(message, cause);
        this.status = status;
        this.retryAfterMillis = retryAfterMillis;
    }

    static ConnectionException status(int status, long retryAfterMillis, String body) {
        String text = "the feed answered " + status + (body.isEmpty() ? "" : ": " + body);
        return new ConnectionException(text, null, status, retryAfterMillis);
    }

    static ConnectionException unreachable(Throwable cause) {
        return new ConnectionException("cannot reach the feed: " + causes(cause), cause, NO_STATUS, 0);
    }

    static ConnectionException broken(Throwable cause) {
        return new ConnectionException(
                "the connection to the feed broke: " + causes(cause), cause, NO_STATUS, 0);
    }

    static ConnectionException silent(long millis) {
        return new ConnectionException("nothing came from the feed for " + millis + " ms", null, NO_STATUS, 0);
    }

    /** The server ended the response; the public service does so every 15 minutes. */
    static ConnectionException closed() {
        return new ConnectionException("the feed closed the connection", null, NO_STATUS, 0);
    }

    static ConnectionException notEventStream(String contentType) {
        return new ConnectionException(
                "the feed answered with " + contentType + " instead of text/event-stream", null, NO_STATUS, 0);
    }

    private static String causes(Throwable error) {
        StringBuilder text = new StringBuilder(String.valueOf(error));
        for (Throwable cause = error.getCause(); cause != null; cause = cause.getCause()) {
            if (cause.getMessage() != null && text.indexOf(cause.getMessage()) < 0) {
                text.append(": ").append(cause);
            }
        }
        return text.toString();
    }
}
