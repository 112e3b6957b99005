//! Topics are read from any start, in order, and only what was committed.

use super::scratch::{Scratch, TIMEOUT};
use rdkafka::producer::{BaseProducer, Producer};
use std::ops::ControlFlow;
use wikisentry_driver::kafka::{KafkaError, ReadRecord, ReadRequest, ReadStart, ReadStep};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a data layer: scripts/check_data_layer.sh"]
async fn a_topic_is_read_from_any_start_in_the_order_of_time() {
    let topic = Scratch::new("read", 3);
    topic.create().await;
    let now = topic.now;
    let producer: BaseProducer = topic.config().create().unwrap();
    let records = [
        (0, 0, "a"),
        (1, 10, "b"),
        (0, 20, "c"),
        (1, 30, "d"),
        (1, 40, "e"),
        (0, 50, "f"),
    ];
    topic.write(&producer, &records);
    for (start, max, expected) in [
        (ReadStart::Beginning, None, "abcdef"),
        (ReadStart::Beginning, Some(2), "ab"),
        (ReadStart::Beginning, Some(6), "abcdef"),
        (ReadStart::Beginning, Some(0), ""),
        (ReadStart::End, None, ""),
        (ReadStart::Last(0), None, ""),
        (ReadStart::Last(4), None, "cdef"),
        (ReadStart::Last(4), Some(3), "cde"),
        (ReadStart::Last(100), None, "abcdef"),
        (ReadStart::Time(now + 20), None, "cdef"),
        (ReadStart::Time(now + 99), None, ""),
        (ReadStart::Time(-5), None, "abcdef"),
    ] {
        let values = topic.read(start, max);
        assert_eq!(values.concat(), expected, "{start:?} {max:?}");
    }
    // What is not kept is not counted either.
    for (start, max, expected) in [
        (ReadStart::Beginning, None, "adf"),
        (ReadStart::Beginning, Some(2), "ad"),
        (ReadStart::Last(2), None, "df"),
        (ReadStart::Last(2), Some(1), "d"),
        (ReadStart::Last(100), None, "adf"),
        (ReadStart::Time(now + 20), None, "df"),
    ] {
        let keep = |record: &ReadRecord<'_>| matches!(record.value, Some(b"a" | b"d" | b"f"));
        let values = topic.read_only(start, max, keep);
        assert_eq!(values.concat(), expected, "{start:?} {max:?}");
    }
    // Nothing before the floor is read, wherever the reading starts.
    for (start, floor, expected) in [
        (ReadStart::Beginning, now + 30, "def"),
        (ReadStart::Last(100), now + 30, "def"),
        (ReadStart::Last(2), now + 30, "ef"),
        (ReadStart::Last(2), now + 50, "f"),
        (ReadStart::Time(now + 10), now + 30, "def"),
        (ReadStart::Time(now + 40), now + 30, "ef"),
        (ReadStart::End, now, ""),
        (ReadStart::Beginning, now + 99, ""),
    ] {
        let read = ReadRequest {
            topic: topic.spec.name.clone(),
            start,
            floor: Some(floor),
            follow: false,
            max: None,
        };
        let values = topic.values(&read, |_| true);
        assert_eq!(values.concat(), expected, "{start:?} {floor}");
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
#[ignore = "needs a data layer: scripts/check_data_layer.sh"]
async fn only_committed_transactions_are_seen_and_counted() {
    let topic = Scratch::new("transactions", 1);
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
        topic.write(&producer, &[(0, round, &format!("{round},"))]);
        if round < 20 {
            producer.commit_transaction(TIMEOUT).unwrap();
        } else {
            producer.abort_transaction(TIMEOUT).unwrap();
        }
    }
    let values = topic.read(ReadStart::Last(3), None);
    assert_eq!(values.concat(), "17,18,19,");
    let all: Vec<_> = (0..20).map(|round| format!("{round},")).collect();
    assert_eq!(topic.read(ReadStart::Beginning, None), all);

    // An open transaction is the end.
    producer.begin_transaction().unwrap();
    topic.write(&producer, &[(0, 100, "open")]);
    assert_eq!(topic.read(ReadStart::Last(1), None), ["19,"]);
    producer.abort_transaction(TIMEOUT).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a data layer: scripts/check_data_layer.sh"]
async fn whoever_follows_sees_what_comes_later_and_stops_when_he_wants() {
    let topic = Scratch::new("follow", 2);
    topic.create().await;
    let producer: BaseProducer = topic.config().create().unwrap();
    topic.write(&producer, &[(1, 0, "old")]);
    let read = ReadRequest {
        topic: topic.spec.name.clone(),
        start: ReadStart::Last(1),
        floor: None,
        follow: true,
        max: None,
    };
    let (mut values, mut waited) = (Vec::new(), false);
    let ended = topic.kafka().read(&read, |step| {
        match step {
            ReadStep::Record(record) => {
                values.push((record.partition, record.value.unwrap().to_vec()))
            }
            ReadStep::Waiting if values.len() == 1 && !waited => {
                waited = true;
                topic.write(&producer, &[(0, 1, "new"), (1, 2, "newer")]);
            }
            ReadStep::Waiting => {}
        }
        if values.len() == 3 {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    ended.unwrap();
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

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a data layer: scripts/check_data_layer.sh"]
async fn a_missing_topic_is_said_to_be_missing_and_is_not_created() {
    let topic = Scratch::new("missing", 1);
    let read = ReadRequest {
        topic: topic.spec.name.clone(),
        start: ReadStart::Beginning,
        floor: None,
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
