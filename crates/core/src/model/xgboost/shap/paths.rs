//! Trees laid out for explanations: nodes with what a path needs of each, parents before children.
//! Built from checked trees only; what is checked here are the covers.

use super::super::XgboostError;
use super::super::forest::TreeNode;
use super::super::json::{self, Real};
use super::MAX_PATH_FEATURES;

/// No earlier turn on the feature.
pub(super) const NONE: u32 = u32::MAX;

/// A node and the turn from its parent into it; the root has no turn.
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
    /// Of a leaf; 0 for a split.
    pub value: f64,
}

pub(super) struct Tree {
    pub nodes: Vec<PathNode>,
    /// Most different features on a path.
    pub path_features: usize,
    /// Mean of the leaves over the training rows.
    pub mean: f64,
}

/// A node to be laid out.
struct Open {
    /// Its number in the checked tree.
    number: usize,
    /// Its number in the layout.
    at: u32,
    /// Share of training rows that reach it.
    reach: f64,
    /// Different features on the path to it.
    features: usize,
}

impl Tree {
    /// Lays out tree number `tree` with the cover of each of its nodes.
    pub fn new(tree: usize, checked: &[TreeNode], covers: &[f32]) -> Result<Self, XgboostError> {
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
        let mut open = vec![Open {
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
                TreeNode::Leaf(value) => {
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
        node: &Open,
        split: TreeNode,
        covers: &[f32],
        open: &mut Vec<Open>,
    ) -> Result<(), XgboostError> {
        let TreeNode::Split {
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
            open.push(Open {
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

/// The covers of a tree's nodes.
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
    // Of a single leaf the cover does not matter.
    if nodes > 1 && covers.iter().all(|cover| cover.0 == 0.0) {
        return Err(XgboostError::NoCovers { tree });
    }
    Ok(covers.into_iter().map(|cover| cover.0).collect())
}
