//! The Kafka driver held to a real broker, whose address is in WIKISENTRY_TEST_KAFKA.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;
use wikisentry_driver::kafka::{
    Cleanup, ConfigChange, Ended, Kafka, KafkaError, Read, Start, Step, TopicAction, TopicSpec,
};

const TIMEOUT: Duration = Duration::from_secs(20);

/// A topic of a test; deleted with it, also on panic.
struct Scratch {
    bootstrap: String,
    spec: TopicSpec,
}

impl Scratch {
    /// `None`, and says so, if there is no broker to test with.
    fn new(what: &str, partitions: i32) -> Option<Self> {
        let Ok(bootstrap) = std::env::var("WIKISENTRY_TEST_KAFKA") else {
            println!("not run: WIKISENTRY_TEST_KAFKA names no broker");
            return None;
        };
        let stamp = jiff::Timestamp::now().as_nanosecond();
        let spec = TopicSpec {
            name: format!("test-{what}-{stamp}"),
            partitions,
            replication: 1,
            retention_ms: Some(3_600_000_000),
            retention_bytes: Some(1 << 30),
            cleanup: Cleanup::Delete,
            config: BTreeMap::new(),
        };
        Some(Self { bootstrap, spec })
    }

    fn kafka(&self) -> Kafka {
        Kafka::new(&self.bootstrap, TIMEOUT)
    }

    fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap);
        config
    }

    fn admin(&self) -> AdminClient<DefaultClientContext> {
        self.config().create().unwrap()
    }

    async fn create(&self) {
        let kafka = self.kafka();
        let done = kafka.ensure_topics(std::slice::from_ref(&self.spec)).await;
        assert_eq!(done.unwrap()[0].action, TopicAction::Create);
    }

    /// Writes records with their partition and time.
    fn write(&self, producer: &BaseProducer, records: &[(i32, i64, &str)]) {
        for (partition, time, value) in records {
            let record = BaseRecord::to(&self.spec.name)
                .partition(*partition)
                .timestamp(*time)
                .key("k")
                .payload(*value);
            producer.send(record).unwrap();
        }
        producer.flush(TIMEOUT).unwrap();
    }

    fn read(&self, start: Start, max: Option<u64>) -> (Vec<String>, Ended) {
        let read = Read {
            topic: self.spec.name.clone(),
            start,
            follow: false,
            max,
        };
        let mut values = Vec::new();
        let ended = self.kafka().read(&read, |step| {
            if let Step::Record(record) = step {
                values.push(String::from_utf8(record.value.unwrap().to_vec()).unwrap());
            }
            ControlFlow::Continue(())
        });
        (values, ended.unwrap())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let admin = self.admin();
        let name = self.spec.name.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            let topics = [name.as_str()];
            let options = AdminOptions::new();
            let _ = runtime.map(|one| one.block_on(admin.delete_topics(&topics, &options)));
        })
        .join()
        .ok();
    }
}

