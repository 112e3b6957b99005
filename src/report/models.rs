//! How models read: the list of versions, a card, two cards side by side. Accuracy is never shown:
//! where six edits in a hundred are damage, a model that finds none has 94 %.

use super::{layout, learnt};
use crate::amounts::count;
use crate::models::{
    Comparison, Difference, Fact, Listed, Slice, Verdict, calibration, classes, features, findings,
    scalar, slices, title,
};
use crate::text::harmless;
use owo_colors::OwoColorize;
use std::fmt::Write;
use wikisentry_core::evaluation::Estimate;
use wikisentry_core::model::Card;
use wikisentry_core::model::provenance::SeenRange;

/// Columns that the parameters take at most.
const PARAMETERS_WIDTH: usize = 80;
/// Columns left free before the details of a version, below its line.
const INDENT: usize = 9;

/// The list of versions: a line each, and below it what does not fit into columns.
pub(super) fn list(versions: &[Listed], width: usize) -> String {
    let rows: Vec<_> = versions.iter().map(row).collect();
    let header = [
        "version",
        "alias",
        "created",
        "origin",
        "PR-AUC",
        "ROC-AUC",
        "measured on",
    ];
    let mut lines = layout::table_rows(header, &rows, width).into_iter();
    let mut text = lines.next().unwrap_or_default();
    for (line, version) in lines.zip(versions) {
        text.push_str(&line);
        for told in details(version) {
            text.push_str(&layout::indented(&told, INDENT, width));
        }
    }
    text
}

fn row(listed: &Listed) -> [String; 7] {
    let nothing = || "-".to_owned();
    let names = match listed.aliases.as_slice() {
        [] => nothing(),
        names => names.join(", "),
    };
    let figure = |figure: Option<Estimate>| figure.map_or_else(nothing, |it| plain(it.value));
    let created = listed.created;
    [
        listed.version.to_string(),
        names,
        created.map_or_else(nothing, |time| time.strftime("%Y-%m-%d").to_string()),
        listed.origin.as_deref().map_or_else(nothing, harmless),
        figure(listed.pr_auc),
        figure(listed.roc_auc),
        match (&listed.measured_on, listed.measured_simulated) {
            (Some(data), 0) => harmless(data),
            (Some(data), _) => harmless(&format!("{data} (simulated)")),
            (None, _) => nothing(),
        },
    ]
}

/// What was learnt from, and what was decided.
fn details(listed: &Listed) -> Vec<String> {
    let mut told = Vec::new();
    if let (Some(rows), Some([from, to])) = (listed.rows, &listed.trained_on) {
        let kind = match listed.simulated {
            0 => "edits".to_owned(),
            all if all == rows => "simulated edits".to_owned(),
            some => format!("edits, {} of them simulated,", count(some)),
        };
        let range = format!("{} to {}", day(from), day(to));
        let mut line = format!("trained on {} {kind} of {range}", count(rows));
        if let Some(measured) = listed.measured_edits {
            _ = write!(line, ", measured on {}", count(measured));
        }
        told.push(harmless(&line));
    }
    told.extend(listed.hold.iter().map(|_| "held".to_owned()));
    told.extend(rolled_back(listed));
    told.extend(listed.verdict.as_ref().map(self::told));
    let damaged = |fault: &String| harmless(&format!("DAMAGED: {fault}"));
    told.extend(listed.fault.as_ref().map(damaged));
    told
}

/// That a person took this version, or the same model under another number, out of use.
fn rolled_back(listed: &Listed) -> Option<String> {
    let before = listed.rolled_back.as_ref()?;
    Some(match before.version == listed.version {
        true => format!("rolled back at {}", before.at),
        false => format!(
            "the same model as version {}, which was rolled back at {}",
            before.version, before.at
        ),
    })
}

fn told(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Promoted => "promoted".to_owned(),
        Verdict::Kept(reason) => harmless(&format!("kept: {reason}")),
    }
}

/// The day of a time as cards write it.
fn day(time: &str) -> &str {
    time.split('T').next().unwrap_or(time)
}

