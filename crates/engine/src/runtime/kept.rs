//! What of the status can be read off the state folder, whether a process runs on it or not.

use super::consumers::CONSUMERS;
use crate::consume::committed_offset;
use crate::counters::{AlertCounters, ArchiveCounters, ClassifyCounters, IngestCounters};
use crate::log::Log;
use crate::status::{
    BookmarkStatus, ConsumerStatus, Disk, Flow, ModelStatus, Problem, TopicStatus,
};
use std::path::Path;
use wikisentry_core::bookmark::Bookmark;
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;
use wikisentry_lake::archive::Lake;
use wikisentry_lake::registry::{Champion, Registry};

pub(super) fn bookmark(bookmark: &Bookmark, now: EventTime) -> BookmarkStatus {
    let time = bookmark.time();
    BookmarkStatus {
        positions: bookmark.positions(),
        time,
        age_seconds: time.map(|time| seconds(now.as_millis() - time.as_millis())),
    }
}

/// A registry that cannot be read is a problem of those who follow it; the champion goes on.
pub(super) fn model(champion: &Champion, registry: &Registry, now: EventTime) -> ModelStatus {
    let created = champion.scorer.card().created;
    ModelStatus {
        version: champion.scorer.version().to_owned(),
        created: created.to_string(),
        age_seconds: seconds(now.as_millis() - created.as_millisecond()),
        drift: None,
        hold: registry.ruling().ok().and_then(|ruling| ruling.hold),
    }
}

pub(super) fn topics(log: &Log) -> Vec<TopicStatus> {
    let status = |topic: Topic| {
        let bounds = log.bounds(topic);
        TopicStatus {
            name: topic.name().to_owned(),
            records: bounds.next - bounds.first,
            bytes: Some(log.stored_bytes(topic)),
            first: Some(bounds.first),
            next: Some(bounds.next),
            ..TopicStatus::default()
        }
    };
    Topic::ALL.map(status).to_vec()
}

/// What the counters say of the flow.
pub(super) fn flow(
    ingest: IngestCounters,
    classify: ClassifyCounters,
    archive: ArchiveCounters,
    alerts: AlertCounters,
) -> Flow {
    Flow {
        received: Some(ingest.received),
        duplicates: Some(ingest.duplicates),
        canaries: Some(ingest.canaries),
        gaps: Some(ingest.gaps),
        ahead: Some(ingest.ahead),
        hidden: Some(ingest.hidden),
        scored: Some(classify.scored),
        archived: Some(archive.archived),
        deadletter: Some(ingest.deadletter),
        alerts: Some(alerts.total()),
        other: Some(ingest.other),
        alerts_by_kind: Some(alerts.raised),
        ..Flow::default()
    }
}

/// What each consumer has still to read.
pub(super) fn consumers(log: &Log) -> Vec<ConsumerStatus> {
    let consumer = |(name, topics): &(&str, &[Topic])| {
        let behind = |topic: &Topic| {
            let read = committed_offset(log, name, *topic).unwrap_or_default();
            log.bounds(*topic).next.saturating_sub(read)
        };
        ConsumerStatus {
            name: (*name).to_owned(),
            lag: topics.iter().map(behind).sum(),
            state: None,
            members: None,
        }
    };
    CONSUMERS.iter().map(consumer).collect()
}

pub(super) fn disk(log: &Log, lake: &Lake, state: &Path) -> Disk {
    let totals = lake.totals().unwrap_or_default();
    Disk {
        log_bytes: log.disk_bytes(),
        lake_bytes: totals.bytes,
        lake_files: totals.files,
        free_bytes: free_bytes(state),
    }
}

/// Files of the lake that were set aside, for as long as they lie there.
pub(super) fn lake_problem(lake: &Lake) -> Option<Problem> {
    const NAMED: usize = 3;
    let aside = lake.damaged().unwrap_or_default();
    let named = aside.iter().take(NAMED);
    let named: Vec<String> = named.map(|path| path.display().to_string()).collect();
    let more = match aside.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!(
        "files of the lake that cannot be read were set aside: {}{more}",
        named.join(", ")
    );
    let help = "what is in them is missing in the lake: see whether the disk is sound; while the \
                platform is stopped, put repaired files back to their places below `lake`, or remove \
                `lake/damaged`";
    (!aside.is_empty()).then(|| Problem::new("lake", message, help))
}

fn seconds(millis: i64) -> f64 {
    millis as f64 / 1_000.0
}

fn free_bytes(folder: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(folder).ok()?;
    Some(stat.f_bavail * stat.f_frsize)
}
