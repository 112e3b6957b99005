//! The state of the platform as a view for people: what is wrong first, with what to do about it.

use super::layout;
use crate::amounts;
use crate::text::harmless;
use owo_colors::OwoColorize;
use std::collections::BTreeMap;
use std::fmt::Write;
use wikisentry_core::evaluation::drift::Drift;
use wikisentry_engine::status::{
    ComponentStatus, ConnectorStatus, ConsumerStatus, Feed, Flow, Health, JobStatus, ModelInUse,
    Status, TopicStatus,
};

/// The whole view, lines ended.
pub(super) fn view(status: &Status, start: &str, width: usize) -> String {
    let mut all = vec![told(status, start, width)];
    all.extend(parts(status, facts(status), width));
    all.join("\n")
}

/// The view in fewer lines: without gaps, and without what matters least while one watches.
fn compact(status: &Status, start: &str, width: usize) -> String {
    let mut facts = facts(status);
    facts.retain(|(name, _)| !["process", "disk", "folder", "lake"].contains(name));
    told(status, start, width) + &parts(status, facts, width).concat()
}

/// How it is, and what is wrong.
fn told(status: &Status, start: &str, width: usize) -> String {
    let mut text = layout::indented(&headline(status, start), 0, width);
    for problem in &status.problems {
        // That nothing runs was said; a line for each container would say it again.
        if !is_known(status) && problem.component != "docker" {
            continue;
        }
        let (mark, message) = ("✗".red().bold().to_string(), harmless(&problem.message));
        let message = format!("{mark} {}: {message}", problem.component);
        text.push_str(&layout::hanging(&message, [2, 4], width));
        let help = harmless(&problem.help).bold().to_string();
        let help = match problem.since {
            Some(since) => format!("since {since}; {help}"),
            None => help,
        };
        text.push_str(&layout::indented(&help, 4, width));
    }
    text
}

/// Of what does not run there is nothing more to say, unless it was counted.
fn is_known(status: &Status) -> bool {
    status.health != Health::NotRunning || status.flow.received.is_some()
}

