//! Builds a data set out of the lake: hours in their order, labels by days, rows into the files of the
//! parts.

use super::pass::{Choice, DatasetPass, PassOptions};
use super::sampling::{Kept, most_rows, of_parts};
use super::split::{Part, Split, rows_by_hour};
use super::write::PartWriter;
use super::{Dataset, DatasetManifest, DatasetOptions, LeftOut, file_name, new_id};
use crate::error::LearningError;
use jiff::civil::Date;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use wikisentry_core::edit::Edit;
use wikisentry_core::features;
use wikisentry_core::labels::MaturityCurve;
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;
use wikisentry_lake::archive::{Edits, Lake, Partition};
use wikisentry_lake::clock;
use wikisentry_lake::file::{create_private_folder, is_link, sync_folder, write_atomically};
use wikisentry_lake::label_table::{KnownLabel, LabelTable, RevisionKey};

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
        let rows = most_rows(&by_hour, &split, options);
        let mut work = Work::begin(lake, datasets, split, (kept, rows), options)?;
        let total = partitions.len() as u64;
        for (done, partition) in partitions.into_iter().enumerate() {
            if progress(done as u64, total).is_break() {
                return Err(LearningError::Cancelled);
            }
            let (from, to) = (split.train_from, split.young_from);
            let left_out = work.pass.left_out();
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
    pass: DatasetPass,
    writers: BTreeMap<Part, PartWriter>,
    kept: BTreeMap<Part, Kept>,
    most: BTreeMap<Part, u64>,
    manifest: DatasetManifest,
    table: LabelTable,
    labels: (Option<Date>, FxHashMap<RevisionKey, KnownLabel>),
}

impl Work {
    fn begin(
        lake: &Lake,
        datasets: &Path,
        split: Split,
        (kept, rows): (BTreeMap<Part, Kept>, u64),
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
        let pass = PassOptions {
            split,
            test_after: options.test_after,
            maturity_ms: options.maturity_ms,
            champion_text: options.champion_text.clone(),
            rows,
            seed: options.seed,
        };
        let mut writers = BTreeMap::new();
        for part in Part::ALL {
            writers.insert(part, PartWriter::create(staged.join(file_name(part)))?);
        }
        Ok(Self {
            folder: datasets.join(&id),
            staged,
            pass: DatasetPass::new(pass),
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
                parts: BTreeMap::new(),
                left_out: LeftOut::default(),
                negatives_kept: kept[&Part::Train].good,
                damage_kept: kept[&Part::Train].damage,
                new_damage: 0,
                damage_by_source: BTreeMap::new(),
                maturity: MaturityCurve::default().summary(),
                seed: options.seed,
            },
            table: LabelTable::of(lake),
            labels: (None, FxHashMap::default()),
            kept,
        })
    }

    fn partition(&mut self, lake: &Lake, partition: Partition) -> Result<(), LearningError> {
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
                    self.edit(&edits.edit(row), partition.start_millis())?;
                }
            }
        }
        Ok(())
    }

    fn edit(&mut self, edit: &Edit<'_>, hour_ms: i64) -> Result<(), LearningError> {
        let labels = &self.labels.1;
        let label_of = |key: RevisionKey| labels.get(&key).copied();
        let (kept, most, seed) = (&self.kept, &self.most, self.manifest.seed);
        let is_kept = |one: Choice| {
            kept[&one.part].keeps(one.key, one.is_damage, seed) && one.rows < most[&one.part]
        };
        let Some(row) = self.pass.next_of(edit, hour_ms, label_of, is_kept) else {
            return Ok(());
        };
        match self.writers.get_mut(&row.part) {
            Some(writer) => writer.push(edit, &row),
            None => Ok(()),
        }
    }

    fn finish(mut self) -> Result<Dataset, LearningError> {
        let [text_of_trial, text_of_refit] = self.pass.text_weights();
        for writer in std::mem::take(&mut self.writers).into_values() {
            writer.finish()?;
        }
        let report = self.pass.report();
        self.manifest.parts.clone_from(&report.parts);
        self.manifest.left_out = report.left_out;
        self.manifest.new_damage = report.new_damage;
        self.manifest
            .damage_by_source
            .clone_from(&report.damage_by_source);
        self.manifest.maturity = self.pass.maturity();
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
