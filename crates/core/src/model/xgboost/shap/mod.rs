//! Why a model gives a row its margin: exact path-dependent TreeSHAP, the contributions that
//! `predict(pred_contribs=True)` of Python XGBoost returns, one number for each feature.
//!
//! The values are those of Algorithm 2 of Lundberg et al., "From local explanations to global
//! understanding with explainable AI for trees" (2020); they are computed in another way. A leaf is
//! reached with all features of a set S known with the weight Π o over S times Π z over the others,
//! where o is 1 if the row takes the path's turns on the feature and z the share of training rows
//! that do. Shapley's weight of a set is a Beta integral, |S|! (n-|S|-1)! / n! = ∫ t^|S|
//! (1-t)^(n-1-|S|) dt over 0 to 1, so that the sum over all sets of features is the integral of a
//! product with one factor o·t + z·(1-t) for each feature on the path. Its degree is below the
//! number n of features, and n/2 nodes of Gauss and Legendre integrate it without error. All terms
//! of the product are positive: nothing cancels, unlike when path weights are unwound. The product
//! runs down the tree, the sum over leaves back up: one step of each per node and point.

mod paths;
mod quadrature;
#[cfg(test)]
mod tests;

use super::checked::CheckedModel;
use super::error::XgboostError;
use paths::{NONE, PathNode, PathTree};
use quadrature::Quadrature;

/// What each feature adds to the margin of a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Contributions {
    /// The margin expected of any row, in log-odds: the mean of the trees over their training rows.
    pub bias: f64,
    /// The contribution of each feature, in log-odds, in the order of a row.
    pub values: Vec<f64>,
}

impl Contributions {
    /// The margin that is explained: the sum of the bias and all contributions.
    pub fn margin(&self) -> f64 {
        self.bias + self.values.iter().sum::<f64>()
    }
}

/// A model whose trees are laid out for explanations. The [`Booster`](super::Booster) of the same
/// bytes scores rows.
pub struct Explainer {
    num_features: usize,
    bias: f64,
    trees: Vec<PathTree>,
    quadratures: Quadratures,
}

impl std::fmt::Debug for Explainer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Explainer")
            .field("num_features", &self.num_features)
            .field("bias", &self.bias)
            .field("num_trees", &self.trees.len())
            .finish_non_exhaustive()
    }
}

/// Quadratures with enough points for paths of up to 8, 16, 32 and 64 features.
struct Quadratures {
    four: Quadrature<4>,
    eight: Quadrature<8>,
    sixteen: Quadrature<16>,
    thirty_two: Quadrature<32>,
}

impl Explainer {
    /// Reads a model with the covers of its nodes.
    ///
    /// # Errors
    /// [`XgboostError`] as for [`Booster::from_json`](super::Booster::from_json), and if the model
    /// has no covers or a path holds more than 64 features.
    pub fn from_json(bytes: &[u8]) -> Result<Self, XgboostError> {
        let checked = CheckedModel::from_json(bytes)?;
        let mut bias = f64::from(checked.base_margin);
        let mut trees = Vec::with_capacity(checked.model.trees.len());
        for number in 0..checked.model.trees.len() {
            let covers = paths::covers(number, &checked.model.trees[number])?;
            let tree = PathTree::new(number, &checked.tree(number)?, &covers)?;
            bias += tree.mean;
            trees.push(tree);
        }
        Ok(Self {
            num_features: checked.num_features,
            bias,
            trees,
            quadratures: Quadratures {
                four: Quadrature::new(),
                eight: Quadrature::new(),
                sixteen: Quadrature::new(),
                thirty_two: Quadrature::new(),
            },
        })
    }

    /// Number of values of a row, at most 2^15.
    pub fn num_features(&self) -> usize {
        self.num_features
    }

    /// What each feature adds to the margin of `row`; NaN is a missing value. The sum is
    /// [`Booster::margin`](super::Booster::margin) except for the rounding of its 32-bit sums.
    ///
    /// # Panics
    /// If the row does not have [`Explainer::num_features`] values.
    pub fn explain(&self, row: &[f32]) -> Contributions {
        assert_eq!(row.len(), self.num_features, "width of the row");
        let mut values = vec![0.0; row.len()];
        let mut buffers = (TreeWalk::<4>::default(), TreeWalk::<8>::default());
        for tree in &self.trees {
            match tree.path_features {
                0..=8 => buffers
                    .0
                    .add(&self.quadratures.four, tree, row, &mut values),
                9..=16 => buffers
                    .1
                    .add(&self.quadratures.eight, tree, row, &mut values),
                17..=32 => {
                    TreeWalk::default().add(&self.quadratures.sixteen, tree, row, &mut values)
                }
                _ => TreeWalk::default().add(&self.quadratures.thirty_two, tree, row, &mut values),
            }
        }
        Contributions {
            bias: self.bias,
            values,
        }
    }
}

