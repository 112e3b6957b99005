//! Where one part of a data set ends and the next begins.

use crate::error::LearningError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;
use wikisentry_lake::archive::{Lake, Partition};

/// Share of the edits, oldest first, that are trained on.
const TRAIN: f64 = 0.65;
/// Share up to which training is validated and scores are calibrated; the rest is the test.
const CALIBRATE: f64 = 0.8;

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
    /// Training ends, calibration begins.
    pub calibrate_from: EventTime,
    /// Calibration ends, the test begins.
    pub test_from: EventTime,
    /// From here on labels have not matured.
    pub young_from: EventTime,
}

impl Split {
    /// The part of an edit made at `time`; `None` if it is too young.
    pub fn part(&self, time: EventTime) -> Option<Part> {
        if time >= self.young_from {
            None
        } else if time >= self.test_from {
            Some(Part::Test)
        } else if time >= self.calibrate_from {
            Some(Part::Calibrate)
        } else {
            Some(Part::Train)
        }
    }

    /// Splits the edits made before `young_from`, of which so many are in each hour, by whole
    /// hours. The test begins after `test_after`.
    pub(super) fn of(
        by_hour: &BTreeMap<i64, u64>,
        young_from: EventTime,
        test_after: Option<EventTime>,
    ) -> Result<Self, LearningError> {
        let mut by_hour = by_hour.clone();
        by_hour.retain(|hour, _| *hour < young_from.as_millis());
        let too_little = || LearningError::TooLittle {
            reason: format!(
                "labels mature in 48 hours, and too few edits were made before {young_from}"
            ),
        };
        let at = |millis: i64| EventTime::from_millis(millis).unwrap_or(young_from);
        let test_from = hour_at(&by_hour, CALIBRATE).ok_or_else(too_little)?;
        let after = test_after.map_or(i64::MIN, |time| time.as_millis().saturating_add(1));
        let test_from = test_from.max(after);
        // What is older than the test is divided in the same proportion.
        by_hour.retain(|hour, _| *hour < test_from);
        let calibrate_from = hour_at(&by_hour, TRAIN / CALIBRATE).ok_or_else(too_little)?;
        Ok(Self {
            calibrate_from: at(calibrate_from),
            test_from: at(test_from),
            young_from,
        })
    }
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

    #[test]
    fn parts_follow_each_other_and_the_young_are_in_none() {
        let split = Split {
            calibrate_from: time(70),
            test_from: time(80),
            young_from: time(100),
        };
        let parts = [0, 69, 70, 79, 80, 99, 100].map(|at| split.part(time(at)));
        let (train, calibrate, test) = (Part::Train, Part::Calibrate, Part::Test);
        let expected = [train, train, calibrate, calibrate, test, test].map(Some);
        assert_eq!(parts[..6], expected);
        assert_eq!(parts[6], None);
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
