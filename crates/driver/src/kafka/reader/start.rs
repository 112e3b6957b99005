//! Where the reading of each partition starts and where it is to end.

use super::{Client, ReadRecord, ReadRequest, ReadStart, ReadStep, Stretch};
use crate::kafka::{Kafka, KafkaError};
use rdkafka::consumer::Consumer;
use rdkafka::{Offset, TopicPartitionList};
use std::collections::VecDeque;
use std::ops::ControlFlow;

/// Offsets looked at beyond those asked for, as markers of transactions take some.
const SLACK: i64 = 64;

impl Kafka {
    /// The part of each partition from where it is to be read to the present end.
    pub(super) fn stretches(
        &self,
        client: &Client,
        read: &ReadRequest,
        keep: &dyn Fn(&ReadRecord<'_>) -> bool,
    ) -> Result<Vec<Stretch>, KafkaError> {
        let topic = read.topic.as_str();
        let mut all = self.whole(client, topic)?;
        if let Some(floor) = read.floor {
            self.start_at_time(client, topic, floor, &mut all)?;
        }
        match read.start {
            ReadStart::Beginning => {}
            ReadStart::End | ReadStart::Last(0) => {
                for one in &mut all {
                    one.start = one.end;
                }
            }
            ReadStart::Time(millis) => self.start_at_time(client, topic, millis, &mut all)?,
            ReadStart::Last(count) => self.start_before_end(topic, count, keep, &mut all)?,
        }
        Ok(all)
    }

    fn whole(&self, client: &Client, topic: &str) -> Result<Vec<Stretch>, KafkaError> {
        let metadata = self.metadata(client, Some(topic))?;
        let found = metadata.topics().iter().find(|one| one.name() == topic);
        let Some(found) = found.filter(|one| !one.partitions().is_empty()) else {
            return Err(KafkaError::NoTopic {
                topic: topic.to_owned(),
            });
        };
        let mut all = Vec::new();
        for partition in found.partitions() {
            let (start, end) = self.watermarks(client, topic, partition.id())?;
            all.push(Stretch {
                partition: partition.id(),
                start,
                end,
            });
        }
        all.sort_by_key(|one| one.partition);
        Ok(all)
    }

    fn start_at_time(
        &self,
        client: &Client,
        topic: &str,
        millis: i64,
        all: &mut [Stretch],
    ) -> Result<(), KafkaError> {
        let failed = |error| KafkaError::refused(format!("find a time in {topic}"), error);
        let mut asked = TopicPartitionList::new();
        for one in all.iter() {
            // A time before 1970 would be taken for one of the special values.
            asked
                .add_partition_offset(topic, one.partition, Offset::Offset(millis.max(0)))
                .map_err(failed)?;
        }
        let found = client
            .offsets_for_times(asked, self.timeout)
            .map_err(failed)?;
        for one in all {
            let at = found.find_partition(topic, one.partition);
            one.start = match at.map(|element| element.offset()) {
                Some(Offset::Offset(offset)) => offset.clamp(one.start, one.end),
                // Nothing is as new as that.
                _ => one.end,
            };
        }
        Ok(())
    }

    /// Offsets are not records: markers of transactions take some, compaction leaves gaps, and not
    /// every record is kept. So the tail is read once to count, from further back each time it was
    /// too short.
    fn start_before_end(
        &self,
        topic: &str,
        count: u64,
        keep: &dyn Fn(&ReadRecord<'_>) -> bool,
        all: &mut [Stretch],
    ) -> Result<(), KafkaError> {
        let wanted = usize::try_from(count).unwrap_or(usize::MAX);
        let mut span = i64::try_from(count)
            .unwrap_or(i64::MAX)
            .saturating_add(SLACK);
        loop {
            let behind: Vec<_> = all
                .iter()
                .map(|one| Stretch {
                    start: one.end.saturating_sub(span).max(one.start),
                    ..*one
                })
                .collect();
            let last = self.last_places(topic, wanted, keep, &behind)?;
            if last.len() < wanted && behind != *all {
                span = span.saturating_mul(4);
                continue;
            }
            for one in all {
                let of = last
                    .iter()
                    .filter(|(partition, _)| *partition == one.partition);
                one.start = of.map(|(_, offset)| *offset).min().unwrap_or(one.end);
            }
            return Ok(());
        }
    }

    /// Partition and offset of the last records of `behind` that are kept, at most `count`.
    fn last_places(
        &self,
        topic: &str,
        count: usize,
        keep: &dyn Fn(&ReadRecord<'_>) -> bool,
        behind: &[Stretch],
    ) -> Result<VecDeque<(i32, i64)>, KafkaError> {
        let mut last = VecDeque::new();
        self.merge(self.reading_client()?, topic, behind, false, |step| {
            if let ReadStep::Record(record) = step
                && keep(&record)
            {
                if last.len() == count {
                    last.pop_front();
                }
                last.push_back((record.partition, record.offset));
            }
            ControlFlow::Continue(())
        })?;
        Ok(last)
    }
}