/// What else there is to say.
fn parts(status: &Status, facts: Vec<(&str, String)>, width: usize) -> Vec<String> {
    if !is_known(status) {
        return Vec::new();
    }
    let parts = [
        layout::pairs(&facts, width),
        components(&status.components, width),
        topics(&status.topics, width),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect()
}

fn headline(status: &Status, start: &str) -> String {
    let health = match status.health {
        Health::Healthy => "healthy".green().bold().to_string(),
        Health::Degraded => "degraded".yellow().bold().to_string(),
        Health::NotRunning => "not running".red().bold().to_string(),
    };
    let (version, profile) = (&status.version, &status.profile);
    let mut line = format!("wikisentry {version}, profile {profile}: {health}");
    if status.health == Health::NotRunning {
        _ = write!(line, "; start it with `{}`", harmless(start));
        if status.flow.received.is_some_and(|received| received > 0) {
            line.push_str(". The figures are those last committed");
        }
    }
    line
}

/// The view as `--watch` renews it: with the time at which it was taken, and cut to the `rows` of a
/// terminal, so that what is wrong, which stands at the top, does not scroll away. Where there are too
/// few, what matters least goes first.
pub(super) fn watched(status: &Status, start: &str, width: usize, rows: usize) -> String {
    // The last row is the cursor's.
    let most = rows.saturating_sub(2).max(1);
    let mut text = view(status, start, width);
    if text.lines().count() > most {
        text = compact(status, start, width);
    }
    let clock = status.at.utc().strftime("%H:%M:%S UTC");
    let clock = format!("{clock}; Ctrl-C ends it");
    let lines: Vec<&str> = text.lines().collect();
    let mut shown = format!("{}\n", clock.dimmed());
    let is_cut = lines.len() > most;
    let kept = if is_cut {
        most.saturating_sub(1).max(1)
    } else {
        most
    };
    for line in lines.iter().take(kept) {
        _ = writeln!(shown, "{line}");
    }
    if is_cut {
        let more = format!(
            "… {} more lines: make the terminal higher",
            lines.len() - kept
        );
        _ = writeln!(shown, "{}", more.dimmed());
    }
    shown
}

fn components(components: &[ComponentStatus], width: usize) -> String {
    if components.is_empty() {
        return String::new();
    }
    let row = |one: &ComponentStatus| {
        let memory = match (one.memory_bytes, one.memory_limit_bytes) {
            (Some(used), Some(limit)) => {
                format!("{} of {}", amounts::bytes(used), amounts::bytes(limit))
            }
            _ => String::new(),
        };
        let restarts = format!("{:>8}", one.restarts);
        [one.name.clone(), one.state.clone(), restarts, memory]
    };
    let rows: Vec<_> = components.iter().map(row).collect();
    let header = ["component", "state", "restarts", "memory"];
    layout::table(header, &rows, width)
}

fn topics(topics: &[TopicStatus], width: usize) -> String {
    // A topic of the local log that never had a record is no news.
    let is_worth_a_line = |topic: &&TopicStatus| topic.next.is_none_or(|next| next > 0);
    let shown: Vec<_> = topics.iter().filter(is_worth_a_line).collect();
    if shown.is_empty() {
        return String::new();
    }
    let name = |topic: &TopicStatus| harmless(&topic.name);
    // Markers of transactions count in Kafka, whose topics have partitions.
    let records = |topic: &TopicStatus| {
        let most = topic.partitions.map_or("", |_| "≤ ");
        format!("{:>12}", format!("{most}{}", amounts::count(topic.records)))
    };
    let size = |topic: &TopicStatus| {
        let bytes = topic.bytes.map(amounts::bytes);
        format!("{:>10}", bytes.unwrap_or_default())
    };
    if shown.iter().all(|topic| topic.rate.is_none()) {
        let rows = shown.iter().map(|one| [name(one), records(one), size(one)]);
        let header = ["topic", "     records", "      size"];
        return layout::table(header, &rows.collect::<Vec<_>>(), width);
    }
    let rate = |topic: &TopicStatus| {
        let rate = topic.rate.map(amounts::rate);
        format!("{:>12}", rate.unwrap_or_default())
    };
    let rows = shown
        .iter()
        .map(|one| [name(one), records(one), rate(one), size(one)]);
    let header = ["topic", "     records", "        rate", "      size"];
    layout::table(header, &rows.collect::<Vec<_>>(), width)
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
    for one in &status.components {
        let connectors = one.connectors.iter();
        facts.extend(connectors.map(|shown| ("connector", connector(shown))));
        facts.extend(one.job.as_ref().map(|shown| ("job", job(shown))));
        facts.extend(
            one.model
                .as_ref()
                .map(|shown| ("model", in_use(one, shown))),
        );
    }
    facts.extend(flow(&status.flow));
    facts.extend(waiting(&status.consumers).map(|shown| ("waiting", shown)));
    for one in status.components.iter().flat_map(|one| &one.buckets) {
        let about = if one.exact { "" } else { "at least " };
        let (objects, bytes) = (amounts::count(one.objects), amounts::bytes(one.bytes));
        let shown = format!("{}: {about}{objects} objects, {bytes}", harmless(&one.name));
        facts.push(("bucket", shown));
    }
    if let Some(webhook) = &status.webhook {
        facts.push((
            "webhook",
            format!(
                "{} delivered, {} given up, {} dropped",
                amounts::count(webhook.sent),
                amounts::count(webhook.failed),
                amounts::count(webhook.dropped)
            ),
        ));
    }
    facts.extend(disk(status).map(|shown| ("disk", shown)));
    let folder = status.folder.as_deref();
    facts.extend(folder.map(|shown| ("folder", harmless(shown))));
    let lake = status.lake.as_deref();
    facts.extend(lake.map(|shown| ("lake", harmless(shown))));
    facts
}

fn job(job: &JobStatus) -> String {
    let mut shown = format!("{} since {}", harmless(&job.state), job.started_at);
    if job.restarts > 0 {
        shown += &format!(", {} restarts", amounts::count(job.restarts));
    }
    if let Some(age) = job.checkpoint_age_seconds {
        shown += &format!(", checkpoint {age:.1} s ago");
    }
    if let Some(bytes) = job.state_bytes {
        shown += &format!(" of {}", amounts::bytes(bytes));
    }
    if let Some(busy) = job.busy {
        shown += &format!(", {:.0} % busy", busy * 100.0);
    }
    shown
}

fn in_use(component: &ComponentStatus, model: &ModelInUse) -> String {
    let name = harmless(&component.name);
    let refused = model.refused;
    let refused = refused.map_or(String::new(), |refused| format!(", {refused} is refused"));
    format!("{name} scores with version {}{refused}", model.version)
}

/// What came in and what became of it.
fn flow(flow: &Flow) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    facts.extend(bookmark(flow).map(|shown| ("bookmark", shown)));
    let count = amounts::count;
    let rate = |rate: Option<f64>| {
        rate.map_or(String::new(), |rate| format!(" ({})", amounts::rate(rate)))
    };
    let rates = flow.rates;
    if let Some(received) = flow.received {
        let known = |amount: Option<u64>| count(amount.unwrap_or(0));
        facts.push((
            "received",
            format!(
                "{}{}, of these {} duplicates, {} canaries, {} dead letters; {} gaps",
                count(received),
                rate(rates.map(|rates| rates.received)),
                known(flow.duplicates),
                known(flow.canaries),
                known(flow.deadletter),
                known(flow.gaps)
            ),
        ));
    } else if let Some(gaps) = flow.gaps {
        facts.push(("gaps", count(gaps)));
    }
    if let Some(ahead) = flow.ahead.filter(|ahead| *ahead > 0) {
        let what = "events dated more than an hour after they came";
        facts.push(("ahead", format!("{} {what}", count(ahead))));
    }
    if let Some(hidden) = flow.hidden.filter(|hidden| *hidden > 0) {
        let what = "events hide names or summaries, which are blanked";
        facts.push(("hidden", format!("{} {what}", count(hidden))));
    }
    for (name, amount, per_second) in [
        ("scored", flow.scored, rates.map(|rates| rates.scored)),
        ("archived", flow.archived, rates.map(|rates| rates.archived)),
    ] {
        facts.extend(amount.map(|amount| (name, count(amount) + &rate(per_second))));
    }
    let other = flow.other.as_ref().filter(|other| !other.is_empty());
    facts.extend(other.map(|other| ("others", listed(other))));
    if let Some(alerts) = flow.alerts {
        let kinds = flow.alerts_by_kind.as_ref().filter(|_| alerts > 0);
        let kinds = kinds.map_or(String::new(), |kinds| format!(": {}", listed(kinds)));
        facts.push(("alerts", count(alerts) + &kinds));
    }
    if let Some(model) = &flow.model {
        let age = amounts::span(model.age_seconds);
        facts.push(("model", format!("{}, {age} old", model.version)));
        let hold = model.hold.as_ref();
        facts.extend(hold.map(|hold| ("held", harmless(&hold.to_string()))));
        facts.extend(model.drift.as_ref().map(|shown| ("drift", drift(shown))));
    }
    facts
}

