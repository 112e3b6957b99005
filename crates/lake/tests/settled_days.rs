//! A day stays settled as long as what its labels were made from is there, and no longer.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod archive_sample;

use jiff::civil::{Date, date};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::path::Path;
use wikisentry_core::classified::ClassifiedEdit;
use wikisentry_core::event::Event;
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;
use wikisentry_lake::archive::{Archive, Lake};
use wikisentry_lake::label_facts::{FactBatch, StoredFacts};
use wikisentry_lake::label_table::LabelTable;
use wikisentry_lake::settled_days::{Reach, SettledDays};

// 2026-09-10T00:00:00Z.
const START_MILLIS: i64 = 1_788_998_400_000;
const HOUR_MILLIS: i64 = 3_600_000;

const REACH: Reach = Reach {
    before: 1,
    after: 1,
};

fn day(day: i8) -> Date {
    date(2026, 9, day)
}

/// A lake with edits in each hour of eight days, in two files an hour.
struct Setting {
    folder: tempfile::TempDir,
    rng: ChaCha8Rng,
    offset: u64,
}

impl Setting {
    fn new() -> Self {
        let mut setting = Self {
            folder: tempfile::tempdir().unwrap(),
            rng: ChaCha8Rng::seed_from_u64(5),
            offset: 0,
        };
        for _ in 0..2 {
            let hours = (0..8 * 24).map(|hour| START_MILLIS + hour * HOUR_MILLIS);
            setting.archive(&hours.collect::<Vec<_>>());
        }
        setting
    }

    fn lake(&self) -> Lake {
        Lake::new(self.folder.path().join("lake"))
    }

    fn edit(&mut self, millis: i64) -> ClassifiedEdit<'static> {
        let mut edit = archive_sample::edit(&mut self.rng, millis);
        edit.edit.user_type = UserType::Registered;
        edit
    }

    /// Publishes an edit at each of the times, as one batch.
    fn archive(&mut self, times: &[i64]) {
        let (mut archive, _) = Archive::open(self.lake(), None).unwrap();
        let mut batch = archive.batch();
        for millis in times {
            let edit = self.edit(*millis);
            batch.push(self.offset, &edit).unwrap();
            self.offset += 1;
        }
        let prepared = batch.finish().unwrap().unwrap();
        archive.publish(&prepared).unwrap();
    }

    fn look(&self) -> SettledDays {
        SettledDays::look(&self.lake(), REACH).unwrap()
    }

    /// Labels and settles all days.
    fn settle(&self) {
        let table = LabelTable::of(&self.lake());
        let mut days = self.look();
        let all: Vec<Date> = days.days().collect();
        for day in &all {
            table.write(*day, &[]).unwrap();
        }
        days.settle(&all).unwrap();
    }

    /// The days of the month that are not settled.
    fn open(&self) -> Vec<i8> {
        let days = self.look();
        let open = days.days().filter(|day| !days.is_settled(*day));
        open.map(Date::day).collect()
    }
}

#[test]
fn a_late_edit_opens_the_days_that_it_may_change_and_no_other() {
    let mut setting = Setting::new();
    assert_eq!(setting.open(), (10..18).collect::<Vec<i8>>());
    setting.settle();
    assert!(setting.open().is_empty());
    setting.archive(&[START_MILLIS + 3 * 24 * HOUR_MILLIS + 5]);
    assert_eq!(setting.open(), [12, 13, 14]);
    setting.settle();
    assert!(setting.open().is_empty());
}

#[test]
fn a_late_fact_opens_them_too_and_one_written_over_does_not() {
    let setting = Setting::new();
    let payload = include_str!("../../../testdata/events/revision-tags-change.json");
    let mut event: serde_json::Value = serde_json::from_str(payload).unwrap();
    event["meta"]["dt"] = "2026-09-16T01:00:00Z".into();
    let payload = serde_json::to_vec(&event).unwrap();
    let keep = |offset: u64| {
        let event = Event::parse(&payload).unwrap();
        let mut batch = FactBatch::default();
        batch.push(offset, event.time.unwrap(), &event, &payload);
        let facts = StoredFacts::of(&setting.lake());
        facts.write(&batch.close()).unwrap();
    };
    setting.settle();
    keep(1);
    assert_eq!(setting.open(), [15, 16, 17]);
    setting.settle();
    keep(1);
    assert!(setting.open().is_empty());
    keep(2);
    assert_eq!(setting.open(), [15, 16, 17]);
}

#[test]
fn a_compaction_opens_no_day() {
    let setting = Setting::new();
    setting.settle();
    let files = setting.lake().totals().unwrap().files;
    let (mut archive, _) = Archive::open(setting.lake(), None).unwrap();
    let mut merged = 0;
    while archive.compact_next(1).unwrap().is_some() {
        merged += 1;
    }
    assert!(merged > 150, "{merged} hours were merged");
    assert!(setting.lake().totals().unwrap().files < files);
    assert!(setting.open().is_empty());
    // Also once the new files were looked at and that was kept.
    setting.look().settle(&[]).unwrap();
    assert!(setting.open().is_empty());
}

#[test]
fn an_hour_or_labels_that_are_gone_open_their_days() {
    let setting = Setting::new();
    setting.settle();
    let lake = setting.folder.path().join("lake");
    let remove = |path: &Path| std::fs::remove_dir_all(path).unwrap();
    remove(&lake.join("labels/date=2026-09-11"));
    assert_eq!(setting.open(), [11]);
    remove(&lake.join("edits/user_type=registered/date=2026-09-17/hour=03"));
    assert_eq!(setting.open(), [11, 16, 17]);
}

#[test]
fn a_damaged_note_and_one_of_an_earlier_version_count_as_none() {
    let setting = Setting::new();
    for note in [
        "{",
        "{\"next\":\"2031-05-01\"}",
        "{\"version\":1,\"days\":{}}",
    ] {
        setting.settle();
        let path = setting.folder.path().join("lake/labels/settled.json");
        std::fs::write(path, note).unwrap();
        assert_eq!(setting.open().len(), 8, "{note}");
    }
}

/// The day of an edit in the lake follows its arrival, so that one of 2031 settles nothing.
#[test]
fn an_edit_dated_ahead_lies_in_the_hour_after_it_came() {
    let mut setting = Setting::new();
    let (mut archive, _) = Archive::open(setting.lake(), None).unwrap();
    let mut batch = archive.batch();
    let mut edit = setting.edit(START_MILLIS + 8 * 24 * HOUR_MILLIS);
    let arrival = edit.classification.ingest_time;
    for (offset, stated) in ["2031-05-01T00:00:00Z", "1970-01-01T00:00:00Z"]
        .iter()
        .enumerate()
    {
        edit.edit.event_time = EventTime::parse(stated).unwrap();
        batch.push(1_000 + offset as u64, &edit).unwrap();
    }
    let prepared = batch.finish().unwrap().unwrap();
    archive.publish(&prepared).unwrap();
    let days: Vec<Date> = setting.look().days().collect();
    assert_eq!(days.first(), Some(&date(1970, 1, 1)));
    assert_eq!(days.last(), Some(&day(18)));
    let latest = setting
        .lake()
        .latest_event_times(EventTime::parse("2100-01-01T00:00:00Z").unwrap());
    let bound = arrival.as_millis() + HOUR_MILLIS;
    assert!(
        latest
            .unwrap()
            .values()
            .all(|time| time.as_millis() <= bound)
    );
}
