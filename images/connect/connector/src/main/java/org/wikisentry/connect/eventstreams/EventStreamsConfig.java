package org.wikisentry.connect.eventstreams;

import java.net.URI;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Range;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.ValidString;
import org.apache.kafka.common.config.ConfigDef.Width;
import org.apache.kafka.common.config.ConfigException;

/** The connector's settings: the one place where they are defined, documented and checked. */
final class EventStreamsConfig extends AbstractConfig {
    static final String URL = "url";
    static final String STREAMS = "streams";
    static final String CONTACT = "contact";
    static final String SINCE = "since";
    static final String COMPRESSION = "compression";
    static final String HEARTBEAT_TIMEOUT = "heartbeat.timeout.ms";
    static final String BACKOFF_MIN = "backoff.min.ms";
    static final String BACKOFF_MAX = "backoff.max.ms";
    static final String TOPIC_EDITS = "topic.edits";
    static final String TOPIC_LABEL_FACTS = "topic.label.facts";
    static final String TOPIC_OTHER = "topic.other";
    static final String TOPIC_DEADLETTER = "topic.deadletter";
    static final String MAX_EVENT_BYTES = "max.event.bytes";
    static final String REORDER_WINDOW = "reorder.window";
    static final String DEDUPE_WINDOW = "dedupe.window";
    static final String RECOVERY_SERVERS = "recovery.bootstrap.servers";
    static final String RECOVERY_CLIENT = "recovery.client.config";
    static final String BATCH_RECORDS = "batch.max.records";
    static final String BATCH_LINGER = "batch.linger.ms";
    static final String BUFFER_RECORDS = "buffer.max.records";
    static final String BUFFER_BYTES = "buffer.max.bytes";

    private static final String SOURCE = "Source";
    private static final String TOPICS = "Topics";
    private static final String EVENTS = "Events";
    private static final String FLOW = "Flow";

    private static final String VERSION = ConnectorVersion.get();

    /** What a worker shows and checks; the README's table is made of it. */
    static final ConfigDef DEFINITION = define();

    EventStreamsConfig(Map<String, String> settings) {
        super(DEFINITION, settings, false);
    }

    private static ConfigDef define() {
        ConfigDef definition = new ConfigDef();
        defineSource(definition);
        defineTopics(definition);
        defineEvents(definition);
        defineFlow(definition);
        return definition;
    }

    private static void defineSource(ConfigDef definition) {
        int order = 0;
        definition.define(CONTACT, Type.STRING, ConfigDef.NO_DEFAULT_VALUE, Checks.CONTACT, Importance.HIGH,
                "E-mail address or web page where Wikimedia can reach you. It is sent in the User-Agent, as "
                        + "Wikimedia's policy asks; the service answers 403 without it.",
                SOURCE, ++order, Width.MEDIUM, "Contact");
        definition.define(STREAMS, Type.LIST, "recentchange", Checks.STREAM_NAMES, Importance.HIGH,
                "Streams to read, e.g. `recentchange,mediawiki.page_change.v1`. The streams of a task share one "
                        + "connection; with `tasks.max` above 1 they are spread over the tasks.",
                SOURCE, ++order, Width.LONG, "Streams");
        definition.define(URL, Type.STRING, "https://stream.wikimedia.org/v2/stream", Checks.BASE_URL,
                Importance.MEDIUM,
                "Base address of the service. Must be https; http is taken for this machine, "
                        + "`host.docker.internal`, private addresses and names without a dot.",
                SOURCE, ++order, Width.LONG, "URL");
        definition.define(SINCE, Type.STRING, "", Checks.START, Importance.MEDIUM,
                "Where to start if none of a task's streams has a bookmark yet: empty for now, an age such as `6h` or "
                        + "`7d`, or a time such as `2026-01-31T12:00:00Z`. Wikimedia keeps about a week. A stream that "
                        + "is added later starts ten minutes before the latest event of the others.",
                SOURCE, ++order, Width.MEDIUM, "Since");
        definition.define(COMPRESSION, Type.STRING, "gzip", ValidString.in("gzip", "identity"), Importance.LOW,
                "Compression asked for. gzip saves most of the traffic; events do not wait for it.",
                SOURCE, ++order, Width.SHORT, "Compression");
        definition.define(HEARTBEAT_TIMEOUT, Type.INT, 45_000, Range.between(100, 3_600_000), Importance.LOW,
                "A connection silent for longer than this, in milliseconds, is taken for dead and replaced. The "
                        + "service sends a comment every 15 s or so when it has nothing to say.",
                SOURCE, ++order, Width.SHORT, "Heartbeat timeout");
        definition.define(BACKOFF_MIN, Type.INT, 1_000, Range.between(1, 3_600_000), Importance.LOW,
                "First wait before connecting again, in milliseconds; doubled at each failure, with jitter. A "
                        + "`Retry-After` of the service counts if it is longer.",
                SOURCE, ++order, Width.SHORT, "Least backoff");
        definition.define(BACKOFF_MAX, Type.INT, 60_000, Range.between(1, 3_600_000), Importance.LOW,
                "Longest wait before connecting again, in milliseconds.",
                SOURCE, ++order, Width.SHORT, "Greatest backoff");
    }

