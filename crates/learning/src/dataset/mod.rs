//! Data sets: the archived edits with matured labels, as rows of features, in three parts that
//! follow each other in time. Built out of core: what is in memory is a batch of rows, the labels
//! of a day and some hashes.
//!
//! A data set is a folder, `datasets/<id>`, with `train.parquet`, `calibrate.parquet`,
//! `test.parquet` and `dataset.json`, whole or absent.

mod build;
mod pass;
mod read;
mod row;
mod sampling;
mod sides;
mod split;
mod text;
mod write;

pub use pass::{DatasetPass, PassOptions, PassReport};
pub use row::Row;
pub use split::{Part, Spans, Split};

use crate::error::LearningError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use wikisentry_core::features::TextWeights;
use wikisentry_core::labels::MaturitySummary;
use wikisentry_core::time::EventTime;
use wikisentry_lake::file::is_link;

pub(crate) use read::Block;
pub(crate) use sampling::Kept;
pub(crate) use text::TextOf;

/// How a data set is made.
#[derive(Debug, Clone, PartialEq)]
pub struct DatasetOptions {
    /// Labels count once so much of the stream's time has passed since the edit, in milliseconds.
    pub maturity_ms: i64,
    /// The time of the latest event: labels mature by it.
    pub stream_now: EventTime,
    /// The champion's weights of `text_risk`: on the same rows it is to see what it sees in the feed.
    pub champion_text: TextWeights,
    /// The test part begins after this: the champion has learnt from edits up to here.
    pub test_after: Option<EventTime>,
    /// How long the parts are.
    pub spans: Spans,
    /// Rows of the training part, at most; beyond, edits are left out at random, good ones first.
    pub max_train_rows: u64,
    /// Rows of the second part, at most; beyond, edits are left out at random.
    pub max_calibrate_rows: u64,
    /// Rows of the third part, at most; beyond, edits are left out at random.
    pub max_test_rows: u64,
    /// Seed of what is left out at random.
    pub seed: u64,
}

/// Edits that are in no part, and why.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// By bots: they are not scored.
    pub bots: u64,
    /// Made before the window.
    #[serde(default)]
    pub old: u64,
    /// Too young: their labels may still change.
    pub young: u64,
    /// Neither good nor bad: undone by their author or by a bot, or part of a dispute.
    pub undecided: u64,
    /// On a page that was being edited when one part ended and the next began.
    pub same_war: u64,
    /// The same revision once more.
    pub duplicates: u64,
    /// Left out at random.
    pub sampled: u64,
    /// Without a revision, so that no label can name them.
    pub unnamed: u64,
    /// In an hour long after they arrived, where earlier versions put edits that are dated ahead.
    #[serde(default)]
    pub ahead: u64,
}

/// What a part holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartSummary {
    /// Time of its first edit.
    pub from: Option<EventTime>,
    /// Time of its last edit.
    pub to: Option<EventTime>,
    /// Edits in it, after sampling.
    pub rows: u64,
    /// Of these, reverted as damage.
    pub damage: u64,
    /// Edits in it that were simulated.
    #[serde(default)]
    pub simulated: u64,
}

/// `dataset.json`: what a data set holds and how it was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DatasetManifest {
    /// Name of the folder.
    pub id: String,
    /// When it was built.
    pub created: EventTime,
    /// Version of the feature definitions.
    pub feature_version: u32,
    /// Names of the features, in the order of a row.
    pub features: Vec<String>,
    /// Where the parts begin and end.
    pub split: Split,
    /// What each part holds.
    pub parts: BTreeMap<Part, PartSummary>,
    /// What is in none.
    pub left_out: LeftOut,
    /// Share of the good edits of the training part that were kept, 1 for all.
    pub negatives_kept: f64,
    /// Share of its damage that was kept, 1 for all.
    #[serde(default = "all")]
    pub damage_kept: f64,
    /// Damage newer than all that the champion had learnt from.
    pub new_damage: u64,
    /// Damage by the source of its label.
    pub damage_by_source: BTreeMap<String, u64>,
    /// How soon damage was reverted.
    pub maturity: MaturitySummary,
    /// Seed of what was left out at random.
    pub seed: u64,
}

