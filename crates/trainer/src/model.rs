//! The result of a training: trees and the margin they are added to.

use crate::binned::BinnedSet;
use crate::edges::BinEdges;
use crate::json;
use crate::tree::Tree;

/// Trees, and the edges of the bins that their splits refer to.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainedModel {
    pub(crate) edges: BinEdges,
    pub(crate) base: Base,
    pub(crate) trees: Vec<Tree>,
    pub(crate) validation: Vec<f64>,
}

impl TrainedModel {
    /// The trees in the order their values are added. After early stopping these are the trees up
    /// to the best one.
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// The log loss of the validation set after each tree that was grown, including those cut off by
    /// early stopping; empty without it.
    pub fn validation(&self) -> &[f64] {
        &self.validation
    }

    /// The probability that the sum of trees starts from: the weighted share of positive rows.
    pub fn base_score(&self) -> f32 {
        self.base.score
    }

    /// Names of the features, in the order of a row.
    pub fn feature_names(&self) -> &[String] {
        self.edges.feature_names()
    }

    /// Margins (log-odds) of binned rows, bit for bit those that [`TrainedModel::to_json`] gives for
    /// the rows before binning.
    ///
    /// # Panics
    /// If the set was binned with other edges than the training set.
    pub fn margins(&self, set: &BinnedSet) -> Vec<f32> {
        assert!(*set.edges() == self.edges, "edges of the set");
        let mut margins = vec![self.base.margin; set.len()];
        for tree in &self.trees {
            for (row, margin) in margins.iter_mut().enumerate() {
                *margin += tree.value(set, row);
            }
        }
        margins
    }

    /// The model as `Booster.save_model("model.json")` of XGBoost writes it, in the form of 2.1,
    /// which 2.x and 3.x read.
    pub fn to_json(&self) -> Vec<u8> {
        json::write(self.feature_names(), self.base.score, &self.trees)
    }
}

/// The prediction before any tree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Base {
    /// The probability that goes into the JSON.
    pub score: f32,
    /// Its log-odds, computed from the rounded probability.
    pub margin: f32,
}

impl Base {
    /// A base within one part in 1,000 of a probability; the trees correct the difference.
    ///
    /// XGBoost takes the logarithm with the C library's `logf`, which on some systems misses the
    /// nearest float if the exact value lies about halfway between two. A score is chosen whose
    /// log-odds lie close to a float, so that every library gives the same bits.
    pub fn near(probability: f64) -> Self {
        let mut score = (probability as f32).clamp(1e-6, 1.0 - 1e-6);
        loop {
            let exact = -libm::log(f64::from(1.0 / score - 1.0));
            let margin = exact as f32;
            let unit = f64::from(margin.abs().next_up()) - f64::from(margin.abs());
            if (exact - f64::from(margin)).abs() <= unit / 4.0 {
                return Self { score, margin };
            }
            // Away from 1.
            score = score.next_down();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_close_to_its_probability_and_far_from_a_tie() {
        for step in 1..10_000 {
            let probability = f64::from(step) / 10_000.0;
            let base = Base::near(probability);
            let off = (f64::from(base.score) / probability - 1.0).abs();
            assert!(off < 1e-3, "{probability}: {base:?}");
            let exact = (f64::from(base.score) / (1.0 - f64::from(base.score))).ln();
            assert!((f64::from(base.margin) - exact).abs() < 1e-3, "{base:?}");
            // Neither neighbour is nearly as close, so that a worse logarithm rounds the same way.
            let odds = f64::from(1.0 / base.score - 1.0);
            for other in [base.margin.next_up(), base.margin.next_down()] {
                let off = |margin: f32| (f64::from(margin) + odds.ln()).abs();
                assert!(off(other) > 2.9 * off(base.margin), "{base:?}");
            }
        }
        assert_eq!(Base::near(0.5).margin, 0.0);
    }
}
