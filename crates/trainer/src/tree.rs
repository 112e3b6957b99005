//! A grown tree: the nodes in the order they were made, root first. A split has both its bin and its
//! threshold, so that binned rows can walk the tree and the JSON works on raw rows.

use crate::binned::BinnedSet;
use crate::edges::MISSING;

/// A split or a leaf; nodes are numbered by their position in the tree.
#[derive(Debug, Clone, PartialEq)]
pub struct TreeNode {
    /// Number of the parent; `None` for the root.
    pub parent: Option<u32>,
    /// The question of a split; `None` for a leaf.
    pub split: Option<NodeSplit>,
    /// Sum of the second derivatives of its rows, `w p (1 - p)`.
    pub hessian: f32,
    /// The best value of the node if it were a leaf, before it is multiplied by the learning rate.
    pub weight: f32,
    /// What a leaf adds to the margin, the learning rate included.
    pub value: f32,
}

/// A comparison with a threshold, and the nodes that its two answers lead to.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeSplit {
    /// Position of the feature in a row, from 0.
    pub feature: u32,
    /// Values below this go left: `value < threshold` as 32-bit floats.
    pub threshold: f32,
    /// Bins up to this one, inclusive, lie below the threshold.
    pub(crate) bin: u8,
    /// Whether missing values go left.
    pub default_left: bool,
    /// By how much the split lowers the loss, without the regularization of new leaves; at least
    /// the parameter `gamma`.
    pub gain: f32,
    pub left: u32,
    pub right: u32,
}

impl NodeSplit {
    #[inline]
    pub(crate) fn goes_left(&self, bin: u8) -> bool {
        if bin == MISSING {
            self.default_left
        } else {
            bin <= self.bin
        }
    }
}

/// A tree; node 0 is its root.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    pub(crate) nodes: Vec<TreeNode>,
}

impl Tree {
    /// Its nodes; children come after their parents.
    pub fn nodes(&self) -> &[TreeNode] {
        &self.nodes
    }

    /// The value of the leaf that a binned row reaches.
    pub(crate) fn value(&self, set: &BinnedSet, row: usize) -> f32 {
        let mut node = &self.nodes[0];
        while let Some(split) = &node.split {
            let left = split.goes_left(set.bin(row, split.feature as usize));
            node = &self.nodes[if left { split.left } else { split.right } as usize];
        }
        node.value
    }
}
