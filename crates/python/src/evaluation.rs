//! Figures of a model with their intervals, and the rule of promotion.

use super::arrow::Column;
use super::convert::{from_python, to_python};
use super::errors;
use jiff::Timestamp;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use wikisentry_core::evaluation::calibrate::{classes, platt};
use wikisentry_core::evaluation::drift::DriftReference;
use wikisentry_core::evaluation::promotion::{self, Period, PromotionRule, Trial};
use wikisentry_core::evaluation::{self, Outcomes, Resampling, Rows};
use wikisentry_core::features::COUNT;
use wikisentry_core::model::{Calibration, Provenance};
use wikisentry_core::stability::ScoreReference;
use wikisentry_core::user::UserType;
use wikisentry_lake::registry::DRIFT_REFERENCE;

/// Labels and how they count, as Python gives them.
struct Given {
    labels: Vec<bool>,
    weights: Option<Vec<f32>>,
    clusters: Option<Vec<u64>>,
}

impl Given {
    fn new(
        labels: Column<bool>,
        weights: Option<Column<f32>>,
        clusters: Option<Column<u64>>,
    ) -> Self {
        Self {
            labels: labels.0,
            weights: weights.map(|column| column.0),
            clusters: clusters.map(|column| column.0),
        }
    }

    fn outcomes(&self) -> Outcomes<'_> {
        Outcomes {
            labels: &self.labels,
            weights: self.weights.as_deref(),
            clusters: self.clusters.as_deref(),
        }
    }
}

fn resampling(resamples: Option<u32>, seed: Option<u64>) -> Resampling {
    let usual = Resampling::default();
    Resampling {
        resamples: resamples.unwrap_or(usual.resamples),
        seed: seed.unwrap_or(usual.seed),
    }
}

fn user_types(names: &[String]) -> PyResult<Vec<UserType>> {
    let one = |name: &String| {
        let found = UserType::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or_else(|| PyValueError::new_err(format!("`{name}` is no type of a user")))
    };
    names.iter().map(one).collect()
}

/// Figures of scores on labelled edits.
#[pyfunction]
#[pyo3(signature = (labels, scores, *, weights=None, clusters=None, resamples=None, seed=None))]
pub fn judge<'py>(
    py: Python<'py>,
    labels: Column<bool>,
    scores: Column<f64>,
    weights: Option<Column<f32>>,
    clusters: Option<Column<u64>>,
    resamples: Option<u32>,
    seed: Option<u64>,
) -> PyResult<Bound<'py, PyAny>> {
    let given = Given::new(labels, weights, clusters);
    let resampling = resampling(resamples, seed);
    let judged = py
        .detach(|| evaluation::judge(given.outcomes(), &scores.0, resampling))
        .map_err(errors::evaluation)?;
    to_python(py, &judged)
}

/// The `metrics` of a card: overall, by user type and wiki, with baselines on the same edits.
#[pyfunction]
#[pyo3(signature = (labels, scores, user_types, wikis, *, weights=None, clusters=None, baselines=None, resamples=None, seed=None))]
#[expect(clippy::too_many_arguments, reason = "named ones, for Python")]
pub fn evaluate<'py>(
    py: Python<'py>,
    labels: Column<bool>,
    scores: Column<f64>,
    user_types: Vec<String>,
    wikis: Vec<String>,
    weights: Option<Column<f32>>,
    clusters: Option<Column<u64>>,
    baselines: Option<BTreeMap<String, Column<f64>>>,
    resamples: Option<u32>,
    seed: Option<u64>,
) -> PyResult<Bound<'py, PyAny>> {
    let given = Given::new(labels, weights, clusters);
    let kinds = self::user_types(&user_types)?;
    let wikis: Vec<&str> = wikis.iter().map(String::as_str).collect();
    let baselines = baselines.unwrap_or_default();
    let others: Vec<(&str, &[f64])> = baselines
        .iter()
        .map(|(name, scores)| (name.as_str(), scores.0.as_slice()))
        .collect();
    let evaluated = py
        .detach(|| {
            let rows = Rows {
                outcomes: given.outcomes(),
                user_types: &kinds,
                wikis: &wikis,
            };
            let resampling = resampling(resamples, seed);
            evaluation::evaluate(&rows, &scores.0, &others, &[], resampling)
        })
        .map_err(errors::evaluation)?;
    to_python(py, &evaluated)
}