fn feed(feed: &Feed) -> String {
    let state = match feed.state.as_str() {
        // Of a recording; a feed has no last event that all came after.
        "ended" if feed.unreachable_since.is_none() => "read to its end",
        state => state,
    };
    let mut text = format!("{}, {state}", feed.source);
    if let Some(lag) = feed.lag_seconds {
        _ = write!(
            text,
            "; the last event came {} after it happened",
            amounts::span(lag)
        );
    }
    if feed.connections > 1 {
        _ = write!(
            text,
            "; {} connections so far",
            amounts::count(feed.connections)
        );
    }
    harmless(&text)
}

fn connector(connector: &ConnectorStatus) -> String {
    let running = connector.tasks.iter();
    let running = running.filter(|task| task.state == "running").count();
    format!(
        "{} {}, {running} of {} tasks running",
        harmless(&connector.name),
        connector.state,
        connector.tasks.len()
    )
}

/// Who waits for records, if anybody does or is a group that may come and go.
fn waiting(consumers: &[ConsumerStatus]) -> Option<String> {
    let is_worth_a_word = |one: &ConsumerStatus| one.lag > 0 || one.state.is_some();
    if !consumers.iter().any(is_worth_a_word) {
        return None;
    }
    let named = consumers.iter().map(|one| {
        let group = match (&one.state, one.members) {
            (Some(state), Some(members)) => {
                format!(" ({}, {members} members)", state.to_lowercase())
            }
            _ => String::new(),
        };
        format!("{} {}{group}", harmless(&one.name), amounts::count(one.lag))
    });
    Some(named.collect::<Vec<_>>().join(", "))
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

fn bookmark(flow: &Flow) -> Option<String> {
    let bookmark = flow.bookmark.as_ref()?;
    let age = amounts::span(bookmark.age_seconds.unwrap_or_default());
    Some(format!("{}, {age} old", bookmark.time?))
}

fn disk(status: &Status) -> Option<String> {
    let disk = status.disk.filter(|disk| disk.log_bytes > 0)?;
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