/// Of manifests that say nothing of it.
fn all() -> f64 {
    1.0
}

/// A data set on disk.
#[derive(Debug, Clone)]
pub struct Dataset {
    folder: PathBuf,
    /// What `dataset.json` says of it.
    pub manifest: DatasetManifest,
    /// Weights of `text_risk` that were learnt from the first part.
    pub(crate) text_of_trial: TextWeights,
    /// The same, from all parts.
    pub(crate) text_of_refit: TextWeights,
}

impl Dataset {
    /// The rows of a part, some thousand at a time.
    pub(crate) fn blocks(
        &self,
        part: Part,
    ) -> Result<impl Iterator<Item = Result<Block, LearningError>> + use<>, LearningError> {
        read::blocks(self.file(part))
    }

    /// The file of a part.
    pub fn file(&self, part: Part) -> PathBuf {
        self.folder.join(file_name(part))
    }

    /// What a part holds.
    pub fn part(&self, part: Part) -> PartSummary {
        self.manifest.parts.get(&part).copied().unwrap_or_default()
    }

    /// Removes all but the newest `keep` data sets below `datasets`, and what interrupted builds
    /// left there; nothing that has another name. What cannot be removed stays for the next time.
    pub(crate) fn prune(datasets: &Path, keep: usize) {
        if is_link(datasets) {
            return;
        }
        let Ok(entries) = std::fs::read_dir(datasets) else {
            return;
        };
        let (mut staged, mut whole) = (Vec::new(), Vec::new());
        for entry in entries.flatten() {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let name = entry.file_name().to_string_lossy().into_owned();
            match (is_folder, name.strip_prefix('.')) {
                (true, None) if is_id(&name) => whole.push(name),
                (true, Some(begun)) if is_begun(begun) => staged.push(name),
                _ => {}
            }
        }
        // Ids begin with the time of their making.
        whole.sort();
        whole.reverse();
        for old in staged.iter().chain(whole.iter().skip(keep)) {
            let old = datasets.join(old);
            if let Err(error) = std::fs::remove_dir_all(&old) {
                tracing::warn!("{}: {error}", old.display());
            }
        }
    }
}

/// A new name, by the time.
fn new_id(created: EventTime) -> String {
    created.utc().strftime("%Y%m%dT%H%M%S%3f").to_string()
}

/// Whether a folder has the name of a data set.
fn is_id(name: &str) -> bool {
    let is_number =
        |text: &str, digits| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts = name.split_once('T');
    parts.is_some_and(|(date, time)| is_number(date, 8) && is_number(time, 9))
}

/// Whether it is that of one in the making, but for the dot: its name and that of its process.
fn is_begun(name: &str) -> bool {
    let parts = name.split_once('.');
    parts.is_some_and(|(id, process)| is_id(id) && process.parse::<u32>().is_ok())
}

fn file_name(part: Part) -> String {
    format!("{}.parquet", part.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn only_data_sets_are_pruned_and_nothing_behind_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let datasets = folder.path().join("datasets");
        let id = new_id(EventTime::parse("2026-09-30T12:00:00.123Z").unwrap());
        assert!(is_id(&id), "{id}");
        let names = [
            id.as_str(),
            "20260930T120000124",
            ".20260930T120000125.77",
            "thesis",
            ".git",
            "20260930",
        ];
        for name in names {
            fs::create_dir_all(datasets.join(name)).unwrap();
        }
        let linked = folder.path().join("20260101T000000000");
        fs::create_dir(&linked).unwrap();
        std::os::unix::fs::symlink(&linked, datasets.join("20260101T000000000")).unwrap();
        Dataset::prune(&datasets, 1);
        let left = fs::read_dir(&datasets).unwrap();
        let left = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut left: Vec<String> = left.collect();
        left.sort();
        assert_eq!(
            left,
            [
                ".git",
                "20260101T000000000",
                "20260930",
                "20260930T120000124",
                "thesis"
            ]
        );
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&datasets, &link).unwrap();
        Dataset::prune(&link, 0);
        assert!(datasets.join("20260930T120000124").is_dir());
    }
}
