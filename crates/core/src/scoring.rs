//! From edits to scores: features, then the model, in batches. The pipeline, `predict`, the API and
//! every other engine use this path.

use crate::edit::Edit;
use crate::features;
use crate::model::{FeatureSpec, Score, Scorer};
use crate::user::UserType;

/// The features of this build, which [`Scorer::load`] checks a model against.
pub const FEATURE_SPEC: FeatureSpec<'static> = FeatureSpec {
    version: features::VERSION,
    names: &features::NAMES,
};

/// Scores edits, with buffers that are kept between calls.
#[derive(Debug, Default)]
pub struct Scoring {
    rows: Vec<f32>,
}

impl Scoring {
    pub fn new() -> Self {
        Self::default()
    }

    /// The features of the edits that the last call of [`Scoring::score`] scored, a row for each.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.rows.chunks_exact(features::COUNT)
    }

    /// The score of each edit, in order; `None` for bots unless `score_bots`.
    pub fn score<'s>(
        &mut self,
        scorer: &'s Scorer,
        edits: &[Edit<'_>],
        score_bots: bool,
    ) -> Vec<Option<Score<'s>>> {
        let wanted = |edit: &Edit<'_>| score_bots || edit.user_type != UserType::Bot;
        let count = edits.iter().filter(|edit| wanted(edit)).count();
        self.rows.clear();
        self.rows.resize(count * features::COUNT, f32::NAN);
        let scored = edits.iter().filter(|edit| wanted(edit));
        for (edit, row) in scored.zip(self.rows.chunks_exact_mut(features::COUNT)) {
            features::extract(edit, scorer.text(), row);
        }
        let mut scores = Vec::with_capacity(count);
        scorer.score_batch(&self.rows, &mut scores);
        let mut scores = scores.into_iter();
        edits
            .iter()
            .map(|edit| if wanted(edit) { scores.next() } else { None })
            .collect()
    }
}
