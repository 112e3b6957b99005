//! The flat layout that rows are scored on, built from checked trees only.
//!
//! A node is eight bytes. Its two children lie side by side, the one that a missing value goes to
//! first, so that one comparison, false for NaN, leads to the next node without a branch:
//! `next = node + delta + (x < split)`. Where missing values go left the test is `x >= split`,
//! which for floats is `-x < -(next float below split)`: the sign of x is flipped by a mask.
//! A leaf has the threshold NaN and the delta 0, so that it stays where it is, and every tree is
//! walked for as many steps as it is deep.

/// Rows or trees that are walked at the same time, to hide the latency of each step. 8 and 16 were
/// measured to be slower.
const LANES: usize = 12;
/// Rows that one tree scores before the next tree does: they and the tree fit the L1 cache.
const BLOCK: usize = 5 * LANES;
const FLIP: u32 = 1 << 31;
/// A node names its feature in 15 bits.
pub(super) const MAX_FEATURES: usize = 1 << 15;
/// A node holds the distance to its children in 16 bits.
pub(super) const MAX_NODES: usize = 1 << 16;
pub(super) const MAX_TOTAL_NODES: usize = u32::MAX as usize;

#[derive(Clone, Copy)]
struct FlatNode {
    split: f32,
    /// Bit 31: flip the sign of x; bits 16..31: feature; bits 0..16: distance to the children.
    link: u32,
}

impl FlatNode {
    /// The number of the next node after this one, number `at`, for the row at offset `row` of `rows`.
    #[inline(always)]
    fn next(self, at: u32, rows: &[f32], row: usize) -> u32 {
        let x = rows[row + ((self.link >> 16) & 0x7fff) as usize];
        let x = f32::from_bits(x.to_bits() ^ (self.link & FLIP));
        at + (self.link & 0xffff) + u32::from(x < self.split)
    }
}

/// A node of a checked tree; `left` and `right` are numbers of nodes of the same tree.
#[derive(Clone, Copy)]
pub(super) enum CheckedNode {
    Leaf(f32),
    Split {
        feature: u16,
        threshold: f32,
        default_left: bool,
        left: usize,
        right: usize,
    },
}

#[derive(Default)]
pub(super) struct Forest {
    nodes: Vec<FlatNode>,
    /// Values of the leaves, parallel to `nodes`; a split's is never read.
    leaves: Vec<f32>,
    /// Root and depth of each tree, in the order they are summed.
    trees: Vec<TreeSpan>,
}

#[derive(Clone, Copy)]
struct TreeSpan {
    root: u32,
    depth: u32,
}

impl Forest {
    pub(super) fn trees(&self) -> usize {
        self.trees.len()
    }

    pub(super) fn nodes(&self) -> usize {
        self.nodes.len()
    }

    /// Adds a tree whose root is `tree[0]` and whose children were checked to form a tree.
    pub(super) fn push(&mut self, tree: &[CheckedNode]) {
        let root = self.nodes.len();
        let mut depth = 0;
        // Breadth first, so that the top of the tree, which every row passes, shares few cache lines.
        let mut level = vec![0];
        let mut below = Vec::new();
        self.place(tree[0]);
        let mut at = root;
        loop {
            for &number in &level {
                if let CheckedNode::Split {
                    default_left,
                    left,
                    right,
                    ..
                } = tree[number]
                {
                    let delta = (self.nodes.len() - at) as u32;
                    self.nodes[at].link |= delta;
                    let order = if default_left {
                        [left, right]
                    } else {
                        [right, left]
                    };
                    for child in order {
                        self.place(tree[child]);
                        below.push(child);
                    }
                }
                at += 1;
            }
            if below.is_empty() {
                break;
            }
            depth += 1;
            level.clear();
            std::mem::swap(&mut level, &mut below);
        }
        self.trees.push(TreeSpan {
            root: root as u32,
            depth,
        });
    }

    fn place(&mut self, node: CheckedNode) {
        let (node, leaf) = match node {
            CheckedNode::Leaf(value) => (
                FlatNode {
                    split: f32::NAN,
                    link: 0,
                },
                value,
            ),
            CheckedNode::Split {
                feature,
                threshold,
                default_left,
                ..
            } => {
                let feature = u32::from(feature) << 16;
                let node = if default_left {
                    // -0.0 and 0.0 are equal, so the float below both is the same.
                    FlatNode {
                        split: -(threshold + 0.0).next_down(),
                        link: FLIP | feature,
                    }
                } else {
                    FlatNode {
                        split: threshold,
                        link: feature,
                    }
                };
                (node, 0.0)
            }
        };
        self.nodes.push(node);
        self.leaves.push(leaf);
    }

    /// `base` and then the leaf of every tree, added in order.
    pub(super) fn sum(&self, base: f32, row: &[f32]) -> f32 {
        let nodes = &self.nodes[..];
        let mut sum = base;
        for group in self.trees.chunks(LANES) {
            // Unused lanes walk the first tree of the group again; their results are ignored.
            let mut at = [group[0].root; LANES];
            let mut depth = 0;
            for (at, tree) in at.iter_mut().zip(group) {
                *at = tree.root;
                depth = depth.max(tree.depth);
            }
            for _ in 0..depth {
                for at in &mut at {
                    *at = nodes[*at as usize].next(*at, row, 0);
                }
            }
            for (&at, _) in at.iter().zip(group) {
                sum += self.leaves[at as usize];
            }
        }
        sum
    }

    /// [`Forest::sum`] of each row, to the bit. `rows` holds `out.len()` rows of `width` values.
    pub(super) fn sums(&self, base: f32, rows: &[f32], width: usize, out: &mut [f32]) {
        for (rows, out) in rows.chunks(BLOCK * width).zip(out.chunks_mut(BLOCK)) {
            let whole = out.len() / LANES * LANES;
            let (out, rest) = out.split_at_mut(whole);
            let (rows, rest_rows) = rows.split_at(whole * width);
            self.add_block(base, rows, width, out);
            for (row, out) in rest_rows.chunks_exact(width).zip(rest) {
                *out = self.sum(base, row);
            }
        }
    }

    fn add_block(&self, base: f32, rows: &[f32], width: usize, out: &mut [f32]) {
        let nodes = &self.nodes[..];
        out.fill(base);
        for tree in &self.trees {
            for (rows, out) in rows
                .chunks_exact(LANES * width)
                .zip(out.as_chunks_mut::<LANES>().0)
            {
                let mut at = [tree.root; LANES];
                for _ in 0..tree.depth {
                    for (lane, at) in at.iter_mut().enumerate() {
                        *at = nodes[*at as usize].next(*at, rows, lane * width);
                    }
                }
                for (out, at) in out.iter_mut().zip(at) {
                    *out += self.leaves[at as usize];
                }
            }
        }
    }
}
