//! How a topic's record reads as one line: what it says first, cut to the terminal's width. Alerts alone
//! go on below.

use crate::text::{Breaks, at_least, column, fit, harmless, wrapped_at};
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

/// Columns below which the time of another day is short.
const NARROW: usize = 120;
/// Columns between two cells.
const GAP: usize = 2;

/// Where a line is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look<'a> {
    /// Columns that it may take.
    pub width: usize,
    /// Whether a click on a title is to lead to what the edit changed.
    pub links: bool,
    /// Tells times, and which have a date since they are not of today.
    pub clock: &'a Clock,
    /// Columns that times take at least: of records below each other, those of the widest before.
    pub time_width: usize,
}

/// A record as one line; of an alert there may be more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub text: String,
    /// Columns of the time that it begins with.
    pub time_width: usize,
}

/// The line of a record.
pub(super) fn line(topic: Topic, record: &TailRecord<'_>, look: Look<'_>) -> Line {
    let value = record.value.get();
    let came = record.timestamp;
    let shown = match topic {
        Topic::EditsRegistered | Topic::EditsAnonymous | Topic::EditsBot => {
            event(value, came, look)
        }
        Topic::EditsClassified => ClassifiedEdit::from_json(value.as_bytes())
            .ok()
            .map(|record| edit(&record.edit, came, Some(&record.classification), look)),
        Topic::RevisionTags => fact(value, came, look),
        Topic::Alerts => serde_json::from_str(value)
            .ok()
            .map(|record| alert(&record, came, look)),
        Topic::DeadLetter => serde_json::from_str(value)
            .ok()
            .map(|record| dead_letter(&record, look)),
    };
    shown.unwrap_or_else(|| untimed(came, value, look))
}

fn event(value: &str, came: EventTime, look: Look<'_>) -> Option<Line> {
    match Event::parse(value.as_bytes()).ok()?.body {
        Body::Edit(record) => Some(edit(&record, came, None, look)),
        _ => None,
    }
}

/// Of what labels are made from, and Wikimedia's scores: time, wiki, title, what is said.
fn fact(value: &str, came: EventTime, look: Look<'_>) -> Option<Line> {
    let event = Event::parse(value.as_bytes()).ok()?;
    let mut url = None;
    let (made, wiki, page, said) = match &event.body {
        Body::Edit(edit) => {
            url = diff_of(edit);
            let said = match event.revert {
                Some(range) if range.oldest == range.newest => format!("reverts {}", range.newest),
                Some(range) => format!("reverts {} to {}", range.oldest, range.newest),
                None => "edited".to_owned(),
            };
            (edit.event_time, &edit.wiki, &edit.page_title, said)
        }
        Body::LabelFact(change) => {
            let Tags { tags } = serde_json::from_str(value).ok()?;
            let said = format!("{} has the tags {}", change.rev_id, tags.join(", "));
            (change.time, &change.wiki, &change.page_title, said)
        }
        Body::RevertRisk(risk) => {
            let said = format!("revert risk {:.3} by {}", risk.probability, risk.model);
            (risk.time, &risk.wiki, &risk.page_title, said)
        }
        Body::Canary | Body::Other { .. } => return None,
    };
    let time = Time::of(made.bounded(came), look);
    let cell = if look.width >= UNLIMITED {
        at_least
    } else {
        column
    };
    let rest = look.width.saturating_sub(time.width() + 2 + 12 + 2);
    let title_width = title_width(rest, look.width);
    let title = cell(page, title_width).cyan().to_string();
    let title = linked(title, url.as_deref().filter(|_| look.links));
    let said = fit(&said, rest.saturating_sub(title_width + 2));
    let text = [time.shown(), cell(wiki, 12), title, said].join("  ");
    Some(time.line(text.trim_end().to_owned()))
}

/// Columns for a title, of those that are left for title and what is said, which is the longer one.
fn title_width(rest: usize, width: usize) -> usize {
    match width >= UNLIMITED {
        true => 32,
        false => rest / 3,
    }
}

