//! Puts the status together from what the workers publish.

use super::Views;
use super::rates::Rates;
use crate::alerting::{self, Webhook};
use crate::archive::Lake;
use crate::classify;
use crate::clock;
use crate::consume::committed_offsets;
use crate::log::Log;
use crate::patience::{Problem, Problems};
use crate::registry::Champion;
use crate::sse::FeedState;
use crate::status::{
    BookmarkStatus, Disk, Feed, Health, ModelStatus, Process, Status, TopicStatus, Trouble,
    WebhookStatus,
};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;

/// Sees everything, changes nothing.
pub(super) struct Observer {
    pub(super) log: Log,
    pub(super) lake: Lake,
    pub(super) state: PathBuf,
    pub(super) source_name: String,
    pub(super) views: Views,
    pub(super) rates: Rates,
    pub(super) problems: Problems,
    pub(super) started_at: EventTime,
    pub(super) api: SocketAddr,
    pub(super) webhook: Option<Weak<Webhook>>,
}

impl Observer {
    pub(super) fn log(&self) -> &Log {
        &self.log
    }

    pub(super) fn champion(&self) -> Arc<Champion> {
        Arc::clone(&self.views.champion.borrow())
    }

    pub(super) fn status(&self) -> Status {
        let now = clock::now();
        let ingest = self.views.ingest.borrow().clone();
        let classify = self.views.classify.borrow().clone();
        let archive = self.views.archive.borrow().clone();
        let alert = self.views.alert.borrow().clone();
        let feed = self.feed(ingest.last_received, ingest.lag_ms);
        let mut problems: Vec<Trouble> = self
            .problems
            .list()
            .into_iter()
            .map(Trouble::from)
            .collect();
        problems.extend(feed_problem(&feed).map(Trouble::from));
        let time = ingest.bookmark.time();
        Status {
            health: if problems.is_empty() {
                Health::Healthy
            } else {
                Health::Degraded
            },
            profile: "embedded".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            process: Some(self.process()),
            feed: Some(feed),
            received: ingest.counters.received,
            duplicates: ingest.counters.duplicates,
            canaries: ingest.counters.canaries,
            gaps: ingest.counters.gaps,
            scored: classify.scored,
            archived: archive.archived,
            deadletter: ingest.counters.deadletter,
            alerts: alert.total(),
            bookmark: BookmarkStatus {
                positions: ingest.bookmark.positions(),
                time,
                age_seconds: time.map(|time| seconds(now, time)),
            },
            rates: self.rates.now(),
            other: ingest.counters.other,
            alerts_by_kind: alert.raised,
            model: Some(self.model(now)),
            topics: self.topics(),
            consumers: self.lags(),
            webhook: self.webhook(),
            disk: self.disk(),
            problems,
        }
    }

    fn process(&self) -> Process {
        Process {
            pid: std::process::id(),
            started_at: self.started_at,
            api: format!("http://{}", self.api),
            memory_bytes: resident_memory(),
        }
    }

    fn feed(&self, last_event_at: Option<EventTime>, lag_ms: Option<i64>) -> Feed {
        let status = self.views.feed.borrow().clone();
        let (state, detail) = match status.state {
            FeedState::Connecting => ("connecting", status.last_error),
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
            unreachable_since: status
                .unreachable_since
                .and_then(|since| EventTime::from_millis(since.as_millisecond())),
            last_event_at,
            lag_seconds: lag_ms.map(|ms| ms as f64 / 1_000.0),
            connections: status.connections,
        }
    }

    fn webhook(&self) -> Option<WebhookStatus> {
        let counts = self.webhook.as_ref()?.upgrade()?.counts();
        Some(WebhookStatus {
            sent: counts.sent,
            failed: counts.failed,
            dropped: counts.dropped,
        })
    }

    fn model(&self, now: EventTime) -> ModelStatus {
        let champion = self.views.champion.borrow();
        let created = champion.scorer.card().created;
        let age = now.as_millis() - created.as_millisecond();
        ModelStatus {
            version: champion.scorer.version().to_owned(),
            created: created.to_string(),
            age_seconds: age as f64 / 1_000.0,
        }
    }

    fn topics(&self) -> Vec<TopicStatus> {
        let stats = self.log.stats();
        let named = |stat: crate::log::TopicStats| {
            let bounds = self.log.bounds(stat.topic);
            TopicStatus {
                name: stat.topic.name().to_owned(),
                first: bounds.first,
                next: bounds.next,
                bytes: stat.bytes,
            }
        };
        stats.topics.into_iter().map(named).collect()
    }

    /// Records each consumer has still to read.
    fn lags(&self) -> BTreeMap<String, u64> {
        let edits = [
            Topic::EditsRegistered,
            Topic::EditsAnonymous,
            Topic::EditsBot,
        ];
        let classified = [Topic::EditsClassified];
        let consumers: [(&str, &[Topic]); 3] = [
            (classify::NAME, &edits),
            (crate::archive::CONSUMER, &classified),
            (alerting::CONSUMER, &classified),
        ];
        let lag = |(name, topics): (&str, &[Topic])| {
            let offsets = committed_offsets(&self.log, name).unwrap_or_default();
            let behind = |topic: &Topic| {
                let read = offsets.get(topic.name()).copied().unwrap_or(0);
                self.log.bounds(*topic).next.saturating_sub(read)
            };
            (name.to_owned(), topics.iter().map(behind).sum())
        };
        consumers.into_iter().map(lag).collect()
    }

    fn disk(&self) -> Disk {
        let totals = self.lake.totals().unwrap_or_default();
        Disk {
            log_bytes: self.log.stats().disk_bytes,
            lake_bytes: totals.bytes,
            lake_files: totals.files,
            free_bytes: free_bytes(&self.state),
        }
    }
}

/// A feed that is away is a problem only once it has failed, not while it is being asked.
fn feed_problem(feed: &Feed) -> Option<Problem> {
    let since = feed.unreachable_since?;
    let detail = feed.detail.as_deref().unwrap_or("no answer");
    let message = match feed.state.as_str() {
        "forbidden" => format!(
            "the feed refuses us: {detail}. Set a contact: \
             `wikisentry init --force --contact YOU@EXAMPLE.ORG`"
        ),
        "rejected" => format!("the feed rejects the subscription: {detail}"),
        _ => format!("feed unreachable since {since}: {detail}"),
    };
    Some(Problem {
        component: "feed",
        message,
        since,
    })
}

fn seconds(now: EventTime, then: EventTime) -> f64 {
    (now.as_millis() - then.as_millis()) as f64 / 1_000.0
}

/// Resident memory of this process; Linux tells it in `/proc`.
fn resident_memory() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

fn free_bytes(folder: &std::path::Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(folder).ok()?;
    Some(stat.f_bavail * stat.f_frsize)
}
