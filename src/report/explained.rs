//! How an explained score reads: the edit, its score, and the reasons with their weights as bars.

use super::layout;
use crate::text::harmless;
use owo_colors::OwoColorize;
use std::fmt::Write;
use wikisentry_core::explained::{Explained, Then};

/// Length of the longest bar.
const BAR: f64 = 12.0;

/// Columns before the words of a reason: its weight, its bar, and what is between.
const WORDS: usize = 7 + 2 + BAR as usize + 2;

/// One edit, lines ended.
pub(super) fn view(explained: &Explained, width: usize) -> String {
    let revision = explained.rev_id.map(|rev_id| format!(":{rev_id}"));
    let name = format!(
        "{}{}  {}",
        explained.wiki,
        revision.unwrap_or_default(),
        explained.page_title
    );
    let name = harmless(&name).bold().to_string();
    let mut text = layout::folded(&name, 2, width);
    let user = explained.user.as_deref().unwrap_or("a hidden user");
    _ = writeln!(text, "by {} at {}", harmless(user), explained.event_time);
    if let Some(url) = &explained.url {
        _ = writeln!(text, "{url}");
    }
    let class = harmless(&explained.class);
    let score = format!("score {:.3}, {class}", explained.score);
    let score = format!(
        "{}, by {}; a typical edit has {:.3}",
        score.bold(),
        harmless(&explained.model_version),
        explained.typical_score
    );
    text.push_str(&layout::folded(&score, 0, width));
    if let Some(then) = &explained.archived {
        text.push_str(&when_it_came(then, explained));
    }
    text.push('\n');
    let shown = explained.reasons.iter().map(|reason| reason.contribution);
    let others = (explained.others != 0.0).then_some(explained.others);
    let longest = shown.chain(others).map(f64::abs).fold(0.0, f64::max);
    for reason in &explained.reasons {
        text.push_str(&line(reason.contribution, longest, &reason.text, width));
    }
    if let Some(others) = others {
        text.push_str(&line(others, longest, "all other reasons together", width));
    }
    text
}

/// What was said before, where that was something else.
fn when_it_came(then: &Then, now: &Explained) -> String {
    let Some(score) = then.score else {
        return "it was not scored when it came\n".to_owned();
    };
    let by = then.model_version.as_deref().unwrap_or("an unnamed model");
    let class = then.class.as_deref().unwrap_or("no class");
    if by == now.model_version && (score - now.score).abs() < 5e-4 {
        return String::new();
    }
    let text = format!("when it came: {score:.3}, {class}, by {by}");
    format!("{}\n", harmless(&text))
}

fn line(weight: f64, longest: f64, words: &str, width: usize) -> String {
    let filled = (weight.abs() / longest.max(f64::MIN_POSITIVE) * BAR).round() as usize;
    let bar = format!("{:<width$}", "▇".repeat(filled), width = BAR as usize);
    let bar = if weight < 0.0 {
        bar.green().to_string()
    } else {
        bar.red().to_string()
    };
    let words = layout::indented(&harmless(words), WORDS, width);
    format!("{weight:>+7.2}  {bar}  {}", words.trim_start())
}
