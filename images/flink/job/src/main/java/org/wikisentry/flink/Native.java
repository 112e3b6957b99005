package org.wikisentry.flink;

import java.nio.file.Path;

/**
 * The core, compiled from Rust ({@code crates/jvm}): what the embedded profile runs in its own process.
 *
 * <p>Objects of the core are numbers here, never 0, and known to this process only. They are safe to share between
 * threads; freed, they throw. Times are milliseconds since 1970, UTC. Every method throws {@link NativeException}
 * with the reason, and leaves its arguments and the core's objects as they were.
 *
 * <p><b>A classified edit</b> is one {@code byte[]} from {@link #classify}, which all other methods take. It may be
 * stored and sent: its first byte changes when its layout does. Numbers are big-endian, as {@link java.nio.ByteBuffer}
 * reads them:
 *
 * <table>
 * <tr><td>0</td><td>byte</td><td>{@link #EDIT} or {@link #DEAD_LETTER}. The rest of a dead letter is the JSON of its
 *     record in {@code deadletter}, without a key; that of an edit follows</td></tr>
 * <tr><td>1</td><td>byte</td><td>user type, an index of {@link #USER_TYPES}</td></tr>
 * <tr><td>2</td><td>long</td><td>event time, at most an hour after the ingest time</td></tr>
 * <tr><td>10</td><td>long</td><td>ingest time</td></tr>
 * <tr><td>18</td><td>long, long</td><td>XXH3 (128 bits) of {@code meta.id}, for removing duplicates</td></tr>
 * <tr><td>34</td><td>long</td><td>hash of wiki and user, which bursts are keyed by; 0: hidden, or a bot's edit</td></tr>
 * <tr><td>42</td><td>long</td><td>hash of wiki and page, which edit wars are keyed by</td></tr>
 * <tr><td>50</td><td>double</td><td>score; NaN if the edit was not scored</td></tr>
 * <tr><td>58</td><td>int</td><td>bytes of the key</td></tr>
 * <tr><td>62</td><td>bytes</td><td>the record's key, {@code wiki:page title}</td></tr>
 * <tr><td></td><td>bytes</td><td>the record of {@code edits.classified}, JSON, to the end</td></tr>
 * </table>
 *
 * <p><b>A fact</b>, what {@link #fact} keeps of an event of {@code revision.tags}, has {@link #FACT} as its first byte,
 * its kind as the second, below {@link #FACT_KINDS}, then the fields of a classified edit from 2 to 33; at 34 its line
 * begins.
 */
public final class Native {
    /** First byte of a classified edit. */
    public static final byte EDIT = 1;
    /** First byte of a fact. */
    public static final byte FACT = 2;
    /** First byte of the record of an event that cannot be read. */
    public static final byte DEAD_LETTER = -1;
    /** User types by their numbers in a classified edit. */
    public static final String[] USER_TYPES = {"registered", "anonymous", "bot"};

    /** How many kinds of facts there are. */
    public static final int FACT_KINDS = 2;

    public static final int AT_USER_TYPE = 1;
    public static final int AT_EVENT_TIME = 2;
    public static final int AT_INGEST_TIME = 10;
    public static final int AT_ID_HIGH = 18;
    public static final int AT_ID_LOW = 26;
    public static final int AT_USER = 34;
    public static final int AT_PAGE = 42;
    public static final int AT_SCORE = 50;
    public static final int AT_KEY_LENGTH = 58;
    public static final int AT_KEY = 62;
    public static final int AT_FACT_KIND = 1;
    /** Where the line of a fact begins. */
    public static final int AT_FACT_LINE = 34;
    /** Where the JSON of a dead letter begins. */
    public static final int AT_DEAD_LETTER = 1;

    private static final String LIBRARY = "/opt/flink/lib/libwikisentry_jvm.so";

    static {
        // A class loader of its own for each job would load it twice, which the JVM refuses: the job's jar lies in lib/.
        System.load(Path.of(System.getProperty("wikisentry.native", LIBRARY)).toAbsolutePath().toString());
    }

    private Native() {}

    // Models

    /**
     * Reads and checks a version of a model as the registry does: checksums, features of this build, trees.
     *
     * @param name name of the registry, e.g. {@code edit-risk}
     * @param version the number of its folder
     * @param text {@code text_risk.bin}; {@code null} if there is no such file beside the model
     * @return the model
     */
    public static native long loadModel(String name, int version, byte[] model, byte[] card, byte[] text);

    /** The model that is part of the library: the champion of a registry that has none. */
    public static native long bootstrapModel();

    /** Name and version as records show it, e.g. {@code edit-risk/7}. */
    public static native String modelVersion(long model);

    /** Calls under way with the model end with it. Freeing a model twice is fine. */
    public static native void freeModel(long model);

    // Edits

