//! Facts are kept by the day they happened, whatever crashes.

use super::*;
use crate::consume::committed_offset;
use crate::log::{LogOptions, Record};
use crate::patience::Problems;
use flate2::read::GzDecoder;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::PathBuf;
use tokio_util::sync::CancellationToken;
use wikisentry_core::time::EventTime;

/// A change of tags, as the feed sends it, at a minute of 2026-03-01 and the days after.
fn event(minute: i64) -> Vec<u8> {
    let text = include_str!("../../../../testdata/events/revision-tags-change.json");
    let mut event: serde_json::Value = serde_json::from_str(text).unwrap();
    let start = EventTime::parse("2026-03-01T00:00:00Z").unwrap();
    let time = EventTime::from_millis(start.as_millis() + minute * 60_000).unwrap();
    event["meta"]["dt"] = time.to_string().into();
    event["meta"]["id"] = format!("00000000-0000-4000-8000-{minute:012}").into();
    // Over several lines, as a feed might send it.
    serde_json::to_vec_pretty(&event).unwrap()
}

/// A year after the events.
fn arrival() -> EventTime {
    EventTime::parse("2027-03-01T00:00:00Z").unwrap()
}

fn append(log: &Log, minutes: impl Iterator<Item = i64>) {
    let mut tx = Transaction::new();
    for minute in minutes {
        let record = Record {
            timestamp: arrival(),
            key: b"enwiki:x".to_vec(),
            value: event(minute),
        };
        tx.append(Topic::RevisionTags, record);
    }
    log.commit(tx).unwrap();
}

/// Lines by file name, the folder of the day before it.
fn kept(setting: &Setting) -> BTreeMap<String, Vec<Vec<u8>>> {
    let mut kept = BTreeMap::new();
    let folder = setting.root.join("labels/facts");
    let Ok(days) = std::fs::read_dir(&folder) else {
        return kept;
    };
    for day in days {
        for file in std::fs::read_dir(day.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let mut bytes = Vec::new();
            let packed = std::fs::read(&path).unwrap();
            GzDecoder::new(&packed[..]).read_to_end(&mut bytes).unwrap();
            let lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec);
            let lines = lines.filter(|line| !line.is_empty()).collect();
            let name = path.strip_prefix(&folder).unwrap();
            kept.insert(name.display().to_string(), lines);
        }
    }
    kept
}

fn ids(kept: &BTreeMap<String, Vec<Vec<u8>>>) -> Vec<String> {
    let lines = kept.values().flatten();
    let id = |line: &Vec<u8>| Event::parse(line).unwrap().id.unwrap().to_string();
    lines.map(id).collect()
}

fn patience() -> Patience {
    Patience {
        stop: CancellationToken::new(),
        problems: Problems::default(),
        component: CONSUMER,
    }
}

struct Setting {
    _folder: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
    log: Log,
    root: PathBuf,
    lake: Lake,
}

impl Setting {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::open(&folder.path().join("log"), LogOptions::default()).unwrap();
        Self {
            lake: Lake::new(folder.path().join("lake")),
            root: folder.path().join("lake"),
            _folder: folder,
            runtime: tokio::runtime::Runtime::new().unwrap(),
            log,
        }
    }

    /// One batch: all that there is, as the interval is over at once.
    fn filled(&self) -> (FactArchiver, GatheredFacts) {
        let mut facts = FactArchiver::open(self.log.clone(), &self.lake, Duration::ZERO).unwrap();
        let batch = facts.fill(self.runtime.handle(), &patience()).unwrap();
        (facts, batch)
    }

    fn flush(&self) {
        let (facts, batch) = self.filled();
        facts.flush(batch, &patience()).unwrap();
    }

    fn committed(&self) -> u64 {
        committed_offset(&self.log, CONSUMER, Topic::RevisionTags).unwrap()
    }
}

