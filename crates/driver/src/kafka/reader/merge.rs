//! Merges the partitions of a topic by time, and notices when no broker answers any more.

use super::lane::Lane;
use super::{Client, ReadRecord, ReadStep, Stretch};
use crate::kafka::{Kafka, KafkaError};
use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError as Native, RDKafkaErrorCode};
use rdkafka::{Offset, TopicPartitionList};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long to wait for one partition before the others are polled again.
const WAIT: Duration = Duration::from_millis(20);

/// Records between two polls of the client's own queue.
const SERVE_EVERY: u32 = 10_000;

impl Kafka {
    /// Reads `stretches`; with `follow`, past their ends. It ends when `take` breaks off, too.
    pub(super) fn merge(
        &self,
        client: Client,
        topic: &str,
        stretches: &[Stretch],
        follow: bool,
        mut take: impl FnMut(ReadStep<'_>) -> ControlFlow<()>,
    ) -> Result<(), KafkaError> {
        let client = Arc::new(client);
        // Before the assignment: what is fetched in between would go to the client's own queue.
        let queues: Vec<_> = stretches
            .iter()
            .filter_map(|one| client.split_partition_queue(topic, one.partition))
            .collect();
        if queues.len() != stretches.len() {
            return Err(KafkaError::refused(
                format!("read {topic}"),
                "a partition has no queue",
            ));
        }
        assign(&client, topic, stretches)?;
        let mut lanes: Vec<_> = stretches
            .iter()
            .zip(&queues)
            .map(|(stretch, queue)| Lane::new(*stretch, queue, follow))
            .collect();
        let mut watch = Watch {
            kafka: self,
            client: &client,
            topic,
            follow,
            quiet_since: None,
            failing: false,
        };
        let mut turn = 0;
        let mut unserved = 0;
        loop {
            if unserved == 0 {
                watch.serve()?;
                unserved = SERVE_EVERY;
            }
            unserved -= 1;
            for lane in &mut lanes {
                if lane.head.is_none() && !lane.done {
                    match lane.fill(Duration::ZERO) {
                        Ok(true) => watch.progress(),
                        Ok(false) => {}
                        Err(error) => watch.failed(error)?,
                    }
                }
            }
            let oldest = (0..lanes.len())
                .filter_map(|at| Some((lanes[at].time()?, at)))
                .min();
            if let Some((_, at)) = oldest
                && !lanes.iter().any(Lane::is_awaited)
            {
                if let Some(message) = lanes[at].head.take()
                    && take(ReadStep::Record(ReadRecord::of(&message))).is_break()
                {
                    return Ok(());
                }
                continue;
            }
            if lanes.iter().all(|lane| lane.done && lane.head.is_none()) {
                return Ok(());
            }
            if take(ReadStep::Waiting).is_break() {
                return Ok(());
            }
            turn = (turn + 1) % lanes.len();
            if let Some(lane) = next_to_wait_for(&mut lanes, turn) {
                match lane.fill(WAIT) {
                    Ok(true) => watch.progress(),
                    Ok(false) => watch.idle()?,
                    Err(error) => watch.failed(error)?,
                }
            }
            unserved = 0;
        }
    }
}

/// A lane whose next record is missing: one that holds up the merge, else each in its turn.
fn next_to_wait_for<'a, 'q>(lanes: &'a mut [Lane<'q>], turn: usize) -> Option<&'a mut Lane<'q>> {
    let awaited = lanes.iter().any(Lane::is_awaited);
    let (before, after) = lanes.split_at_mut(turn);
    after.iter_mut().chain(before).find(|lane| {
        if awaited {
            lane.is_awaited()
        } else {
            !lane.done && lane.head.is_none()
        }
    })
}

fn assign(client: &Client, topic: &str, stretches: &[Stretch]) -> Result<(), KafkaError> {
    let failed = |error| KafkaError::refused(format!("read {topic}"), error);
    let mut list = TopicPartitionList::new();
    for one in stretches {
        list.add_partition_offset(topic, one.partition, Offset::Offset(one.start))
            .map_err(failed)?;
    }
    client.assign(&list).map_err(failed)
}

/// Notices that nothing comes because no broker answers. librdkafka itself tries forever.
struct Watch<'a> {
    kafka: &'a Kafka,
    client: &'a Client,
    topic: &'a str,
    follow: bool,
    /// Since when nothing has come.
    quiet_since: Option<Instant>,
    /// Whether a connection failed since something came.
    failing: bool,
}

impl Watch<'_> {
    fn progress(&mut self) {
        self.quiet_since = None;
        self.failing = false;
    }

    /// Serves the client's own queue, which holds its log and its errors.
    fn serve(&mut self) -> Result<(), KafkaError> {
        while let Some(polled) = self.client.poll(Duration::ZERO) {
            match polled {
                Err(error) => self.failed(error)?,
                // Handing it on out of order, or not at all, would be worse.
                Ok(_) => {
                    let what = format!("keep the order of {}", self.topic);
                    return Err(KafkaError::refused(what, "a record missed its queue"));
                }
            }
        }
        Ok(())
    }

    /// Notes an error; only those that do not pass end the reading.
    fn failed(&mut self, error: Native) -> Result<(), KafkaError> {
        tracing::debug!(%error, topic = self.topic, "the reading is disturbed");
        match error.rdkafka_error_code() {
            Some(
                RDKafkaErrorCode::UnknownTopicOrPartition
                | RDKafkaErrorCode::UnknownTopic
                | RDKafkaErrorCode::UnknownPartition,
            ) => Err(KafkaError::NoTopic {
                topic: self.topic.to_owned(),
            }),
            _ if matches!(error, Native::MessageConsumptionFatal(_)) => Err(KafkaError::refused(
                format!("go on with {}", self.topic),
                error,
            )),
            _ => {
                self.failing = true;
                self.idle()
            }
        }
    }

    /// Called when no record came in time.
    fn idle(&mut self) -> Result<(), KafkaError> {
        let since = *self.quiet_since.get_or_insert_with(Instant::now);
        let worried = self.failing || !self.follow;
        if !worried || since.elapsed() < self.kafka.timeout {
            return Ok(());
        }
        // Asking tells whether it is the network or only a quiet topic.
        self.kafka.metadata(self.client, Some(self.topic))?;
        if self.follow {
            self.progress();
            return Ok(());
        }
        Err(KafkaError::TimedOut {
            bootstrap: self.kafka.bootstrap.clone(),
            what: format!("hand out the records of {}", self.topic),
            within: self.kafka.timeout,
        })
    }
}
