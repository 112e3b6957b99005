package org.wikisentry.connect.eventstreams;

import java.util.HashMap;
import java.util.Map;

/**
 * The fields that are read of an event, those of all streams in one table, so that one pass reads
 * any of them. Names and types are those of Wikimedia's schemas {@code recentchange} (1.0.1, and
 * from 2018 those without {@code $schema}), {@code page/change} (1.3.0; {@code revision.revert} is
 * of 1.12.0), {@code revision/tags-change} (1.0.1) and {@code page/prediction_classification_change}
 * (1.2.0). Fields without a slot are the ones that the reader of the record uses: they must not stand
 * there twice.
 */
final class EventFields {
    static final int UNUSED = -1;
    static final int META = 0;
    static final int ID = 1;
    static final int META_DT = 2;
    static final int DOMAIN = 3;
    static final int STREAM = 4;
    static final int SCHEMA_URI = 5;
    static final int TOPIC = 6;
    static final int PARTITION = 7;
    static final int OFFSET = 8;
    static final int SCHEMA = 9;
    static final int TYPE = 10;
    static final int TITLE = 11;
    static final int TIMESTAMP = 12;
    static final int USER = 13;
    static final int BOT = 14;
    static final int WIKI = 15;
    static final int REVISION = 16;
    static final int PAGE_CHANGE_KIND = 17;
    static final int WIKI_ID = 18;
    static final int DT = 19;
    static final int PAGE = 20;
    static final int PAGE_PAGE_TITLE = 21;
    static final int USER_TEXT = 22;
    static final int IS_BOT = 23;
    static final int IS_TEMP = 24;
    static final int REGISTRATION_DT = 25;
    static final int DATABASE = 26;
    static final int PAGE_TITLE = 27;
    static final int REV_ID = 28;
    static final int REVERTED_OLDEST = 29;
    static final int REVERTED_NEWEST = 30;
    static final int MODEL_NAME = 31;
    static final int PROBABILITY = 32;
    static final int TAGGED_REV_ID = 33;
    static final int REQUEST_ID = 34;
    static final int PAGE_ID = 35;
    static final int IS_REDIRECT = 36;
    static final int LEFT_PAGE_ID = 37;
    static final int SLOTS = 38;

    /** The types. Null, and what cannot be read as the type, counts as absent. */
    enum Type {
        TEXT,
        /** Also as a text of digits, or as a float without a fraction. */
        INTEGER,
        /** An integer that is -1 if it is there and cannot be read. */
        PARTITION,
        NUMBER,
        FLAG,
        OBJECT,
        /** Of any type: nobody asks for it here. */
        ANY
    }

    /**
     * A field.
     *
     * @param number its number within its object, from 0
     * @param slot where its value goes, or {@link #UNUSED}
     * @param fields its own fields, if it is an object
     */
    record Field(String name, Type type, int number, int slot, Fields fields) {}

    /** The fields of an object. */
    static final class Fields {
        private final Map<String, Field> byName = new HashMap<>();

        /** The field of this name; null if nobody asks for it. */
        Field get(String name) {
            return byName.get(name);
        }

        Fields add(String name, Type type, int slot) {
            return add(name, type, slot, null);
        }

        Fields add(String name, Type type, int slot, Fields fields) {
            byName.put(name, new Field(name, type, byName.size(), slot, fields));
            return this;
        }

        Fields text(String name, int slot) {
            return add(name, Type.TEXT, slot);
        }

        Fields object(String name, int slot, Fields fields) {
            return add(name, Type.OBJECT, slot, fields);
        }

        Fields unused(String... names) {
            for (String name : names) {
                add(name, Type.ANY, UNUSED);
            }
            return this;
        }
    }

    private static final Fields META_FIELDS = new Fields()
            .text("id", ID)
            .text("request_id", REQUEST_ID)
            .text("dt", META_DT)
            .text("domain", DOMAIN)
            .text("stream", STREAM)
            .text("schema_uri", SCHEMA_URI)
            .text("topic", TOPIC)
            .add("partition", Type.PARTITION, PARTITION)
            .add("offset", Type.INTEGER, OFFSET);

    /** {@code {old, new}} in recentchange, a whole record in page_change. */
    private static final Fields REVISION_FIELDS = new Fields()
            .add("rev_id", Type.INTEGER, REV_ID)
            .unused("old", "new", "rev_parent_id", "rev_size")
            .unused("is_minor_edit")
            .unused("comment")
            .object("revert", UNUSED, new Fields()
                    .add("rev_reverted_oldest_id", Type.INTEGER, REVERTED_OLDEST)
                    .add("rev_reverted_newest_id", Type.INTEGER, REVERTED_NEWEST));

    private static final Fields PAGE_FIELDS = new Fields()
            .text("page_title", PAGE_PAGE_TITLE)
            .add("page_id", Type.INTEGER, PAGE_ID)
            .add("is_redirect", Type.FLAG, IS_REDIRECT)
            .unused("namespace_id", "revision_count");

    private static final Fields LEFT_PAGE_FIELDS = new Fields()
            .add("page_id", Type.INTEGER, LEFT_PAGE_ID)
            .unused("page_title", "namespace_id", "is_redirect", "revision_count");

    private static final Fields PERFORMER_FIELDS = new Fields()
            .text("user_text", USER_TEXT)
            .text("registration_dt", REGISTRATION_DT)
            .add("is_bot", Type.FLAG, IS_BOT)
            .add("is_temp", Type.FLAG, IS_TEMP)
            .unused("user_id", "edit_count")
            .unused("groups");

    private static final Fields PRIOR_STATE_FIELDS =
            new Fields().unused("tags").object("revision", UNUSED, new Fields().unused("rev_size"));

    private static final Fields CLASSIFICATION_FIELDS = new Fields()
            .text("model_name", MODEL_NAME)
            .unused("model_version")
            .object("probabilities", UNUSED, new Fields().add("true", Type.NUMBER, PROBABILITY));

    /** The event itself. */
    static final Fields ROOT = new Fields()
            .object("meta", META, META_FIELDS)
            .text("$schema", SCHEMA)
            // recentchange
            .text("type", TYPE)
            .text("title", TITLE)
            .text("user", USER)
            .text("wiki", WIKI)
            .add("timestamp", Type.INTEGER, TIMESTAMP)
            .add("bot", Type.FLAG, BOT)
            .unused("namespace")
            .unused("minor", "patrolled")
            .unused("comment")
            .object("length", UNUSED, new Fields().unused("old", "new"))
            .object("revision", REVISION, REVISION_FIELDS)
            // page_change
            .text("page_change_kind", PAGE_CHANGE_KIND)
            .text("wiki_id", WIKI_ID)
            .text("dt", DT)
            .object("page", PAGE, PAGE_FIELDS)
            .object("performer", UNUSED, PERFORMER_FIELDS)
            .object("prior_state", UNUSED, PRIOR_STATE_FIELDS)
            .object("created_redirect_page", UNUSED, LEFT_PAGE_FIELDS)
            // revision-tags-change
            .text("database", DATABASE)
            .text("page_title", PAGE_TITLE)
            .add("rev_id", Type.INTEGER, TAGGED_REV_ID)
            .unused("tags")
            // prediction_classification_change, which has the fields of page_change too
            .object("predicted_classification", UNUSED, CLASSIFICATION_FIELDS);

    private EventFields() {}
}
