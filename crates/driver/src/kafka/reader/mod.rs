//! Reading a topic for `tail`: partitions are assigned by hand and nothing is committed, so no
//! consumer group is left behind. Only records of committed transactions are seen.

mod lane;
mod merge;
mod start;

use super::client::Client;
use super::{Kafka, KafkaError};
use rdkafka::Message;
use std::ops::ControlFlow;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadStart {
    /// With the oldest record kept.
    Beginning,
    /// With the next record to come.
    End,
    /// This many records before the end, over all partitions, of those that are kept.
    Last(u64),
    /// With the first record of this time (milliseconds since 1970) or later.
    Time(i64),
}

/// What is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadRequest {
    /// The topic's full name.
    pub topic: String,
    pub start: ReadStart,
    /// Wherever it starts: what comes before the first record of this time (milliseconds since 1970)
    /// or later is neither read nor looked at.
    pub floor: Option<i64>,
    /// Go on as records come; else until the end as it is when the reading starts.
    pub follow: bool,
    /// Stop after this many records.
    pub max: Option<u64>,
}

/// A record as Kafka keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadRecord<'a> {
    pub partition: i32,
    /// Its offset in the partition.
    pub offset: i64,
    /// When it was written, in milliseconds since 1970.
    pub timestamp: Option<i64>,
    pub key: Option<&'a [u8]>,
    /// Its value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
}

impl<'a> ReadRecord<'a> {
    fn of(message: &'a impl Message) -> Self {
        Self {
            partition: message.partition(),
            offset: message.offset(),
            timestamp: message.timestamp().to_millis(),
            key: message.key(),
            value: message.payload(),
        }
    }
}

/// What [`Kafka::read`] calls `take` with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadStep<'a> {
    Record(ReadRecord<'a>),
    /// No record is available now: time to flush what was written. Comes many times a second.
    Waiting,
}

/// A stretch of a partition, from an offset to before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stretch {
    partition: i32,
    start: i64,
    end: i64,
}

impl Kafka {
    /// Reads a topic in the calling thread and hands its records to `take`, until that breaks off
    /// or there are no more.
    ///
    /// Partitions are merged by time: of records that are at hand, the oldest comes first. While
    /// there is a backlog that is exact as far as each partition is in order; at the live end a
    /// record is handed on as it comes.
    ///
    /// # Errors
    /// If the topic is missing or no broker answers; while following, once no broker has
    /// answered for the timeout of [`Kafka::new`].
    pub fn read(
        &self,
        read: &ReadRequest,
        take: impl FnMut(ReadStep<'_>) -> ControlFlow<()>,
    ) -> Result<(), KafkaError> {
        self.read_only(read, |_| true, take)
    }

    /// As [`Kafka::read`], but only the records that are to be kept: others are neither handed on nor
    /// counted.
    ///
    /// # Errors
    /// Those of [`Kafka::read`].
    pub fn read_only(
        &self,
        read: &ReadRequest,
        keep: impl Fn(&ReadRecord<'_>) -> bool,
        mut take: impl FnMut(ReadStep<'_>) -> ControlFlow<()>,
    ) -> Result<(), KafkaError> {
        if read.max == Some(0) {
            return Ok(());
        }
        let client = self.reading_client()?;
        let stretches = self.stretches(&client, read, &keep)?;
        let mut left = read.max.unwrap_or(u64::MAX);
        self.merge(client, &read.topic, &stretches, read.follow, |step| {
            if let ReadStep::Record(record) = &step
                && !keep(record)
            {
                return ControlFlow::Continue(());
            }
            take(step)?;
            left -= u64::from(matches!(step, ReadStep::Record(_)));
            match left {
                0 => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        })
    }

    /// A client that can be assigned partitions. librdkafka wants the name of a group for that;
    /// as nothing is committed, the broker never sees it.
    fn reading_client(&self) -> Result<Client, KafkaError> {
        let group = format!("wikisentry-tail-{:032x}", rand::random::<u128>());
        self.create(
            self.config()
                .set("group.id", group)
                .set("enable.auto.commit", "false")
                .set("enable.auto.offset.store", "false")
                .set("enable.partition.eof", "true")
                .set("allow.auto.create.topics", "false")
                .set("isolation.level", "read_committed")
                .set("auto.offset.reset", "earliest")
                .set("queued.max.messages.kbytes", "32768")
                // A full queue is checked again at once, not after a second: a megabyte of
                // compressed records fills it, and is read in less.
                .set("fetch.queue.backoff.ms", "5"),
        )
    }
}
