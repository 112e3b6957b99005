//! How a retraining reads: candidate and champion on the same edits, and the verdict.

use super::amounts::count;
use super::layout;
use super::text::harmless;
use owo_colors::OwoColorize;
use std::fmt::Write;
use wikisentry_core::evaluation::{Estimate, Judged};
use wikisentry_learning::Retrained;

/// Both models' figures and what was checked.
pub(super) fn view(done: &Retrained, model: &str) -> String {
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
    _ = writeln!(
        text,
        "on {}, of which neither model has learnt:\n",
        of(&evaluation.overall)
    );
    let champion = evaluation.baselines.get(&done.champion);
    let columns = [Some(&evaluation.overall), champion].map(|judged| judged.map(figures));
    let rows: Vec<[String; 3]> = NAMES
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let cell = |column: &Option<Vec<String>>| {
                let value = column.as_ref().and_then(|values| values.get(at));
                value.cloned().unwrap_or_else(|| "-".to_owned())
            };
            [(*name).to_owned(), cell(&columns[0]), cell(&columns[1])]
        })
        .collect();
    let champion = format!("{} (champion)", harmless(&done.champion));
    text.push_str(&layout::table(["", &candidate, &champion], &rows));
    text.push('\n');
    for finding in &done.decision.findings {
        let mark = match finding.passed {
            true => "✓".green().to_string(),
            false => "✗".red().to_string(),
        };
        _ = writeln!(text, "{mark} {}", harmless(&finding.text));
    }
    let verdict = match done.decision.promote {
        true => format!("{candidate} is the champion now"),
        false => format!("{candidate} is kept, not used"),
    };
    text.push('\n');
    text.push_str(&verdict);
    text.push('\n');
    text
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
    let mut shown = vec![
        interval(&figures.ranking.pr_auc),
        interval(&figures.ranking.roc_auc),
    ];
    let at_budget = figures.at_review_budget.get("top_2_percent");
    let of = |estimate: Option<&Estimate>| estimate.map_or_else(|| "-".to_owned(), interval);
    shown.push(of(at_budget.map(|budget| &budget.recall)));
    shown.push(of(at_budget.map(|budget| &budget.precision)));
    shown.push(interval(&figures.expected_calibration_error));
    shown
}

fn interval(estimate: &Estimate) -> String {
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => format!("{:.4} ({low:.4}–{high:.4})", estimate.value),
        _ => format!("{:.4}", estimate.value),
    }
}
