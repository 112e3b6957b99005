//! Which edits are left out at random where there are more than asked for. By a hash of the revision,
//! so that it is the same edits each time.

use super::DatasetOptions;
use super::split::{Part, Split};
use crate::error::LearningError;
use std::collections::BTreeMap;
use wikisentry_core::labels::LabelKind;
use wikisentry_core::time::EventTime;
use wikisentry_lake::label_table::{LabelTable, RevisionKey};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Shares of the edits that are kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Kept {
    pub(crate) good: f64,
    pub(crate) damage: f64,
}

impl Kept {
    pub(crate) const ALL: Self = Self {
        good: 1.0,
        damage: 1.0,
    };

    /// Whether an edit is kept; other seeds keep others.
    pub(crate) fn keeps(&self, (wiki, rev_id): RevisionKey, is_damage: bool, seed: u64) -> bool {
        let share = if is_damage { self.damage } else { self.good };
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&wiki.to_le_bytes());
        bytes[8..].copy_from_slice(&rev_id.to_le_bytes());
        share >= 1.0 || (xxh3_64_with_seed(&bytes, seed) as f64 / u64::MAX as f64) < share
    }

    /// So that of `good` and `damage` edits at most `most` are kept, but for chance: damage, which is
    /// rare, is left out only beyond half of them.
    fn rare_first(good: u64, damage: u64, most: u64) -> Self {
        if good + damage <= most {
            return Self::ALL;
        }
        let most = aimed_at(most);
        let damage_kept = share(most / 2.0, damage);
        let left = most - damage_kept * damage as f64;
        Self {
            good: share(left, good),
            damage: damage_kept,
        }
    }

    /// So that of `rows` edits at most `most` are kept, but for chance, of both kinds alike.
    pub(crate) fn alike(rows: u64, most: u64) -> Self {
        if rows <= most {
            return Self::ALL;
        }
        let share = share(aimed_at(most), rows);
        Self {
            good: share,
            damage: share,
        }
    }
}

fn share(wanted: f64, of: u64) -> f64 {
    (wanted / of.max(1) as f64).clamp(0.0, 1.0)
}

/// Four standard deviations below a limit, so that chance hardly ever reaches it.
fn aimed_at(most: u64) -> f64 {
    let most = most as f64;
    (most - 4.0 * most.sqrt()).max(most / 2.0)
}

/// What is kept of each part, by the numbers of edits in the footers of the files and by all labels
/// of its days: there are at most so many.
pub(super) fn of_parts(
    by_hour: &BTreeMap<i64, u64>,
    split: &Split,
    table: &LabelTable,
    options: &DatasetOptions,
) -> Result<BTreeMap<Part, Kept>, LearningError> {
    let rows = |part: Part| {
        let (from, to) = split.range(part);
        // The hour that a part begins in may have begun before it.
        let from = from.as_millis().saturating_sub(3_599_999);
        let hours = by_hour.range(from..to.as_millis().max(from));
        hours.map(|(_, rows)| rows).sum::<u64>()
    };
    let mut kept: BTreeMap<Part, Kept> = [
        (Part::Calibrate, options.max_calibrate_rows),
        (Part::Test, options.max_test_rows),
    ]
    .map(|(part, most)| (part, Kept::alike(rows(part), most)))
    .into();
    let of_training = rows(Part::Train);
    let of_training = match of_training > options.max_train_rows {
        // Labels are counted only if there are too many edits.
        true => {
            let damage = damage(by_hour, split, table)?.min(of_training);
            Kept::rare_first(of_training - damage, damage, options.max_train_rows)
        }
        false => Kept::ALL,
    };
    kept.insert(Part::Train, of_training);
    Ok(kept)
}

/// What is added to the seed of a data set for the choice of edits whose texts are learnt from: not
/// that of the rows, nor that of the refit.
pub(super) const TEXT_SEED: u64 = 2;

/// Rows that a data set has at most.
pub(super) fn most_rows(
    by_hour: &BTreeMap<i64, u64>,
    split: &Split,
    options: &DatasetOptions,
) -> u64 {
    let (from, to) = (split.train_from.as_millis(), split.young_from.as_millis());
    let hours = by_hour.range(from..to.max(from));
    let rows: u64 = hours.map(|(_, rows)| rows).sum();
    let most = [options.max_calibrate_rows, options.max_test_rows]
        .into_iter()
        .fold(options.max_train_rows, u64::saturating_add);
    rows.min(most)
}

/// All damage on the days of the training part.
fn damage(
    by_hour: &BTreeMap<i64, u64>,
    split: &Split,
    table: &LabelTable,
) -> Result<u64, LearningError> {
    let (from, to) = split.range(Part::Train);
    // A window may begin long before the first edit.
    let first = by_hour.range(from.as_millis()..).next();
    let first = first.and_then(|(hour, _)| EventTime::from_millis(*hour));
    let (mut day, last) = (first.unwrap_or(from).utc().date(), to.utc().date());
    let mut damage = 0;
    while day <= last {
        let labels = table.read(day)?;
        let is_damage = labels
            .values()
            .filter(|label| label.kind == LabelKind::Damage);
        damage += is_damage.count() as u64;
        let Ok(next) = day.tomorrow() else { break };
        day = next;
    }
    Ok(damage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_never_aim_above_the_limit_and_good_edits_go_first() {
        for (good, damage, most) in [
            (0, 0, 10),
            (10, 0, 10),
            (1_000_000, 1_000, 50_000),
            (1_000_000, 164_470, 50_000),
            (0, 1_000_000, 50_000),
            (30, 1_000_000, 50_000),
            (100, 100, 1),
        ] {
            let kept = Kept::rare_first(good, damage, most);
            let expected = kept.good * good as f64 + kept.damage * damage as f64;
            assert!(
                expected <= most as f64,
                "{good}, {damage}, {most}: {kept:?}"
            );
            assert!(kept.good <= kept.damage || damage > most / 2, "{kept:?}");
        }
        let few = Kept::rare_first(1_000_000, 1_000, 50_000);
        assert_eq!(few.damage, 1.0);
        assert!((0.04..0.05).contains(&few.good), "{few:?}");
        assert_eq!(Kept::alike(10, 10), Kept::ALL);
        assert!(Kept::alike(1_000, 100).good <= 0.1);
    }

    #[test]
    fn it_is_the_same_edits_each_time_and_others_for_another_seed() {
        let half = Kept::alike(10_000, 5_000);
        let kept = |seed| {
            (0..10_000)
                .filter(|rev| half.keeps((1, *rev), false, seed))
                .collect()
        };
        let (once, again, other): (Vec<i64>, Vec<i64>, Vec<i64>) = (kept(1), kept(1), kept(2));
        assert_eq!(once, again);
        assert_ne!(once, other);
        assert!(once.len() <= 5_000 && once.len() > 4_000, "{}", once.len());
        let everything = |rev: i64| Kept::ALL.keeps((7, rev), rev % 2 == 0, 3);
        assert!((0..1_000).all(everything));
    }
}
