//! Two cards side by side. Figures are compared only where both were measured; whether on the same
//! edits is said, because figures of different edits say little about each other.

use super::figures::{Slice, headline, slices};
use super::{origin, trained_on};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;
use wikisentry_core::evaluation::Estimate;
use wikisentry_core::model::{Calibration, Card};

/// Something that both cards say, differently or not.
#[derive(Debug, Serialize)]
pub struct Fact {
    pub name: String,
    pub a: Option<String>,
    pub b: Option<String>,
}

/// One figure of both.
#[derive(Debug, Serialize)]
pub struct Difference {
    /// The edits of the first model's figure.
    pub slice: String,
    /// Name of the figure on the card.
    pub figure: &'static str,
    pub a: Estimate,
    pub b: Estimate,
    /// The second less the first.
    pub difference: f64,
}

/// Two cards side by side.
#[derive(Debug, Serialize)]
pub struct Comparison {
    pub a: String,
    pub b: String,
    /// Whether the figures are of the same edits: one model was a baseline of the other.
    pub same_edits: bool,
    /// Data, features, calibration, classes and parameters.
    pub facts: Vec<Fact>,
    pub figures: Vec<Difference>,
}

/// Puts two cards side by side.
pub fn compare(a: &Card, b: &Card) -> Comparison {
    let (name_a, name_b) = (name(a), name(b));
    let (slices_a, slices_b) = (slices(&a.metrics), slices(&b.metrics));
    let pairs = same_edits(&slices_a, &name_b, &slices_b, &name_a);
    let same_edits = pairs.is_some();
    let pairs = pairs.map_or_else(|| same_names(&slices_a, &slices_b), |pair| vec![pair]);
    Comparison {
        a: name_a,
        b: name_b,
        same_edits,
        facts: facts(a, b),
        figures: pairs.into_iter().flat_map(differences).collect(),
    }
}

fn name(card: &Card) -> String {
    format!("{}/{}", card.name, card.version)
}

/// The figures of one model on its edits, and of the other as a baseline on the same.
fn same_edits<'a>(
    a: &'a [Slice],
    name_b: &str,
    b: &'a [Slice],
    name_a: &str,
) -> Option<(&'a Slice, &'a Slice)> {
    let baseline = |slices: &'a [Slice], name: &str| {
        let wanted = format!("baseline {name}");
        slices.iter().find(|slice| slice.name == wanted)
    };
    let of_b = || Some((baseline(b, name_a)?, headline(b)?));
    let of_a = || Some((headline(a)?, baseline(a, name_b)?));
    of_b().or_else(of_a)
}

/// Slices of the same name; where there are none, what stands for the whole of each.
fn same_names<'a>(a: &'a [Slice], b: &'a [Slice]) -> Vec<(&'a Slice, &'a Slice)> {
    let other = |slice: &Slice| b.iter().find(|other| other.name == slice.name);
    let pairs: Vec<_> = a
        .iter()
        .filter_map(|slice| Some((slice, other(slice)?)))
        .collect();
    if pairs.is_empty() {
        return headline(a).zip(headline(b)).into_iter().collect();
    }
    pairs
}

fn differences((a, b): (&Slice, &Slice)) -> Vec<Difference> {
    let slice = if a.name == b.name || a.name.starts_with("baseline ") {
        b.name.clone()
    } else {
        format!("{} / {}", a.name, b.name)
    };
    let pair = |(figure, of_a): &(&'static str, Estimate)| {
        let of_b = b.figure(figure)?;
        Some(Difference {
            slice: slice.clone(),
            figure,
            a: *of_a,
            b: of_b,
            difference: rounded(of_b.value - of_a.value),
        })
    };
    a.figures.iter().filter_map(pair).collect()
}

/// To a millionth: cards have four digits, and the rest is the noise of binary fractions.
fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

