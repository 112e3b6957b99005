package org.wikisentry.connect.eventstreams.it;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * How many events a second go from the replay server at full speed into Kafka, committed exactly
 * once; and beside it, what a producer alone manages with the same records and transactions.
 */
final class Throughput {
    private static final String ALONE = "producer.alone";
    private static final int TRANSACTION = 2_000;
    private static final Duration LOOK = Duration.ofMillis(100);

    private final int repeat;

    Throughput(Map<String, String> options) {
        repeat = Integer.parseInt(options.getOrDefault("repeat", "60"));
    }

    void run() throws Exception {
        try (Platform platform = new Platform()) {
            Path recording = Recording.write(platform.folder());
            Expected expected = new Expected();
            List<byte[]> values = new ArrayList<>();
            Path log = platform.folder().resolve("replay.log");
            try (ReplayServer replay = new ReplayServer(
                    ChildProcess.freePort(), log, recording, "max", repeat, 0, "")) {
                replay.read(Recording.STREAMS, data -> {
                    expected.add(data);
                    if (values.size() < 50_000 && expected.entries.size() > values.size()) {
                        values.add(data.getBytes(StandardCharsets.UTF_8));
                    }
                });
                producerAlone(platform, values, expected.entries.size());
                connector(platform, replay, expected);
            }
        }
    }

    private static void producerAlone(Platform platform, List<byte[]> values, int count) throws Exception {
        try (Admin admin = platform.admin()) {
            admin.createTopics(List.of(new NewTopic(ALONE, Platform.PARTITIONS, (short) 1))).all().get();
        }
        Properties settings = new Properties();
        settings.put("bootstrap.servers", platform.bootstrap());
        settings.put("transactional.id", "alone");
        double cpu = platform.broker().cpuSeconds();
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            // The first fifth warms both machines up.
            int warm = count / 5;
            long begun = 0;
            for (int at = 0; at < count; at++) {
                if (at == warm) {
                    begun = System.nanoTime();
                }
                if (at % TRANSACTION == 0) {
                    producer.beginTransaction();
                }
                byte[] value = values.get(at % values.size());
                producer.send(new ProducerRecord<>(ALONE, Integer.toString(at % 5_000).getBytes(StandardCharsets.UTF_8), value));
                if (at % TRANSACTION == TRANSACTION - 1 || at == count - 1) {
                    producer.commitTransaction();
                }
            }
            report("producer alone", count - warm, System.nanoTime() - begun);
        }
        System.out.printf("  broker %.1f CPU s%n", platform.broker().cpuSeconds() - cpu);
    }

    private static void connector(Platform platform, ReplayServer replay, Expected expected) throws Exception {
        int count = expected.entries.size();
        double broker = platform.broker().cpuSeconds();
        double worker = platform.worker().cpuSeconds();
        platform.configure(replay.url(), Map.of(
                "streams", String.join(",", Recording.STREAMS), "compression", "identity"));
        int warm = count / 5;
        long begun = 0;
        long atBegin = 0;
        try (Admin admin = platform.admin()) {
            while (true) {
                // Markers of transactions take offsets, too: this is when to look closer, no count.
                long committed = committed(admin);
                if (begun == 0 && committed >= warm) {
                    begun = System.nanoTime();
                    atBegin = committed;
                }
                if (committed >= count) {
                    break;
                }
                platform.requireNoFailedTask();
                Thread.sleep(LOOK.toMillis());
            }
        }
        long nearlyDone = System.nanoTime();
        report("connector", count - atBegin, nearlyDone - begun);
        System.out.printf("  worker %.1f CPU s, %.0f MiB resident; broker %.1f CPU s%n",
                platform.worker().cpuSeconds() - worker, platform.worker().residentMebibytes(),
                platform.broker().cpuSeconds() - broker);
        try (CommittedReader reader = new CommittedReader(platform.bootstrap(), expected, 0)) {
            while (reader.distinct() < count) {
                reader.poll(Duration.ofSeconds(1));
                if (!reader.wrong().isEmpty()) {
                    throw new Main.Failure(String.join("\n", reader.wrong()));
                }
            }
        }
        System.out.println("  each of " + count + " records once, unchanged, in order");
    }

    private static long committed(Admin admin) throws InterruptedException, ExecutionException {
        Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
        for (String topic : Platform.TOPICS) {
            for (int partition = 0; partition < Platform.PARTITIONS; partition++) {
                wanted.put(new TopicPartition(topic, partition), OffsetSpec.latest());
            }
        }
        var options = new ListOffsetsOptions(IsolationLevel.READ_COMMITTED);
        return admin.listOffsets(wanted, options).all().get().values().stream()
                .mapToLong(ListOffsetsResultInfo::offset)
                .sum();
    }

    private static void report(String what, long events, long nanos) {
        System.out.printf("%s: %d events in %.1f s, %.0f events/s%n", what, events, nanos / 1e9, events / (nanos / 1e9));
    }
}
