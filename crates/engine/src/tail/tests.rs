//! What is read of a topic is what is wanted, wherever it lies.

use super::*;
use crate::counters::{Counters, IngestCounters};
use crate::hidden;
use crate::log::{LogOptions, Record, Transaction};
use proptest::prelude::*;
use serde_json::json;
use wikisentry_core::event::{HiddenParts, Hiding};

const AT: i64 = 1_800_000_000_000;

fn time(millis: i64) -> EventTime {
    EventTime::from_millis(AT + millis).unwrap()
}

/// A classified edit as far as filters look at it, made and appended so long after [`AT`].
fn classified(wiki: &str, user: &str, rev_id: usize, millis: i64) -> Record {
    let edit = json!({"wiki": wiki, "page_title": "A", "user": user, "user_type": "registered",
        "score": 0.5, "class": "medium", "rev_id": rev_id, "event_time": time(millis)});
    Record::json(time(millis), b"A".to_vec(), &edit)
}

fn log(records: impl IntoIterator<Item = Record>) -> (tempfile::TempDir, Log) {
    let dir = tempfile::tempdir().unwrap();
    let log = Log::open(dir.path(), LogOptions::default()).unwrap();
    let mut tx = Transaction::new();
    for record in records {
        tx.append(Topic::EditsClassified, record);
    }
    log.commit(tx).unwrap();
    (dir, log)
}

/// The offsets that are read for a query.
fn read(log: &Log, query: &str) -> Vec<u64> {
    let wanted = Wanted::of_query(Topic::EditsClassified, query, &Clock::utc()).unwrap();
    let mut tail = Tail::of(log, &wanted).unwrap();
    let (mut left, mut offsets) = (wanted.max.unwrap_or(u64::MAX), Vec::new());
    while tail
        .read(&mut left, |record| {
            offsets.push(record.offset);
            true
        })
        .unwrap()
    {}
    offsets
}

#[test]
fn the_last_records_that_are_wanted_are_found_however_far_back_they_are() {
    let wiki = |at: usize| {
        if at.is_multiple_of(1_000) {
            "dewiki"
        } else {
            "enwiki"
        }
    };
    let records = (0..30_000).map(|at| classified(wiki(at), "A", at, at as i64));
    let (_dir, log) = log(records);
    let since = format!("wiki=dewiki&since={}", time(27_500));
    let between = format!("since={}&until={}", time(10), time(13));
    let last_between = format!("from=2&{between}");
    for (query, expected) in [
        ("wiki=dewiki&from=1", vec![29_000]),
        ("wiki=dewiki&max=3", vec![27_000, 28_000, 29_000]),
        ("wiki=dewiki", (20..30).map(|at| at * 1_000).collect()),
        ("wiki=d*&from=100", (0..30).map(|at| at * 1_000).collect()),
        ("wiki=d*&from=0", vec![]),
        ("wiki=frwiki&from=5", vec![]),
        ("wiki=dewiki&from=beginning&max=2", vec![0, 1_000]),
        ("max=2", vec![29_998, 29_999]),
        ("wiki=dewiki&from=2&max=1", vec![28_000]),
        // Times are those of edits; the first hour before them is looked through.
        (since.as_str(), vec![28_000, 29_000]),
        (between.as_str(), vec![10, 11, 12]),
        (last_between.as_str(), vec![11, 12]),
    ] {
        assert_eq!(read(&log, query), expected, "{query}");
    }
}

#[test]
fn late_edits_are_found_by_when_they_were_made_and_those_from_the_future_by_their_arrival() {
    let hour = 3_600_000;
    let late = classified("enwiki", "late", 1, 0);
    let late = Record {
        timestamp: time(9 * hour),
        ..late
    };
    let ahead = classified("enwiki", "ahead", 2, 99 * hour);
    let ahead = Record {
        timestamp: time(10 * hour),
        ..ahead
    };
    let (_dir, log) = log([late, ahead]);
    let since = |at: i64| read(&log, &format!("since={}", time(at)));
    assert_eq!(since(0), [0, 1]);
    assert_eq!(since(1), [1]);
    // It counts as made an hour after it arrived.
    assert_eq!(since(11 * hour), [1]);
    assert_eq!(since(11 * hour + 1), Vec::<u64>::new());
    let until = |at: i64| read(&log, &format!("from=beginning&until={}", time(at)));
    assert_eq!(until(1), [0]);
    assert_eq!(until(11 * hour), [0]);
    assert_eq!(until(11 * hour + 1), [0, 1]);
}

#[test]
fn nothing_is_found_by_what_was_hidden() {
    let (_dir, log) = log([classified("enwiki", "Example", 7, 0)]);
    assert_eq!(read(&log, "user=Example"), [0]);
    let mut counters = IngestCounters::committed(&log).unwrap();
    counters.hidden += 1;
    let hiding = Hiding {
        wiki: "enwiki".to_owned(),
        page_title: "A".to_owned(),
        rev_ids: vec![7],
        made_at: None,
        parts: HiddenParts {
            user: true,
            comment: false,
        },
    };
    let mut tx = Transaction::new();
    hidden::put(&mut tx, counters.hidden, time(1), hiding);
    counters.stage(&mut tx);
    log.commit(tx).unwrap();
    for query in ["user=Example", "user=*", "user=Example&from=beginning"] {
        assert_eq!(read(&log, query), Vec::<u64>::new(), "{query}");
    }
    assert_eq!(read(&log, "wiki=enwiki&no_bots=true"), [0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_read_is_the_end_of_all_that_fits(
        wikis in prop::collection::vec(prop::bool::weighted(0.05), 0..4_000),
        count in 0_u64..60,
    ) {
        let records = wikis.iter().enumerate().map(|(at, fits)| {
            classified(if *fits { "dewiki" } else { "enwiki" }, "A", at, at as i64)
        });
        let (_dir, log) = log(records);
        let all: Vec<u64> = (0..).zip(&wikis).filter(|(_, fits)| **fits).map(|(at, _)| at).collect();
        let last = all.len().saturating_sub(usize::try_from(count).unwrap());
        prop_assert_eq!(&read(&log, &format!("wiki=dewiki&from={count}"))[..], &all[last..]);
        prop_assert_eq!(&read(&log, "wiki=dewiki&from=beginning")[..], &all[..]);
    }
}