/// Which columns of an edit there is room for. Time, wiki, score, user and title are always there; for
/// the title's sake the summary goes first, then the class, which the colour of the score tells too, then
/// the change in size.
struct Columns {
    has_class: bool,
    has_bytes: bool,
    title: usize,
    summary: usize,
}

impl Columns {
    const WIKI: usize = 12;
    const SCORE: usize = 5;
    const CLASS: usize = 6;
    const USER: usize = 16;
    const BYTES: usize = 8;
    /// What a title should have.
    const TITLE: usize = 20;
    /// With fewer for title and summary, the title has all of them.
    const BOTH: usize = 48;

    fn of(time_width: usize, is_judged: bool, width: usize) -> Self {
        let score = if is_judged { Self::SCORE + GAP } else { 0 };
        let fixed = time_width + GAP + Self::WIKI + GAP + score + Self::USER + GAP;
        let mut rest = width.saturating_sub(fixed);
        let mut take = |column: usize, is_wanted: bool| {
            let is_room = is_wanted && rest >= column + GAP + Self::TITLE;
            rest -= if is_room { column + GAP } else { 0 };
            is_room
        };
        let has_bytes = take(Self::BYTES, true);
        let has_class = take(Self::CLASS, is_judged && has_bytes);
        let title = match rest {
            _ if width >= UNLIMITED => 32,
            rest if rest < Self::BOTH => rest,
            rest => rest / 2,
        };
        Self {
            has_class,
            has_bytes,
            title,
            summary: rest.saturating_sub(title + GAP),
        }
    }
}

/// Time, wiki, what the model said, user, change in size, title, summary.
fn edit(
    edit: &Edit<'_>,
    came: EventTime,
    classification: Option<&Classification<'_>>,
    look: Look<'_>,
) -> Line {
    // Who pipes lines on searches them: nothing is cut there.
    let is_whole = look.width >= UNLIMITED;
    let cell = if is_whole { at_least } else { column };
    let time = Time::of(edit.event_time.bounded(came), look);
    let columns = Columns::of(time.width(), classification.is_some(), look.width);
    let mut parts = vec![time.shown(), cell(&edit.wiki, Columns::WIKI)];
    parts.extend(classification.map(|it| judged(it, columns.has_class)));
    let user = edit.user.as_deref().unwrap_or("(hidden)");
    parts.push(cell(user, Columns::USER));
    parts.extend(columns.has_bytes.then(|| delta(edit)));
    let title = cell(&edit.page_title, columns.title).cyan().to_string();
    let url = look.links.then(|| diff_of(edit)).flatten();
    parts.push(linked(title, url.as_deref()));
    let comment = edit.comment.as_deref().unwrap_or_default();
    parts.push(fit(comment, columns.summary));
    time.line(parts.join("  ").trim_end().to_owned())
}

