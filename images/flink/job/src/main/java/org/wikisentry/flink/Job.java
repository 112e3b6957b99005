package org.wikisentry.flink;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.connector.file.sink.FileSink;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.filesystem.OutputFileConfig;
import org.apache.flink.streaming.api.functions.sink.filesystem.rollingpolicies.OnCheckpointRollingPolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Classifies edits: from Kafka to {@code edits.classified}, the lake and alerts; and keeps label facts. Names of operators are their uids: a
 * checkpoint finds its state by them, so they stay as they are.
 */
public final class Job {
    private static final Logger LOG = LoggerFactory.getLogger(Job.class);
    private static final long LOOK_AT_FILES_MS = 10_000;
    /** As `start` ends where its environment is wrong. */
    private static final int EXIT_SETTINGS = 2;

    private Job() {}

    /** Arguments: the file of the settings, the properties of Kafka's clients. */
    public static void main(String[] arguments) throws Exception {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        try {
            prepare(env, arguments);
        } catch (SettingsException | NativeException | IOException | LinkageError wrong) {
            // Flink would note a failed application and stay: nobody would restart it with better settings.
            LOG.error("the job does not start: {}", wrong.getMessage());
            System.exit(EXIT_SETTINGS);
        }
        env.execute("classify");
    }

    private static void prepare(StreamExecutionEnvironment env, String[] arguments) throws IOException {
        if (arguments.length != 2) {
            throw new SettingsException("give the file of the settings and that of Kafka's clients");
        }
        Settings settings = Settings.read(Path.of(arguments[0]));
        try {
            Native.freeRules(Native.openRules(settings.rules()));
        } catch (NativeException wrong) {
            throw new SettingsException(arguments[0] + ": alerts: " + wrong.getMessage());
        }
        build(env, settings, new Topics(properties(Path.of(arguments[1])), settings.topicPrefix()));
    }

    private static Properties properties(Path file) throws IOException {
        Properties properties = new Properties();
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        }
        return properties;
    }

    static void build(StreamExecutionEnvironment env, Settings settings, Topics topics) {
        env.getConfig().enableObjectReuse();
        env.setParallelism(settings.parallelism());
        env.setMaxParallelism(Settings.MAX_PARALLELISM);
        String store = "s3://" + settings.bucket();
        String models = store + "/models/" + settings.model();

        SingleOutputStreamOperator<byte[]> classified = env
                .fromSource(topics.edits(settings.start()), WatermarkStrategy.noWatermarks(), "edits")
                .uid("edits")
                .process(new Classify(models, settings.scoreBots()))
                .returns(Bytes.TYPE)
                .name("classify")
                .uid("classify");
        SingleOutputStreamOperator<byte[]> facts = facts(env, settings, topics);
        classified.getSideOutput(Classify.DEAD_LETTERS)
                .union(facts.getSideOutput(Classify.DEAD_LETTERS))
                .sinkTo(topics.deadLetters())
                .name("deadletter")
                .uid("deadletter");

        DataStream<byte[]> edits = classified
                .keyBy(ClassifiedEdit::idHigh, Types.LONG)
                .process(new Dedupe(settings.dedupeTtl()))
                .returns(Bytes.TYPE)
                .name("dedupe")
                .uid("dedupe");
        edits.sinkTo(topics.classified()).name("edits.classified").uid("edits.classified");
        edits.transform("hold", Bytes.TYPE, new Hold(settings.hold(), settings.holdRows()))
                .uid("hold")
                .sinkTo(lake(store))
                .name("lake")
                .uid("lake");
        alerts(edits, settings, models, topics);
        labels(facts, settings, store);
    }

    private static SingleOutputStreamOperator<byte[]> facts(
            StreamExecutionEnvironment env, Settings settings, Topics topics) {
        return env.fromSource(topics.facts(settings.start()), WatermarkStrategy.noWatermarks(), "revision.tags")
                .uid("revision.tags")
                .process(new Facts())
                .returns(Bytes.TYPE)
                .name("facts")
                .uid("facts");
    }

    private static void labels(DataStream<byte[]> facts, Settings settings, String store) {
        facts.keyBy(ClassifiedEdit::idHigh, Types.LONG)
                .process(new Dedupe(settings.dedupeTtl()))
                .returns(Bytes.TYPE)
                .name("dedupe facts")
                .uid("dedupe facts")
                .transform(
                        "hold facts",
                        Bytes.TYPE,
                        new Hold(settings.hold(), settings.holdRows(), Hold.MOST_BYTES_OF_FACTS))
                .uid("hold facts")
                .sinkTo(labels(store))
                .name("labels")
                .uid("labels");
    }

    private static FileSink<byte[]> lake(String store) {
        return FileSink.forBulkFormat(new org.apache.flink.core.fs.Path(store, "edits"), LakeWriter.Content.EDITS)
                .withBucketAssigner(new LakeBucket())
                .withRollingPolicy(OnCheckpointRollingPolicy.build())
                .withOutputFileConfig(OutputFileConfig.builder()
                        .withPartPrefix("part")
                        .withPartSuffix(Native.fileSuffix())
                        .build())
                .withBucketCheckInterval(LOOK_AT_FILES_MS)
                .build();
    }

    /** The embedded archiver names its files by offsets: the prefix tells these apart. */
    private static FileSink<byte[]> labels(String store) {
        return FileSink.forBulkFormat(new org.apache.flink.core.fs.Path(store, "labels"), LakeWriter.Content.FACTS)
                .withBucketAssigner(new FactDay())
                .withRollingPolicy(new FactFiles())
                .withOutputFileConfig(OutputFileConfig.builder()
                        .withPartPrefix("flink")
                        .withPartSuffix(Native.factSuffix())
                        .build())
                .withBucketCheckInterval(LOOK_AT_FILES_MS)
                .build();
    }

    private static void alerts(DataStream<byte[]> edits, Settings settings, String models, Topics topics) {
        DataStream<byte[]> bursts = edits
                .filter(edit -> ClassifiedEdit.user(edit) != 0)
                .name("of users")
                .uid("of users")
                .keyBy(ClassifiedEdit::user, Types.LONG)
                .process(new Detect(Detect.Kind.BURST, settings.rules()))
                .returns(Bytes.TYPE)
                .name("bursts")
                .uid("bursts");
        DataStream<byte[]> wars = edits
                .filter(edit -> !ClassifiedEdit.isBot(edit))
                .name("of people")
                .uid("of people")
                .keyBy(ClassifiedEdit::page, Types.LONG)
                .process(new Detect(Detect.Kind.WAR, settings.rules()))
                .returns(Bytes.TYPE)
                .name("wars")
                .uid("wars");
        edits.map(new Signal(settings.rules()))
                .returns(Bytes.TYPE)
                .name("signals")
                .uid("signals")
                .connect(bursts.union(wars))
                .transform("watch", Bytes.KEYED, new Watch(models, settings.rules()))
                .uid("watch")
                .forceNonParallel()
                .sinkTo(topics.alerts())
                .setParallelism(1)
                .name("alerts")
                .uid("alerts");
    }
}
