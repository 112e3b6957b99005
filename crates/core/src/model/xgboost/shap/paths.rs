//! Trees laid out for explanations, parents before children, built from checked trees. The covers
//! of their nodes are checked here.

use super::super::error::XgboostError;
use super::super::forest::CheckedNode;
use super::super::json::{self, Real};

/// The most features on a path: 32 quadrature points integrate a product of so many factors.
const MAX_PATH_FEATURES: usize = 64;

/// Stands for no earlier turn on the same feature.
pub(super) const NONE: u32 = u32::MAX;

/// A node, with the turn at its parent that leads to it; the root has none.
#[derive(Clone, Copy)]
pub(super) struct PathNode {
    pub parent: u32,
    /// The nearest node above whose turn is on the same feature; [`NONE`] if there is none.
    pub same: u32,
    /// Feature of the parent's split.
    pub feature: u16,
    pub is_left: bool,
    pub default_left: bool,
    pub threshold: f32,
    /// Share of training rows that take all turns on the feature down to here.
    pub share: f64,
    /// The value of a leaf; 0 for a split.
    pub value: f64,
}

pub(super) struct PathTree {
    pub nodes: Vec<PathNode>,
    /// The most different features on one path.
    pub path_features: usize,
    /// Mean value over the training rows.
    pub mean: f64,
}

/// A node that is not laid out yet.
struct PendingNode {
    /// Number in the checked tree.
    number: usize,
    /// Number in the layout.
    at: u32,
    /// Share of training rows that reach it.
    reach: f64,
    /// Different features on the path to it.
    features: usize,
}

impl PathTree {
    /// Lays out tree number `tree` with the cover of each of its nodes.
    pub fn new(tree: usize, checked: &[CheckedNode], covers: &[f32]) -> Result<Self, XgboostError> {
        let mut laid = Self {
            nodes: Vec::with_capacity(checked.len()),
            path_features: 0,
            mean: 0.0,
        };
        laid.nodes.push(PathNode {
            parent: 0,
            same: NONE,
            feature: 0,
            is_left: false,
            default_left: false,
            threshold: 0.0,
            share: 1.0,
            value: 0.0,
        });
        let mut open = vec![PendingNode {
            number: 0,
            at: 0,
            reach: 1.0,
            features: 0,
        }];
        while let Some(node) = open.pop() {
            laid.path_features = laid.path_features.max(node.features);
            if laid.path_features > MAX_PATH_FEATURES {
                return Err(XgboostError::PathFeatures {
                    tree,
                    max: MAX_PATH_FEATURES,
                });
            }
            match checked[node.number] {
                CheckedNode::Leaf(value) => {
                    laid.nodes[node.at as usize].value = f64::from(value);
                    laid.mean += node.reach * f64::from(value);
                }
                split => laid.open_children(tree, &node, split, covers, &mut open)?,
            }
        }
        Ok(laid)
    }

    fn open_children(
        &mut self,
        tree: usize,
        node: &PendingNode,
        split: CheckedNode,
        covers: &[f32],
        open: &mut Vec<PendingNode>,
    ) -> Result<(), XgboostError> {
        let CheckedNode::Split {
            feature,
            threshold,
            default_left,
            left,
            right,
        } = split
        else {
            return Ok(());
        };
        let cover = |number: usize, is_split: bool| {
            let cover = covers[number];
            if cover.is_finite() && (cover > 0.0 || !is_split && cover == 0.0) {
                Ok(f64::from(cover))
            } else {
                Err(XgboostError::Cover {
                    tree,
                    node: number,
                    cover,
                })
            }
        };
        let of_parent = cover(node.number, true)?;
        let same = self.same(node.at, feature);
        let earlier = if same == NONE {
            1.0
        } else {
            self.nodes[same as usize].share
        };
        for (number, is_left) in [(right, false), (left, true)] {
            let share = cover(number, false)? / of_parent;
            open.push(PendingNode {
                number,
                // Never beyond 2^16: a checked tree has no more nodes.
                at: self.nodes.len() as u32,
                reach: node.reach * share,
                features: node.features + usize::from(same == NONE),
            });
            self.nodes.push(PathNode {
                parent: node.at,
                same,
                feature,
                is_left,
                default_left,
                threshold,
                share: earlier * share,
                value: 0.0,
            });
        }
        Ok(())
    }

    /// The nearest turn on `feature` on the path to node `at`, that node's own included.
    fn same(&self, mut at: u32, feature: u16) -> u32 {
        while at != 0 {
            let node = &self.nodes[at as usize];
            if node.feature == feature {
                return at;
            }
            at = node.parent;
        }
        NONE
    }
}

/// The covers of a tree's nodes, one for each.
pub(super) fn covers(tree: usize, json: &json::Tree<'_>) -> Result<Vec<f32>, XgboostError> {
    let raw = json.sum_hessian.ok_or(XgboostError::NoCovers { tree })?;
    let prefix = format!("learner.gradient_booster.model.trees[{tree}].sum_hessian");
    let covers: Vec<Real> = json::parse(raw.get().as_bytes(), &prefix)?;
    let nodes = json.left_children.len();
    if covers.len() != nodes {
        return Err(XgboostError::ArrayLength {
            tree,
            array: "sum_hessian",
            expected: nodes,
            found: covers.len(),
        });
    }
    // A tree of one leaf needs no cover.
    if nodes > 1 && covers.iter().all(|cover| cover.0 == 0.0) {
        return Err(XgboostError::NoCovers { tree });
    }
    Ok(covers.into_iter().map(|cover| cover.0).collect())
}