    private static void defineTopics(ConfigDef definition) {
        int order = 0;
        definition.define(TOPIC_EDITS, Type.STRING, "edits.{user_type}", Checks.EDITS_TOPIC, Importance.HIGH,
                "Topic of edits and new pages. `{user_type}` stands for `registered`, `anonymous` (addresses and "
                        + "temporary accounts) or `bot`, `{stream}` for the stream's name.",
                TOPICS, ++order, Width.MEDIUM, "Edits");
        definition.define(TOPIC_LABEL_FACTS, Type.STRING, "revision.tags", Checks.STREAM_TOPIC, Importance.HIGH,
                "Topic of `mediawiki.revision-tags-change`, of `mediawiki.page_revert_risk_prediction_change.v1` and of "
                        + "`mediawiki.page_change.v1`: of all its edits where `recentchange` is read too and has them "
                        + "already, else of its reverts, which are edits besides. `{stream}` as above.",
                TOPICS, ++order, Width.MEDIUM, "Label facts");
        definition.define(TOPIC_OTHER, Type.STRING, "", Checks.OPTIONAL_TOPIC, Importance.MEDIUM,
                "Topic of all other events (log entries, categorisations, other streams). Empty: they are counted "
                        + "and dropped. `{stream}` as above.",
                TOPICS, ++order, Width.MEDIUM, "Other events");
        definition.define(TOPIC_DEADLETTER, Type.STRING, "deadletter", Checks.PLAIN_TOPIC, Importance.HIGH,
                "Topic of what cannot be read as an event, as JSON with payload, reason and origin.",
                TOPICS, ++order, Width.MEDIUM, "Dead letters");
    }

    private static void defineEvents(ConfigDef definition) {
        int order = 0;
        definition.define(MAX_EVENT_BYTES, Type.INT, 921_600,
                Range.between(SseDecoder.OVERSIZED_PREFIX_BYTES, 64 << 20), Importance.MEDIUM,
                "Larger events go to the dead letters, cut to their first " + SseDecoder.OVERSIZED_PREFIX_BYTES
                        + " bytes. Keep it some KiB below the producer's `max.request.size` and the topics' "
                        + "`max.message.bytes`, which are 1 MiB unless set: Kafka refuses a larger record, and the "
                        + "task would fail.",
                EVENTS, ++order, Width.SHORT, "Largest event");
        definition.define(REORDER_WINDOW, Type.INT, 100, Range.between(1, 10_000), Importance.LOW,
                "How many later offsets of a source partition may arrive before a missing one counts as a gap. "
                        + "Until then the bookmark stays before it.",
                EVENTS, ++order, Width.SHORT, "Reorder window");
        definition.define(DEDUPE_WINDOW, Type.INT, 50_000, Range.between(1, 5_000_000), Importance.LOW,
                "How many event ids a task remembers to drop what the service repeats, at 64 to 128 bytes each.",
                EVENTS, ++order, Width.SHORT, "Dedupe window");
        definition.define(RECOVERY_SERVERS, Type.LIST, "", ConfigDef.ValidList.anyNonDuplicateValues(true, false),
                Importance.LOW,
                "Brokers that hold the topics, as `host:port`. If no bookmark of a task's streams is stored, it goes on "
                        + "behind the last events that the topics have of the service. Empty: it starts at `since`.",
                EVENTS, ++order, Width.LONG, "Recovery brokers");
        definition.define(RECOVERY_CLIENT, Type.STRING, "",
                ConfigDef.LambdaValidator.with(EventStreamsConfig::requireFile, () -> "empty or a path from the root"),
                Importance.LOW,
                "File on the worker, of Java properties, with what a client needs besides to reach these brokers, as "
                        + "which user it comes. It may hold a password, which is in no setting then.",
                EVENTS, ++order, Width.LONG, "Recovery client's settings");
    }

