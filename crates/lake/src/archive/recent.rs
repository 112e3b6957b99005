//! Which edits came lately: their identities, so that edits that come again are recognised.

use super::lake::{Lake, LakeFile};
use super::parquet_file;
use crate::error::LakeError;
use crate::storage::Storage;
use arrow_array::{Array, RecordBatch, StringArray, TimestampMillisecondArray};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;
use std::path::PathBuf;
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;

/// Identities that are in memory at a time.
const BATCH_ROWS: usize = 8_192;

/// The identity of an archived edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentId {
    /// `meta.id` of the event that told it.
    pub meta_id: String,
    /// When the edit happened.
    pub event_time: EventTime,
    /// As in the name of the folder.
    pub user_type: UserType,
}

impl Lake {
    /// Identities of the edits at or after `since`, by hour, reading two columns only. A file that
    /// cannot be read gives one error, and the next files follow.
    pub fn recent_ids(
        &self,
        since: EventTime,
    ) -> Result<impl Iterator<Item = Result<RecentId, LakeError>>, LakeError> {
        let files = self.files(Some(since))?.into_iter();
        let storage = self.storage().clone();
        Ok(files
            .flat_map(move |file| match IdBatches::open(&storage, file) {
                Ok(batches) => Box::new(batches) as Box<dyn Iterator<Item = IdBatch>>,
                Err(error) => Box::new(std::iter::once(Err(error))),
            })
            .flat_map(|batch| match batch {
                Ok(ids) => ids.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            })
            .filter(move |id| !matches!(id, Ok(id) if id.event_time < since)))
    }
}

type IdBatch = Result<Vec<RecentId>, LakeError>;

/// The identities in one file, a few thousand at a time.
struct IdBatches {
    path: PathBuf,
    user_type: UserType,
    reader: ParquetRecordBatchReader,
}

impl IdBatches {
    fn open(storage: &Storage, file: LakeFile) -> Result<Self, LakeError> {
        let opened = parquet_file::open(storage, &file.key)?;
        let wanted = ProjectionMask::columns(opened.parquet_schema(), ["meta_id", "event_time"]);
        let reader = opened
            .with_projection(wanted)
            .with_batch_size(BATCH_ROWS)
            .build()
            .map_err(LakeError::reading(&file.path))?;
        Ok(Self {
            user_type: file.partition.user_type(),
            path: file.path,
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
            Ok(batch) => self.ids(&batch).ok_or_else(|| {
                let detail = "meta_id and event_time are not text and time";
                LakeError::wrong_schema(&self.path, detail)
            }),
            Err(error) => Err(LakeError::reading(&self.path)(error.into())),
        })
    }
}
