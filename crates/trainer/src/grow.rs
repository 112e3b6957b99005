//! Grows one tree, level by level. Of two children only the one with fewer rows is counted: the
//! other's histogram is the difference to their parent's.

use std::ops::Range;

use crate::binned::{BinnedSet, LANES};
use crate::gradient::Sums;
use crate::histogram::{Histogram, RowSource, empty, subtract};
use crate::parallel;
use crate::params::Params;
use crate::partition::part;
use crate::split::{SplitCandidate, Worth, minus};
use crate::tree::{NodeSplit, Tree, TreeNode};

/// Grows trees on one set; keeps its buffers for the next tree.
pub(crate) struct Grower<'a> {
    set: &'a BinnedSet,
    params: &'a Params,
    worth: Worth,
    spare_rows: Vec<u32>,
    spare_histograms: Vec<Histogram>,
}

/// Rows of a leaf, as a range of the rows that the tree was grown on, and its value.
pub(crate) type Leaf = (Range<usize>, f32);

/// A node whose best split is not known yet.
struct GrowingNode {
    node: u32,
    rows: Range<usize>,
    sums: Sums,
    histogram: Histogram,
    best: Option<SplitCandidate>,
}

/// A node that was split, with its two children.
struct Family {
    /// The parent's, which becomes the larger child's by subtraction.
    histogram: Histogram,
    /// The smaller child's, counted from its rows; empty if neither child may be split.
    counted: Histogram,
    children: [Child; 2],
    /// Index of the child with fewer rows.
    smaller: usize,
}

struct Child {
    node: u32,
    rows: Range<usize>,
    sums: Sums,
    open: bool,
}

impl<'a> Grower<'a> {
    pub fn new(set: &'a BinnedSet, params: &'a Params, worth: Worth) -> Self {
        Self {
            set,
            params,
            worth,
            spare_rows: Vec::new(),
            spare_histograms: Vec::new(),
        }
    }

    /// Grows a tree on `rows`, which end up ordered by leaf. It splits on `features` only.
    pub fn grow(
        &mut self,
        rows: &mut [u32],
        derivatives: &[u64],
        features: &[usize],
    ) -> (Tree, Vec<Leaf>) {
        self.spare_rows.resize(rows.len(), 0);
        let source = RowSource {
            groups: self.set.groups(),
            last_lanes: (self.set.edges().num_features() - 1) % LANES + 1,
            derivatives,
            threads: self.params.threads,
        };
        let mut tree = Tree { nodes: Vec::new() };
        let mut leaves = Vec::new();
        let mut level = vec![self.root(rows, &source, &mut tree)];
        let mut depth = 0;
        while !level.is_empty() {
            depth += 1;
            let (set, worth) = (self.set, self.worth);
            parallel::each(self.params.threads, level.iter_mut().collect(), |open| {
                open.best = worth.best(open.sums, &open.histogram, set.edges(), features);
            });
            let lefts = self.part_rows(rows, &level);
            let mut families = Vec::new();
            for (open, left) in level.drain(..).zip(lefts) {
                match open.best {
                    Some(best) => {
                        let deeper = depth < self.params.max_depth;
                        let family = self.split(&mut tree, open, best, left, deeper);
                        families.push(family);
                    }
                    None => {
                        leaves.push((open.rows, tree.nodes[open.node as usize].value));
                        self.spare_histograms.push(open.histogram);
                    }
                }
            }
            level = self.count(rows, &source, families, &tree, &mut leaves);
        }
        (tree, leaves)
    }

    fn root(&mut self, rows: &[u32], source: &RowSource<'_>, tree: &mut Tree) -> GrowingNode {
        let mut histogram = self.histogram();
        source.add(vec![(rows, &mut histogram)]);
        // Every row is in one bin of the first feature.
        let sums = histogram[0]
            .iter()
            .fold([0; 2], |sum: Sums, bin| [sum[0] + bin[0], sum[1] + bin[1]]);
        let node = self.add_node(tree, None, sums);
        GrowingNode {
            node,
            rows: 0..rows.len(),
            sums,
            histogram,
            best: None,
        }
    }

    /// A histogram of zeros, from the spare ones if there are any.
    fn histogram(&mut self) -> Histogram {
        match self.spare_histograms.pop() {
            Some(mut histogram) => {
                histogram.as_flattened_mut().fill([0; 2]);
                histogram
            }
            None => empty(self.set.groups().len()),
        }
    }

