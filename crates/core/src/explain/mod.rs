//! Why an edit got its score, in words: the contributions of features, which the model gives, are
//! grouped into reasons that state facts of the edit.

mod edit_row;
mod explanation;
mod phrases;

#[cfg(test)]
mod tests;

pub use explanation::{Direction, Explanation, Reason};

use crate::edit::Edit;
use crate::features::{self, COUNT, Column, NAMES, ReasonKind};
use crate::model::{Calibration, Explainer, Scorer};
use edit_row::EditRow;

/// A phrase is about so many columns at most.
const MOST_NAMED: usize = 4;

/// Why an edit cannot be explained.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExplainError {
    #[error("the model has {found} features, this build computes {COUNT}")]
    FeatureCount { found: usize },
}

/// Explains the score of an edit by the `top` strongest reasons. `explainer` is of the scorer's model.
///
/// # Errors
/// [`ExplainError::FeatureCount`] if the model has another number of features than this build. Their
/// names and order are checked when the scorer of the model is loaded.
pub fn explain(
    edit: &Edit<'_>,
    explainer: &Explainer,
    scorer: &Scorer,
    top: usize,
) -> Result<Explanation, ExplainError> {
    if explainer.num_features() != COUNT {
        return Err(ExplainError::FeatureCount {
            found: explainer.num_features(),
        });
    }
    let mut values = [f32::NAN; COUNT];
    features::extract(edit, scorer.text(), &mut values);
    let row = EditRow { edit, values };
    let Calibration::Platt { slope, intercept } = scorer.card().calibration;
    let explained = explainer.explain(&row.values);
    let bias = slope * explained.bias + intercept;
    let contributions: Vec<f64> = explained.values.iter().map(|value| value * slope).collect();
    let log_odds = bias + contributions.iter().sum::<f64>();
    let mut reasons = reasons(&row, &contributions);
    let others = reasons.iter().skip(top).map(|r| r.contribution).sum();
    reasons.truncate(top);
    Ok(Explanation {
        score: 1.0 / (1.0 + libm::exp(-log_odds)),
        bias,
        reasons,
        others,
    })
}

/// All reasons with a contribution, the strongest first. There is a contribution for each feature.
fn reasons(row: &EditRow<'_>, contributions: &[f64]) -> Vec<Reason> {
    let mut by_kind: Vec<(ReasonKind, Vec<(Column, f64)>)> = Vec::new();
    for (column, contribution) in Column::ALL.into_iter().zip(contributions) {
        if *contribution == 0.0 {
            continue;
        }
        let kind = row.reason(column);
        match by_kind.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, columns)) => columns.push((column, *contribution)),
            None => by_kind.push((kind, vec![(column, *contribution)])),
        }
    }
    let by_kind = by_kind.into_iter();
    let mut reasons: Vec<Reason> = by_kind
        .map(|(kind, columns)| reason(kind, columns, row))
        // What cancels out is no reason.
        .filter(|reason| reason.contribution != 0.0)
        .collect();
    reasons.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()));
    reasons
}

fn reason(kind: ReasonKind, mut columns: Vec<(Column, f64)>, row: &EditRow<'_>) -> Reason {
    let contribution: f64 = columns.iter().map(|(_, value)| value).sum();
    // Those that act in the direction of the sum come first, and the phrase is about the first ones.
    columns.sort_by(|a, b| (b.1 * contribution.signum()).total_cmp(&(a.1 * contribution.signum())));
    let direction = if contribution < 0.0 {
        Direction::Lowers
    } else {
        Direction::Raises
    };
    let named: Vec<Column> = named(&columns, contribution).collect();
    Reason {
        text: phrases::phrase(kind, &named, direction, row),
        contribution,
        direction,
        columns: columns
            .iter()
            .map(|(column, _)| NAMES[*column as usize].to_owned())
            .collect(),
    }
}

/// The columns that a phrase is about: as many as carry half of the sum, as a phrase about less would
/// give its figure to something else. `columns` has those first that act most in its direction.
fn named(columns: &[(Column, f64)], sum: f64) -> impl Iterator<Item = Column> {
    let mut told = 0.0_f64;
    let is_wanted = move |(_, value): &&(Column, f64)| {
        let is_short = told.abs() < sum.abs() / 2.0;
        told += value;
        is_short
    };
    let named = columns.iter().take(MOST_NAMED).take_while(is_wanted);
    named.map(|(column, _)| *column)
}
