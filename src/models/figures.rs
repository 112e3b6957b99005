//! The figures on a card, found wherever it has them: one slice for each group of edits that the
//! model was judged on. Cards differ in how they nest; a figure is a number, with or without its
//! interval.

use serde::Deserialize;
use serde_json::{Map, Value};
use std::cmp::Reverse;
use wikisentry_core::evaluation::Estimate;

/// What is shown of a slice, in this order, and its name to people; the rest is on the card.
const SHOWN: [(&str, &str); 9] = [
    ("pr_auc", "PR-AUC"),
    ("roc_auc", "ROC-AUC"),
    ("expected_calibration_error", "calibration error"),
    ("top_1_percent.recall", "recall at 1 %"),
    ("top_2_percent.recall", "recall at 2 %"),
    ("top_5_percent.recall", "recall at 5 %"),
    ("top_1_percent.precision", "precision at 1 %"),
    ("top_2_percent.precision", "precision at 2 %"),
    ("top_5_percent.precision", "precision at 5 %"),
];
/// The slice of all edits that a model was judged on: those held back from its training.
pub const OWN_TEST: &str = "own test";
/// Holds figures by budget.
const BUDGETS: &str = "at_review_budget";

/// A group of edits and how good the model is on them.
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    /// Such as `own test`, `anonymous`, `PAN-WVC-11, anonymous` or `baseline anonymous flag`; with a model
    /// that scored some of the edits, `scored by revertrisk-x` and `scored by revertrisk-x, baseline`.
    pub name: String,
    pub rows: Option<u64>,
    /// How many of them were damage.
    pub damage: Option<u64>,
    /// Name and figure, the more telling ones first.
    pub figures: Vec<(&'static str, Estimate)>,
    /// Why there are no figures.
    pub note: Option<String>,
}

impl Slice {
    /// A figure by its name on the card.
    pub fn figure(&self, name: &str) -> Option<Estimate> {
        let found = self.figures.iter().find(|(figure, _)| *figure == name);
        found.map(|(_, figure)| *figure)
    }
}

/// All slices of a card's metrics: larger groups before smaller ones, each before what it is
/// divided into.
pub fn slices(metrics: &Value) -> Vec<Slice> {
    let mut found = Vec::new();
    walk(metrics, &mut Vec::new(), &mut found);
    found
}

/// The slice that stands for the whole: the first that is not a baseline.
pub fn headline(slices: &[Slice]) -> Option<&Slice> {
    slices
        .iter()
        .find(|slice| slice.figure("pr_auc").is_some() && !slice.name.contains("baseline"))
}

/// The name of a figure to people.
pub fn title(figure: &'static str) -> &'static str {
    let shown = SHOWN.iter().find(|(name, _)| *name == figure);
    shown.map_or(figure, |(_, title)| title)
}

fn walk<'a>(json: &'a Value, path: &mut Vec<&'a str>, found: &mut Vec<Slice>) {
    let Some(object) = json.as_object() else {
        return;
    };
    found.extend(slice(object, path));
    let mut groups: Vec<_> = object.iter().filter(|(name, _)| *name != BUDGETS).collect();
    // The sort is stable and names come sorted.
    groups.sort_by_key(|(_, group)| Reverse(group["rows"].as_u64()));
    for (name, group) in groups {
        path.push(name);
        walk(group, path, found);
        path.pop();
    }
}

fn slice(object: &Map<String, Value>, path: &[&str]) -> Option<Slice> {
    let of = |name: &str| match name.split_once('.') {
        Some((budget, figure)) => object.get(BUDGETS)?.get(budget)?.get(figure),
        None => object.get(name),
    };
    let read = |(name, _)| Some((name, Estimate::deserialize(of(name)?).ok()?));
    let figures: Vec<_> = SHOWN.into_iter().filter_map(read).collect();
    let count = |name: &str| object.get(name).and_then(Value::as_u64);
    let note = object.get("note").and_then(Value::as_str);
    if figures.is_empty() && (note.is_none() || count("rows").is_none()) {
        return None;
    }
    Some(Slice {
        name: name(path),
        rows: count("rows"),
        damage: count("damage"),
        figures,
        note: note.map(str::to_owned),
    })
}

