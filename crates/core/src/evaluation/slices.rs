//! Whether a candidate is not inferior for some of the edits: those of a user type, those of a wiki.

use super::error::EvaluationError;
use super::measure::PR_AUC;
use super::outcomes::{chosen, picked};
use super::promotion::{Finding, Paired, PromotionCheck, PromotionRule, Trial, bare, ends};
use crate::text::grouped;
use crate::user::UserType;

/// The check of one user type; `None` for a type that does not occur.
pub(super) fn of_user_type(
    trial: &Trial<'_>,
    rule: &PromotionRule,
    kind: UserType,
) -> Result<Option<Finding>, EvaluationError> {
    let rows = chosen(trial.user_types, kind);
    if rows.is_empty() {
        return Ok(None);
    }
    let name = format!("{kind} users");
    let finding = of_slice(trial, rule, &rows, &name, PromotionCheck::UserType)?;
    let finding = finding.unwrap_or_else(|(rows, damage)| {
        let min = rule.min_damage_of_slice;
        let [damage, rows, min] = [damage, rows, min].map(|number| grouped(number as u64));
        let text = format!(
            "{name}: not judged by themselves, {damage} of {rows} edits are damage and {min} of \
             both kinds are needed"
        );
        bare(PromotionCheck::UserType, true, text)
    });
    Ok(Some(Finding {
        user_type: Some(kind),
        ..finding
    }))
}

/// The check of one wiki; `None` for one with too few edits.
pub(super) fn of_wiki(
    trial: &Trial<'_>,
    rule: &PromotionRule,
    wiki: &str,
) -> Result<Option<Finding>, EvaluationError> {
    let rows = chosen(trial.wikis, wiki);
    let finding = of_slice(trial, rule, &rows, wiki, PromotionCheck::Wiki)?;
    Ok(finding.ok().map(|finding| Finding {
        wiki: Some(wiki.to_owned()),
        ..finding
    }))
}

/// Whether the ranking of some of the edits is not inferior. With enough of them the lower end of the
/// interval must lie above the margin; where the interval is wider than the margin that would refuse
/// models that are as good, and the difference must only not be below zero beyond noise. `Err` with
/// the numbers of edits and of damage if there are too few to judge.
fn of_slice(
    trial: &Trial<'_>,
    rule: &PromotionRule,
    rows: &[usize],
    name: &str,
    check: PromotionCheck,
) -> Result<Result<Finding, (usize, usize)>, EvaluationError> {
    let candidate = picked(trial.candidate, rows);
    let champion = picked(trial.champion, rows);
    trial.outcomes.of_rows(rows, |outcomes| {
        let (rows, damage) = outcomes.counts();
        if damage.min(rows - damage) < rule.min_damage_of_slice.max(1) {
            return Ok(Err((rows, damage)));
        }
        let paired = Paired::new(outcomes, &candidate, &champion, rule.resampling)?;
        let (low, high) = ends(&paired.difference[PR_AUC]);
        let margin = rule.margin;
        let (passed, bound) = match high - low <= margin {
            true => (low >= -margin, format!("by more than {margin}")),
            false => (high >= 0.0, "beyond noise".to_owned()),
        };
        let result = if passed { "not worse" } else { "worse" };
        let numbers = paired.numbers(PR_AUC);
        let text = format!("{name}, PR-AUC {numbers}: {result} {bound}");
        Ok(Ok(paired.finding(check, PR_AUC, passed, text)))
    })
}