/// One version and its card.
pub(super) fn card(listed: &Listed, card: &Card, width: usize) -> String {
    let nothing = || "-".to_owned();
    let mut title_line = format!("{}/{}", harmless(&card.name), listed.version);
    for alias in &listed.aliases {
        _ = write!(title_line, ", {alias}");
    }
    let mut text = format!("{}\n", title_line.bold());
    if let Some(fault) = &listed.fault {
        _ = writeln!(text, "{} {}", "DAMAGED:".red().bold(), harmless(fault));
    }
    let range = listed.trained_on.as_ref();
    let range = range.map_or_else(nothing, |[from, to]| harmless(&format!("{from} to {to}")));
    let number = |key: &str| card.data[key].as_u64().map_or_else(nothing, count);
    let mut pairs = vec![
        ("created", card.created.to_string()),
        ("origin", origin(listed)),
        ("trained on", range),
        (
            "edits",
            format!(
                "{}, of these {} damage{}",
                number("rows"),
                number("damage"),
                simulated(listed)
            ),
        ),
        ("features", features(card)),
        ("calibration", calibration(card)),
        ("classes", harmless(&classes(card))),
        ("seed", card.seed.to_string()),
        ("checksum", harmless(&card.model_sha256)),
        (
            "verdict",
            listed.verdict.as_ref().map_or_else(nothing, told),
        ),
    ];
    pairs.extend(trial(card).map(|trial| ("judged as", trial)));
    let hold = listed.hold.as_ref();
    pairs.extend(hold.map(|hold| ("held", harmless(&hold.to_string()))));
    pairs.extend(rolled_back(listed).map(|told| ("ruling", told)));
    text.push('\n');
    text.push_str(&layout::pairs(&pairs, width));
    for finding in findings(card) {
        let mark = if finding.passed { "✓" } else { "✗" };
        let finding = format!("{mark} {}", harmless(&finding.text));
        text.push_str(&layout::indented(&finding, 2, width));
    }
    text.push_str(&sources(card, width));
    text.push_str(&provenance(card, width));
    text.push_str(&learnt::view(&card.data, width));
    text.push_str(&measured(&slices(&card.metrics), width));
    text.push_str(&parameters(card, width));
    text
}

/// How the version was made, and where.
fn origin(listed: &Listed) -> String {
    let made = listed.origin.as_deref().unwrap_or("-");
    match &listed.imported {
        None => harmless(made),
        Some(there) => {
            let made = there.origin.as_deref().unwrap_or("made");
            harmless(&format!(
                "imported; it was {made} elsewhere, as version {}",
                there.version
            ))
        }
    }
}

/// That edits were simulated, whose figures say nothing of real ones.
fn simulated(listed: &Listed) -> String {
    match (listed.simulated, listed.rows) {
        (0, _) => String::new(),
        (all, Some(rows)) if all == rows => "; all are simulated".to_owned(),
        (some, _) => format!("; {} are simulated", count(some)),
    }
}

