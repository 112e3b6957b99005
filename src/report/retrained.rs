//! How a retraining reads: candidate and champion on the same edits, and the verdict.

use super::layout;
use super::models::with_interval;
use crate::amounts::count;
use crate::text::harmless;
use owo_colors::OwoColorize;
use std::fmt::Write;
use wikisentry_core::evaluation::Judged;
use wikisentry_core::evaluation::promotion::{Finding, PromotionCheck};
use wikisentry_learning::Retrained;

/// Both models' figures and what was checked.
pub(super) fn view(done: &Retrained, model: &str, width: usize) -> String {
    let mut text = String::new();
    let evaluation = &done.evaluation;
    let candidate = format!("{model}/{}", done.version);
    let of = |judged: &Judged| {
        format!(
            "{} edits, {} of them damage",
            count(judged.rows),
            count(judged.damage)
        )
    };
    let unseen =
        |finding: &Finding| finding.check == PromotionCheck::UnseenLabels && finding.passed;
    let unseen = match done.decision.findings.iter().any(unseen) {
        true => ", of which neither model has learnt",
        false => "",
    };
    let on = format!("on {}{unseen}:", of(&evaluation.overall));
    _ = writeln!(text, "{}", layout::folded(&on, 0, width));
    let champion = evaluation.baselines.get(&done.champion);
    let title = format!("{} (champion)", harmless(&done.champion));
    text.push_str(&side_by_side(
        [&candidate, &title],
        [Some(&evaluation.overall), champion],
        width,
    ));
    for (name, shared) in &evaluation.scored_by {
        let name = format!("{} (Wikimedia)", harmless(name));
        let on = format!("on {}, that Wikimedia scored too:", of(&shared.own));
        _ = writeln!(text, "\n{}", layout::folded(&on, 0, width));
        match &shared.own.note {
            Some(note) => {
                let note = format!("{name}: {}", harmless(note));
                text.push_str(&layout::folded(&note, 2, width));
            }
            None => text.push_str(&side_by_side(
                [&candidate, &name],
                [Some(&shared.own), Some(&shared.baseline)],
                width,
            )),
        }
    }
    text.push('\n');
    for finding in &done.decision.findings {
        let mark = match finding.passed {
            true => "✓".green().to_string(),
            false => "✗".red().to_string(),
        };
        let finding = format!("{mark} {}", harmless(&finding.text));
        text.push_str(&layout::folded(&finding, 2, width));
    }
    // That it is not promoted is the command's error.
    if done.decision.promote {
        _ = writeln!(text, "\n{candidate} is the champion now");
    }
    text
}

/// A table of two models' figures.
fn side_by_side(titles: [&str; 2], judged: [Option<&Judged>; 2], width: usize) -> String {
    let columns = judged.map(|judged| judged.map(figures).unwrap_or_default());
    let rows: Vec<[String; 3]> = NAMES
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let cell = |column: &[String]| column.get(at).map_or("-", String::as_str).to_owned();
            [(*name).to_owned(), cell(&columns[0]), cell(&columns[1])]
        })
        .collect();
    layout::table(["", titles[0], titles[1]], &rows, width)
}

const NAMES: [&str; 5] = [
    "PR-AUC",
    "ROC-AUC",
    "recall, top 2 %",
    "precision, top 2 %",
    "calibration error",
];

fn figures(judged: &Judged) -> Vec<String> {
    let Some(figures) = &judged.figures else {
        return Vec::new();
    };
    let at_budget = figures.at_review_budget.get("top_2_percent");
    let shown = [
        Some(figures.ranking.pr_auc),
        Some(figures.ranking.roc_auc),
        at_budget.map(|budget| budget.recall),
        at_budget.map(|budget| budget.precision),
        Some(figures.expected_calibration_error),
    ];
    let text = |figure: Option<_>| figure.map_or_else(|| "-".to_owned(), with_interval);
    shown.map(text).into()
}