/// The computation for one tree, with values for each node and quadrature point. `G` is the product
/// of the factors of all features on the path to a node.
struct TreeWalk<const POINTS: usize> {
    terms: Vec<PathTerms<POINTS>>,
}

#[derive(Clone, Copy)]
struct PathTerms<const POINTS: usize> {
    /// Whether the row takes every turn on the node's feature down to here.
    hot: bool,
    /// G at the node.
    product: [f64; POINTS],
    /// G at the node over G at its parent.
    ratio: [f64; POINTS],
    /// G at the parent without the node's feature.
    others: [f64; POINTS],
    /// Sum over the leaves below of value · G at the leaf / G here.
    below: [f64; POINTS],
}

impl<const POINTS: usize> Default for TreeWalk<POINTS> {
    fn default() -> Self {
        Self { terms: Vec::new() }
    }
}

impl<const POINTS: usize> TreeWalk<POINTS> {
    fn add(
        &mut self,
        quadrature: &Quadrature<POINTS>,
        tree: &PathTree,
        row: &[f32],
        values: &mut [f64],
    ) {
        self.terms.clear();
        self.terms.push(PathTerms {
            hot: true,
            product: [1.0; POINTS],
            ratio: [1.0; POINTS],
            others: [1.0; POINTS],
            below: [tree.nodes[0].value; POINTS],
        });
        for node in &tree.nodes[1..] {
            let terms = self.down(quadrature, tree, node, row);
            self.terms.push(terms);
        }
        for (at, node) in tree.nodes.iter().enumerate().skip(1).rev() {
            self.up(quadrature, tree, at, node, values);
        }
    }

    /// The terms of `node`, from those of its ancestors.
    fn down(
        &self,
        quadrature: &Quadrature<POINTS>,
        tree: &PathTree,
        node: &PathNode,
        row: &[f32],
    ) -> PathTerms<POINTS> {
        let x = row[usize::from(node.feature)];
        let left = if x.is_nan() {
            node.default_left
        } else {
            x < node.threshold
        };
        let mut hot = left == node.is_left;
        let parent = &self.terms[node.parent as usize];
        let mut others = parent.product;
        let mut inverse = None;
        if node.same != NONE {
            let same = &self.terms[node.same as usize];
            hot &= same.hot;
            let factor = quadrature.factor(same.hot, tree.nodes[node.same as usize].share);
            // A factor is 0 where no training row went that way: the whole path has no weight.
            let inverted = factor.map(|f| if f == 0.0 { 0.0 } else { 1.0 / f });
            for (other, inverse) in others.iter_mut().zip(inverted) {
                *other *= inverse;
            }
            inverse = Some(inverted);
        }
        let factor = quadrature.factor(hot, node.share);
        let mut product = others;
        for (product, factor) in product.iter_mut().zip(factor) {
            *product *= factor;
        }
        let mut ratio = factor;
        if let Some(inverse) = inverse {
            for (ratio, inverse) in ratio.iter_mut().zip(inverse) {
                *ratio *= inverse;
            }
        }
        PathTerms {
            hot,
            product,
            ratio,
            others,
            below: [node.value; POINTS],
        }
    }

    /// Adds the contribution of the turn into the node, and its leaves to the sum of its parent.
    fn up(
        &mut self,
        quadrature: &Quadrature<POINTS>,
        tree: &PathTree,
        at: usize,
        node: &PathNode,
        values: &mut [f64],
    ) {
        let terms = self.terms[at];
        let gain = |hot: bool, share: f64| f64::from(u8::from(hot)) - share;
        let mut integral = 0.0;
        for point in 0..POINTS {
            integral += quadrature.weights[point] * terms.others[point] * terms.below[point];
        }
        let mut value = gain(terms.hot, node.share) * integral;
        if node.same != NONE {
            // The earlier turn on the same feature counts these leaves too, with its own share.
            let mut counted = 0.0;
            for point in 0..POINTS {
                let weight = quadrature.weights[point] * terms.others[point] * terms.ratio[point];
                counted += weight * terms.below[point];
            }
            let same = &self.terms[node.same as usize];
            value -= gain(same.hot, tree.nodes[node.same as usize].share) * counted;
        }
        values[usize::from(node.feature)] += value;
        let parent = &mut self.terms[node.parent as usize].below;
        for (parent, (ratio, below)) in parent.iter_mut().zip(terms.ratio.iter().zip(terms.below)) {
            *parent += ratio * below;
        }
    }
}
