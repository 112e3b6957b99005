package org.wikisentry.connect.eventstreams;

/**
 * What the connector must know of an event. The payload itself is passed on as received.
 *
 * @param kind what it says
 * @param id {@code meta.id}; null if it has none
 * @param time when it happened, in milliseconds, or {@link EventTime#NONE}
 * @param position where it stood in its source; null if it does not say
 * @param stream the stream that it names, e.g. {@code mediawiki.recentchange}; null if it does not
 * @param isPageChange whether it came as {@code page_change} rather than {@code recentchange}
 * @param isRevert whether it is a {@code page_change} that says which revisions it reverts
 * @param redirect what it says of a redirect that a move leaves; null unless it does
 * @param userType who made the edit; null unless it is one
 * @param key {@code wiki:page title}; null if it names no page
 */
record Event(
        Kind kind,
        String id,
        long time,
        Position position,
        String stream,
        boolean isPageChange,
        boolean isRevert,
        Redirect redirect,
        UserType userType,
        String key) {

    /** What an event says. */
    enum Kind {
        /** An edit or a new page. */
        EDIT,
        /** Tags of a revision changed, from which labels are made, or Wikimedia scored it. */
        LABEL_FACT,
        /** A test event of the event platform; never data. */
        CANARY,
        /** An event that is no edit, such as a log entry. */
        OTHER
    }

    /**
     * A redirect that a move leaves behind. {@code page_change} tells it twice: as a {@code create} of
     * its own, which no one wrote, and in the move, both with the same {@code meta.request_id}. Either
     * may come first.
     *
     * @param id equal in both
     * @param isMove whether it is the move that says so, or the creation, by a person or by a move
     */
    record Redirect(String id, boolean isMove) {}

    /** A place in the source: topic, partition, offset, none of them negative. */
    record Position(String topic, int partition, long offset) {}
}
