//! Takes frames from the feed, routes them by what they say and commits them with the bookmark
//! and the dedupe window in one transaction: after any crash the stream resumes exactly.

mod kept;
mod redirects;
mod take;
mod unreadable;

pub(crate) use kept::{committed_bookmark, put_bookmark};
pub use unreadable::UnreadableShare;

use crate::counters::{Counters, IngestCounters, limit_kinds};
use crate::log::{DedupeWindow, Log, LogError, Transaction};
use crate::patience::Patience;
use crate::sse::Message;
use redirects::Redirects;
use std::time::Instant;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout_at;
use unreadable::Unreadable;
use wikisentry_core::bookmark::Bookmark;
use wikisentry_core::time::EventTime;
use wikisentry_lake::clock;

/// Frames taken into one transaction at most; bounds memory and the work lost by a crash.
const MAX_FRAMES: u64 = 4_096;

/// What ingest tells the rest of the process.
#[derive(Debug, Clone, Default)]
pub struct IngestView {
    /// Exact counters, as committed.
    pub counters: IngestCounters,
    /// The bookmark, as committed.
    pub bookmark: Bookmark,
    /// When the last event came in.
    pub last_received: Option<EventTime>,
    /// The share of dead letters among the last events, if it is too large.
    pub unreadable: Option<UnreadableShare>,
    /// How long the last event had been under way: its arrival minus its own time, milliseconds.
    pub lag_ms: Option<i64>,
}

/// The settings of ingest.
#[derive(Debug, Clone)]
pub(crate) struct IngestOptions {
    /// Names the source: bookmarks of different sources are kept apart.
    pub source: String,
    /// The streams that are subscribed, by their own names.
    pub streams: Vec<String>,
    /// How many offsets may overtake a missing one before it counts as a gap.
    pub reorder_window: usize,
    /// How many event ids are remembered.
    pub dedupe_window: usize,
    /// Take edits from `page_change` events. If `recentchange` is subscribed too, those are only
    /// label facts, or every edit would count twice.
    pub edits_from_page_change: bool,
}

/// What one transaction will hold.
struct Batch {
    tx: Transaction,
    now: EventTime,
    /// Time of the last event, as it says.
    last_time: Option<EventTime>,
    frames: u64,
}

impl Batch {
    fn new() -> Self {
        Self {
            tx: Transaction::new(),
            now: clock::now(),
            last_time: None,
            frames: 0,
        }
    }
}

/// The ingest worker; one thread owns it.
pub(crate) struct Ingest {
    log: Log,
    options: IngestOptions,
    bookmark: Bookmark,
    dedupe: DedupeWindow,
    counters: IngestCounters,
    redirects: Redirects,
    unreadable: Unreadable,
    view: watch::Sender<IngestView>,
}

impl Ingest {
    /// Picks up where the last commit left off.
    pub fn open(
        log: Log,
        options: IngestOptions,
        view: watch::Sender<IngestView>,
    ) -> Result<Self, LogError> {
        let dedupe = DedupeWindow::load(&log, options.dedupe_window)?;
        kept::forget_passwords(&log)?;
        let bookmark = kept::own_bookmark(&log, &options.source)?.unwrap_or_default();
        let mut counters = IngestCounters::committed(&log)?;
        limit_kinds(&mut counters.other);
        view.send_modify(|view| {
            view.bookmark = bookmark.clone();
            view.counters = counters.clone();
        });
        Ok(Self {
            redirects: Redirects::new(options.reorder_window),
            unreadable: Unreadable::default(),
            log,
            options,
            bookmark,
            dedupe,
            counters,
            view,
        })
    }

    /// Takes frames until the feed ends.
    pub fn run(
        mut self,
        runtime: &Handle,
        mut feed: mpsc::Receiver<Message>,
        patience: &Patience,
    ) -> Result<(), LogError> {
        while let Some(first) = self.next(runtime, &mut feed) {
            let mut batch = Batch::new();
            if let Some(first) = first {
                self.receive(first, &mut batch);
            }
            while batch.frames < MAX_FRAMES
                && let Ok(message) = feed.try_recv()
            {
                self.receive(message, &mut batch);
            }
            self.take_due(&mut batch);
            if !self.commit(batch, patience)? {
                return Ok(());
            }
        }
        let mut batch = Batch::new();
        self.take_waiting(&mut batch);
        self.commit(batch, patience)?;
        Ok(())
    }

    /// The next message, or `Some(None)` when something that waits is due before it comes; `None`
    /// when the feed ended.
    fn next(
        &self,
        runtime: &Handle,
        feed: &mut mpsc::Receiver<Message>,
    ) -> Option<Option<Message>> {
        let Some(deadline) = self.redirects.deadline() else {
            return feed.blocking_recv().map(Some);
        };
        match runtime.block_on(async { timeout_at(deadline.into(), feed.recv()).await }) {
            Ok(message) => message.map(Some),
            Err(_) => Some(None),
        }
    }

    fn receive(&mut self, message: Message, batch: &mut Batch) {
        match message {
            Message::Frames(frames) => {
                for frame in frames {
                    self.take(frame, batch);
                }
            }
            // Every frame of the old connection was taken before: the answer is exact.
            Message::Resume(request) => {
                self.take_waiting(batch);
                let streams: Vec<&str> = self.options.streams.iter().map(String::as_str).collect();
                let resume = self.bookmark.resume(&streams, request.by);
                request.answer(resume);
            }
            // The client tells of these itself.
            Message::Connected | Message::Disconnected(_) => {}
        }
    }
}

impl Ingest {
    /// Takes the creations of redirects whose move no longer comes.
    fn take_due(&mut self, batch: &mut Batch) {
        while let Some(sent) = self.redirects.due(Instant::now()) {
            self.take_creation(&sent, false, batch);
        }
    }

    /// Takes all that waits.
    fn take_waiting(&mut self, batch: &mut Batch) {
        while let Some(sent) = self.redirects.next() {
            self.take_creation(&sent, false, batch);
        }
    }
}

#[cfg(test)]
mod tests;
