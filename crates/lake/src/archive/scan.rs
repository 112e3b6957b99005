//! Reading the lake for the platform's own needs: what is there, how much, and which edits came
//! lately. Not a query engine.

use super::error::ArchiveError;
use super::partition::Partition;
use super::read::OpenFile;
use super::schema::MERGED_KEY;
use arrow_array::{Array, RecordBatch, StringArray, TimestampMillisecondArray};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;
use parquet::file::statistics::Statistics;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;

/// A partition that is compacted while it is read is listed again so many times.
const ATTEMPTS: usize = 10;

/// The folder `lake` of the state: published edits in `edits`, unpublished work in `.staging`.
#[derive(Debug, Clone)]
pub struct Lake {
    root: PathBuf,
}

/// A published file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LakeFile {
    /// Where it is.
    pub path: PathBuf,
    /// The hour and user type of its edits.
    pub partition: Partition,
}

/// The identity of an archived edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentId {
    /// `meta.id`.
    pub meta_id: String,
    /// When the edit happened.
    pub event_time: EventTime,
    /// Who made it.
    pub user_type: UserType,
}

/// How much the lake holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Published files.
    pub files: u64,
    /// Their size.
    pub bytes: u64,
}

impl Lake {
    /// The lake in the folder `root`, e.g. `$WIKISENTRY_HOME/lake`, which need not exist.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder of the lake.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder that readers look into.
    pub fn edits(&self) -> PathBuf {
        self.root.join("edits")
    }

    /// The folder of unfinished work, on the same file system.
    pub(crate) fn staging(&self) -> PathBuf {
        self.root.join(".staging")
    }

    /// Every partition there is, oldest first.
    pub fn partitions(&self) -> Result<Vec<Partition>, ArchiveError> {
        let mut partitions = Vec::new();
        for kind in list(&self.edits())? {
            for date in list(&kind)? {
                for hour in list(&date)? {
                    let names = [&kind, &date, &hour].map(|path| file_name(path));
                    partitions.extend(Partition::parse(names[0], names[1], names[2]));
                }
            }
        }
        partitions.sort_unstable();
        Ok(partitions)
    }

    /// The files of one partition in the order in which they were written.
    pub fn partition_files(&self, partition: Partition) -> Result<Vec<PathBuf>, ArchiveError> {
        let mut files = list(&self.edits().join(partition.to_string()))?;
        files.retain(|path| file_name(path).ends_with(".parquet"));
        Ok(files)
    }

    /// Every file that may hold edits at or after `since`, oldest hour first.
    pub fn files(&self, since: Option<EventTime>) -> Result<Vec<LakeFile>, ArchiveError> {
        let mut files = Vec::new();
        for partition in self.partitions()? {
            if since.is_some_and(|since| partition.end_millis() <= since.as_millis()) {
                continue;
            }
            let found = self.partition_files(partition)?;
            files.extend(found.into_iter().map(|path| LakeFile { path, partition }));
        }
        Ok(files)
    }

    /// Files and bytes, from the folders alone.
    pub fn totals(&self) -> Result<Totals, ArchiveError> {
        let mut totals = Totals::default();
        for file in self.files(None)? {
            // A file that a compaction has just replaced is counted as the file that replaced it.
            if let Ok(metadata) = fs::metadata(&file.path) {
                totals.files += 1;
                totals.bytes += metadata.len();
            }
        }
        Ok(totals)
    }

    /// Edits in all files, from their footers.
    pub fn rows(&self) -> Result<u64, ArchiveError> {
        let mut rows = 0;
        for partition in self.partitions()? {
            rows += self.rows_in(partition)?;
        }
        Ok(rows)
    }

    /// Edits in one partition, from the footers.
    pub fn rows_in(&self, partition: Partition) -> Result<u64, ArchiveError> {
        self.with_files(partition, |files| {
            let readers = files.iter().map(|path| open_reader(path));
            let rows = readers.map(|reader| {
                let metadata = reader?.metadata().clone();
                Ok(metadata.file_metadata().num_rows().unsigned_abs())
            });
            rows.sum()
        })
    }

    /// Opens all files of a partition, in the order in which they were written. Once they are
    /// open no compaction takes them away: the edits are those of one moment, each once.
    pub fn open_partition(&self, partition: Partition) -> Result<Vec<OpenFile>, ArchiveError> {
        self.with_files(partition, |files| {
            files.iter().map(|path| OpenFile::open(path)).collect()
        })
    }

