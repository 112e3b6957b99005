//! Why an edit got its score, in words for a person: contributions of columns, gathered into
//! reasons that name facts of the edit. The contributions themselves come from the model.

mod phrases;
#[cfg(test)]
mod tests;
mod topic;

use crate::edit::Edit;
use crate::features::{self, COUNT, Column, NAMES};
use crate::model::{Calibration, Contributions, Explainer};
use serde::{Deserialize, Serialize};
use topic::{Facts, Topic};

/// Whether a reason makes damage likelier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The score is higher for it.
    Raises,
    /// The score is lower for it.
    Lowers,
}

/// One reason for a score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// What is said of the edit, such as `removed 4,210 bytes with no summary`.
    pub text: String,
    /// What it adds to the score, in log-odds.
    pub contribution: f64,
    /// The sign of the contribution, as a word.
    pub direction: Direction,
    /// The columns behind it, the one with most say first.
    pub columns: Vec<String>,
}

/// A score and the reasons for it. Everything is in log-odds after calibration, so that `bias`,
/// the reasons and `others` sum to the log-odds of `score`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// The calibrated score, a probability.
    pub score: f64,
    /// The log-odds of an edit of which nothing is known.
    pub bias: f64,
    /// The strongest reasons first.
    pub reasons: Vec<Reason>,
    /// What all reasons that are not shown add together.
    pub others: f64,
}

/// Why an edit cannot be explained.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExplainError {
    /// The model was made for other features.
    #[error("the model has {found} features, this build computes {COUNT}")]
    FeatureCount {
        /// Features of the model.
        found: usize,
    },
}

/// Explains the score of an edit by its `top` strongest reasons.
///
/// # Errors
/// [`ExplainError::FeatureCount`] if the model does not take the features of this build. Whether it
/// takes them in this order is checked when its scorer is loaded.
pub fn explain(
    edit: &Edit<'_>,
    explainer: &Explainer,
    calibration: &Calibration,
    top: usize,
) -> Result<Explanation, ExplainError> {
    if explainer.num_features() != COUNT {
        return Err(ExplainError::FeatureCount {
            found: explainer.num_features(),
        });
    }
    let mut row = [f32::NAN; COUNT];
    features::extract(edit, &mut row);
    let Calibration::Platt { slope, intercept } = *calibration;
    let Contributions { bias, mut values } = explainer.explain(&row);
    for value in &mut values {
        *value *= slope;
    }
    let bias = slope * bias + intercept;
    let log_odds = bias + values.iter().sum::<f64>();
    let mut reasons = reasons(edit, &row, &values);
    let others = reasons.iter().skip(top).map(|r| r.contribution).sum();
    reasons.truncate(top);
    Ok(Explanation {
        score: 1.0 / (1.0 + libm::exp(-log_odds)),
        bias,
        reasons,
        others,
    })
}

/// All reasons with a contribution, the strongest first. `row` and `contributions` hold a value for
/// each feature of the edit.
fn reasons(edit: &Edit<'_>, row: &[f32; COUNT], contributions: &[f64]) -> Vec<Reason> {
    let facts = Facts { edit, row };
    let mut gathered: Vec<(Topic, Vec<(Column, f64)>)> = Vec::new();
    for (column, contribution) in Column::ALL.into_iter().zip(contributions) {
        if *contribution == 0.0 {
            continue;
        }
        let topic = topic::of(column, &facts);
        match gathered.iter_mut().find(|(known, _)| *known == topic) {
            Some((_, columns)) => columns.push((column, *contribution)),
            None => gathered.push((topic, vec![(column, *contribution)])),
        }
    }
    let mut reasons: Vec<Reason> = gathered
        .into_iter()
        .map(|(topic, columns)| reason(topic, columns, &facts))
        .collect();
    reasons.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()));
    reasons
}

fn reason(topic: Topic, mut columns: Vec<(Column, f64)>, facts: &Facts<'_>) -> Reason {
    let contribution: f64 = columns.iter().map(|(_, value)| value).sum();
    // Columns that pull the reason's own way first: the first one is put into words.
    columns.sort_by(|a, b| (b.1 * contribution.signum()).total_cmp(&(a.1 * contribution.signum())));
    let direction = if contribution < 0.0 {
        Direction::Lowers
    } else {
        Direction::Raises
    };
    Reason {
        text: phrases::phrase(topic, columns[0].0, direction, facts),
        contribution,
        direction,
        columns: columns
            .iter()
            .map(|(column, _)| NAMES[*column as usize].to_owned())
            .collect(),
    }
}
