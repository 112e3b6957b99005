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

/**
 * Classifies edits: from Kafka to {@code edits.classified}, the lake and alerts. Names of operators are their uids: a
 * checkpoint finds its state by them, so they stay as they are.
 */
public final class Job {
    private static final long LOOK_AT_FILES_MS = 10_000;

    private Job() {}

    /** Arguments: the file of the settings, the properties of Kafka's clients. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 2) {
            throw new SettingsException("give the file of the settings and that of Kafka's clients");
        }
        Settings settings = Settings.read(Path.of(arguments[0]));
        // Refused here, before anything runs.
        try {
            Native.freeRules(Native.openRules(settings.rules()));
        } catch (NativeException wrong) {
            throw new SettingsException(arguments[0] + ": alerts: " + wrong.getMessage());
        }
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        build(env, settings, new Topics(properties(Path.of(arguments[1])), settings.topicPrefix()));
        env.execute("classify");
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
        classified.getSideOutput(Classify.DEAD_LETTERS)
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
    }

    private static FileSink<byte[]> lake(String store) {
        return FileSink.forBulkFormat(new org.apache.flink.core.fs.Path(store, "edits"), new LakeWriter.Factory())
                .withBucketAssigner(new LakeBucket())
                .withRollingPolicy(OnCheckpointRollingPolicy.build())
                .withOutputFileConfig(OutputFileConfig.builder()
                        .withPartPrefix("part")
                        .withPartSuffix(Native.fileSuffix())
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
