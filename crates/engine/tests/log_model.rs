//! The log against a model in memory: any sequence of commits, trims, syncs and reopenings.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints its seed"
)]

use proptest::prelude::*;
use std::collections::BTreeMap;
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;
use wikisentry_engine::log::{Log, LogOptions, OffsetRange, Record, Transaction};

#[derive(Debug, Clone)]
enum Step {
    Commit {
        appends: Vec<(usize, u16, i64)>,
        puts: Vec<(u8, Option<u8>)>,
    },
    Trim {
        topic: usize,
        percent: u64,
    },
    Sync,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    // Few topics, times that also go back, and runs long enough to be split.
    let append = (0..3usize, 0..1500u16, 1_000..9_000i64);
    let put = (0..6u8, proptest::option::of(any::<u8>()));
    prop_oneof![
        6 => (prop::collection::vec(append, 0..4), prop::collection::vec(put, 0..4))
            .prop_map(|(appends, puts)| Step::Commit { appends, puts }),
        2 => (0..3usize, 0..=110u64).prop_map(|(topic, percent)| Step::Trim { topic, percent }),
        1 => Just(Step::Sync),
        1 => Just(Step::Reopen),
    ]
}

#[derive(Default)]
struct Model {
    topics: BTreeMap<Topic, Vec<Record>>,
    first: BTreeMap<Topic, u64>,
    state: BTreeMap<String, Vec<u8>>,
}

fn record(seed: i64, index: u16) -> Record {
    let text = format!("{{\"n\":{index},\"seed\":{seed}}}");
    let value = text.repeat(1 + usize::from(index % 7)).into_bytes();
    let time = EventTime::from_millis(seed + i64::from(index) * 3 % 500).unwrap();
    Record {
        timestamp: time,
        key: format!("enwiki:Page {index}").into_bytes(),
        value,
    }
}

fn open(dir: &std::path::Path) -> Log {
    Log::open(
        dir,
        LogOptions {
            recent_bytes: 64 << 10,
        },
    )
    .unwrap()
}

fn compare(log: &Log, model: &Model) {
    for topic in Topic::ALL {
        let records = model.topics.get(&topic).map_or(&[][..], Vec::as_slice);
        let first = model.first.get(&topic).copied().unwrap_or(0);
        let bounds = OffsetRange {
            first,
            next: records.len() as u64,
        };
        assert_eq!(log.bounds(topic), bounds, "{topic}");
        assert_eq!(*log.watch(topic).borrow(), bounds.next);

        let mut at = 0;
        let mut expected = first;
        while let Some(batch) = log.read(topic, at).unwrap() {
            assert!(batch.len() <= 1024);
            for found in batch.iter_from(at) {
                let wanted = &records[found.offset as usize];
                assert_eq!(found.offset, expected);
                assert_eq!(
                    (found.timestamp, found.key, found.value),
                    (
                        wanted.timestamp,
                        wanted.key.as_slice(),
                        wanted.value.as_slice()
                    )
                );
                expected += 1;
            }
            at = batch.next_offset();
        }
        assert_eq!(expected, bounds.next);

        for millis in [0, 1_000, 2_500, 5_000, 9_200, 20_000] {
            let time = EventTime::from_millis(millis).unwrap();
            let wanted = (first..bounds.next)
                .find(|offset| records[*offset as usize].timestamp >= time)
                .unwrap_or(bounds.next);
            let found = log.offset_at(topic, time).unwrap();
            // What was trimmed may have reached the time already: then the search may be early.
            let early = records[..first as usize]
                .iter()
                .any(|record| record.timestamp >= time);
            assert!(
                found == wanted || early && found < wanted,
                "{topic} {millis} {found} {wanted}"
            );
        }
    }
    let state: Vec<_> = model.state.clone().into_iter().collect();
    assert_eq!(log.scan("").unwrap(), state);
    for (key, value) in &model.state {
        assert_eq!(log.get(key).unwrap().as_ref(), Some(value));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_log_holds_what_was_committed(steps in prop::collection::vec(step(), 1..14)) {
        let dir = tempfile::tempdir().unwrap();
        let mut log = open(dir.path());
        let mut model = Model::default();
        for step in steps {
            match step {
                Step::Commit { appends, puts } => {
                    let mut tx = Transaction::new();
                    for (topic, count, seed) in appends {
                        let topic = Topic::ALL[topic];
                        for index in 0..count {
                            tx.append(topic, record(seed, index));
                            model.topics.entry(topic).or_default().push(record(seed, index));
                        }
                    }
                    for (key, value) in puts {
                        let key = format!("consumer/{key}");
                        match value {
                            Some(value) => {
                                tx.put(&*key, vec![value]);
                                model.state.insert(key, vec![value]);
                            }
                            None => {
                                tx.delete(&*key);
                                model.state.remove(&key);
                            }
                        }
                    }
                    log.commit(tx).unwrap();
                    for (topic, records) in &model.topics {
                        prop_assert_eq!(log.bounds(*topic).next, records.len() as u64);
                    }
                }
                Step::Trim { topic, percent } => {
                    let topic = Topic::ALL[topic];
                    let OffsetRange { first, next } = log.bounds(topic);
                    let before = next * percent / 100;
                    let starts = log.trim(topic, before).unwrap();
                    prop_assert!(starts >= first && starts <= before.max(first));
                    // Only the batch that holds `before` may keep older records.
                    if let Some(batch) = log.read(topic, starts).unwrap() {
                        prop_assert!(batch.next_offset() > before || batch.base_offset() == starts && starts >= before);
                    }
                    model.first.insert(topic, starts);
                }
                Step::Sync => log.sync().unwrap(),
                Step::Reopen => {
                    drop(log);
                    log = open(dir.path());
                }
            }
            compare(&log, &model);
        }
        drop(log);
        compare(&open(dir.path()), &model);
    }
}
