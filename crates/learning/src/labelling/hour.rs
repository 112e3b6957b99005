//! The edits of one hour of the lake, in the order of their times.

use crate::error::LearningError;
use arrow_array::RecordBatch;
use std::path::PathBuf;
use wikisentry_core::time::EventTime;
use wikisentry_lake::archive::{Edits, Lake, Partition};

/// Memory that the edits of an hour may take, in bytes: two million edits take less.
const MOST: usize = 2 << 30;

/// All edits of an hour, as read.
pub(super) struct Hour {
    batches: Vec<(PathBuf, Partition, RecordBatch)>,
}

/// Where an edit stands, and when it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub time: EventTime,
    revision: i64,
    pub batch: usize,
    pub row: usize,
}

impl Hour {
    pub(super) fn read(lake: &Lake, partitions: &[Partition]) -> Result<Self, LearningError> {
        let (mut batches, mut bytes) = (Vec::new(), 0);
        for partition in partitions {
            for file in lake.open_partition(*partition)? {
                let path = file.path().to_owned();
                for batch in file.batches()? {
                    let batch = batch?;
                    bytes += batch.get_array_memory_size();
                    if bytes > MOST {
                        let reason = format!("the edits of its hour take more than {MOST} bytes");
                        return Err(LearningError::table(&path, reason));
                    }
                    batches.push((path.clone(), *partition, batch));
                }
            }
        }
        Ok(Self { batches })
    }

    pub(super) fn edits(&self) -> Result<Vec<Edits<'_>>, LearningError> {
        let batches = self.batches.iter();
        batches
            .map(|(path, partition, batch)| Ok(Edits::of(batch, partition.user_type(), path)?))
            .collect()
    }

    /// The edits in the order of their times; of edits at the same time that of the lower revision
    /// comes first. Those that lie in the wrong hour, as they were dated ahead, are left out.
    pub(super) fn order(&self, batches: &[Edits<'_>]) -> Vec<Place> {
        let mut order = Vec::new();
        for (at, (edits, (_, partition, _))) in batches.iter().zip(&self.batches).enumerate() {
            let places = (0..edits.len()).map(|row| Place {
                time: edits.time(row),
                revision: edits.revision(row),
                batch: at,
                row,
            });
            order.extend(places.filter(|place| partition.holds(place.time)));
        }
        order.sort_unstable();
        order
    }
}
