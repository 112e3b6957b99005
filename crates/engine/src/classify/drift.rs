//! Whether edits still look as in the champion's training: a sample of the scored rows is counted
//! into the bins of the reference on its card. It publishes figures; alerts are the alerter's.

use serde::Deserialize;
use std::sync::Arc;
use tokio::sync::watch;
use wikisentry_core::evaluation::drift::{Drift, DriftCounts, DriftReference};
use wikisentry_core::features;
use wikisentry_core::model::Scorer;
use wikisentry_lake::registry::DRIFT_REFERENCE;

/// One scored edit of so many is counted: at this rate it costs next to nothing.
const SAMPLE: u64 = 16;
/// Figures are renewed after so many counted rows; chance alone then gives an index of 0.02.
const RENEW_ROWS: u64 = 500;
/// Counting starts again after so many rows: an hour or two of the whole feed.
const WINDOW_ROWS: u64 = 4_000;
/// How many features are reported, the most changed ones.
const FEATURES_TOLD: usize = 5;

/// How far recent edits are from those a model was trained on.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelDrift {
    /// The model, e.g. `edit-risk/1`.
    pub model: String,
    /// The figures, with the five most changed features.
    pub drift: Drift,
}

/// Counts rows for the model in charge.
pub(super) struct DriftWatch {
    model: String,
    counts: Option<DriftCounts<Arc<DriftReference>>>,
    reference: Option<Arc<DriftReference>>,
    seen: u64,
    view: watch::Sender<Option<ModelDrift>>,
}

impl DriftWatch {
    pub(super) fn new(view: watch::Sender<Option<ModelDrift>>) -> Self {
        Self {
            model: String::new(),
            counts: None,
            reference: None,
            seen: 0,
            view,
        }
    }

    /// Takes in rows and the scores that `scorer` gave them.
    pub(super) fn observe<'r>(
        &mut self,
        scorer: &Scorer,
        rows: impl Iterator<Item = (&'r [f32], f64)>,
    ) {
        if self.model != scorer.version() {
            self.follow(scorer);
        }
        let Some(counts) = &mut self.counts else {
            return;
        };
        let before = counts.rows() / RENEW_ROWS;
        for (row, score) in rows {
            if self.seen.is_multiple_of(SAMPLE) {
                counts.add(row, score);
            }
            self.seen += 1;
        }
        if counts.rows() / RENEW_ROWS == before {
            return;
        }
        let mut drift = counts.report(&features::NAMES);
        drift.features.truncate(FEATURES_TOLD);
        let is_full = counts.rows() >= WINDOW_ROWS;
        let model = self.model.clone();
        self.view.send_replace(Some(ModelDrift { model, drift }));
        if is_full {
            self.counts = self.reference.clone().map(DriftCounts::new);
        }
    }

    /// Starts again with another champion; one whose card has no reference is not watched.
    fn follow(&mut self, scorer: &Scorer) {
        scorer.version().clone_into(&mut self.model);
        let on_card = scorer.card().other.get(DRIFT_REFERENCE);
        let read = on_card.map(DriftReference::deserialize);
        self.reference = match read.transpose() {
            Ok(reference) => reference
                .filter(|reference| reference.features.len() == features::COUNT)
                .map(Arc::new),
            Err(error) => {
                tracing::warn!(model = self.model, "{DRIFT_REFERENCE} on the card: {error}");
                None
            }
        };
        self.counts = self.reference.clone().map(DriftCounts::new);
        self.seen = 0;
        self.view.send_replace(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wikisentry_core::scoring::FEATURE_SPEC;

    const MODEL: &[u8] = include_bytes!("../../../../models/edit-risk/versions/1/model.json");
    const CARD: &[u8] = include_bytes!("../../../../models/edit-risk/versions/1/card.json");

    /// The bootstrap model with a reference of 2,000 rows, whose first feature is their number.
    fn scorer(version: u32, with_reference: bool) -> Scorer {
        let mut card: serde_json::Value = serde_json::from_slice(CARD).unwrap();
        card["version"] = version.into();
        if with_reference {
            let (rows, scores): (Vec<_>, Vec<_>) = (0..2_000).map(row).unzip();
            let reference = DriftReference::from_rows(&rows.concat(), &scores).unwrap();
            card[DRIFT_REFERENCE] = serde_json::to_value(reference).unwrap();
        }
        let card = serde_json::to_vec(&card).unwrap();
        Scorer::load(MODEL, &card, FEATURE_SPEC).unwrap()
    }

    fn row(number: u32) -> (Vec<f32>, f64) {
        let mut row = vec![0.0; features::COUNT];
        row[0] = (number * 7 % 2_000) as f32;
        (row, f64::from(number * 11 % 2_000) / 2_000.0)
    }

    /// Shows so many edits, in batches of 900.
    fn show(
        watch: &mut DriftWatch,
        scorer: &Scorer,
        edits: u32,
        of: impl Fn(u32) -> (Vec<f32>, f64),
    ) {
        let rows: Vec<_> = (0..edits).map(of).collect();
        for batch in rows.chunks(900) {
            watch.observe(scorer, batch.iter().map(|(row, score)| (&row[..], *score)));
        }
    }

    #[test]
    fn figures_come_once_enough_rows_were_counted_and_name_what_changed() {
        let (sender, view) = watch::channel(None);
        let mut watch = DriftWatch::new(sender);
        let scorer = scorer(2, true);
        show(&mut watch, &scorer, 7_000, row);
        assert_eq!(*view.borrow(), None, "7,000 edits are 438 rows");
        show(&mut watch, &scorer, 3_000, row);
        let told = view.borrow().clone().unwrap();
        assert_eq!(told.model, "edit-risk/2");
        assert!(told.drift.rows >= 500, "{told:?}");
        assert!(told.drift.score_psi < 0.1, "{told:?}");
        assert_eq!(told.drift.features.len(), 5);

        let drifted = |number| {
            let (mut row, score) = row(number);
            row[0] = 1_990.0;
            (row, score * 0.1)
        };
        show(&mut watch, &scorer, 100_000, drifted);
        let told = view.borrow().clone().unwrap();
        assert!(told.drift.score_psi > 0.25, "{told:?}");
        let first = &told.drift.features[0];
        assert_eq!(first.name, features::NAMES[0]);
        assert!(first.psi > 0.25, "{first:?}");
        assert!(
            told.drift.rows <= WINDOW_ROWS + 900 / SAMPLE + 1,
            "{told:?}"
        );
    }

    #[test]
    fn another_champion_starts_again_and_one_without_reference_is_not_watched() {
        let (sender, view) = watch::channel(None);
        let mut watch = DriftWatch::new(sender);
        show(&mut watch, &scorer(2, true), 10_000, row);
        assert!(view.borrow().is_some());
        let plain = scorer(3, false);
        show(&mut watch, &plain, 20_000, row);
        assert_eq!(*view.borrow(), None);
        show(&mut watch, &scorer(4, true), 10_000, row);
        assert_eq!(view.borrow().as_ref().unwrap().model, "edit-risk/4");
    }
}
