//! How a topic's record reads as one line: what it says first, cut to the terminal's width.

use crate::text::{at_least, column, fit};
use jiff::tz::TimeZone;
use owo_colors::OwoColorize;
use serde::Deserialize;
use std::borrow::Cow;
use wikisentry_core::anomaly::{Alert, Severity};
use wikisentry_core::classified::{Classification, ClassifiedEdit};
use wikisentry_core::deadletter::DeadLetter;
use wikisentry_core::edit::Edit;
use wikisentry_core::event::{Body, Event};
use wikisentry_core::link::diff_of;
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;
use wikisentry_engine::tail::{Clock, TailRecord};

/// Without a terminal only what is absurd is cut.
pub(super) const UNLIMITED: usize = 2_000;

/// Columns below which the date of another day is short.
const NARROW: usize = 120;

/// Where a line is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look<'a> {
    /// Columns that it may take.
    pub width: usize,
    /// Whether a click on a title is to lead to what the edit changed.
    pub links: bool,
    /// Tells times, and which have a date since they are not of today; without it times of day in UTC
    /// are shown.
    pub clock: Option<&'a Clock>,
}

/// A record as one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub text: String,
    /// Columns of the time that it begins with.
    pub time_width: usize,
}

/// The line of a record.
pub(super) fn line(topic: Topic, record: &TailRecord<'_>, look: Look<'_>) -> Line {
    let value = record.value.get();
    let shown = match topic {
        Topic::EditsRegistered | Topic::EditsAnonymous | Topic::EditsBot => event(value, look),
        Topic::EditsClassified => ClassifiedEdit::from_json(value.as_bytes())
            .ok()
            .map(|record| edit(&record.edit, Some(&record.classification), look)),
        Topic::RevisionTags => event(value, look).or_else(|| tags(record, look)),
        Topic::Alerts => serde_json::from_str(value)
            .ok()
            .map(|record| alert(&record, look)),
        Topic::DeadLetter => serde_json::from_str(value)
            .ok()
            .map(|record| dead_letter(&record, look)),
    };
    shown.unwrap_or_else(|| timed(record.timestamp, value, look))
}

/// Of edits, and of Wikimedia's scores.
fn event(value: &str, look: Look<'_>) -> Option<Line> {
    let risk = match Event::parse(value.as_bytes()).ok()?.body {
        Body::Edit(record) => return Some(edit(&record, None, look)),
        Body::RevertRisk(risk) => risk,
        _ => return None,
    };
    let text = format!("{}  {:.3} by {}", risk.key(), risk.probability, risk.model);
    Some(timed(risk.time, &text, look))
}

/// Columns for a title, of those that are left for title and summary. On a narrow terminal the title
/// matters more.
fn title_width(rest: usize, width: usize) -> usize {
    match rest {
        _ if width >= UNLIMITED => 32,
        0..48 => rest,
        _ => rest / 2,
    }
}

