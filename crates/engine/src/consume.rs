//! Reading topics as a consumer with committed offsets. The offsets are committed in the same
//! transaction as the consumer's output, so every record counts once, whatever crashes.

use crate::log::{Log, LogError, RecordBatch, RecordRef, Transaction};
use crate::patience::Patience;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wikisentry_core::classified::ClassifiedEdit;
use wikisentry_core::topic::Topic;

/// A waiting consumer looks at the clock and the stop flag at least this often.
const IDLE: Duration = Duration::from_millis(500);
/// A quiet stream is written out after this long, so that the end of a replay need not wait.
const QUIET: Duration = Duration::from_secs(2);

/// How long a consumer gathers records.
#[derive(Debug, Clone, Copy)]
pub struct Waiting {
    /// For the first one; none may come, and the consumer have other work.
    pub idle: Duration,
    /// From the first one on.
    pub interval: Duration,
}

/// A named reader of some topics.
pub struct Consumer {
    pub log: Log,
    name: &'static str,
    inputs: Vec<Input>,
    turn: usize,
}

struct Input {
    topic: Topic,
    next: u64,
    end: watch::Receiver<u64>,
}

/// Records of one topic, from the consumer's offset on.
pub struct Fetched {
    /// Where they are from.
    pub topic: Topic,
    batch: Arc<RecordBatch>,
    from: u64,
}

impl Fetched {
    /// The records not yet consumed.
    pub fn records(&self) -> impl Iterator<Item = RecordRef<'_>> {
        self.batch.iter_from(self.from)
    }

    /// The records of `edits.classified` as edits, with their offsets.
    pub fn edits(&self) -> impl Iterator<Item = (u64, ClassifiedEdit<'_>)> {
        self.records().filter_map(|record| {
            let edit = ClassifiedEdit::from_json(record.value);
            // The classifier wrote it; the record's checksum was right.
            let told =
                |error| tracing::error!(offset = record.offset, "no classified edit: {error}");
            Some((record.offset, edit.map_err(told).ok()?))
        })
    }
}

impl Consumer {
    /// Picks up at the committed offsets; a new consumer starts with the oldest records kept.
    pub fn open(log: Log, name: &'static str, topics: &[Topic]) -> Result<Self, LogError> {
        let input = |topic: &Topic| {
            Ok::<_, LogError>(Input {
                topic: *topic,
                next: committed_offset(&log, name, *topic)?,
                end: log.watch(*topic),
            })
        };
        let inputs = topics.iter().map(input).collect::<Result<_, _>>()?;
        Ok(Self {
            log,
            name,
            inputs,
            turn: 0,
        })
    }

    /// The next records of the topics, waiting while the disk fails; `None` when all are at their
    /// end, or if told to stop.
    pub fn fetch(&mut self, patience: &Patience) -> Result<Option<Fetched>, LogError> {
        let fetched = patience.insist(|| self.next(), LogError::is_retryable)?;
        Ok(fetched.flatten())
    }

    /// The topics are taken in turns.
    fn next(&mut self) -> Result<Option<Fetched>, LogError> {
        for _ in 0..self.inputs.len() {
            let input = &self.inputs[self.turn];
            self.turn = (self.turn + 1) % self.inputs.len();
            if *input.end.borrow() <= input.next {
                continue;
            }
            if let Some(batch) = self.log.read(input.topic, input.next)? {
                return Ok(Some(Fetched {
                    topic: input.topic,
                    from: input.next,
                    batch,
                }));
            }
        }
        Ok(None)
    }

    /// Moves past fetched records; durable once [`Consumer::commit`] says so.
    pub fn advance(&mut self, fetched: &Fetched) {
        for input in &mut self.inputs {
            if input.topic == fetched.topic {
                input.next = fetched.batch.next_offset();
            }
        }
    }

    /// Commits a transaction and the offsets with it, waiting while the disk refuses. `false` if
    /// told to stop meanwhile.
    pub fn commit(&self, mut tx: Transaction, patience: &Patience) -> Result<bool, LogError> {
        self.stage(&mut tx);
        patience.commit(&self.log, tx)
    }

    /// Adds the offsets to a transaction.
    fn stage(&self, tx: &mut Transaction) {
        let offsets: BTreeMap<&str, u64> = self
            .inputs
            .iter()
            .map(|input| (input.topic.name(), input.next))
            .collect();
        tx.put_json(&offsets_key(self.name), &offsets);
    }

    /// The next offset of one of its topics; 0 of any other.
    pub fn position(&self, topic: Topic) -> u64 {
        let input = self.inputs.iter().find(|input| input.topic == topic);
        input.map_or(0, |input| input.next)
    }

    /// Records that wait to be consumed.
    pub fn lag(&self) -> u64 {
        self.inputs
            .iter()
            .map(|input| input.end.borrow().saturating_sub(input.next))
            .sum()
    }

    /// Hands records to `take`, waiting for them as long as told, until it says that it has enough, at
    /// the end of a quiet stream, or until told to stop. The consumer has moved past what was taken.
    pub fn gather<E: From<LogError>>(
        &mut self,
        runtime: &Handle,
        patience: &Patience,
        waiting: Waiting,
        mut take: impl FnMut(&Fetched) -> Result<bool, E>,
    ) -> Result<(), E> {
        let mut first: Option<Instant> = None;
        let began = Instant::now();
        let mut last = began;
        while !patience.stop.is_cancelled() {
            if let Some(fetched) = self.fetch(patience)? {
                let is_enough = take(&fetched)?;
                self.advance(&fetched);
                last = Instant::now();
                first.get_or_insert(last);
                if is_enough {
                    break;
                }
                continue;
            }
            let is_due = match first {
                Some(first) => first.elapsed() >= waiting.interval || last.elapsed() >= QUIET,
                None => began.elapsed() >= waiting.idle,
            };
            if is_due {
                break;
            }
            self.wait(runtime, &patience.stop);
        }
        Ok(())
    }

    /// Waits for new records, for a while or for the end; says whether to go on.
    pub fn wait(&mut self, runtime: &Handle, stop: &CancellationToken) -> bool {
        if self.lag() > 0 {
            return !stop.is_cancelled();
        }
        runtime.block_on(async {
            let changes = self
                .inputs
                .iter_mut()
                .map(|input| Box::pin(input.end.changed()));
            tokio::select! {
                _ = futures_util::future::select_all(changes) => {}
                () = tokio::time::sleep(IDLE) => {}
                () = stop.cancelled() => {}
            }
        });
        !stop.is_cancelled()
    }
}

/// The offset of a topic that a consumer has committed; 0 for one that never ran.
pub fn committed_offset(log: &Log, name: &str, topic: Topic) -> Result<u64, LogError> {
    let offsets: Option<BTreeMap<String, u64>> = log.get_json(&offsets_key(name))?;
    let offset = offsets.and_then(|offsets| offsets.get(topic.name()).copied());
    Ok(offset.unwrap_or(0))
}

fn offsets_key(name: &str) -> String {
    format!("consumer/{name}/offsets")
}
