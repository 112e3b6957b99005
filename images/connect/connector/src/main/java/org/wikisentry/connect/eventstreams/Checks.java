package org.wikisentry.connect.eventstreams;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigDef.Validator;
import org.apache.kafka.common.config.ConfigException;

/** The checks of single settings. Each refusal says what would be right. */
final class Checks {
    /** What {@code topic.*} may say in place of a part of the name. */
    static final String USER_TYPE = "{user_type}";
    static final String STREAM = "{stream}";

    private static final Pattern STREAM_NAME = Pattern.compile("(?!\\.+$)[A-Za-z0-9._-]+");
    private static final Pattern TOPIC_NAME = Pattern.compile("[A-Za-z0-9._-]{1,249}");
    private static final Pattern PRIVATE_ADDRESS =
            Pattern.compile("(127|10)(\\.\\d{1,3}){3}|192\\.168(\\.\\d{1,3}){2}|172\\.(1[6-9]|2\\d|3[01])(\\.\\d{1,3}){2}");

    static final Validator CONTACT = new Check("an e-mail address or a web page", value -> {
        String contact = ((String) value).strip();
        boolean sendable = contact.chars().allMatch(c -> c >= ' ' && c <= '~' && c != '(' && c != ')');
        require(!contact.isEmpty(), "Wikimedia requires a contact");
        require(sendable, "it cannot stand in a header: only ASCII, no parentheses");
    });

    static final Validator STREAM_NAMES = new Check("names of streams", value -> {
        List<?> names = (List<?>) value;
        require(!names.isEmpty(), "it names no stream");
        for (Object name : names) {
            require(STREAM_NAME.matcher((String) name).matches(),
                    "`" + name + "` is no stream name (letters, digits and ._- only)");
        }
    });

    static final Validator BASE_URL = new Check("an https address", value -> {
        URI url = uri((String) value);
        boolean http = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
        require(http && url.getHost() != null, "it must begin with https://");
        require(url.getQuery() == null && url.getFragment() == null, "a query or fragment has no meaning here");
        require(url.getUserInfo() == null, "a password would end up in logs");
        require("https".equals(url.getScheme()) || isNear(url.getHost()),
                "http would show and change events on their way; use https");
    });

    static final Validator START = new Check("empty, an age such as 6h, or a past RFC 3339 time", value -> {
        String text = ((String) value).strip();
        if (!text.isEmpty()) {
            try {
                Since.parse(text, Instant.now());
            } catch (DateTimeException | ArithmeticException none) {
                throw new IllegalArgumentException("it is neither a past RFC 3339 time nor an age such as 6h");
            }
        }
    });

    static final Validator EDITS_TOPIC = new Check("a topic name, with {user_type} or {stream} in it", value ->
            requireTopic(((String) value).replace(USER_TYPE, "registered").replace(STREAM, "s")));

    static final Validator STREAM_TOPIC = new Check("a topic name, with {stream} in it", value ->
            requireTopic(((String) value).replace(STREAM, "s")));

    static final Validator OPTIONAL_TOPIC = new Check("empty, or a topic name, with {stream} in it", value -> {
        String pattern = (String) value;
        if (!pattern.isEmpty()) {
            requireTopic(pattern.replace(STREAM, "s"));
        }
    });

    static final Validator PLAIN_TOPIC = new Check("a topic name", value -> requireTopic((String) value));

    private Checks() {}

    private static URI uri(String text) {
        try {
            return new URI(text.strip());
        } catch (URISyntaxException none) {
            throw new IllegalArgumentException("it is no address: " + none.getMessage());
        }
    }

    /** This machine, its container host, its network, or a name that only a local resolver knows. */
    static boolean isNear(String host) {
        return host.equals("host.docker.internal")
                || host.equals("[::1]")
                || host.endsWith(".localhost")
                || host.indexOf('.') < 0
                || PRIVATE_ADDRESS.matcher(host).matches();
    }

    private static void requireTopic(String name) {
        boolean legal = TOPIC_NAME.matcher(name).matches() && !name.equals(".") && !name.equals("..");
        require(legal, "it is no topic name (letters, digits and ._- only, at most 249)");
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }

    /** A check with the words that documentation uses for it. */
    private record Check(String wanted, Consumer<Object> check) implements Validator {
        @Override
        public void ensureValid(String name, Object value) {
            try {
                if (value == null) {
                    throw new IllegalArgumentException("it is not set");
                }
                check.accept(value);
            } catch (IllegalArgumentException refused) {
                throw new ConfigException(name, value, refused.getMessage());
            }
        }

        @Override
        public String toString() {
            return wanted;
        }
    }
}