/// What the training edits were taken from, where the card names it.
fn sources(card: &Card, width: usize) -> String {
    let sources = card.data["sources"].as_array();
    let rows: Vec<_> = sources
        .into_iter()
        .flatten()
        .map(|source| {
            let number = |key: &str| source[key].as_u64().map_or_else(|| "-".to_owned(), count);
            let name = scalar(&source["name"]).unwrap_or_else(|| "-".to_owned());
            [harmless(&name), number("rows"), number("damage")]
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    format!(
        "\n{}",
        layout::table(["source", "edits", "damage"], &rows, width)
    )
}

/// What was judged, if the version was fitted again on newer edits before it was used.
fn trial(card: &Card) -> Option<String> {
    let trial = &card.data["trial"];
    let end = |name: &str| trial["range"][name].as_str();
    Some(format!(
        "as many trees on {} edits, {} to {}",
        count(trial["rows"].as_u64()?),
        harmless(day(end("from")?)),
        harmless(day(end("to")?))
    ))
}

/// What each fitted part has seen; nothing for older cards.
fn provenance(card: &Card, width: usize) -> String {
    let parts = card.provenance.iter().flat_map(|it| &it.parts);
    let rows: Vec<_> = parts
        .map(|(part, seen)| {
            let range = |range: &SeenRange| {
                format!(
                    "{} to {}",
                    day(&range.from.to_string()),
                    day(&range.to.to_string())
                )
            };
            let ranges = seen.ranges.iter().map(range);
            let sets = seen.sets.iter().map(|set| harmless(&set.name));
            let or_nothing = |texts: Vec<String>| match texts.is_empty() {
                true => "-".to_owned(),
                false => texts.join("; "),
            };
            [
                harmless(part),
                or_nothing(ranges.collect()),
                or_nothing(sets.collect()),
            ]
        })
        .collect();
    match rows.is_empty() {
        true => String::new(),
        false => {
            let header = ["part", "has seen edits of", "of labelled sets"];
            format!("\n{}", layout::table(header, &rows, width))
        }
    }
}

fn measured(slices: &[Slice], width: usize) -> String {
    if slices.is_empty() {
        return "\nthe card holds no figures\n".to_owned();
    }
    let nothing = || "-".to_owned();
    let row = |slice: &Slice| {
        let number = |number: Option<u64>| number.map_or_else(nothing, count);
        let pr_auc = slice.figure("pr_auc").map_or_else(nothing, with_interval);
        let roc_auc = slice.figure("roc_auc").map(|figure| plain(figure.value));
        [
            harmless(&slice.name),
            number(slice.rows),
            number(slice.damage),
            pr_auc,
            roc_auc.unwrap_or_else(nothing),
        ]
    };
    let rows: Vec<_> = slices.iter().map(row).collect();
    let header = ["measured on", "edits", "damage", "PR-AUC", "ROC-AUC"];
    let mut text = format!("\n{}", layout::table(header, &rows, width));
    let more = [
        "expected_calibration_error",
        "top_1_percent.recall",
        "top_2_percent.recall",
        "top_5_percent.recall",
    ];
    let with_more = slices
        .iter()
        .filter(|slice| more.iter().any(|name| slice.figure(name).is_some()));
    let row = |slice: &Slice| {
        let figure = |name| slice.figure(name).map(|figure| plain(figure.value));
        let [error, one, two, five] = more.map(|name| figure(name).unwrap_or_else(nothing));
        [harmless(&slice.name), error, one, two, five]
    };
    let rows: Vec<_> = with_more.map(row).collect();
    if !rows.is_empty() {
        let header = ["", "calibration error", "recall at 1 %", "2 %", "5 %"];
        _ = write!(text, "\n{}", layout::table(header, &rows, width));
    }
    for slice in slices {
        if let Some(note) = &slice.note {
            let note = format!("{}: {}", harmless(&slice.name), harmless(note));
            text.push_str(&layout::folded(&note, 2, width));
        }
    }
    text
}

fn parameters(card: &Card, width: usize) -> String {
    let width = width.min(PARAMETERS_WIDTH);
    let Some(all) = card.parameters.as_object().filter(|all| !all.is_empty()) else {
        return String::new();
    };
    let mut text = format!("\n{}\n", "parameters".bold());
    let mut line = String::new();
    for (name, value) in all {
        let value = scalar(value).unwrap_or_else(|| "null".to_owned());
        let pair = harmless(&format!("{name}={value}"));
        if !line.is_empty() && line.len() + pair.len() + 2 > width {
            _ = writeln!(text, "{line}");
            line.clear();
        }
        if !line.is_empty() {
            line.push_str("  ");
        }
        line.push_str(&pair);
    }
    _ = writeln!(text, "{line}");
    text
}

/// Two cards side by side.
pub(super) fn comparison(comparison: &Comparison, width: usize) -> String {
    let cell = |said: &Option<String>| said.as_deref().map_or_else(|| "-".to_owned(), harmless);
    let fact = |fact: &Fact| {
        let differs = if fact.a == fact.b { "" } else { "≠" };
        [
            harmless(&fact.name),
            cell(&fact.a),
            cell(&fact.b),
            differs.to_owned(),
        ]
    };
    let rows: Vec<_> = comparison.facts.iter().map(fact).collect();
    let (a, b) = (harmless(&comparison.a), harmless(&comparison.b));
    let mut text = layout::table(["", &a, &b, ""], &rows, width);
    if comparison.figures.is_empty() {
        text.push_str("\nthe cards have no figure in common\n");
        return text;
    }
    let figure = |it: &Difference| {
        [
            title(it.figure).to_owned(),
            with_interval(it.a),
            with_interval(it.b),
            format!("{:+.4}", it.difference),
        ]
    };
    // Figures of the same edits follow each other.
    for on_same in comparison
        .figures
        .chunk_by(|one, next| one.slice == next.slice)
    {
        let rows: Vec<_> = on_same.iter().map(figure).collect();
        let data = on_same.first().map_or("", |it| &it.slice);
        let data = format!("measured on {}", harmless(data));
        _ = writeln!(text, "\n{}", data.bold());
        text.push_str(&layout::table(["", &a, &b, "difference"], &rows, width));
    }
    let note = match comparison.same_edits {
        true => "both measured on the same edits",
        false => {
            "each measured on the edits of its own card: if they are not the same, a difference may \
             be the edits'"
        }
    };
    _ = write!(text, "\n{}", layout::folded(note, 0, width));
    text
}

fn plain(value: f64) -> String {
    format!("{value:.4}")
}

/// A figure with its interval, if it has one.
pub(super) fn with_interval(figure: Estimate) -> String {
    match (figure.low, figure.high) {
        (Some(low), Some(high)) => format!("{:.4} ({low:.4}–{high:.4})", figure.value),
        _ => plain(figure.value),
    }
}
