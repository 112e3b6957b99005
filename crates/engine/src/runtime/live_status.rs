//! Puts the status together from what the workers publish.

use super::kept;
use super::rates::RateMeter;
use super::views::Views;
use crate::alerting::WebhookCounts;
use crate::ingest::UnreadableShare;
use crate::log::Log;
use crate::patience::Problems;
use crate::sse::FeedState;
use crate::status::{Feed, Flow, Health, ModelStatus, Problem, Process, Status, WebhookStatus};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use tokio::sync::watch;
use wikisentry_core::time::EventTime;
use wikisentry_lake::archive::Lake;
use wikisentry_lake::clock;
use wikisentry_lake::registry::Registry;

/// The profile of everything in one process.
pub(super) const PROFILE: &str = "embedded";

/// What the status is made of; it changes none of it.
pub(super) struct LiveStatus {
    pub(super) log: Log,
    pub(super) lake: Lake,
    pub(super) registry: Registry,
    pub(super) state: PathBuf,
    pub(super) source_name: String,
    pub(super) source_end: BTreeMap<String, u64>,
    pub(super) views: Views,
    pub(super) rates: RateMeter,
    pub(super) problems: Problems,
    pub(super) started_at: EventTime,
    /// Edits scored by the processes before this one.
    pub(super) scored_before: u64,
    pub(super) api: SocketAddr,
    pub(super) webhook: Option<watch::Receiver<WebhookCounts>>,
}

impl LiveStatus {
    pub(super) fn status(&self) -> Status {
        let now = clock::now();
        let ingest = self.views.ingest.borrow().clone();
        let classify = *self.views.classify.borrow();
        let bookmark = kept::bookmark(&ingest.bookmark, now);
        let is_over = !self.source_end.is_empty() && bookmark.is_at(&self.source_end);
        let feed = self.feed(ingest.last_received, ingest.lag_ms, is_over);
        let mut problems = self.problems.list();
        problems.extend(feed_problem(&feed));
        problems.extend(ingest.unreadable.as_ref().map(unreadable_problem));
        problems.extend(kept::lake_problem(&self.lake));
        let mut status = Status {
            health: match problems.is_empty() {
                true => Health::Healthy,
                false => Health::Degraded,
            },
            flow: Flow {
                bookmark: Some(bookmark),
                rates: Some(self.rates.now()),
                model: Some(self.model(now)),
                ..kept::flow(
                    ingest.counters,
                    classify,
                    *self.views.archive.borrow(),
                    self.views.alert.borrow().clone(),
                )
            },
            process: Some(self.process(classify.scored)),
            feed: Some(feed),
            topics: kept::topics(&self.log),
            webhook: self.webhook(),
            disk: Some(kept::disk(&self.log, &self.lake, &self.state)),
            problems,
            folder: Some(self.state.display().to_string()),
            lake: Some(self.lake.edits().display().to_string()),
            ..Status::of_profile(PROFILE, now)
        };
        status.set_consumers(kept::consumers(&self.log));
        status
    }

    fn model(&self, now: EventTime) -> ModelStatus {
        let mut model = kept::model(&self.views.champion.borrow(), &self.registry, now);
        let drift = self.views.drift.borrow();
        // Right after a swap the figures are still those of the champion before.
        let of_this = drift.as_ref().filter(|drift| drift.model == model.version);
        model.drift = of_this.map(|drift| drift.drift.clone());
        model
    }

    fn process(&self, scored: u64) -> Process {
        Process {
            scored: scored.saturating_sub(self.scored_before),
            pid: std::process::id(),
            started_at: self.started_at,
            api: format!("http://{}", self.api),
            memory_bytes: resident_memory(),
        }
    }

    /// `is_over` if nothing of the source is left to come, so that being connected means nothing.
    fn feed(&self, last_event_at: Option<EventTime>, lag_ms: Option<i64>, is_over: bool) -> Feed {
        let status = self.views.feed.borrow().clone();
        let (state, detail) = match status.state {
            FeedState::Connecting => ("connecting", status.last_error),
            FeedState::Connected { url, .. } if is_over => ("ended", Some(url)),
            FeedState::Connected { url, .. } => ("connected", Some(url)),
            FeedState::Waiting { reason, .. } => ("waiting", Some(reason)),
            FeedState::Forbidden { body, .. } => ("forbidden", Some(body)),
            FeedState::Rejected { reason, .. } => ("rejected", Some(reason)),
            FeedState::Stopped => ("ended", status.last_error),
        };
        Feed {
            source: self.source_name.clone(),
            state: state.to_owned(),
            detail,
            unreachable_since: status.unreachable_since,
            last_event_at,
            lag_seconds: lag_ms.map(|ms| ms as f64 / 1_000.0),
            connections: status.connections,
        }
    }

    fn webhook(&self) -> Option<WebhookStatus> {
        let counts = *self.webhook.as_ref()?.borrow();
        Some(WebhookStatus {
            sent: counts.sent,
            failed: counts.failed,
            dropped: counts.dropped,
        })
    }
}

/// A feed that is away is a problem only once it has failed, not while it is being asked.
fn feed_problem(feed: &Feed) -> Option<Problem> {
    let since = feed.unreachable_since?;
    let detail = feed.detail.as_deref().unwrap_or("no answer");
    let since_when = |message, help: &str| Problem {
        since: Some(since),
        ..Problem::new("feed", message, help)
    };
    Some(match feed.state.as_str() {
        "forbidden" => since_when(
            format!("the feed refuses us: {detail}"),
            "set a contact: `wikisentry init --force --contact YOU@EXAMPLE.ORG`, then \
             `wikisentry up --restart`",
        ),
        "rejected" => since_when(
            format!("the feed rejects the subscription: {detail}"),
            "set `source.streams` to streams that it has: `wikisentry config show` has it",
        ),
        _ => Problem::of("feed", format!("the feed is unreachable: {detail}"), since),
    })
}

fn unreadable_problem(share: &UnreadableShare) -> Problem {
    let UnreadableShare {
        dead,
        events,
        reason,
    } = share;
    let message = format!("{dead} of the last {events} events cannot be read; the last: {reason}");
    Problem::new(
        "ingest",
        message,
        "look at them with `wikisentry tail deadletter`",
    )
}

/// Resident memory of this process; Linux tells it in `/proc`.
fn resident_memory() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}
