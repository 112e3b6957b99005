//! Which edits came lately: their identities, so that edits that come again are recognised.

use super::lake::{Lake, LakeFile};
use super::parquet_file::{self, batches};
use crate::error::LakeError;
use crate::table::column;
use arrow_array::{RecordBatch, StringArray, TimestampMillisecondArray};
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;

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
            .flat_map(move |file| -> Box<dyn Iterator<Item = IdBatch>> {
                let opened = parquet_file::open(&storage, &file.key);
                match opened
                    .and_then(|it| batches(it, &["meta_id", "event_time"], file.path.clone()))
                {
                    Ok(batches) => Box::new(batches.map(move |batch| ids(&batch?, &file))),
                    Err(error) => Box::new(std::iter::once(Err(error))),
                }
            })
            .flat_map(|batch| match batch {
                Ok(ids) => ids.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            })
            .filter(move |id| !matches!(id, Ok(id) if id.event_time < since)))
    }
}

type IdBatch = Result<Vec<RecentId>, LakeError>;

fn ids(batch: &RecordBatch, file: &LakeFile) -> IdBatch {
    let read = || {
        let ids: &StringArray = column(batch, "meta_id")?;
        let times: &TimestampMillisecondArray = column(batch, "event_time")?;
        let rows = ids.iter().zip(times.values());
        let of_row = |(id, time): (Option<&str>, &i64)| {
            Some(RecentId {
                meta_id: id?.to_owned(),
                event_time: EventTime::from_millis(*time)?,
                user_type: file.partition.user_type(),
            })
        };
        rows.map(of_row).collect::<Option<Vec<_>>>()
    };
    read().ok_or_else(|| {
        let detail = "meta_id and event_time are not text and time";
        LakeError::wrong_schema(&file.path, detail)
    })
}
