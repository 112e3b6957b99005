//! The state of the platform as a view for people: what is wrong first, with what to do about it.

use crate::text::harmless;
use super::layout;
use crate::amounts;
use owo_colors::OwoColorize;
use std::collections::BTreeMap;
use std::fmt::Write;
use wikisentry_core::evaluation::drift::Drift;
use wikisentry_engine::status::{Feed, Health, Status};

/// The whole view, lines ended.
pub(super) fn view(status: &Status) -> String {
    let mut text = headline(status);
    for trouble in &status.problems {
        _ = writeln!(
            text,
            "  {} {}: {}",
            "✗".red().bold(),
            trouble.component,
            harmless(&trouble.message)
        );
        _ = writeln!(
            text,
            "    since {}; {}",
            trouble.since,
            harmless(&trouble.help).bold()
        );
    }
    text.push('\n');
    text.push_str(&layout::pairs(&facts(status)));
    let kept: Vec<_> = status
        .topics
        .iter()
        .filter(|topic| topic.next > 0)
        .collect();
    if !kept.is_empty() {
        let rows: Vec<_> = kept
            .iter()
            .map(|topic| {
                [
                    topic.name.clone(),
                    format!("{:>12}", amounts::count(topic.next - topic.first)),
                    format!("{:>10}", amounts::bytes(topic.bytes)),
                ]
            })
            .collect();
        text.push('\n');
        let header = ["topic", "     records", "      size"];
        text.push_str(&layout::table(header, &rows));
    }
    text
}

fn headline(status: &Status) -> String {
    let health = match status.health {
        Health::Healthy => "healthy".green().bold().to_string(),
        Health::Degraded => "degraded".yellow().bold().to_string(),
        Health::NotRunning => "not running".red().bold().to_string(),
    };
    let mut line = format!(
        "wikisentry {}, profile {}: {health}",
        status.version, status.profile
    );
    if status.health == Health::NotRunning {
        let next = if status.received > 0 {
            "; start it with `wikisentry up`. The figures are those last committed"
        } else {
            "; start it with `wikisentry up`"
        };
        line.push_str(next);
    }
    line.push('\n');
    line
}

/// Names and values, without those that say nothing.
fn facts(status: &Status) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(process) = &status.process {
        let memory = process
            .memory_bytes
            .map(|bytes| format!(", {}", amounts::bytes(bytes)));
        facts.push((
            "process",
            format!(
                "{} since {}{}, API {}",
                process.pid,
                process.started_at,
                memory.unwrap_or_default(),
                process.api
            ),
        ));
    }
    facts.extend(status.feed.as_ref().map(|shown| ("feed", feed(shown))));
    facts.extend(bookmark(status).map(|shown| ("bookmark", shown)));
    let rate = |rate: f64| match status.process {
        Some(_) => format!(" ({rate:.1}/s)"),
        None => String::new(),
    };
    let count = amounts::count;
    facts.push((
        "received",
        format!(
            "{}{}, of these {} duplicates, {} canaries, {} dead letters; {} gaps",
            count(status.received),
            rate(status.rates.received),
            count(status.duplicates),
            count(status.canaries),
            count(status.deadletter),
            count(status.gaps)
        ),
    ));
    facts.push(("scored", count(status.scored) + &rate(status.rates.scored)));
    facts.push((
        "archived",
        count(status.archived) + &rate(status.rates.archived),
    ));
    if !status.other.is_empty() {
        facts.push(("no edits", listed(&status.other)));
    }
    let kinds = match status.alerts {
        0 => String::new(),
        _ => format!(": {}", listed(&status.alerts_by_kind)),
    };
    facts.push(("alerts", count(status.alerts) + &kinds));
    if let Some(model) = &status.model {
        let age = amounts::span(model.age_seconds);
        facts.push(("model", format!("{}, {age} old", model.version)));
        facts.extend(model.drift.as_ref().map(|shown| ("drift", drift(shown))));
    }
    if status.consumers.values().any(|waiting| *waiting > 0) {
        facts.push(("waiting", listed(&status.consumers)));
    }
    if let Some(webhook) = &status.webhook {
        facts.push((
            "webhook",
            format!(
                "{} delivered, {} given up, {} dropped",
                webhook.sent, webhook.failed, webhook.dropped
            ),
        ));
    }
    facts.extend(disk(status).map(|shown| ("disk", shown)));
    facts
}

fn feed(feed: &Feed) -> String {
    let mut text = format!("{}, {}", feed.source, feed.state);
    if let Some(lag) = feed.lag_seconds {
        _ = write!(
            text,
            "; the last event came {} after it happened",
            amounts::span(lag)
        );
    }
    if feed.connections > 1 {
        _ = write!(text, "; {} connections so far", feed.connections);
    }
    harmless(&text)
}

fn drift(drift: &Drift) -> String {
    let mut text = format!(
        "score {:.2} over {} edits; most changed features: ",
        drift.score_psi,
        amounts::count(drift.rows)
    );
    let features = drift.features.iter();
    let named = features.map(|feature| format!("{} {:.2}", feature.name, feature.psi));
    text.push_str(&named.collect::<Vec<_>>().join(", "));
    harmless(&text)
}

fn bookmark(status: &Status) -> Option<String> {
    let time = status.bookmark.time?;
    let age = amounts::span(status.bookmark.age_seconds.unwrap_or_default());
    Some(format!("{time}, {age} old"))
}

fn disk(status: &Status) -> Option<String> {
    let disk = &status.disk;
    if disk.log_bytes == 0 {
        return None;
    }
    let free = disk
        .free_bytes
        .map(|bytes| format!("; {} free", amounts::bytes(bytes)));
    Some(format!(
        "log {}, lake {} in {} files{}",
        amounts::bytes(disk.log_bytes),
        amounts::bytes(disk.lake_bytes),
        amounts::count(disk.lake_files),
        free.unwrap_or_default()
    ))
}

fn listed(counts: &BTreeMap<String, u64>) -> String {
    let named =
        |(name, amount): (&String, &u64)| format!("{} {}", harmless(name), amounts::count(*amount));
    counts.iter().map(named).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