    /**
     * Classifies one raw event.
     *
     * @param topic topic, partition and offset that it was read at; the origin of a dead letter
     * @param ingestTime when the platform received it: the timestamp of its record
     * @param scoreTime the time of now
     * @param scoreBots whether edits of bots get a score
     * @return a classified edit or a dead letter (see the class), or {@code null} if there is nothing to write: a canary
     *     event, or an event that is no edit
     */
    public static native byte[] classify(
            long model, byte[] event, String topic, int partition, long offset, long ingestTime, long scoreTime,
            boolean scoreBots);

    /**
     * Reads an event of {@code revision.tags}; arguments as for {@link #classify}.
     *
     * @return a fact or a dead letter (see the class), or {@code null} if nothing is kept of the event
     */
    public static native byte[] fact(byte[] event, String topic, int partition, long offset, long ingestTime);

    // Alerts

    /**
     * Reads and checks the rules of alerts.
     *
     * @param json an object with all fields of the core's {@code AlertRules}
     */
    public static native long openRules(byte[] json);

    public static native void freeRules(long rules);

    /**
     * Counts an edit of a user; the edits of a user come here in their order, those of user 0 do not. States are
     * versioned: one of an earlier version is read, one of a later version refused.
     *
     * @param state what the last call for this user gave; {@code null} before the first
     * @param edit a classified edit
     * @return the new state, and what was detected or {@code null}, for {@link #admit}
     */
    public static native byte[][] burst(long rules, byte[] state, byte[] edit);

    /** Counts an edit of a page, as {@link #burst} does for a user. Edits of bots do not come here. */
    public static native byte[][] war(long rules, byte[] state, byte[] edit);

    /**
     * How long the state of a user or page without edits is worth keeping, in milliseconds of event time.
     *
     * @return for {@link #burst} and for {@link #war}
     */
    public static native long[] stateLifetime(long rules);

    /**
     * What {@link #watch} needs of an edit; some 100 bytes instead of all of it. It needs no state and may run in
     * parallel.
     */
    public static native byte[] signal(long rules, byte[] edit);

    /**
     * Opens what must be one for the whole stream: cooldown and rate of alerts, risky edits, drift of scores, a feed that
     * stalled.
     *
     * @param state a {@link #snapshot}; {@code null} for an empty one
     * @param now the feed is taken to be alive at this time
     */
    public static native long openWatch(long rules, byte[] state, long now);

    /**
     * Makes a model's own scores in training the reference for its drift; to be called when the model becomes champion.
     * Without a reference on its card, the first scores of the model become it.
     */
    public static native void follow(long watch, long model);

    /**
     * Takes in a {@link #signal}. Bursts and wars of the same edit come through {@link #admit}, before or after.
     *
     * @param now the time of now, {@code raised_at} of alerts
     * @return alerts, each as two elements: the key of its record and its JSON
     */
    public static native byte[][] watch(long watch, byte[] signal, long now);

    /** Makes an alert of what {@link #burst} or {@link #war} detected, or drops it: cooldown, rate. Returns as {@link #watch}. */
    public static native byte[][] admit(long watch, byte[] detected, long now);

    /** Raises an alert if no {@link #watch} came for too long; to be called about every second. Returns as {@link #watch}. */
    public static native byte[][] tick(long watch, long now);

    /** Detections that were dropped because of the rate of their kind. */
    public static native long suppressed(long watch);

    /** All that {@link #openWatch} needs to go on. */
    public static native byte[] snapshot(long watch);

    public static native void freeWatch(long watch);

    // The lake

    /** The folder of edits of a user type and an event time: {@code user_type=…/date=YYYY-MM-DD/hour=HH}. */
    public static native String partition(int userType, long eventTime);

    /** How file names must end: readers tell versions of the schema apart by it. */
    public static native String fileSuffix();

    /** The folder of facts of a kind and an event time, below {@code labels}: {@code …/date=YYYY-MM-DD}. */
    public static native String factFolder(int kind, long eventTime);

    /** How names of files of facts must end. */
    public static native String factSuffix();

    /** Starts a Parquet file of edits. */
    public static native long openFile();

    /** Starts a file of facts, gzipped lines; the methods below are for it too. */
    public static native long openFacts();

    /**
     * Adds edits to a file of edits, facts to one of facts. If it throws, those before the one it refuses are in the file.
     *
     * @param rows classified edits, or facts; some hundred at a time are best
     * @param count how many elements of it
     * @return bytes of memory that the file holds now, about
     */
    public static native long addToFile(long file, byte[][] rows, int count);

    /** Gives the bytes of the file that are final, and forgets them; they come in order. May be empty. */
    public static native byte[] takeFromFile(long file);

    /** Gives the last bytes of the file and frees it. */
    public static native byte[] finishFile(long file);

    /** Frees a file that is not wanted any more; one that is finished already is fine. */
    public static native void freeFile(long file);

    /** Panics with this message, to show that a panic of the core is an exception and not the end of the JVM. */
    static native void panic(String message);
}
