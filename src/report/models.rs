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

/// Columns that a paragraph may take.
const WIDTH: usize = 96;

/// The list of versions.
pub(super) fn list(versions: &[Listed]) -> String {
    let rows: Vec<_> = versions.iter().map(row).collect();
    let header = [
        "version",
        "alias",
        "created",
        "trained on",
        "edits",
        "PR-AUC",
        "ROC-AUC",
        "origin",
        "verdict",
    ];
    layout::table(header, &rows)
}

fn row(listed: &Listed) -> [String; 9] {
    let nothing = || "-".to_owned();
    let range = |[from, to]: &[String; 2]| harmless(&format!("{} to {}", day(from), day(to)));
    let verdict = match (&listed.fault, &listed.verdict) {
        (Some(fault), _) => harmless(&format!("DAMAGED: {fault}")),
        (None, verdict) => {
            let told = verdict.as_ref().map_or_else(nothing, told);
            match &listed.rolled_back {
                Some(_) => format!("rolled back; {told}"),
                None => told,
            }
        }
    };
    let held = listed.hold.iter().map(|_| "held");
    let names: Vec<_> = listed.aliases.iter().copied().chain(held).collect();
    [
        listed.version.to_string(),
        match names.as_slice() {
            [] => nothing(),
            names => names.join(", "),
        },
        listed
            .created
            .map_or_else(nothing, |time| time.strftime("%Y-%m-%d").to_string()),
        listed.trained_on.as_ref().map_or_else(nothing, range),
        listed.rows.map_or_else(nothing, count),
        listed.pr_auc.map_or_else(nothing, with_interval),
        listed.roc_auc.map_or_else(nothing, with_interval),
        listed.origin.as_deref().map_or_else(nothing, harmless),
        verdict,
    ]
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
pub(super) fn card(listed: &Listed, card: &Card) -> String {
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
        (
            "origin",
            listed.origin.as_deref().map_or_else(nothing, harmless),
        ),
        ("trained on", range),
        (
            "edits",
            format!("{}, of these {} damage", number("rows"), number("damage")),
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
    let before = listed.rolled_back.as_ref();
    pairs.extend(before.map(|before| ("rolled back", format!("at {}", before.at))));
    text.push('\n');
    text.push_str(&layout::pairs(&pairs));
    for finding in findings(card) {
        let mark = if finding.passed { "✓" } else { "✗" };
        _ = writeln!(text, "  {mark} {}", harmless(&finding.text));
    }
    text.push_str(&sources(card));
    text.push_str(&provenance(card));
    text.push_str(&learnt::view(&card.data));
    text.push_str(&measured(&slices(&card.metrics)));
    text.push_str(&parameters(card));
    text
}

/// What the training edits were taken from, where the card names it.
fn sources(card: &Card) -> String {
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
    format!("\n{}", layout::table(["source", "edits", "damage"], &rows))
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
fn provenance(card: &Card) -> String {
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
        false => format!(
            "\n{}",
            layout::table(["part", "has seen edits of", "of labelled sets"], &rows)
        ),
    }
}

fn measured(slices: &[Slice]) -> String {
    if slices.is_empty() {
        return "\nthe card holds no figures\n".to_owned();
    }
    let row = |slice: &Slice| {
        let number = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), count);
        let shown = |name, as_text: fn(Estimate) -> String| {
            let figure = slice.figure(name);
            figure.map_or_else(|| "-".to_owned(), as_text)
        };
        let long = |name| shown(name, with_interval);
        let short = |name| shown(name, |figure| plain(figure.value));
        [
            harmless(&slice.name),
            number(slice.rows),
            number(slice.damage),
            long("pr_auc"),
            long("roc_auc"),
            short("expected_calibration_error"),
            short("top_1_percent.recall"),
            short("top_2_percent.recall"),
            short("top_5_percent.recall"),
        ]
    };
    let rows: Vec<_> = slices.iter().map(row).collect();
    let header = [
        "measured on",
        "edits",
        "damage",
        "PR-AUC",
        "ROC-AUC",
        "calibration error",
        "recall at 1 %",
        "2 %",
        "5 %",
    ];
    let mut text = format!("\n{}", layout::table(header, &rows));
    for slice in slices {
        if let Some(note) = &slice.note {
            _ = writeln!(text, "{}: {}", harmless(&slice.name), harmless(note));
        }
    }
    text
}

fn parameters(card: &Card) -> String {
    let Some(all) = card.parameters.as_object().filter(|all| !all.is_empty()) else {
        return String::new();
    };
    let mut text = format!("\n{}\n", "parameters".bold());
    let mut line = String::new();
    for (name, value) in all {
        let value = scalar(value).unwrap_or_else(|| "null".to_owned());
        let pair = harmless(&format!("{name}={value}"));
        if !line.is_empty() && line.len() + pair.len() + 2 > WIDTH {
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
pub(super) fn comparison(comparison: &Comparison) -> String {
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
    let mut text = layout::table(["", &a, &b, ""], &rows);
    if comparison.figures.is_empty() {
        text.push_str("\nthe cards have no figure in common\n");
        return text;
    }
    let figure = |it: &Difference| {
        [
            harmless(&it.slice),
            title(it.figure).to_owned(),
            with_interval(it.a),
            with_interval(it.b),
            format!("{:+.4}", it.difference),
        ]
    };
    let rows: Vec<_> = comparison.figures.iter().map(figure).collect();
    text.push('\n');
    text.push_str(&layout::table(
        ["measured on", "", &a, &b, "difference"],
        &rows,
    ));
    text.push_str(if comparison.same_edits {
        "\nboth measured on the same edits\n"
    } else {
        "\neach measured on the edits of its own card: if they are not the same, a difference may be \
         the edits'\n"
    });
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