    private static void requireFile(String name, Object value) {
        if (!"".equals(value) && !((String) value).startsWith("/")) {
            throw new ConfigException(name, value, "it must be empty or a path from the root");
        }
    }

    private static void defineFlow(ConfigDef definition) {
        int order = 0;
        definition.define(BATCH_RECORDS, Type.INT, 2_000, Range.between(1, 100_000), Importance.LOW,
                "Records handed to the worker at once, at most. With `transaction.boundary=poll` each batch is one "
                        + "transaction.",
                FLOW, ++order, Width.SHORT, "Largest batch");
        definition.define(BATCH_LINGER, Type.INT, 100, Range.between(0, 60_000), Importance.LOW,
                "How long a batch waits for more records once it has one, in milliseconds. With "
                        + "`transaction.boundary=poll` it bounds the number of transactions, and adds to the delay.",
                FLOW, ++order, Width.SHORT, "Linger");
        definition.define(BUFFER_RECORDS, Type.INT, 10_000, Range.between(1, 10_000_000), Importance.LOW,
                "Records that wait for the worker, at most. When they do, the task stops reading from the service.",
                FLOW, ++order, Width.SHORT, "Buffered records");
        definition.define(BUFFER_BYTES, Type.LONG, 33_554_432L, Range.atLeast(1), Importance.LOW,
                "The same in bytes of keys and values.",
                FLOW, ++order, Width.SHORT, "Buffered bytes");
    }

    /** The streams, each once, in the order given. */
    List<String> streams() {
        return List.copyOf(new LinkedHashSet<>(getList(STREAMS)));
    }

    /** The topics that events of these streams go to; dead letters and other events excepted. */
    Set<String> topics(List<String> streams) {
        Set<String> topics = new TreeSet<>();
        for (String stream : streams) {
            for (UserType type : UserType.values()) {
                String edits = getString(TOPIC_EDITS).replace(Checks.USER_TYPE, type.label());
                topics.add(edits.replace(Checks.STREAM, stream));
            }
            topics.add(getString(TOPIC_LABEL_FACTS).replace(Checks.STREAM, stream));
        }
        return topics;
    }

    /** The base address, without a slash at its end. */
    String url() {
        String url = getString(URL).strip();
        return url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    }

    /**
     * As Wikimedia's policy asks: {@code client/version (contact) library/version}.
     *
     * @see <a href="https://foundation.wikimedia.org/wiki/Policy:User-Agent_policy">the policy</a>
     */
    String userAgent() {
        return String.format(Locale.ROOT, "wikisentry-connect-eventstreams/%s (%s) java.net.http/%d",
                VERSION, getString(CONTACT).strip(), Runtime.version().feature());
    }

    /** Where to start without a bookmark; null for now. An age counts from {@code now}. */
    Instant since(Instant now) {
        String text = getString(SINCE).strip();
        return text.isEmpty() ? null : Since.parse(text, now);
    }

    /** The address of streams, which start at {@code since} unless a bookmark is sent along. */
    URI address(List<String> streams, Instant since) {
        String query = since == null ? "" : "?since=" + since.toString().replace(":", "%3A");
        return URI.create(url() + '/' + String.join(",", streams) + query);
    }

    boolean gzip() {
        return getString(COMPRESSION).equals("gzip");
    }

    /**
     * Whether edits are taken from {@code page_change}. If {@code recentchange} is read too, that
     * stream holds label facts only, or every edit would come twice.
     */
    static boolean editsFromPageChange(List<String> allStreams) {
        return !allStreams.contains("recentchange") && !allStreams.contains("mediawiki.recentchange");
    }
}