    fn add_node(&self, tree: &mut Tree, parent: Option<u32>, sums: Sums) -> u32 {
        let weight = self.worth.weight(sums) as f32;
        tree.nodes.push(TreeNode {
            parent,
            split: None,
            hessian: self.worth.hessian(sums) as f32,
            weight,
            value: weight * self.params.learning_rate,
        });
        (tree.nodes.len() - 1) as u32
    }

    /// Partitions the rows of every node that has a split; gives the number that went left, by node.
    fn part_rows(&mut self, rows: &mut [u32], level: &[GrowingNode]) -> Vec<usize> {
        let mut lefts = vec![0; level.len()];
        let mut tasks = Vec::with_capacity(level.len());
        let (mut rows, mut spare) = (rows, &mut self.spare_rows[..]);
        let mut start = 0;
        // The nodes of a level lie in the order of their rows.
        for (open, left) in level.iter().zip(&mut lefts) {
            let (_, rest) = std::mem::take(&mut rows).split_at_mut(open.rows.start - start);
            let (own, rest) = rest.split_at_mut(open.rows.len());
            let (own_spare, rest_spare) = std::mem::take(&mut spare).split_at_mut(own.len());
            (rows, spare, start) = (rest, rest_spare, open.rows.end);
            if let Some(best) = open.best {
                tasks.push((own, own_spare, best, left));
            }
        }
        let groups = self.set.groups();
        parallel::each(self.params.threads, tasks, |(rows, spare, best, left)| {
            *left = part(rows, spare, groups, &best.into());
        });
        lefts
    }

    /// Gives a node its split and two children. They are open if they may be split in turn.
    fn split(
        &self,
        tree: &mut Tree,
        open: GrowingNode,
        best: SplitCandidate,
        left: usize,
        deeper: bool,
    ) -> Family {
        let middle = open.rows.start + left;
        let child = |tree: &mut Tree, rows: Range<usize>, sums| Child {
            node: self.add_node(tree, Some(open.node), sums),
            rows,
            sums,
            open: deeper && self.worth.can_split(sums),
        };
        let children = [
            child(tree, open.rows.start..middle, best.left),
            child(tree, middle..open.rows.end, minus(open.sums, best.left)),
        ];
        tree.nodes[open.node as usize].split = Some(NodeSplit {
            left: children[0].node,
            right: children[1].node,
            ..best.into()
        });
        Family {
            histogram: open.histogram,
            counted: Histogram::new(),
            smaller: usize::from(children[1].rows.len() < children[0].rows.len()),
            children,
        }
    }

    /// Makes the histograms of the open children, which form the next level; the others are leaves.
    fn count(
        &mut self,
        rows: &[u32],
        source: &RowSource<'_>,
        mut families: Vec<Family>,
        tree: &Tree,
        leaves: &mut Vec<Leaf>,
    ) -> Vec<GrowingNode> {
        let mut wanted = Vec::new();
        for family in &mut families {
            if family.children.iter().any(|child| child.open) {
                family.counted = self.histogram();
                let smaller = family.children[family.smaller].rows.clone();
                wanted.push((&rows[smaller], &mut family.counted));
            }
        }
        source.add(wanted);
        let larger = families
            .iter_mut()
            .filter(|family| family.children[1 - family.smaller].open);
        parallel::each(source.threads, larger.collect(), |family| {
            subtract(&mut family.histogram, &family.counted);
        });
        let mut level = Vec::new();
        for family in families {
            let mut histograms = [family.counted, family.histogram];
            if family.smaller == 1 {
                histograms.reverse();
            }
            for (child, histogram) in family.children.into_iter().zip(histograms) {
                if child.open {
                    level.push(GrowingNode {
                        node: child.node,
                        rows: child.rows,
                        sums: child.sums,
                        histogram,
                        best: None,
                    });
                    continue;
                }
                leaves.push((child.rows, tree.nodes[child.node as usize].value));
                if !histogram.is_empty() {
                    self.spare_histograms.push(histogram);
                }
            }
        }
        level
    }
}

impl From<SplitCandidate> for NodeSplit {
    /// The numbers of the children are not known yet: they are 0.
    fn from(best: SplitCandidate) -> Self {
        Self {
            feature: best.feature as u32,
            threshold: best.threshold,
            bin: best.bin,
            default_left: best.default_left,
            gain: best.gain as f32,
            left: 0,
            right: 0,
        }
    }
}
