//! Builds a data set: one pass over the archived edits, each with its features, its label and its
//! part.

use super::sides::Sides;
use super::split::{Part, Split, rows_by_hour};
use super::write::PartWriter;
use super::{Dataset, DatasetManifest, DatasetOptions, LeftOut, PartSummary, file_name};
use crate::error::LearningError;
use jiff::civil::Date;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use wikisentry_core::edit::Edit;
use wikisentry_core::features;
use wikisentry_core::labels::{LabelKind, MaturityCurve};
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;
use wikisentry_lake::archive::{Edits, Lake, Partition};
use wikisentry_lake::clock;
use wikisentry_lake::file::{sync_folder, write_atomically};
use wikisentry_lake::label_table::{KnownLabel, LabelTable, RevisionKey, revision_key};
use xxhash_rust::xxh3::xxh3_64_with_seed;

impl Dataset {
    /// Builds a data set of a lake whose labels are made, below the folder `datasets`. `progress`
    /// hears of files done and of all, and says whether to go on.
    ///
    /// # Errors
    /// [`LearningError::TooLittle`] if nothing has matured; otherwise if something cannot be read
    /// or written. Nothing half built stays visible.
    pub fn build(
        lake: &Lake,
        datasets: &Path,
        options: &DatasetOptions,
        progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
    ) -> Result<Self, LearningError> {
        let young_from = options.stream_now.as_millis() - options.maturity_ms;
        // Out of range it is before all edits: none has matured.
        let young_from = EventTime::from_millis(young_from).unwrap_or_default();
        let partitions = lake.partitions()?;
        let by_hour = rows_by_hour(lake, &partitions)?;
        let split = Split::of(&by_hour, young_from, options.test_after)?;
        let kept = negatives_kept(&by_hour, &split, options.max_train_rows);
        let mut work = Work::begin(lake, datasets, split, kept, options)?;
        let total = partitions.len() as u64;
        for (done, partition) in partitions.into_iter().enumerate() {
            if progress(done as u64, total).is_break() {
                return Err(LearningError::Cancelled);
            }
            if partition.user_type() == UserType::Bot {
                work.manifest.left_out.bots += lake.rows_in(partition)?;
            } else {
                work.partition(lake, partition)?;
            }
        }
        work.finish()
    }
}

/// The share of good edits to keep, so that the training part has about `most` rows. Damage is
/// rare: it is counted as good here.
fn negatives_kept(by_hour: &BTreeMap<i64, u64>, split: &Split, most: u64) -> f64 {
    let trained_on = by_hour.range(..split.calibrate_from.as_millis());
    let rows: u64 = trained_on.map(|(_, rows)| rows).sum();
    (most as f64 / rows.max(1) as f64).min(1.0)
}

/// A data set in the making. What is staged is removed unless it is finished.
struct Work {
    staged: PathBuf,
    folder: PathBuf,
    test_after: Option<EventTime>,
    writers: BTreeMap<Part, PartWriter>,
    manifest: DatasetManifest,
    curve: MaturityCurve,
    table: LabelTable,
    labels: (Option<Date>, FxHashMap<RevisionKey, KnownLabel>),
    /// Revisions of the hour at hand.
    seen: (i64, FxHashSet<RevisionKey>),
    sides: Sides,
    row: Vec<f32>,
}

impl Work {
    fn begin(
        lake: &Lake,
        datasets: &Path,
        split: Split,
        negatives_kept: f64,
        options: &DatasetOptions,
    ) -> Result<Self, LearningError> {
        let created = clock::now();
        let id = created.utc().strftime("%Y%m%dT%H%M%S%3f").to_string();
        let staged = datasets.join(format!(".{id}.{}", std::process::id()));
        std::fs::create_dir_all(&staged).map_err(LearningError::io("create", &staged))?;
        let mut writers = BTreeMap::new();
        for part in Part::ALL {
            writers.insert(part, PartWriter::create(staged.join(file_name(part)))?);
        }
        Ok(Self {
            folder: datasets.join(&id),
            staged,
            test_after: options.test_after,
            writers,
            manifest: DatasetManifest {
                id,
                created,
                feature_version: features::VERSION,
                features: features::NAMES.map(str::to_owned).to_vec(),
                split,
                parts: Part::ALL.map(|part| (part, PartSummary::default())).into(),
                left_out: LeftOut::default(),
                negatives_kept,
                new_damage: 0,
                damage_by_source: BTreeMap::new(),
                maturity: MaturityCurve::default().summary(),
                seed: options.seed,
            },
            curve: MaturityCurve::default(),
            table: LabelTable::of(lake),
            labels: (None, FxHashMap::default()),
            seen: (i64::MIN, FxHashSet::default()),
            sides: Sides::of(&split),
            row: vec![f32::NAN; features::COUNT],
        })
    }