/// Time, wiki, what the model said, user, change in size, title, summary.
fn edit(edit: &Edit<'_>, classification: Option<&Classification<'_>>, look: Look<'_>) -> Line {
    let width = look.width;
    // Who pipes lines on searches them: nothing is cut there.
    let cell = if width >= UNLIMITED { at_least } else { column };
    let time = Time::of(edit.event_time, look);
    let mut parts = vec![time.shown(), cell(&edit.wiki, 12)];
    parts.extend(classification.map(judged));
    let user = edit.user.as_deref().unwrap_or("(hidden)");
    parts.push(cell(user, 16));
    parts.push(delta(edit));
    let judged = if classification.is_some() { 15 } else { 0 };
    let used = time.width() + 2 + 12 + 2 + judged + 16 + 2 + 8 + 2;
    let rest = width.saturating_sub(used);
    let title_width = title_width(rest, width);
    let title = cell(&edit.page_title, title_width).cyan().to_string();
    let url = look.links.then(|| diff_of(edit)).flatten();
    parts.push(linked(title, url.as_deref()));
    let comment = edit.comment.as_deref().unwrap_or_default();
    parts.push(fit(comment, rest.saturating_sub(title_width + 2)));
    time.line(parts.join("  ").trim_end().to_owned())
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

fn tags(record: &TailRecord<'_>, look: Look<'_>) -> Option<Line> {
    let Tags { tags } = serde_json::from_str(record.value.get()).ok()?;
    let text = format!("{}  tags: {}", record.key, tags.join(", "));
    Some(timed(record.timestamp, &text, look))
}

fn alert(alert: &Alert, look: Look<'_>) -> Line {
    let kind = format!("{:14}", alert.kind().name());
    let kind = match alert.severity {
        Severity::Critical => kind.red().bold().to_string(),
        Severity::Warning => kind.yellow().to_string(),
    };
    let time = Time::of(alert.raised_at, look);
    let rest = look.width.saturating_sub(time.width() + 2 + 14 + 2);
    let title = fit(&alert.title, rest);
    let title = linked(title, alert.url.as_deref().filter(|_| look.links));
    time.line(format!("{}  {kind}  {title}", time.shown()))
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

fn dead_letter(letter: &DeadLetter, look: Look<'_>) -> Line {
    let payload = letter
        .payload
        .as_deref()
        .or(letter.payload_base64.as_deref())
        .unwrap_or_default();
    let size = format!("{:>8} B", letter.bytes);
    let time = Time::of(letter.received_at, look);
    let rest = look.width.saturating_sub(time.width() + 2 + 10 + 2);
    let text = format!("{}: {payload}", letter.reason);
    time.line(format!("{}  {size}  {}", time.shown(), fit(&text, rest)))
}

/// A text behind its time.
fn timed(at: EventTime, text: &str, look: Look<'_>) -> Line {
    let time = Time::of(at, look);
    let text = fit(text, look.width.saturating_sub(time.width() + 2));
    time.line(format!("{}  {text}", time.shown()))
}

/// The time that a line begins with.
struct Time(String);

impl Time {
    /// The time of day; of another day its date too, which is short where there is little room.
    fn of(at: EventTime, look: Look<'_>) -> Self {
        let Some(clock) = look.clock else {
            return Self(at.utc().strftime("%H:%M:%S").to_string());
        };
        let (time, today) = (clock.civil(at), clock.civil(clock.now).date());
        let form = match time.date() {
            date if date == today => "%H:%M:%S",
            _ if look.width >= NARROW => "%Y-%m-%d %H:%M:%S",
            date if date.year() == today.year() => "%m-%d %H:%M",
            _ => " %Y-%m-%d",
        };
        Self(time.strftime(form).to_string())
    }

    /// All of it is ASCII.
    fn width(&self) -> usize {
        self.0.len()
    }

    fn shown(&self) -> String {
        self.0.dimmed().to_string()
    }

    fn line(&self, text: String) -> Line {
        let time_width = self.width();
        Line { text, time_width }
    }
}

/// The line above those of a topic, of which the first is given: the time zone, and what the columns
/// are.
pub(super) fn header(topic: Topic, first: &Line, look: Look<'_>) -> String {
    // A zone that this machine does not know shows as UTC.
    let is_utc =
        (look.clock).is_none_or(|clock| clock.zone == TimeZone::UTC || clock.zone.is_unknown());
    let zone = if is_utc { "UTC" } else { "LOCAL" };
    let time = format!("{zone:width$}", width = first.time_width);
    let columns = match topic {
        Topic::EditsRegistered | Topic::EditsAnonymous | Topic::EditsBot => {
            edit_columns(first.time_width, "", look.width)
        }
        Topic::EditsClassified => edit_columns(first.time_width, "SCORE  CLASS   ", look.width),
        Topic::RevisionTags => "EVENT".to_owned(),
        Topic::Alerts => format!("{:14}  ALERT", "KIND"),
        Topic::DeadLetter => format!("{:>10}  REASON: PAYLOAD", "SIZE"),
    };
    fit(&format!("{time}  {columns}"), look.width)
}

/// The columns of [`edit`] behind its time.
fn edit_columns(time_width: usize, judged: &str, width: usize) -> String {
    let columns = format!("{:12}  {judged}{:16}  {:>8}", "WIKI", "USER", "BYTES");
    let rest = width.saturating_sub(time_width + 2 + columns.len() + 2);
    let title = column("PAGE", title_width(rest, width));
    format!("{columns}  {title}  SUMMARY")
}

#[cfg(test)]
mod tests;
