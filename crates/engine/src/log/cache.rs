//! The latest batches of each topic, decoded, so that consumers that keep up decompress nothing.
//! Bounded by bytes; it is no cache for reading history.

use super::batch::RecordBatch;
use std::collections::VecDeque;
use std::sync::Arc;
use wikisentry_core::topic::Topic;

pub(super) struct RecentBatches {
    limit: usize,
    held: usize,
    /// Oldest first, in order of insertion over all topics.
    order: VecDeque<Arc<RecordBatch>>,
}

impl RecentBatches {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            held: 0,
            order: VecDeque::new(),
        }
    }

    /// Remembers a batch just committed.
    pub(super) fn insert(&mut self, batch: Arc<RecordBatch>) {
        self.held += batch.memory();
        self.order.push_back(batch);
        while self.held > self.limit
            && let Some(oldest) = self.order.pop_front()
        {
            self.held -= oldest.memory();
        }
    }

    /// The batch that holds `offset`.
    pub(super) fn get(&self, topic: Topic, offset: u64) -> Option<Arc<RecordBatch>> {
        self.order
            .iter()
            .rev()
            .find(|batch| {
                batch.topic() == topic
                    && (batch.base_offset()..batch.next_offset()).contains(&offset)
            })
            .cloned()
    }
}
