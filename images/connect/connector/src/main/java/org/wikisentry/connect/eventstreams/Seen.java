package org.wikisentry.connect.eventstreams;

/**
 * What is known of an event besides its place.
 *
 * @param id {@link RecentIds#digest} of its id
 * @param isNew whether the id was not seen by this task
 */
record Seen(long id, boolean isNew) {}