#[tokio::test]
async fn topics_are_created_changed_and_kept_and_what_others_set_stays() {
    let Some(mut topic) = Scratch::new("ensure", 2) else {
        return;
    };
    let kafka = topic.kafka();
    let wanted = [topic.spec.clone()];
    let plan = kafka.diff_topics(&wanted).await.unwrap();
    assert_eq!(plan[0].action, TopicAction::Create);
    assert!(
        kafka
            .topics(&[wanted[0].name.clone()])
            .await
            .unwrap()
            .is_empty()
    );
    topic.create().await;
    let again = kafka.ensure_topics(&wanted).await.unwrap();
    assert_eq!(
        (again[0].action.clone(), again[0].partitions),
        (TopicAction::Keep, 2)
    );

    // Somebody sets something else by hand.
    let by_hand = AlterConfig::new(ResourceSpecifier::Topic(&topic.spec.name))
        .set("retention.ms", "3600000000")
        .set("retention.bytes", "1073741824")
        .set("cleanup.policy", "delete")
        .set("max.message.bytes", "2000000");
    let set = topic
        .admin()
        .alter_configs([&by_hand], &AdminOptions::new())
        .await;
    set.unwrap()[0].as_ref().unwrap();

    topic.spec.retention_ms = Some(7_200_000_000);
    topic.spec.partitions = 5;
    let wanted = [topic.spec.clone()];
    let expected = TopicAction::Change {
        partitions: Some(5),
        config: vec![ConfigChange {
            name: "retention.ms".into(),
            from: Some("3600000000".into()),
            to: "7200000000".into(),
        }],
    };
    assert_eq!(
        kafka.diff_topics(&wanted).await.unwrap()[0].action,
        expected
    );
    assert_eq!(
        kafka.ensure_topics(&wanted).await.unwrap()[0].action,
        expected
    );
    topic
        .spec
        .config
        .insert("max.message.bytes".into(), "2000000".into());
    topic.spec.partitions = 3;
    let kept = kafka.ensure_topics(&[topic.spec.clone()]).await.unwrap();
    assert_eq!(
        (kept[0].action.clone(), kept[0].partitions),
        (TopicAction::Keep, 5)
    );

    topic
        .spec
        .config
        .insert("no.such.setting".into(), "1".into());
    let refused = kafka
        .ensure_topics(&[topic.spec.clone()])
        .await
        .unwrap_err();
    assert!(matches!(refused, KafkaError::Refused { .. }), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_is_read_from_any_start_in_the_order_of_time() {
    let Some(topic) = Scratch::new("read", 3) else {
        return;
    };
    topic.create().await;
    let now = jiff::Timestamp::now().as_millisecond();
    let producer: BaseProducer = topic.config().create().unwrap();
    let records = [
        (0, now, "a"),
        (1, now + 10, "b"),
        (0, now + 20, "c"),
        (1, now + 30, "d"),
        (1, now + 40, "e"),
        (0, now + 50, "f"),
    ];
    topic.write(&producer, &records);
    for (start, max, expected, ended) in [
        (Start::Beginning, None, "abcdef", Ended::AtEnd),
        (Start::Beginning, Some(2), "ab", Ended::Enough),
        (Start::Beginning, Some(6), "abcdef", Ended::Enough),
        (Start::Beginning, Some(0), "", Ended::Enough),
        (Start::End, None, "", Ended::AtEnd),
        (Start::Last(0), None, "", Ended::AtEnd),
        (Start::Last(4), None, "cdef", Ended::AtEnd),
        (Start::Last(4), Some(3), "cde", Ended::Enough),
        (Start::Last(100), None, "abcdef", Ended::AtEnd),
        (Start::Time(now + 20), None, "cdef", Ended::AtEnd),
        (Start::Time(now + 99), None, "", Ended::AtEnd),
        (Start::Time(-5), None, "abcdef", Ended::AtEnd),
        (Start::Offset(2), None, "ef", Ended::AtEnd),
        (Start::Offset(99), None, "", Ended::AtEnd),
    ] {
        let (values, how) = topic.read(start, max);
        assert_eq!(
            (values.concat().as_str(), how),
            (expected, ended),
            "{start:?} {max:?}"
        );
    }
    let groups = topic.kafka().groups().await.unwrap();
    assert!(
        !groups
            .iter()
            .any(|group| group.name.starts_with("wikisentry-tail")),
        "{groups:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_committed_transactions_are_seen_and_counted() {
    let Some(topic) = Scratch::new("transactions", 1) else {
        return;
    };
    topic.create().await;
    let producer: BaseProducer = topic
        .config()
        .set("transactional.id", &topic.spec.name)
        .create()
        .unwrap();
    producer.init_transactions(TIMEOUT).unwrap();
    // As many markers as records, and more: the last ten lie further back than ten offsets.
    for round in 0..70_i64 {
        producer.begin_transaction().unwrap();
        topic.write(&producer, &[(0, 1_000_000 + round, &format!("{round},"))]);
        if round < 20 {
            producer.commit_transaction(TIMEOUT).unwrap();
        } else {
            producer.abort_transaction(TIMEOUT).unwrap();
        }
    }
    let (values, ended) = topic.read(Start::Last(3), None);
    assert_eq!(
        (values.concat().as_str(), ended),
        ("17,18,19,", Ended::AtEnd)
    );
    let all: Vec<_> = (0..20).map(|round| format!("{round},")).collect();
    assert_eq!(topic.read(Start::Beginning, None).0, all);

    // An open transaction is the end.
    producer.begin_transaction().unwrap();
    topic.write(&producer, &[(0, 2_000_000, "open")]);
    assert_eq!(topic.read(Start::Last(1), None).0, ["19,"]);
    producer.abort_transaction(TIMEOUT).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_follows_sees_what_comes_later_and_stops_when_he_wants() {
    let Some(topic) = Scratch::new("follow", 2) else {
        return;
    };
    topic.create().await;
    let producer: BaseProducer = topic.config().create().unwrap();
    topic.write(&producer, &[(1, 5_000, "old")]);
    let read = Read {
        topic: topic.spec.name.clone(),
        start: Start::Last(1),
        follow: true,
        max: None,
    };
    let (mut values, mut waited) = (Vec::new(), false);
    let ended = topic.kafka().read(&read, |step| {
        match step {
            Step::Record(record) => values.push((record.partition, record.value.unwrap().to_vec())),
            Step::Waiting if values.len() == 1 && !waited => {
                waited = true;
                topic.write(&producer, &[(0, 6_000, "new"), (1, 6_001, "newer")]);
            }
            Step::Waiting => {}
        }
        if values.len() == 3 {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    assert_eq!(ended.unwrap(), Ended::Stopped);
    values[1..].sort();
    assert_eq!(
        values,
        [
            (1, b"old".to_vec()),
            (0, b"new".to_vec()),
            (1, b"newer".to_vec())
        ]
    );
}

#[tokio::test]
async fn figures_of_topics_and_groups_are_those_of_the_broker() {
    let Some(topic) = Scratch::new("figures", 2) else {
        return;
    };
    topic.create().await;
    let producer: BaseProducer = topic.config().create().unwrap();
    topic.write(&producer, &[(0, 1, "one"), (0, 2, "two"), (1, 3, "three")]);
    let names = [topic.spec.name.clone(), "no-such-topic".to_owned()];
    let status = topic.kafka().topics(&names).await.unwrap();
    assert_eq!(status.len(), 1);
    assert_eq!((status[0].records(), status[0].end()), (3, 3));
    assert!(status[0].partitions.iter().all(|partition| partition.led));
    assert!(status[0].bytes.unwrap() > 100, "{status:?}");

    let group = format!("{}-group", topic.spec.name);
    {
        let consumer: BaseConsumer = topic.config().set("group.id", &group).create().unwrap();
        let mut offsets = TopicPartitionList::new();
        offsets
            .add_partition_offset(&topic.spec.name, 0, Offset::Offset(1))
            .unwrap();
        consumer
            .commit(&offsets, rdkafka::consumer::CommitMode::Sync)
            .unwrap();
    }
    let lag = topic.kafka().group_lag(&group, &names).await.unwrap();
    assert_eq!(lag.len(), 1);
    assert_eq!((lag[0].partition, lag[0].committed, lag[0].lag), (0, 1, 1));
    let groups = topic.kafka().groups().await.unwrap();
    assert!(groups.iter().any(|one| one.name == group), "{groups:?}");
    let deleted = topic.admin();
    deleted
        .delete_groups(&[&group], &AdminOptions::new())
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_topic_is_said_to_be_missing_and_is_not_created() {
    let Some(topic) = Scratch::new("missing", 1) else {
        return;
    };
    let read = Read {
        topic: topic.spec.name.clone(),
        start: Start::Beginning,
        follow: true,
        max: None,
    };
    let error = topic
        .kafka()
        .read(&read, |_| ControlFlow::Continue(()))
        .unwrap_err();
    assert!(matches!(error, KafkaError::NoTopic { .. }), "{error}");
    let names = [topic.spec.name.clone()];
    assert!(topic.kafka().topics(&names).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_does_not_answer_is_named_with_the_reason() {
    // A port that was free a moment ago.
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let address = format!("127.0.0.1:{port}");
    let kafka = Kafka::new(&address, Duration::from_secs(1));
    let read = Read {
        topic: "edits".into(),
        start: Start::End,
        follow: true,
        max: None,
    };
    let errors = [
        kafka.brokers().await.unwrap_err(),
        kafka.diff_topics(&[]).await.unwrap_err(),
        kafka.topics(&["edits".into()]).await.unwrap_err(),
        kafka
            .read(&read, |_| ControlFlow::Continue(()))
            .unwrap_err(),
    ];
    for error in errors {
        let text = error.to_string();
        assert!(text.contains(&address), "{text}");
        assert!(text.contains("Connection refused"), "{text}");
    }
}