/// What shows whether labels are unseen and final, as a dict has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenPeriod {
    #[serde(default)]
    candidate: Provenance,
    #[serde(default)]
    champion: Provenance,
    #[serde(default)]
    simulated: u64,
    from: Timestamp,
    to: Timestamp,
    matured_to: Timestamp,
}

/// Requirements that differ from the usual ones.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct GivenRule {
    min_damage: Option<usize>,
    min_damage_of_slice: Option<usize>,
    margin: Option<f64>,
    calibration_tolerance: Option<f64>,
    resamples: Option<u32>,
    seed: Option<u64>,
}

impl GivenRule {
    fn rule(&self) -> PromotionRule {
        let usual = PromotionRule::default();
        PromotionRule {
            min_damage: self.min_damage.unwrap_or(usual.min_damage),
            min_damage_of_slice: self
                .min_damage_of_slice
                .unwrap_or(usual.min_damage_of_slice),
            margin: self.margin.unwrap_or(usual.margin),
            calibration_tolerance: self
                .calibration_tolerance
                .unwrap_or(usual.calibration_tolerance),
            resampling: resampling(self.resamples, self.seed),
        }
    }
}

/// Whether a candidate may replace the champion.
#[pyfunction]
#[pyo3(signature = (labels, candidate, champion, user_types, wikis, period, *, weights=None, clusters=None, rule=None))]
#[expect(clippy::too_many_arguments, reason = "named ones, for Python")]
pub fn decide<'py>(
    py: Python<'py>,
    labels: Column<bool>,
    candidate: Column<f64>,
    champion: Column<f64>,
    user_types: Vec<String>,
    wikis: Vec<String>,
    period: &Bound<'py, PyAny>,
    weights: Option<Column<f32>>,
    clusters: Option<Column<u64>>,
    rule: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let given = Given::new(labels, weights, clusters);
    let kinds = self::user_types(&user_types)?;
    let wikis: Vec<&str> = wikis.iter().map(String::as_str).collect();
    let period: GivenPeriod = from_python(period)?;
    let rule: GivenRule = rule.map(from_python).transpose()?.unwrap_or_default();
    let decision = py
        .detach(|| {
            let trial = Trial {
                outcomes: given.outcomes(),
                user_types: &kinds,
                wikis: &wikis,
                candidate: &candidate.0,
                champion: &champion.0,
                period: Period {
                    candidate: &period.candidate,
                    champion: &period.champion,
                    simulated: period.simulated,
                    from: period.from,
                    to: period.to,
                    matured_to: period.matured_to,
                },
            };
            promotion::decide(&trial, &rule.rule())
        })
        .map_err(errors::evaluation)?;
    to_python(py, &decision)
}

/// What makes margins scores, as a card has it.
#[pyfunction]
#[pyo3(signature = (margins, labels, rows, shares, *, last="low"))]
pub fn calibrate<'py>(
    py: Python<'py>,
    margins: Column<f64>,
    labels: Column<bool>,
    rows: Column<f32>,
    shares: Vec<(String, f64)>,
    last: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let shares: Vec<(&str, f64)> = shares
        .iter()
        .map(|(name, share)| (name.as_str(), *share))
        .collect();
    let fitted = py.detach(|| {
        let refused =
            |error: &dyn std::fmt::Display| errors::EvaluationError::new_err(error.to_string());
        let calibration = platt(&margins.0, &labels.0, 1.0).map_err(|error| refused(&error))?;
        let Calibration::Platt { slope, intercept } = calibration;
        let probability = |margin: &f64| 1.0 / (1.0 + (-(slope * margin + intercept)).exp());
        let scores: Vec<f64> = margins.0.iter().map(probability).collect();
        let known = (rows.0.len() / COUNT).min(scores.len());
        let drift = DriftReference::from_rows(&rows.0[..known * COUNT], &scores[..known]);
        Ok::<_, PyErr>(json!({
            "calibration": calibration,
            "classes": classes(&scores, &shares, last).map_err(|error| refused(&error))?,
            "score_reference": ScoreReference::from_scores(&scores),
            DRIFT_REFERENCE: drift.map_err(|error| refused(&error))?,
        }))
    })?;
    to_python(py, &fitted)
}
