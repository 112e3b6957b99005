//! A figure beside what is wanted of it, as a Markdown table or as JSON.

use crate::machine::Machine;
use serde::Serialize;

/// What a figure has to reach.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// This much or more.
    AtLeast(f64),
    /// This much or less.
    AtMost(f64),
}

#[derive(Debug, Serialize)]
pub struct Figure {
    pub what: &'static str,
    /// The result, in `unit`.
    pub measured: f64,
    /// What it has to reach, in `unit`.
    pub goal: Goal,
    pub unit: &'static str,
    /// What else came out, for people.
    pub note: String,
}

impl Figure {
    fn is_met(&self) -> bool {
        match self.goal {
            Goal::AtLeast(goal) => self.measured >= goal,
            Goal::AtMost(goal) => self.measured <= goal,
        }
    }
}

/// A line of the table.
pub enum Row {
    Measured(Figure),
    /// A group that could not be measured.
    Failed {
        group: &'static str,
        error: String,
    },
}

/// Machine and table as Markdown.
pub fn text(machine: &Machine, rows: &[Row]) -> String {
    let mut out = machine.text();
    out.push_str("\n| figure | measured | wanted | met | beside it |\n");
    out.push_str("| --- | ---: | ---: | --- | --- |\n");
    for row in rows {
        match row {
            Row::Measured(figure) => {
                let goal = match figure.goal {
                    Goal::AtLeast(goal) => format!("≥ {}", number(goal)),
                    Goal::AtMost(goal) => format!("≤ {}", number(goal)),
                };
                out.push_str(&format!(
                    "| {} | {} {unit} | {goal} {unit} | {} | {} |\n",
                    figure.what,
                    number(figure.measured),
                    if figure.is_met() { "yes" } else { "no" },
                    figure.note,
                    unit = figure.unit,
                ));
            }
            Row::Failed { group, error } => {
                out.push_str(&format!("| {group} | failed | | no | {error} |\n"));
            }
        }
    }
    out
}

/// Machine and figures as one JSON object.
pub fn json(machine: &Machine, rows: &[Row]) -> serde_json::Result<String> {
    let figures: Vec<serde_json::Value> = rows
        .iter()
        .map(|row| match row {
            Row::Measured(figure) => {
                let mut value = serde_json::to_value(figure)?;
                value["met"] = figure.is_met().into();
                Ok(value)
            }
            Row::Failed { group, error } => {
                Ok(serde_json::json!({ "group": group, "error": error }))
            }
        })
        .collect::<serde_json::Result<_>>()?;
    let all = serde_json::json!({ "machine": machine, "figures": figures });
    serde_json::to_string_pretty(&all).map(|text| text + "\n")
}

/// Large numbers in whole, grouped in thousands; small ones with what counts of them.
pub fn number(value: f64) -> String {
    if value < 100.0 {
        let digits = if value < 10.0 { 2 } else { 1 };
        let text = format!("{value:.digits$}");
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    let whole = format!("{value:.0}");
    let mut out = String::with_capacity(whole.len() + whole.len() / 3);
    for (at, digit) in whole.char_indices() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The value that the given share of sorted values does not exceed.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = (sorted.len() as f64 * share).ceil() as usize;
    sorted
        .get(at.saturating_sub(1))
        .copied()
        .unwrap_or(f64::NAN)
}