/// The score, and the class if there is room for it.
fn judged(classification: &Classification<'_>, has_class: bool) -> String {
    let class = classification.class.as_deref().unwrap_or_default();
    let score = classification.score.map(|score| format!("{score:.3}"));
    let mut text = column(score.as_deref().unwrap_or("-"), Columns::SCORE);
    if has_class {
        text.push_str("  ");
        text.push_str(&column(class, Columns::CLASS));
    }
    if score.is_none() {
        return text;
    }
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

fn alert(alert: &Alert, came: EventTime, look: Look<'_>) -> Line {
    let kind = format!("{:14}", alert.kind().name());
    let kind = match alert.severity {
        Severity::Critical => kind.red().bold().to_string(),
        Severity::Warning => kind.yellow().to_string(),
    };
    let time = Time::of(alert.event_time.bounded(came), look);
    let indent = time.width() + 2 + 14 + 2;
    let title = harmless(&alert.title);
    // Of an alert nothing is cut: it is there to be read.
    let lines = match look.width >= UNLIMITED {
        true => vec![title],
        false => wrapped_at(&title, look.width.saturating_sub(indent), Breaks::Anywhere),
    };
    let url = alert.url.as_deref().filter(|_| look.links);
    let lines = lines.into_iter().map(|line| linked(line, url));
    let title = lines.collect::<Vec<_>>();
    let title = title.join(&format!("\n{:indent$}", ""));
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

/// A text that does not say when it was made.
fn untimed(came: EventTime, text: &str, look: Look<'_>) -> Line {
    let time = Time::unknown(&Time::of(came, look));
    let text = fit(text, look.width.saturating_sub(time.width() + 2));
    time.line(format!("{}  {text}", time.shown()))
}

/// Columns of a time of any day, on lines of `width` columns.
pub(super) fn dated_width(width: usize) -> usize {
    match width >= NARROW {
        true => "2026-09-17 03:42:33".len(),
        false => "2026-09-17 03:42".len(),
    }
}

/// The time that a line begins with.
struct Time(String);

impl Time {
    /// The time of day; of another day its date too, which is short where there is little room.
    fn of(at: EventTime, look: Look<'_>) -> Self {
        let clock = look.clock;
        let (time, today) = (clock.civil(at), clock.civil(clock.now).date());
        // One above has its year.
        let has_years = look.time_width >= dated_width(look.width);
        let form = match time.date() {
            date if date == today => "%H:%M:%S",
            _ if look.width >= NARROW => "%Y-%m-%d %H:%M:%S",
            date if date.year() == today.year() && !has_years => "%m-%d %H:%M",
            _ => "%Y-%m-%d %H:%M",
        };
        // What it is called fits above it.
        let width = look.time_width.max(zone(look).len() + "MADE ".len());
        Self(format!("{:width$}", time.strftime(form).to_string()))
    }

    /// In the place of one like the other.
    fn unknown(other: &Self) -> Self {
        Self(format!("{:1$}", "-", other.width()))
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

/// What the times are of.
fn zone(look: Look<'_>) -> &'static str {
    // A zone that this machine does not know shows as UTC.
    let zone = &look.clock.zone;
    let is_utc = *zone == TimeZone::UTC || zone.is_unknown();
    if is_utc { "UTC" } else { "LOCAL" }
}

/// The line above those of a topic, whose times take `time_width` columns: what the columns are. `MADE`
/// is when an edit was made, by which `--since` and `--until` go; of an alert that of its cause.
pub(super) fn header(topic: Topic, time_width: usize, look: Look<'_>) -> String {
    let what = match topic {
        Topic::DeadLetter => "CAME",
        _ => "MADE",
    };
    let what = format!("{what} {}", zone(look));
    let time = format!("{what:time_width$}");
    let columns = match topic {
        Topic::EditsRegistered | Topic::EditsAnonymous | Topic::EditsBot => {
            edit_columns(time_width, false, look.width)
        }
        Topic::EditsClassified => edit_columns(time_width, true, look.width),
        Topic::RevisionTags => {
            let rest = look.width.saturating_sub(time_width + 2 + 12 + 2);
            let title = column("PAGE", title_width(rest, look.width));
            format!("{:12}  {title}  FACT", "WIKI")
        }
        Topic::Alerts => format!("{:14}  ALERT", "KIND"),
        Topic::DeadLetter => format!("{:>10}  REASON: PAYLOAD", "SIZE"),
    };
    fit(&format!("{time}  {columns}"), look.width)
}

/// The columns of [`edit`] behind its time.
fn edit_columns(time_width: usize, is_judged: bool, width: usize) -> String {
    let columns = Columns::of(time_width, is_judged, width);
    let wiki = column("WIKI", Columns::WIKI);
    let user = column("USER", Columns::USER);
    let mut names = vec![wiki];
    names.extend(is_judged.then(|| "SCORE".to_owned()));
    names.extend(columns.has_class.then(|| column("CLASS", Columns::CLASS)));
    names.push(user);
    let bytes = || format!("{:>width$}", "BYTES", width = Columns::BYTES);
    names.extend(columns.has_bytes.then(bytes));
    names.push(column("PAGE", columns.title));
    names.extend((columns.summary > 0).then(|| "SUMMARY".to_owned()));
    names.join("  ").trim_end().to_owned()
}

#[cfg(test)]
mod tests;