fn name(path: &[&str]) -> String {
    let mut name = String::new();
    for (at, part) in path.iter().enumerate() {
        // Below these a part is the name of something, as others know it.
        let above = at.checked_sub(1).map_or("", |above| path[above]);
        let is_name = matches!(
            above,
            "by_user_type" | "by_wiki" | "baselines" | "scored_by"
        );
        if matches!(*part, "by_user_type" | "by_wiki") {
            continue;
        }
        if !name.is_empty() && !matches!(above, "baselines" | "scored_by") {
            name.push(',');
        }
        if !name.is_empty() {
            name.push(' ');
        }
        match *part {
            "baselines" => name.push_str("baseline"),
            part if is_name => name.push_str(part),
            part if part.starts_with("pan11") => {
                name.push_str(&part.replacen("pan11", "PAN-WVC-11", 1).replace('_', " "));
            }
            "ki2022" => name.push_str("KI-2022"),
            part => name.push_str(&part.replace('_', " ")),
        }
    }
    if name.is_empty() {
        name.push_str(OWN_TEST);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use wikisentry_lake::registry::Registry;

    #[test]
    fn both_forms_of_cards_give_their_slices() {
        let bootstrap = Registry::bootstrap_champion().unwrap();
        let slices_of_first = slices(&bootstrap.scorer.card().metrics);
        let names: Vec<_> = slices_of_first.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "PAN-WVC-11",
                "PAN-WVC-11, baseline anonymous flag",
                "PAN-WVC-11, registered",
                "PAN-WVC-11, anonymous",
                "PAN-WVC-11 as temporary accounts",
                "PAN-WVC-11 folds by user",
                "KI-2022",
                "KI-2022, baseline anonymous flag",
                "KI-2022, registered",
                "KI-2022, anonymous",
            ]
        );
        let best = headline(&slices_of_first).unwrap();
        assert_eq!((best.name.as_str(), best.rows), ("PAN-WVC-11", Some(7029)));
        let pr_auc = best.figure("pr_auc").unwrap();
        assert_eq!((pr_auc.value, pr_auc.low), (0.4318, Some(0.3995)));
        assert_eq!(best.figure("top_2_percent.recall").unwrap().low, None);

        let estimate = |value: f64| json!({"value": value, "low": 0.1, "high": 0.9});
        let evaluated = json!({
            "rows": 100, "damage": 40, "pr_auc": estimate(0.5), "roc_auc": estimate(0.8),
            "accuracy": 0.94,
            "at_review_budget": {"top_1_percent": {"recall": estimate(0.2)}},
            "intervals": {"percent": 95, "resamples": 1000, "seed": 1, "clustered": true},
            "by_user_type": {"anonymous": {"rows": 9, "damage": 1, "note": "too few"}},
            "by_wiki": {"zh_yuewiki": {"rows": 20, "damage": 1, "note": "too few"},
                        "enwiki": {"rows": 80, "damage": 39, "pr_auc": estimate(0.6)}},
            "baselines": {"edit-risk/1": {"rows": 100, "damage": 40, "pr_auc": estimate(0.4)}},
            "scored_by": {"revertrisk_x": {"rows": 8, "damage": 2, "pr_auc": estimate(0.4),
                          "baseline": {"rows": 8, "damage": 2, "pr_auc": estimate(0.3)}}},
        });
        let evaluated = slices(&evaluated);
        let names: Vec<_> = evaluated.iter().map(|it| it.name.as_str()).collect();
        let baseline = "baseline edit-risk/1";
        assert_eq!(
            names,
            [
                OWN_TEST,
                baseline,
                "anonymous",
                "enwiki",
                "zh_yuewiki",
                "scored by revertrisk_x",
                "scored by revertrisk_x, baseline",
            ]
        );
        let figures: Vec<_> = evaluated[0].figures.iter().map(|it| it.0).collect();
        assert_eq!(figures, ["pr_auc", "roc_auc", "top_1_percent.recall"]);
        assert_eq!(evaluated[2].note.as_deref(), Some("too few"));
    }

    #[test]
    fn whatever_a_card_holds_is_no_failure() {
        for metrics in [
            json!(null),
            json!([1]),
            json!({"pr_auc": "high"}),
            json!({"rows": -1}),
        ] {
            assert_eq!(slices(&metrics), [], "{metrics}");
        }
    }
}
