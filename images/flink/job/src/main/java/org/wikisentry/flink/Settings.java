package org.wikisentry.flink;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * The settings of the job, from one JSON file; the README of the image has the table. Where Kafka and the object store are
 * comes from the environment instead.
 *
 * @param topicPrefix before the name of each topic
 * @param bucket of models and lake
 * @param model name of its registry
 * @param scoreBots whether edits of bots are scored
 * @param rules the rules of alerts, JSON for {@link Native#openRules}
 * @param parallelism of all operators but the watch
 * @param hold how long edits wait at most for more of the same lake file
 * @param holdRows how many do, in one subtask
 * @param dedupeTtl how long ids are remembered
 * @param start where the sources begin without a checkpoint
 */
record Settings(
        String topicPrefix,
        String bucket,
        String model,
        boolean scoreBots,
        byte[] rules,
        int parallelism,
        Duration hold,
        int holdRows,
        Duration dedupeTtl,
        Start start) {

    /** Where the sources begin without a checkpoint or savepoint. */
    enum Start {
        /** After what the job's group has committed; at the earliest record if it has not. */
        COMMITTED,
        EARLIEST
    }

    /** Every operator's key groups; with another number no checkpoint can be read. */
    static final int MAX_PARALLELISM = 128;

    private static final int MOST_BYTES = 1 << 20;
    private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,62}");
    private static final Pattern PREFIX = Pattern.compile("[a-zA-Z0-9._-]{0,100}");
    private static final List<String> KNOWN = List.of(
            "topic_prefix", "bucket", "model", "score_bots", "alerts", "parallelism", "hold_seconds", "hold_rows",
            "dedupe_ttl_seconds", "start_from");

    /**
     * Reads and checks the file; the rules of alerts are left to the core.
     *
     * @throws SettingsException with the file, the setting, what is wrong and what is possible
     */
    static Settings read(Path file) {
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw new SettingsException("has more than " + MOST_BYTES + " bytes");
            }
            return parse(Files.readAllBytes(file));
        } catch (NoSuchFileException missing) {
            throw new SettingsException(file + ": is not there; mount it, or name another in FLINK_JOB_SETTINGS");
        } catch (IOException failure) {
            throw new SettingsException(file + ": cannot be read: " + failure);
        } catch (SettingsException wrong) {
            throw new SettingsException(file + ": " + wrong.getMessage());
        }
    }

    static Settings parse(byte[] json) {
        Fields fields = new Fields(object(json));
        fields.refuseUnknown();
        return new Settings(
                fields.text("topic_prefix", "", PREFIX, "at most 100 letters, digits, '.', '_' and '-'"),
                fields.text("bucket", null, BUCKET, "3 to 63 lower-case letters, digits, '.' and '-'"),
                fields.text("model", "edit-risk", NAME, "lower-case letters, digits, '.', '_' and '-'"),
                fields.flag("score_bots", false),
                fields.object("alerts"),
                fields.number("parallelism", 1, 1, MAX_PARALLELISM),
                Duration.ofSeconds(fields.number("hold_seconds", 60, 1, 3_600)),
                fields.number("hold_rows", 20_000, 1, 1_000_000),
                Duration.ofSeconds(fields.number("dedupe_ttl_seconds", 3_600, 60, 604_800)),
                fields.start("start_from"));
    }

    private static ObjectNode object(byte[] json) {
        ObjectMapper mapper = new ObjectMapper().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
        try (JsonParser parser = mapper.createParser(json)) {
            JsonNode node = mapper.readTree(parser);
            if (!(node instanceof ObjectNode object)) {
                throw new SettingsException("must be a JSON object");
            }
            if (parser.nextToken() != null) {
                throw new SettingsException("must be one JSON object with nothing after it");
            }
            return object;
        } catch (JsonProcessingException wrong) {
            String where = wrong.getLocation() == null ? "" : "line " + wrong.getLocation().getLineNr() + ": ";
            throw new SettingsException("is not JSON: " + where + wrong.getOriginalMessage());
        } catch (IOException impossible) {
            throw new SettingsException("is not JSON: " + impossible.getMessage());
        }
    }

    /** The fields of the file, each read once and checked. */
    private record Fields(ObjectNode all) {
        void refuseUnknown() {
            List<String> unknown = new ArrayList<>();
            for (Iterator<String> names = all.fieldNames(); names.hasNext(); ) {
                String name = names.next();
                if (!KNOWN.contains(name)) {
                    unknown.add(name);
                }
            }
            if (!unknown.isEmpty()) {
                throw new SettingsException(
                        "unknown: " + String.join(", ", unknown) + "; there are " + String.join(", ", KNOWN));
            }
        }

        String text(String name, String otherwise, Pattern pattern, String allowed) {
            JsonNode value = all.get(name);
            if (value == null && otherwise != null) {
                return otherwise;
            }
            if (value == null) {
                throw new SettingsException(name + ": is missing; it must be " + allowed);
            }
            if (!value.isTextual() || !pattern.matcher(value.textValue()).matches()) {
                throw wrong(name, allowed, value);
            }
            return value.textValue();
        }

        boolean flag(String name, boolean otherwise) {
            JsonNode value = all.get(name);
            if (value != null && !value.isBoolean()) {
                throw wrong(name, "true or false", value);
            }
            return value == null ? otherwise : value.booleanValue();
        }

        int number(String name, int otherwise, int least, int most) {
            JsonNode value = all.get(name);
            if (value == null) {
                return otherwise;
            }
            if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < least
                    || value.intValue() > most) {
                throw wrong(name, "a whole number from " + least + " to " + most, value);
            }
            return value.intValue();
        }

        byte[] object(String name) {
            if (!(all.get(name) instanceof ObjectNode value)) {
                throw new SettingsException(name + ": must be an object with the rules of alerts");
            }
            return value.toString().getBytes(StandardCharsets.UTF_8);
        }

        Start start(String name) {
            String value = text(name, "committed", Pattern.compile("committed|earliest"), "committed or earliest");
            return value.equals("earliest") ? Start.EARLIEST : Start.COMMITTED;
        }

        private static SettingsException wrong(String name, String allowed, JsonNode value) {
            return new SettingsException(name + ": must be " + allowed + ", not " + value);
        }
    }
}
