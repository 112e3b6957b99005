package org.wikisentry.flink;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.lineage.DefaultKafkaDatasetFacet;
import org.apache.flink.connector.kafka.lineage.DefaultKafkaDatasetIdentifier;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacet;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacetProvider;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.sink.TransactionNamingStrategy;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;
import org.apache.kafka.clients.producer.ProducerRecord;

/** The topics that the job reads and writes. Names of groups and transactions begin as Kafka's rights want it. */
final class Topics {
    private static final String GROUP = "flink";
    /** Another one, so that its lag is seen apart. */
    private static final String GROUP_OF_FACTS = "flink-facts";
    private static final String TRANSACTIONS = "flink-classified";
    /** Longer than any outage that exactly once outlives; a broker allows 15 minutes unless told otherwise. */
    private static final String TRANSACTION_TIMEOUT_MS = "600000";
    /** The rest of a producer's settings. Events are JSON, which shrinks to a quarter. */
    private static final String[][] PRODUCER = {
        {"transaction.timeout.ms", TRANSACTION_TIMEOUT_MS},
        {"compression.type", "lz4"},
        {"linger.ms", "5"},
        {"batch.size", "131072"},
    };

    private final Properties client;
    private final String prefix;

    /** Arguments: settings of every client, such as the address; what begins each topic's name. */
    Topics(Properties client, String prefix) {
        this.client = client;
        this.prefix = prefix;
    }

    KafkaSource<RawEvent> edits(Settings.Start start) {
        return source(GROUP, start, "edits.registered", "edits.anonymous", "edits.bot");
    }

    KafkaSource<RawEvent> facts(Settings.Start start) {
        return source(GROUP_OF_FACTS, start, "revision.tags");
    }

    /** Kafka's clients call the enum old, the connector has no other. */
    @SuppressWarnings("deprecation")
    private KafkaSource<RawEvent> source(String group, Settings.Start start, String... topics) {
        OffsetsInitializer offsets = switch (start) {
            case COMMITTED -> OffsetsInitializer.committedOffsets(OffsetResetStrategy.EARLIEST);
            case EARLIEST -> OffsetsInitializer.earliest();
        };
        return KafkaSource.<RawEvent>builder()
                .setProperties(client)
                .setTopics(Arrays.stream(topics).map(topic -> prefix + topic).toList())
                .setGroupId(group)
                .setStartingOffsets(offsets)
                .setProperty("isolation.level", "read_committed")
                .setProperty("partition.discovery.interval.ms", "60000")
                .setDeserializer(new RawEvents())
                .build();
    }

    KafkaSink<byte[]> classified() {
        return KafkaSink.<byte[]>builder()
                .setKafkaProducerConfig(producer())
                .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
                .setTransactionalIdPrefix(TRANSACTIONS)
                // A few names that are used again, not one more at each checkpoint.
                .setTransactionNamingStrategy(TransactionNamingStrategy.POOLING)
                .setRecordSerializer(new Classified(prefix + "edits.classified"))
                .build();
    }

    KafkaSink<Tuple2<byte[], byte[]>> alerts() {
        return atLeastOnce(new Alerts(prefix + "alerts"));
    }

    KafkaSink<byte[]> deadLetters() {
        return atLeastOnce(new DeadLetters(prefix + "deadletter"));
    }

    private <T> KafkaSink<T> atLeastOnce(KafkaRecordSerializationSchema<T> schema) {
        return KafkaSink.<T>builder()
                .setKafkaProducerConfig(producer())
                .setDeliveryGuarantee(DeliveryGuarantee.AT_LEAST_ONCE)
                .setRecordSerializer(schema)
                .build();
    }

    private Properties producer() {
        Properties all = new Properties();
        all.putAll(client);
        for (String[] setting : PRODUCER) {
            all.setProperty(setting[0], setting[1]);
        }
        return all;
    }

    private static final class RawEvents implements KafkaRecordDeserializationSchema<RawEvent> {
        private static final long serialVersionUID = 1L;

        @Override
        public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<RawEvent> out) {
            byte[] bytes = record.value() == null ? new byte[0] : record.value();
            out.collect(new RawEvent(record.topic(), record.partition(), record.offset(), record.timestamp(), bytes));
        }

        @Override
        public TypeInformation<RawEvent> getProducedType() {
            return Types.POJO(RawEvent.class);
        }
    }

    /** Pooled transactions are looked up by topic, which the serializer must therefore name. */
    private record Classified(String topic) implements KafkaRecordSerializationSchema<byte[]>, KafkaDatasetFacetProvider {
        @Override
        public ProducerRecord<byte[], byte[]> serialize(byte[] edit, KafkaSinkContext context, Long timestamp) {
            return new ProducerRecord<>(topic, ClassifiedEdit.key(edit), ClassifiedEdit.json(edit));
        }

        @Override
        public Optional<KafkaDatasetFacet> getKafkaDatasetFacet() {
            return Optional.of(new DefaultKafkaDatasetFacet(
                    DefaultKafkaDatasetIdentifier.ofTopics(List.of(topic)), new Properties()));
        }
    }

    private record Alerts(String topic) implements KafkaRecordSerializationSchema<Tuple2<byte[], byte[]>> {
        @Override
        public ProducerRecord<byte[], byte[]> serialize(
                Tuple2<byte[], byte[]> alert, KafkaSinkContext context, Long timestamp) {
            return new ProducerRecord<>(topic, alert.f0, alert.f1);
        }
    }

    private record DeadLetters(String topic) implements KafkaRecordSerializationSchema<byte[]> {
        @Override
        public ProducerRecord<byte[], byte[]> serialize(byte[] letter, KafkaSinkContext context, Long timestamp) {
            return new ProducerRecord<>(topic, letter);
        }
    }
}
