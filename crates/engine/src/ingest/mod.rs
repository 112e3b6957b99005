//! Takes frames from the feed, routes them by what they say and commits them with the bookmark
//! and the dedupe window in one transaction: after any crash the stream resumes exactly.

mod batch;
mod deadletter;

pub use deadletter::{DeadLetter, Origin};

use crate::counters::IngestCounters;
use crate::log::{DedupeWindow, Log, LogError, Transaction};
use crate::patience::Patience;
use crate::sse::Message;
use batch::Batch;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, watch};
use wikisentry_core::bookmark::Bookmark;
use wikisentry_core::time::EventTime;

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
    /// How long the last event had been under way: its arrival minus its own time, milliseconds.
    pub lag_ms: Option<i64>,
}

/// What ingest keeps in the log beside the topics.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    bookmark: Bookmark,
}

const COUNTERS_KEY: &str = "ingest/counters";
/// What the keys of bookmarks begin with; the source follows.
const BOOKMARKS: &str = "ingest/bookmark/";

/// How ingest is told to work.
#[derive(Debug, Clone)]
pub struct IngestOptions {
    /// Names the source: bookmarks of different sources are kept apart.
    pub source: String,
    /// How many offsets may overtake a missing one before it counts as a gap.
    pub reorder_window: usize,
    /// How many event ids are remembered.
    pub dedupe_window: usize,
    /// Take edits from `page_change` events. If `recentchange` is subscribed too, those are only
    /// label facts, or every edit would count twice.
    pub edits_from_page_change: bool,
}

/// The ingest worker; one thread owns it.
pub struct Ingest {
    log: Log,
    options: IngestOptions,
    bookmark: Bookmark,
    dedupe: DedupeWindow,
    counters: IngestCounters,
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
        let kept: Kept = log
            .get_json(&bookmark_key(&options.source))?
            .unwrap_or_default();
        let counters = committed_counters(&log)?;
        view.send_modify(|view| {
            view.bookmark = kept.bookmark.clone();
            view.counters = counters.clone();
        });
        Ok(Self {
            log,
            options,
            bookmark: kept.bookmark,
            dedupe,
            counters,
            view,
        })
    }

    /// Takes frames until the feed ends.
    pub fn run(
        mut self,
        mut feed: mpsc::Receiver<Message>,
        patience: &Patience,
    ) -> Result<(), LogError> {
        while let Some(first) = feed.blocking_recv() {
            let mut batch = Batch::new();
            self.receive(first, &mut batch);
            while batch.frames < MAX_FRAMES
                && let Ok(message) = feed.try_recv()
            {
                self.receive(message, &mut batch);
            }
            if !self.commit(batch, patience)? {
                break;
            }
        }
        Ok(())
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
                let id = if request.without_offsets {
                    self.bookmark.last_event_id_by_time()
                } else {
                    self.bookmark.last_event_id()
                };
                request.answer(id);
            }
            // The client tells of these itself.
            Message::Connected | Message::Disconnected(_) => {}
        }
    }
}

/// The key under which the bookmark of a source is kept.
fn bookmark_key(source: &str) -> String {
    format!("{BOOKMARKS}{source}")
}

/// The bookmark of a source as last committed; where it has none, the latest of any source.
pub(crate) fn committed_bookmark(log: &Log, source: &str) -> Result<Bookmark, LogError> {
    if let Some(Kept { bookmark }) = log.get_json(&bookmark_key(source))? {
        return Ok(bookmark);
    }
    let mut bookmarks = Vec::new();
    for (key, _) in log.scan(BOOKMARKS)? {
        let kept: Option<Kept> = log.get_json(&key)?;
        bookmarks.extend(kept.map(|kept| kept.bookmark));
    }
    let latest = bookmarks.into_iter().max_by_key(Bookmark::time);
    Ok(latest.unwrap_or_default())
}

/// Adds the bookmark of a source to a transaction, where no [`Ingest`] runs.
pub(crate) fn put_bookmark(tx: &mut Transaction, source: &str, bookmark: &Bookmark) {
    tx.put_json(
        &bookmark_key(source),
        &Kept {
            bookmark: bookmark.clone(),
        },
    );
}

/// The counters, as last committed.
pub(crate) fn committed_counters(log: &Log) -> Result<IngestCounters, LogError> {
    Ok(log.get_json(COUNTERS_KEY)?.unwrap_or_default())
}

#[cfg(test)]
mod tests;
