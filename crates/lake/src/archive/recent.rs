//! Which edits came lately: their identities, so that edits that come again are recognised.

use super::lake::{Lake, LakeFile};
use super::parquet_file::{self, batches};
use crate::error::LakeError;
use crate::table::column;
use arrow_array::{RecordBatch, StringArray, TimestampMillisecondArray};
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;

/// Edits come so much later than they were made at most, in milliseconds; those of imports are older
/// still, and few.
const LATEST: i64 = 24 * 60 * 60 * 1_000;

/// The identity of an archived edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentId {
    /// `meta.id` of the event that told it.
    pub meta_id: String,
    /// When the edit happened.
    pub event_time: EventTime,
    /// When it was received.
    pub ingest_time: EventTime,
    /// As in the name of the folder.
    pub user_type: UserType,
}

impl Lake {
    /// Identities of the edits that happened at or after `since`, or were received then and happened at
    /// most a day before, by hour, reading three columns only. A file that cannot be read gives one
    /// error, and the next files follow.
    pub fn recent_ids(
        &self,
        since: EventTime,
    ) -> Result<impl Iterator<Item = Result<RecentId, LakeError>>, LakeError> {
        let oldest = EventTime::from_millis(since.as_millis() - LATEST).unwrap_or(since);
        let files = self.files(Some(oldest))?.into_iter();
        let storage = self.storage().clone();
        Ok(files
            .flat_map(move |file| -> Box<dyn Iterator<Item = IdBatch>> {
                let opened = parquet_file::open(&storage, &file.key);
                match opened.and_then(|it| batches(it, &COLUMNS, file.path.clone())) {
                    Ok(batches) => Box::new(batches.map(move |batch| ids(&batch?, &file))),
                    Err(error) => Box::new(std::iter::once(Err(error))),
                }
            })
            .flat_map(|batch| match batch {
                Ok(ids) => ids.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            })
            .filter(move |id| !matches!(id, Ok(id) if id.is_before(since, oldest))))
    }
}

const COLUMNS: [&str; 3] = ["meta_id", "event_time", "ingest_time"];

impl RecentId {
    fn is_before(&self, since: EventTime, oldest: EventTime) -> bool {
        self.event_time < since && (self.ingest_time < since || self.event_time < oldest)
    }
}

type IdBatch = Result<Vec<RecentId>, LakeError>;

fn ids(batch: &RecordBatch, file: &LakeFile) -> IdBatch {
    let read = || {
        let ids: &StringArray = column(batch, "meta_id")?;
        let times = |name| column::<TimestampMillisecondArray>(batch, name);
        let (made, received) = (times("event_time")?, times("ingest_time")?);
        let rows = ids.iter().zip(made.values().iter().zip(received.values()));
        let of_row = |(id, (made, received)): (Option<&str>, (&i64, &i64))| {
            Some(RecentId {
                meta_id: id?.to_owned(),
                event_time: EventTime::from_millis(*made)?,
                ingest_time: EventTime::from_millis(*received)?,
                user_type: file.partition.user_type(),
            })
        };
        rows.map(of_row).collect::<Option<Vec<_>>>()
    };
    read().ok_or_else(|| {
        let detail = "meta_id, event_time and ingest_time are not text and times";
        LakeError::wrong_schema(&file.path, detail)
    })
}