    fn partition(&mut self, lake: &Lake, partition: Partition) -> Result<(), LearningError> {
        let hour = partition.start_millis();
        if self.seen.0 != hour {
            self.seen = (hour, FxHashSet::default());
        }
        let day = partition.date();
        if self.labels.0 != Some(day) {
            self.labels = (Some(day), self.table.read(day)?);
        }
        for file in lake.open_partition(partition)? {
            let path = file.path().to_owned();
            for batch in file.batches()? {
                let batch = batch?;
                let edits = Edits::of(&batch, partition.user_type(), &path)?;
                for row in 0..edits.len() {
                    if partition.holds(edits.time(row)) {
                        self.edit(&edits.edit(row))?;
                    } else {
                        self.manifest.left_out.ahead += 1;
                    }
                }
            }
        }
        Ok(())
    }

    fn edit(&mut self, edit: &Edit<'_>) -> Result<(), LearningError> {
        let Some(rev_id) = edit.rev_id else {
            self.manifest.left_out.unnamed += 1;
            return Ok(());
        };
        let Some(part) = self.manifest.split.part(edit.event_time) else {
            self.manifest.left_out.young += 1;
            return Ok(());
        };
        let key = revision_key(&edit.wiki, rev_id);
        if !self.seen.1.insert(key) {
            self.manifest.left_out.duplicates += 1;
            return Ok(());
        }
        if self
            .sides
            .is_torn(&edit.wiki, &edit.page_title, edit.event_time)
        {
            self.manifest.left_out.same_war += 1;
            return Ok(());
        }
        let label = self.labels.1.get(&key).copied();
        let is_damage = match label.map(|label| label.kind) {
            None | Some(LabelKind::Restored) => false,
            Some(LabelKind::Damage) => true,
            Some(_) => {
                self.manifest.left_out.undecided += 1;
                return Ok(());
            }
        };
        if part == Part::Train && !is_damage && !self.keeps(key) {
            self.manifest.left_out.sampled += 1;
            return Ok(());
        }
        if let Some(label) = label.filter(|_| is_damage) {
            self.manifest.new_damage += u64::from(Some(edit.event_time) > self.test_after);
            self.curve.add(label.delay_seconds);
            let source = label.source.name().to_owned();
            *self.manifest.damage_by_source.entry(source).or_default() += 1;
        }
        let summary = self.manifest.parts.entry(part).or_default();
        summary.rows += 1;
        summary.damage += u64::from(is_damage);
        let from = summary.from.unwrap_or(edit.event_time);
        summary.from = Some(from.min(edit.event_time));
        summary.to = summary.to.max(Some(edit.event_time));
        features::extract(edit, &mut self.row);
        match self.writers.get_mut(&part) {
            Some(writer) => writer.push(edit, rev_id, &self.row, is_damage),
            None => Ok(()),
        }
    }

    /// Whether a good edit of the training part is kept: by a hash, so that it is the same edits
    /// each time.
    fn keeps(&self, (wiki, rev_id): RevisionKey) -> bool {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&wiki.to_le_bytes());
        bytes[8..].copy_from_slice(&rev_id.to_le_bytes());
        let at = xxh3_64_with_seed(&bytes, self.manifest.seed) as f64 / u64::MAX as f64;
        at < self.manifest.negatives_kept
    }

    fn finish(mut self) -> Result<Dataset, LearningError> {
        for writer in std::mem::take(&mut self.writers).into_values() {
            writer.finish()?;
        }
        self.manifest.maturity = self.curve.summary();
        let path = self.staged.join("dataset.json");
        let json = serde_json::to_vec_pretty(&self.manifest)
            .expect("its keys are text, so it is always JSON");
        write_atomically(&path, &json).map_err(LearningError::io("write", &path))?;
        std::fs::rename(&self.staged, &self.folder)
            .map_err(LearningError::io("name", &self.folder))?;
        let above = self.folder.parent().unwrap_or(&self.folder);
        sync_folder(above).map_err(LearningError::io("sync", above))?;
        Ok(Dataset {
            folder: self.folder.clone(),
            manifest: self.manifest.clone(),
        })
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        // Gone already if it was finished.
        _ = std::fs::remove_dir_all(&self.staged);
    }
}
