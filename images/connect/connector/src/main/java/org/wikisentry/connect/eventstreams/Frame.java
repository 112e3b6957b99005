package org.wikisentry.connect.eventstreams;

/**
 * One event of a {@code text/event-stream}, as sent.
 *
 * @param id the last id the server has sent, with this event or before it; empty before the first
 * @param name its type; {@code message} where the server names none
 * @param data its data lines, joined by line feeds; the first bytes only if it was oversized
 * @param bytes size of the data as sent; more than {@code data} has if it was oversized
 */
record Frame(byte[] id, String name, byte[] data, long bytes) {

    boolean isOversized() {
        return bytes > data.length;
    }

    /** A message that says nothing. */
    boolean isEmpty() {
        return bytes == 0 && isMessage();
    }

    /** The service tells of its own troubles in events of another name. */
    boolean isMessage() {
        return name.equals("message");
    }
}
