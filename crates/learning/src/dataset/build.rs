//! Builds a data set: one pass over the archived edits, each with its features, its label and its
//! part.

use super::sampling::{Kept, TEXT_SEED, of_parts, of_texts};
use super::sides::Sides;
use super::split::{Part, Split, rows_by_hour};
use super::text::TextPass;
use super::write::PartWriter;
use super::{Dataset, DatasetManifest, DatasetOptions, LeftOut, PartSummary, file_name, new_id};
use crate::error::LearningError;
use jiff::civil::Date;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use wikisentry_core::edit::Edit;
use wikisentry_core::features;
use wikisentry_core::labels::{LabelKind, MaturityCurve};
use wikisentry_core::simulated::is_simulated;
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;
use wikisentry_lake::archive::{Edits, Lake, Partition};
use wikisentry_lake::clock;
use wikisentry_lake::file::{create_private_folder, is_link, sync_folder, write_atomically};
use wikisentry_lake::label_table::{KnownLabel, LabelTable, RevisionKey, revision_key};

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
        let split = Split::of(&by_hour, young_from, options.test_after, options.spans)?;
        let kept = of_parts(&by_hour, &split, &LabelTable::of(lake), options)?;
        let learnt = of_texts(&by_hour, &split, options);
        let mut work = Work::begin(lake, datasets, split, (kept, learnt), options)?;
        let total = partitions.len() as u64;
        for (done, partition) in partitions.into_iter().enumerate() {
            if progress(done as u64, total).is_break() {
                return Err(LearningError::Cancelled);
            }
            let (from, to) = (split.train_from, split.young_from);
            let left_out = &mut work.manifest.left_out;
            if partition.user_type() == UserType::Bot {
                left_out.bots += lake.rows_in(partition)?;
            } else if partition.start_millis() > options.stream_now.as_millis() {
                left_out.ahead += lake.rows_in(partition)?;
            } else if partition.start_millis() >= to.as_millis() {
                left_out.young += lake.rows_in(partition)?;
            } else if partition.start_millis() < from.as_millis() {
                // The window begins with an hour.
                left_out.old += lake.rows_in(partition)?;
            } else {
                work.partition(lake, partition)?;
            }
        }
        work.finish()
    }
}

/// A data set in the making. What is staged is removed unless it is finished.
struct Work {
    staged: PathBuf,
    folder: PathBuf,
    test_after: Option<EventTime>,
    writers: BTreeMap<Part, PartWriter>,
    kept: BTreeMap<Part, Kept>,
    most: BTreeMap<Part, u64>,
    manifest: DatasetManifest,
    curve: MaturityCurve,
    table: LabelTable,
    labels: (Option<Date>, FxHashMap<RevisionKey, KnownLabel>),
    /// Revisions of the hour at hand.
    seen: (i64, FxHashSet<RevisionKey>),
    sides: Sides,
    row: Vec<f32>,
    text: TextPass,
    learnt: Kept,
}

impl Work {
    fn begin(
        lake: &Lake,
        datasets: &Path,
        split: Split,
        (kept, learnt): (BTreeMap<Part, Kept>, Kept),
        options: &DatasetOptions,
    ) -> Result<Self, LearningError> {
        let created = clock::now();
        let id = new_id(created);
        let staged = datasets.join(format!(".{id}.{}", std::process::id()));
        let made = match is_link(datasets) {
            true => Err(std::io::Error::other("its folder is a symbolic link")),
            false => create_private_folder(&staged),
        };
        made.map_err(LearningError::io("create", &staged))?;
        let mut writers = BTreeMap::new();
        for part in Part::ALL {
            writers.insert(part, PartWriter::create(staged.join(file_name(part)))?);
        }
        Ok(Self {
            folder: datasets.join(&id),
            staged,
            test_after: options.test_after,
            writers,
            most: [
                (Part::Train, options.max_train_rows),
                (Part::Calibrate, options.max_calibrate_rows),
                (Part::Test, options.max_test_rows),
            ]
            .into(),
            manifest: DatasetManifest {
                id,
                created,
                feature_version: features::VERSION,
                features: features::NAMES.map(str::to_owned).to_vec(),
                split,
                parts: Part::ALL.map(|part| (part, PartSummary::default())).into(),
                left_out: LeftOut::default(),
                negatives_kept: kept[&Part::Train].good,
                damage_kept: kept[&Part::Train].damage,
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
            text: TextPass::new(options.maturity_ms, options.champion_text.clone()),
            learnt,
            kept,
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
            let left_out = &mut self.manifest.left_out;
            match edit.event_time < self.manifest.split.train_from {
                true => left_out.old += 1,
                false => left_out.young += 1,
            }
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
        // Also what is left out below is known to be damage.
        let is_new = is_damage && Some(edit.event_time) > self.test_after;
        self.manifest.new_damage += u64::from(is_new);
        let summary = self.manifest.parts.entry(part).or_default();
        let is_kept = self.kept[&part].keeps(key, is_damage, self.manifest.seed);
        if !is_kept || summary.rows >= self.most[&part] {
            self.manifest.left_out.sampled += 1;
            return Ok(());
        }
        if let Some(label) = label.filter(|_| is_damage) {
            self.curve.add(label.delay_seconds);
            let source = label.source.name().to_owned();
            *self.manifest.damage_by_source.entry(source).or_default() += 1;
        }
        summary.rows += 1;
        summary.damage += u64::from(is_damage);
        summary.simulated += u64::from(is_simulated(&edit.meta_id));
        let from = summary.from.unwrap_or(edit.event_time);
        summary.from = Some(from.min(edit.event_time));
        summary.to = summary.to.max(Some(edit.event_time));
        features::extract_all_but_text(edit, &mut self.row);
        let seed = self.manifest.seed.wrapping_add(TEXT_SEED);
        let is_learnt = self.learnt.keeps(key, is_damage, seed);
        let text = self.text.next(edit, part, is_learnt.then_some(is_damage));
        self.row[features::TEXT_RISK] = text.trial;
        let others = [text.refit, text.champion];
        match self.writers.get_mut(&part) {
            Some(writer) => writer.push(edit, rev_id, &self.row, others, is_damage),
            None => Ok(()),
        }
    }

    fn finish(mut self) -> Result<Dataset, LearningError> {
        let [text_of_trial, text_of_refit] = self.text.finish();
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
            text_of_trial,
            text_of_refit,
        })
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        // Gone already if it was finished.
        _ = std::fs::remove_dir_all(&self.staged);
    }
}
