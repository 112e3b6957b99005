package org.wikisentry.connect.eventstreams;

/** How a service wants to be asked; each is for one that refused those before. */
enum ResumeBy {
    /** By offsets in a header, unless its ids carry times. */
    OFFSETS,
    /** By times in a header. */
    TIMES,
    /** Without a header, by one time: it takes no header of that size. */
    SINCE
}