#[test]
fn events_lie_under_the_day_they_happened_one_a_line() {
    let setting = Setting::new();
    append(&setting.log, (1_438..1_443).chain([5]));
    setting.flush();
    let kept = kept(&setting);
    let names: Vec<_> = kept.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "date=2026-03-01/00000000000000000000-00000000000000000005.jsonl.gz",
            "date=2026-03-02/00000000000000000002-00000000000000000004.jsonl.gz",
        ]
    );
    assert_eq!(ids(&kept).len(), 6);
    assert_eq!(setting.committed(), 6);
}

/// An event of the test vectors, at an offset of its own.
fn append_file(log: &Log, name: &str) {
    let path = format!(
        "{}/../../testdata/events/{name}",
        env!("CARGO_MANIFEST_DIR")
    );
    let mut tx = Transaction::new();
    let record = Record {
        timestamp: arrival(),
        key: Vec::new(),
        value: std::fs::read(path).unwrap(),
    };
    tx.append(Topic::RevisionTags, record);
    log.commit(tx).unwrap();
}

#[test]
fn only_what_tells_of_reverts_is_kept_and_scores_on_their_own() {
    let setting = Setting::new();
    for name in [
        "page-change-edit.json",
        "page-change-revert.json",
        "revert-risk.json",
        "revision-tags-change.json",
    ] {
        append_file(&setting.log, name);
    }
    setting.flush();
    assert_eq!(setting.committed(), 4);
    assert_eq!(
        ids(&kept(&setting)),
        [
            "00000000-0000-4000-8000-000000000014",
            "00000000-0000-4000-8000-000000000013"
        ]
    );
    let day = setting.root.join("labels/revert_risk");
    let file = day.join("date=2026-03-01/00000000000000000002-00000000000000000002.jsonl.gz");
    let mut line = String::new();
    let packed = std::fs::read(file).unwrap();
    let mut lines = GzDecoder::new(&packed[..]);
    lines.read_to_string(&mut line).unwrap();
    let risk: wikisentry_core::event::RevertRisk<'_> = serde_json::from_str(&line).unwrap();
    assert_eq!((risk.rev_id, risk.probability), (1002, 0.3058536847305622));
}

#[test]
fn a_crash_between_file_and_offset_writes_events_twice_and_loses_none() {
    let setting = Setting::new();
    append(&setting.log, 0..3);
    let (facts, batch) = setting.filled();
    facts.facts.write(&batch.facts.close()).unwrap();
    drop(facts);
    assert_eq!(setting.committed(), 0);
    append(&setting.log, 3..5);
    setting.flush();
    let twice = ids(&kept(&setting));
    assert_eq!(twice.len(), 8);
    assert_eq!(twice.iter().collect::<BTreeSet<_>>().len(), 5);
    assert_eq!(setting.committed(), 5);
}

#[test]
fn a_log_that_starts_again_does_not_replace_what_was_kept() {
    let setting = Setting::new();
    append(&setting.log, 0..3);
    setting.flush();
    let lost = Setting::new();
    let next = Setting {
        lake: setting.lake.clone(),
        root: setting.root.clone(),
        ..lost
    };
    append(&next.log, 10..13);
    next.flush();
    assert_eq!(ids(&kept(&setting)).len(), 6);
}

#[test]
fn what_waits_is_written_when_told_to_stop() {
    let setting = Setting::new();
    let hour = Duration::from_secs(3_600);
    let facts = FactArchiver::open(setting.log.clone(), &setting.lake, hour).unwrap();
    let (patience, handle) = (patience(), setting.runtime.handle().clone());
    let stop = patience.stop.clone();
    let worker = std::thread::spawn(move || facts.run(&handle, &patience));
    append(&setting.log, 0..2);
    while setting.committed() < 2 {
        std::thread::sleep(Duration::from_millis(20));
    }
    stop.cancel();
    worker.join().unwrap().unwrap();
    assert_eq!(ids(&kept(&setting)).len(), 2);
}
