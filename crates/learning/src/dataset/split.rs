//! Where one part of a data set ends and the next begins.

use crate::error::LearningError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;
use wikisentry_lake::archive::{Lake, Partition};

/// Share of the edits, oldest first, that are trained on at least.
const TRAIN: f64 = 0.65;
/// Share up to which training is validated and scores are calibrated; the rest is the most that the
/// test may be.
const CALIBRATE: f64 = 0.8;

const HOUR_MS: i64 = 3_600_000;

/// How long the parts are, in milliseconds, where there are edits for so long; else shares of the
/// edits are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spans {
    /// All parts together, back from the newest edits whose labels have matured.
    pub window_ms: i64,
    /// The second part, at most.
    pub calibrate_ms: i64,
    /// The third part, at most.
    pub test_ms: i64,
}

/// A part of a data set, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Trees are grown on it.
    Train,
    /// Decides when to stop growing trees, and makes margins probabilities.
    Calibrate,
    /// Judges candidate and champion; nothing is learnt from it.
    Test,
}

impl Part {
    /// In the order of their times.
    pub const ALL: [Part; 3] = [Part::Train, Part::Calibrate, Part::Test];

    /// As in file names.
    pub const fn name(self) -> &'static str {
        match self {
            Part::Train => "train",
            Part::Calibrate => "calibrate",
            Part::Test => "test",
        }
    }
}

/// Times between the parts, each the first moment of the later part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// Training begins: older edits are in no part. Absent in manifests of before there was a window.
    #[serde(default)]
    pub train_from: EventTime,
    /// Training ends, calibration begins.
    pub calibrate_from: EventTime,
    /// Calibration ends, the test begins.
    pub test_from: EventTime,
    /// From here on labels have not matured.
    pub young_from: EventTime,
}

impl Split {
    /// The part of an edit made at `time`; `None` if it is too old or too young.
    pub fn part(&self, time: EventTime) -> Option<Part> {
        let mut parts = Part::ALL.into_iter();
        parts.find(|part| {
            let (from, to) = self.range(*part);
            from <= time && time < to
        })
    }

    /// When a part begins, and the first moment after it. A part may be empty.
    pub fn range(&self, part: Part) -> (EventTime, EventTime) {
        match part {
            Part::Train => (self.train_from, self.calibrate_from),
            Part::Calibrate => (self.calibrate_from, self.test_from.min(self.young_from)),
            Part::Test => (self.test_from, self.young_from),
        }
    }

    /// Splits the edits made before `young_from`, of which so many are in each hour, by whole
    /// hours. The test begins after `test_after`.
    ///
    /// # Errors
    /// [`LearningError::TooLittle`] if there are none in the window.
    pub fn of(
        by_hour: &BTreeMap<i64, u64>,
        young_from: EventTime,
        test_after: Option<EventTime>,
        spans: Spans,
    ) -> Result<Self, LearningError> {
        let end = young_from.as_millis();
        let train_from = whole_hour(end.saturating_sub(spans.window_ms));
        let mut by_hour = by_hour.clone();
        by_hour.retain(|hour, _| (train_from..end).contains(hour));
        let too_little = || LearningError::TooLittle {
            reason: format!(
                "labels mature in 48 hours, and too few edits were made before {young_from}"
            ),
        };
        let at = |millis: i64| EventTime::from_millis(millis).unwrap_or(young_from);
        let test_from = hour_at(&by_hour, CALIBRATE).ok_or_else(too_little)?;
        let test_from = test_from.max(whole_hour(end.saturating_sub(spans.test_ms)));
        let after = test_after.map_or(i64::MIN, |time| time.as_millis().saturating_add(1));
        let test_from = test_from.max(after);
        // What is older than the test is divided in the same proportion.
        by_hour.retain(|hour, _| *hour < test_from);
        let calibrate_from = hour_at(&by_hour, TRAIN / CALIBRATE).ok_or_else(too_little)?;
        let calibrates_to = test_from.min(end);
        let calibrate_from =
            calibrate_from.max(whole_hour(calibrates_to.saturating_sub(spans.calibrate_ms)));
        Ok(Self {
            // Before all edits if the window goes back so far.
            train_from: EventTime::from_millis(train_from).unwrap_or_default(),
            calibrate_from: at(calibrate_from),
            test_from: at(test_from),
            young_from,
        })
    }
}

/// The beginning of the hour.
fn whole_hour(millis: i64) -> i64 {
    millis.saturating_sub(millis.rem_euclid(HOUR_MS))
}

