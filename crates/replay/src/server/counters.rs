//! What a server has sent: counted while it sends, shown at any time.

use super::faults::Fault;
use super::recording::Recording;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tokio::sync::watch;

/// What was sent so far, over all connections.
#[derive(Debug)]
pub(super) struct SentCounters {
    connections: AtomicU64,
    events: AtomicU64,
    faults: [AtomicU64; Fault::ALL.len()],
    /// By topic: the offset after the highest sent, 0 for none.
    next: Vec<AtomicU64>,
    /// Some connection was served to the end.
    pub(super) finished: watch::Sender<bool>,
}

impl SentCounters {
    pub(super) fn new(recording: &Recording) -> Self {
        let counters = Self {
            connections: AtomicU64::new(0),
            events: AtomicU64::new(0),
            faults: Default::default(),
            next: recording
                .topics()
                .iter()
                .map(|_| AtomicU64::new(0))
                .collect(),
            finished: watch::Sender::new(false),
        };
        counters.faults[Fault::Gap.index()].store(recording.gaps(), Relaxed);
        counters
    }

    /// The number of a new connection, from 1.
    pub(super) fn connect(&self) -> u64 {
        self.connections.fetch_add(1, Relaxed) + 1
    }

    pub(super) fn count(&self, fault: Fault) {
        self.faults[fault.index()].fetch_add(1, Relaxed);
    }

    pub(super) fn sent(&self, topic: usize, offset: u64) {
        self.events.fetch_add(1, Relaxed);
        self.next[topic].fetch_max(offset + 1, Relaxed);
    }

    /// The figures of a server of this recording.
    pub(super) fn served(&self, recording: &Recording) -> Served {
        let read = |counter: &AtomicU64| counter.load(Relaxed);
        let topics = recording.topics().iter().zip(&self.next);
        Served {
            connections: read(&self.connections),
            events: read(&self.events),
            next_offsets: topics
                .map(|(topic, next)| (topic.name.clone(), read(next)))
                .filter(|(_, next)| *next > 0)
                .collect(),
            faults: Fault::ALL
                .into_iter()
                .map(|fault| (fault.name(), read(&self.faults[fault.index()])))
                .collect(),
        }
    }
}

/// What a server has sent so far, over all connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// Requests for streams that were well formed, refused by a fault or not.
    pub connections: u64,
    /// Event frames: repetitions and canaries count, garbage does not.
    pub events: u64,
    /// By topic that had an event sent: the offset after the highest.
    pub next_offsets: BTreeMap<String, u64>,
    /// How often each fault was committed. Gaps are those of the whole recording.
    pub faults: BTreeMap<&'static str, u64>,
}
