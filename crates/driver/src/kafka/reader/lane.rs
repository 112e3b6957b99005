//! One partition that is merged: its queue, the record at its head, its end.

use super::Stretch;
use crate::kafka::client::LogContext;
use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::error::KafkaError as Native;
use rdkafka::message::{BorrowedMessage, Message};
use std::time::Duration;

/// A partition being read.
pub(super) struct Lane<'q> {
    pub(super) stretch: Stretch,
    queue: &'q PartitionQueue<LogContext>,
    pub(super) head: Option<BorrowedMessage<'q>>,
    /// No more records are available now.
    pub(super) at_end: bool,
    /// The end of its stretch is reached.
    pub(super) done: bool,
    follow: bool,
}

impl<'q> Lane<'q> {
    pub(super) fn new(
        stretch: Stretch,
        queue: &'q PartitionQueue<LogContext>,
        follow: bool,
    ) -> Self {
        Self {
            stretch,
            queue,
            head: None,
            at_end: stretch.start >= stretch.end,
            done: !follow && stretch.start >= stretch.end,
            follow,
        }
    }

    /// Milliseconds since 1970 of the head; records without a time go first.
    pub(super) fn time(&self) -> Option<i64> {
        let head = self.head.as_ref()?;
        Some(head.timestamp().to_millis().unwrap_or(i64::MIN))
    }

    /// Whether the merge has to wait for it: it may have a record older than the others' heads.
    pub(super) fn is_awaited(&self) -> bool {
        !self.done && !self.at_end && self.head.is_none()
    }

    /// Fetches the next record into the head, waiting up to `timeout`. Says whether anything
    /// happened.
    pub(super) fn fill(&mut self, timeout: Duration) -> Result<bool, Native> {
        match self.queue.poll(timeout) {
            None => Ok(false),
            Some(Ok(message)) => {
                let past = !self.follow && message.offset() >= self.stretch.end;
                self.done = !self.follow && message.offset() + 1 >= self.stretch.end;
                self.at_end = false;
                if !past {
                    self.head = Some(message);
                }
                Ok(true)
            }
            Some(Err(Native::PartitionEOF(_))) => {
                self.at_end = true;
                // The end may be a marker of a transaction, which is never handed on.
                self.done = !self.follow;
                Ok(true)
            }
            Some(Err(error)) => Err(error),
        }
    }
}