/// Edits by people in each hour of a lake, as their numbers stand in the footers of the files.
pub(super) fn rows_by_hour(
    lake: &Lake,
    partitions: &[Partition],
) -> Result<BTreeMap<i64, u64>, LearningError> {
    let mut by_hour = BTreeMap::new();
    for partition in partitions {
        if partition.user_type() != UserType::Bot {
            *by_hour.entry(partition.start_millis()).or_default() += lake.rows_in(*partition)?;
        }
    }
    Ok(by_hour)
}

/// The first hour before which at least `share` of the rows lie; never the first of all.
fn hour_at(by_hour: &BTreeMap<i64, u64>, share: f64) -> Option<i64> {
    let total: u64 = by_hour.values().sum();
    let mut before = 0;
    for (hour, rows) in by_hour {
        if before > 0 && before as f64 >= share * total as f64 {
            return Some(*hour);
        }
        before += rows;
    }
    let last = by_hour.keys().next_back().copied();
    last.filter(|_| by_hour.len() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(millis: i64) -> EventTime {
        EventTime::from_millis(millis).unwrap()
    }

    const DAY: i64 = 24 * HOUR_MS;
    const SPANS: Spans = Spans {
        window_ms: 45 * DAY,
        calibrate_ms: DAY,
        test_ms: 2 * DAY,
    };

    /// A lake of so many days, with as many edits in each hour, and its split.
    fn split(days: i64, test_after: Option<EventTime>) -> Split {
        let by_hour = (0..days * 24).map(|hour| (hour * HOUR_MS, 10)).collect();
        Split::of(&by_hour, time(days * DAY), test_after, SPANS).unwrap()
    }

    /// Begin and end of each part, in days.
    fn days(split: &Split) -> [(f64, f64); 3] {
        let days = |time: EventTime| time.as_millis() as f64 / DAY as f64;
        Part::ALL.map(|part| {
            let (from, to) = split.range(part);
            (days(from), days(to))
        })
    }

    #[test]
    fn parts_follow_each_other_and_the_young_and_the_old_are_in_none() {
        let split = Split {
            train_from: time(10),
            calibrate_from: time(70),
            test_from: time(80),
            young_from: time(100),
        };
        let parts = [9, 10, 69, 70, 79, 80, 99, 100].map(|at| split.part(time(at)));
        let (train, calibrate, test) = (Part::Train, Part::Calibrate, Part::Test);
        let expected = [train, train, calibrate, calibrate, test, test].map(Some);
        assert_eq!(parts[1..7], expected);
        assert_eq!((parts[0], parts[7]), (None, None));
    }

    #[test]
    fn after_half_a_year_the_window_rolls_with_the_newest_edits() {
        let expected = [(135.0, 177.0), (177.0, 178.0), (178.0, 180.0)];
        assert_eq!(days(&split(180, None)), expected);
    }

    #[test]
    fn a_young_lake_is_divided_by_shares() {
        let [train, calibrate, test] = days(&split(4, None));
        assert!((train.1 - 2.6).abs() < 0.1, "{train:?}");
        assert!((calibrate.1 - 3.2).abs() < 0.1, "{calibrate:?}");
        assert_eq!(test.1, 4.0);
    }

    #[test]
    fn the_test_begins_after_what_the_champion_has_seen_and_may_be_empty() {
        let [_, calibrate, test] = days(&split(100, Some(time(99 * DAY - 1))));
        assert_eq!((calibrate, test), ((98.0, 99.0), (99.0, 100.0)));
        let [_, calibrate, test] = days(&split(100, Some(time(101 * DAY - 1))));
        assert_eq!(calibrate, (99.0, 100.0));
        assert!(test.0 > test.1);
        assert_eq!(
            split(100, Some(time(101 * DAY - 1))).part(time(100 * DAY)),
            None
        );
    }

    #[test]
    fn a_share_of_the_rows_lies_before_the_hour_found() {
        let hours = |rows: &[u64]| (0..).zip(rows.iter().copied()).collect();
        assert_eq!(hour_at(&hours(&[10; 10]), 0.8), Some(8));
        assert_eq!(hour_at(&hours(&[1, 1, 98, 1]), 0.8), Some(3));
        assert_eq!(hour_at(&hours(&[98, 1, 1]), 0.8), Some(1));
        assert_eq!(hour_at(&hours(&[5]), 0.8), None);
        assert_eq!(hour_at(&hours(&[]), 0.8), None);
    }
}
