//! One partition on its way into the merge: its queue, the record at its head, its end.

use super::{Client, Stretch};
use crate::kafka::client::Context;
use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::error::{KafkaError as Native, KafkaResult};
use rdkafka::message::{BorrowedMessage, Message};
use std::collections::VecDeque;
use std::time::Duration;

pub(super) type Polled<'q> = KafkaResult<BorrowedMessage<'q>>;

/// A partition being read.
pub(super) struct Lane<'q> {
    pub(super) stretch: Stretch,
    queue: &'q PartitionQueue<Context>,
    /// What came before the partition had a queue of its own.
    early: VecDeque<Polled<'q>>,
    pub(super) head: Option<BorrowedMessage<'q>>,
    /// Nothing more is there just now.
    pub(super) at_end: bool,
    /// Nothing more is wanted.
    pub(super) done: bool,
    follow: bool,
}

impl<'q> Lane<'q> {
    pub(super) fn new(stretch: Stretch, queue: &'q PartitionQueue<Context>, follow: bool) -> Self {
        Self {
            stretch,
            queue,
            early: VecDeque::new(),
            head: None,
            at_end: stretch.start >= stretch.end,
            done: !follow && stretch.start >= stretch.end,
            follow,
        }
    }

    /// Takes in what the client's main queue held for it.
    pub(super) fn push_early(&mut self, polled: Polled<'q>) {
        self.early.push_back(polled);
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
        let polled = match self.early.pop_front() {
            Some(polled) => Some(polled),
            None => self.queue.poll(timeout),
        };
        match polled {
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

/// Serves the client's own queue: its log, its errors, and records that came early.
pub(super) fn serve<'q>(client: &'q Client, lanes: &mut [Lane<'q>]) -> Option<Native> {
    let mut failed = None;
    while let Some(polled) = client.poll(Duration::ZERO) {
        let partition = match &polled {
            Ok(message) => message.partition(),
            Err(Native::PartitionEOF(partition)) => *partition,
            Err(_) => {
                failed = polled.err();
                continue;
            }
        };
        if let Some(lane) = lanes
            .iter_mut()
            .find(|lane| lane.stretch.partition == partition)
        {
            lane.push_early(polled);
        }
    }
    failed
}