    /// Does `read` with the files of a partition, and again if a compaction took one of them away
    /// meanwhile.
    pub(super) fn with_files<T>(
        &self,
        partition: Partition,
        mut read: impl FnMut(&[PathBuf]) -> Result<T, ArchiveError>,
    ) -> Result<T, ArchiveError> {
        let mut attempt = 1;
        loop {
            match read(&self.partition_files(partition)?) {
                Err(ArchiveError::Io { source, .. })
                    if source.kind() == ErrorKind::NotFound && attempt < ATTEMPTS =>
                {
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// Identities of the edits at or after `since`, by hour, reading two columns only. A file that
    /// cannot be read gives one error, and the next files follow.
    pub fn recent_ids(
        &self,
        since: EventTime,
    ) -> Result<impl Iterator<Item = Result<RecentId, ArchiveError>>, ArchiveError> {
        let files = self.files(Some(since))?.into_iter();
        Ok(files
            .flat_map(|file| match IdBatches::open(&file) {
                Ok(batches) => Box::new(batches) as Box<dyn Iterator<Item = IdBatch>>,
                Err(error) => Box::new(std::iter::once(Err(error))),
            })
            .flat_map(|batch| match batch {
                Ok(ids) => ids.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            })
            .filter(move |id| !matches!(id, Ok(id) if id.event_time < since)))
    }

    /// The latest edit of each user type, from the statistics of its newest hour.
    pub fn latest_event_times(&self) -> Result<BTreeMap<UserType, EventTime>, ArchiveError> {
        let mut latest = BTreeMap::new();
        for partition in self.partitions()?.into_iter().rev() {
            if latest.contains_key(&partition.user_type()) {
                continue;
            }
            let times = self.with_files(partition, |files| {
                let times = files.iter().map(|path| latest_in_file(path));
                times.collect::<Result<Vec<_>, _>>()
            })?;
            if let Some(time) = times.into_iter().flatten().max() {
                latest.insert(partition.user_type(), time);
            }
        }
        Ok(latest)
    }
}

/// The entries of a folder, by name; none if the folder is not there or is a file.
pub(crate) fn list(folder: &Path) -> Result<Vec<PathBuf>, ArchiveError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        entries => entries.map_err(ArchiveError::io("list", folder))?,
    };
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(ArchiveError::io("list", folder))?;
    paths.sort_unstable();
    Ok(paths)
}

pub(crate) fn file_name(path: &Path) -> &str {
    path.file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default()
}

/// Opens a file of the lake.
pub(crate) fn open_reader(
    path: &Path,
) -> Result<ParquetRecordBatchReaderBuilder<File>, ArchiveError> {
    let file = File::open(path).map_err(ArchiveError::io("open", path))?;
    ParquetRecordBatchReaderBuilder::try_new(file).map_err(ArchiveError::reading(path))
}

/// The names of the files that a file replaced; empty unless it was compacted.
pub(crate) fn merged_names(path: &Path) -> Result<Vec<String>, ArchiveError> {
    let reader = open_reader(path)?;
    let pairs = reader.metadata().file_metadata().key_value_metadata();
    let value = pairs
        .into_iter()
        .flatten()
        .find(|pair| pair.key == MERGED_KEY)
        .and_then(|pair| pair.value.as_deref());
    value.map_or(Ok(Vec::new()), |json| {
        serde_json::from_str(json).map_err(|error| {
            let detail = format!("{MERGED_KEY}: {error}");
            ArchiveError::reading(path)(ParquetError::General(detail))
        })
    })
}

fn latest_in_file(path: &Path) -> Result<Option<EventTime>, ArchiveError> {
    let reader = open_reader(path)?;
    let columns = reader
        .metadata()
        .row_groups()
        .iter()
        .flat_map(|g| g.columns());
    let latest = columns
        .filter(|column| column.column_descr().name() == "event_time")
        .filter_map(|column| match column.statistics() {
            Some(Statistics::Int64(values)) => values.max_opt().copied(),
            _ => None,
        })
        .max();
    Ok(latest.and_then(EventTime::from_millis))
}

type IdBatch = Result<Vec<RecentId>, ArchiveError>;

/// The identities in one file, a few thousand at a time.
struct IdBatches {
    path: PathBuf,
    user_type: UserType,
    reader: ParquetRecordBatchReader,
}

impl IdBatches {
    fn open(file: &LakeFile) -> Result<Self, ArchiveError> {
        let builder = open_reader(&file.path)?;
        let wanted = ProjectionMask::columns(builder.parquet_schema(), ["meta_id", "event_time"]);
        let reader = builder
            .with_projection(wanted)
            .with_batch_size(8_192)
            .build()
            .map_err(ArchiveError::reading(&file.path))?;
        Ok(Self {
            path: file.path.clone(),
            user_type: file.partition.user_type(),
            reader,
        })
    }

    fn ids(&self, batch: &RecordBatch) -> Option<Vec<RecentId>> {
        let ids: &StringArray = batch.column_by_name("meta_id")?.as_any().downcast_ref()?;
        let times: &TimestampMillisecondArray = batch
            .column_by_name("event_time")?
            .as_any()
            .downcast_ref()?;
        let rows = ids.iter().zip(times.values());
        rows.map(|(id, time)| {
            Some(RecentId {
                meta_id: id?.to_owned(),
                event_time: EventTime::from_millis(*time)?,
                user_type: self.user_type,
            })
        })
        .collect()
    }
}

impl Iterator for IdBatches {
    type Item = IdBatch;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.reader.next()?;
        Some(match batch {
            Ok(batch) => self.ids(&batch).ok_or_else(|| ArchiveError::WrongSchema {
                path: self.path.clone(),
                detail: "meta_id and event_time are not text and time".to_owned(),
            }),
            Err(error) => Err(ArchiveError::reading(&self.path)(error.into())),
        })
    }
}
