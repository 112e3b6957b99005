//! A grown tree: the nodes in the order they were made, root first. Knows the bins and the
//! thresholds they stand for, so that it can be walked over binned rows and written for raw ones.

use crate::dataset::Dataset;
use crate::edges::MISSING;

/// A node of a tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The node it hangs from; `None` for the root.
    pub parent: Option<u32>,
    /// What is asked here; `None` for a leaf.
    pub split: Option<Split>,
    /// Sum of the second derivatives of the rows that came here, `w p (1 - p)`.
    pub hessian: f32,
    /// The best value of the node if it were a leaf, before it is multiplied by the learning rate.
    pub weight: f32,
    /// What a leaf adds to the margin, the learning rate included.
    pub value: f32,
}

/// A question and where its answers lead.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// Number of the feature.
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
    /// Number of the left child.
    pub left: u32,
    /// Number of the right child.
    pub right: u32,
}

impl Split {
    /// Whether a bin lies left.
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
    pub(crate) nodes: Vec<Node>,
}

impl Tree {
    /// Its nodes; children come after their parents.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The value of the leaf that a binned row comes to.
    pub(crate) fn value(&self, set: &Dataset, row: usize) -> f32 {
        let mut node = &self.nodes[0];
        while let Some(split) = &node.split {
            let left = split.goes_left(set.bin(row, split.feature as usize));
            node = &self.nodes[if left { split.left } else { split.right } as usize];
        }
        node.value
    }
}