fn facts(a: &Card, b: &Card) -> Vec<Fact> {
    let mut facts = vec![];
    let mut both = |name: &str, of: &dyn Fn(&Card) -> Option<String>| {
        let (name, a, b) = (name.to_owned(), of(a), of(b));
        facts.push(Fact { name, a, b });
    };
    both("created", &|card| Some(card.created.to_string()));
    both("origin", &origin);
    both("trained from", &|card| Some(trained_on(card)?[0].clone()));
    both("trained to", &|card| Some(trained_on(card)?[1].clone()));
    both("rows", &|card| scalar(&card.data["rows"]));
    both("damage", &|card| scalar(&card.data["damage"]));
    both("features", &|card| Some(features(card)));
    both("calibration", &|card| Some(calibration(card)));
    both("classes", &|card| Some(classes(card)));
    both("seed", &|card| Some(card.seed.to_string()));
    let keys = |card: &Card| -> BTreeSet<String> {
        let parameters = card.parameters.as_object();
        parameters
            .into_iter()
            .flat_map(|it| it.keys().cloned())
            .collect()
    };
    for key in &keys(a) | &keys(b) {
        // Said above.
        if key == "seed" {
            continue;
        }
        both(&key, &|card| scalar(&card.parameters[&key]));
    }
    facts
}

/// A value as people read it; `None` for what is not there.
pub fn scalar(json: &Value) -> Option<String> {
    match json {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(match number.as_f64() {
            // A parameter of a trainer that counts in 32 bits, as it was given.
            Some(value) if number.is_f64() && f64::from(value as f32) == value => {
                (value as f32).to_string()
            }
            _ => number.to_string(),
        }),
        other => Some(other.to_string()),
    }
}

/// Number and version of a card's features.
pub fn features(card: &Card) -> String {
    let (count, version) = (card.features.names.len(), card.features.version);
    format!("{count}, version {version}")
}

/// How a card turns margins into probabilities.
pub fn calibration(card: &Card) -> String {
    let Calibration::Platt { slope, intercept } = card.calibration;
    format!("platt, slope {slope}, intercept {intercept}")
}

/// The classes of a card.
pub fn classes(card: &Card) -> String {
    let class =
        |class: &wikisentry_core::model::Class| format!("{} from {}", class.name, class.min_score);
    let classes: Vec<_> = card.classes.iter().map(class).collect();
    classes.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use wikisentry_lake::registry::Registry;

    fn card(version: u32, metrics: Value) -> Card {
        let bootstrap = Registry::bootstrap_champion().unwrap();
        Card {
            version,
            metrics,
            ..bootstrap.scorer.card().clone()
        }
    }

    #[test]
    fn a_baseline_on_the_same_edits_goes_before_figures_of_other_edits() {
        let old = card(1, json!({"rows": 50, "pr_auc": 0.9}));
        let new = card(
            2,
            json!({"rows": 100, "pr_auc": 0.5, "baselines": {"edit-risk/1": {"pr_auc": 0.4}}}),
        );
        for (a, b, values) in [(&old, &new, [0.4, 0.5]), (&new, &old, [0.5, 0.4])] {
            let comparison = compare(a, b);
            assert!(comparison.same_edits);
            let [figure] = &comparison.figures[..] else {
                panic!("{:?}", comparison.figures)
            };
            assert_eq!([figure.a.value, figure.b.value], values);
            assert!((figure.difference - (values[1] - values[0])).abs() < 1e-12);
        }
    }

    #[test]
    fn without_a_baseline_slices_are_compared_by_name_else_as_wholes() {
        let a = card(1, json!({"pan11": {"pr_auc": 0.4}}));
        let b = card(
            2,
            json!({"pan11": {"pr_auc": 0.3}, "ki2022": {"pr_auc": 0.2}}),
        );
        let c = card(3, json!({"pr_auc": 0.6}));
        for (other, slice) in [(&b, "PAN-WVC-11"), (&c, "PAN-WVC-11 / own test")] {
            let comparison = compare(&a, other);
            assert!(!comparison.same_edits);
            let slices: Vec<_> = comparison
                .figures
                .iter()
                .map(|it| it.slice.as_str())
                .collect();
            assert_eq!(slices, [slice]);
        }
    }
}
