//! How a topic's record reads as one line: what it says first, cut to the terminal's width.

use crate::text::{at_least, column, fit};
use owo_colors::OwoColorize;
use serde::Deserialize;
use std::borrow::Cow;
use wikisentry_core::anomaly::{Alert, Severity};
use wikisentry_core::classified::{Classification, ClassifiedEdit};
use wikisentry_core::edit::Edit;
use wikisentry_core::event::{Body, Event};
use wikisentry_core::link::diff_of;
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;
use wikisentry_engine::ingest::DeadLetter;
use wikisentry_engine::tail::TailRecord;

/// Without a terminal only what is absurd is cut.
pub(super) const UNLIMITED: usize = 2_000;

/// Where a line is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// Columns that it may take.
    pub width: usize,
    /// Whether a click on a title is to lead to what the edit changed.
    pub links: bool,
}

/// The line of a record. Times are UTC.
pub(super) fn line(topic: Topic, record: &TailRecord<'_>, look: Look) -> String {
    let width = look.width;
    let value = record.value.get();
    let shown = match topic {
        Topic::EditsRegistered | Topic::EditsAnonymous | Topic::EditsBot => event(value, look),
        Topic::EditsClassified => ClassifiedEdit::from_json(value.as_bytes())
            .ok()
            .map(|record| edit(&record.edit, Some(&record.classification), look)),
        Topic::RevisionTags => event(value, look).or_else(|| tags(record, width)),
        Topic::Alerts => serde_json::from_str(value)
            .ok()
            .map(|record| alert(&record, look)),
        Topic::DeadLetter => serde_json::from_str(value)
            .ok()
            .map(|record| dead_letter(&record, width)),
    };
    shown.unwrap_or_else(|| timed(record.timestamp, value, width))
}

/// Of edits, and of Wikimedia's scores.
fn event(value: &str, look: Look) -> Option<String> {
    let risk = match Event::parse(value.as_bytes()).ok()?.body {
        Body::Edit(record) => return Some(edit(&record, None, look)),
        Body::RevertRisk(risk) => risk,
        _ => return None,
    };
    let text = format!("{}  {:.3} by {}", risk.key(), risk.probability, risk.model);
    Some(timed(risk.time, &text, look.width))
}

/// Time, wiki, what the model said, user, change in size, title, summary.
fn edit(edit: &Edit<'_>, classification: Option<&Classification<'_>>, look: Look) -> String {
    let width = look.width;
    // Who pipes lines on searches them: nothing is cut there.
    let cell = if width >= UNLIMITED { at_least } else { column };
    let mut parts = vec![time(edit.event_time), cell(&edit.wiki, 12)];
    parts.extend(classification.map(judged));
    let user = edit.user.as_deref().unwrap_or("(hidden)");
    parts.push(cell(user, 16));
    parts.push(delta(edit));
    let used = 8 + 2 + 12 + 2 + if classification.is_some() { 15 } else { 0 } + 16 + 2 + 8 + 2;
    let rest = width.saturating_sub(used);
    // On a narrow terminal the title matters more than the summary.
    let title_width = match rest {
        _ if width >= UNLIMITED => 32,
        0..48 => rest,
        _ => rest / 2,
    };
    let title = cell(&edit.page_title, title_width).cyan().to_string();
    let url = look.links.then(|| diff_of(edit)).flatten();
    parts.push(linked(title, url.as_deref()));
    let comment = edit.comment.as_deref().unwrap_or_default();
    parts.push(fit(comment, rest.saturating_sub(title_width + 2)));
    parts.join("  ").trim_end().to_owned()
}

/// Score and class, 13 columns.
fn judged(classification: &Classification<'_>) -> String {
    let Some(score) = classification.score else {
        return format!("{:13}", "-");
    };
    let class = classification.class.as_deref().unwrap_or_default();
    let text = format!("{score:.3}  {}", column(class, 6));
    match class {
        "high" => text.red().bold().to_string(),
        "medium" => text.yellow().to_string(),
        _ => text.dimmed().to_string(),
    }
}

/// Change in size, 8 columns.
fn delta(edit: &Edit<'_>) -> String {
    match edit.length_delta() {
        Some(delta) if delta < 0 => format!("{delta:>+8}").red().to_string(),
        Some(delta) => format!("{delta:>+8}").green().to_string(),
        None => format!("{:>8}", "?"),
    }
}

#[derive(Deserialize)]
struct Tags<'a> {
    #[serde(borrow, default)]
    tags: Vec<Cow<'a, str>>,
}

fn tags(record: &TailRecord<'_>, width: usize) -> Option<String> {
    let Tags { tags } = serde_json::from_str(record.value.get()).ok()?;
    let text = format!("{}  tags: {}", record.key, tags.join(", "));
    Some(timed(record.timestamp, &text, width))
}

fn alert(alert: &Alert, look: Look) -> String {
    let kind = format!("{:14}", alert.kind().name());
    let kind = match alert.severity {
        Severity::Critical => kind.red().bold().to_string(),
        Severity::Warning => kind.yellow().to_string(),
    };
    let rest = look.width.saturating_sub(8 + 2 + 14 + 2);
    let title = fit(&alert.title, rest);
    let title = linked(title, alert.url.as_deref().filter(|_| look.links));
    format!("{}  {kind}  {title}", time(alert.raised_at))
}

/// A text that leads to a page when it is clicked on (OSC 8). A URL with control or non-ASCII characters
/// could inject terminal escapes, so it is not linked.
fn linked(text: String, url: Option<&str>) -> String {
    let is_plain = |url: &&str| url.chars().all(|c| c.is_ascii_graphic());
    match url.filter(is_plain) {
        Some(url) => format!("\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\"),
        None => text,
    }
}

fn dead_letter(letter: &DeadLetter, width: usize) -> String {
    let payload = letter
        .payload
        .as_deref()
        .or(letter.payload_base64.as_deref())
        .unwrap_or_default();
    let size = format!("{:>8} B", letter.bytes);
    let rest = width.saturating_sub(8 + 2 + 10 + 2);
    let text = format!("{}: {payload}", letter.reason);
    let (time, text) = (time(letter.received_at), fit(&text, rest));
    format!("{time}  {size}  {text}")
}

/// A text behind its time.
fn timed(at: EventTime, text: &str, width: usize) -> String {
    format!("{}  {}", time(at), fit(text, width.saturating_sub(10)))
}

/// The time of day, 8 columns.
fn time(at: EventTime) -> String {
    at.utc().strftime("%H:%M:%S").dimmed().to_string()
}

#[cfg(test)]
mod tests;
