//! Sums of derivatives by bin, for each feature of a node. The hottest loop of a training: it
//! adds a row's packed derivatives to one place of each feature.

use std::sync::{Mutex, PoisonError};

use crate::dataset::{LANES, Lanes};
use crate::gradient::{BLOCK, Sums, unpack};
use crate::parallel;

/// Values of a byte: the bins, and the missing values.
pub(crate) const PLACES: usize = 256;

/// The sums of one feature by bin.
pub(crate) type Column = [Sums; PLACES];

/// The sums of every feature, in rows of [`LANES`] features.
pub(crate) type Histogram = Vec<Column>;

/// A histogram of zeros.
pub(crate) fn empty(groups: usize) -> Histogram {
    vec![[[0; 2]; PLACES]; groups * LANES]
}

/// What of a set histograms are made of.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub groups: &'a [Vec<Lanes>],
    /// Features in the last group; the others are full.
    pub last_lanes: usize,
    /// Packed derivatives by row.
    pub derivatives: &'a [u64],
    pub threads: usize,
}

impl Source<'_> {
    /// Adds rows to histograms, each with the rows of its node.
    pub fn add(&self, nodes: Vec<(&[u32], &mut Histogram)>) {
        type Locked<'a> = Mutex<&'a mut [Column]>;
        let mut tasks = Vec::new();
        let columns: Vec<(&[u32], Vec<Locked<'_>>)> = nodes
            .into_iter()
            .map(|(rows, histogram)| (rows, histogram.chunks_mut(LANES).map(Mutex::new).collect()))
            .collect();
        for (rows, groups) in &columns {
            for block in rows.chunks(BLOCK) {
                for (number, out) in groups.iter().enumerate() {
                    tasks.push((block, number, out));
                }
            }
        }
        parallel::each(self.threads, tasks, |(block, number, out)| {
            let mut packed = [[0; PLACES]; LANES];
            self.add_block(block, number, &mut packed);
            // Threads that work on the same node add one after the other, in any order: the
            // numbers are whole.
            let mut out = out.lock().unwrap_or_else(PoisonError::into_inner);
            for (out, packed) in out.iter_mut().zip(&packed) {
                for (out, &word) in out.iter_mut().zip(packed) {
                    let [gradient, hessian] = unpack(word);
                    out[0] += gradient;
                    out[1] += hessian;
                }
            }
        });
    }

    fn add_block(&self, rows: &[u32], number: usize, packed: &mut [[u64; PLACES]; LANES]) {
        let group = &self.groups[number][..];
        let last = number + 1 == self.groups.len();
        // The number of features is known to the compiler in each of these loops.
        let add = match if last { self.last_lanes } else { LANES } {
            1 => add_rows::<1>,
            2 => add_rows::<2>,
            3 => add_rows::<3>,
            4 => add_rows::<4>,
            5 => add_rows::<5>,
            6 => add_rows::<6>,
            7 => add_rows::<7>,
            _ => add_rows::<8>,
        };
        add(rows, group, self.derivatives, packed);
    }
}

fn add_rows<const USED: usize>(
    rows: &[u32],
    group: &[Lanes],
    derivatives: &[u64],
    packed: &mut [[u64; PLACES]; LANES],
) {
    // One check per row covers both arrays; a byte cannot miss the places of a column.
    let derivatives = &derivatives[..group.len()];
    for &row in rows {
        let row = row as usize;
        let lanes = &group[row];
        let word = derivatives[row];
        for lane in 0..USED {
            let place = &mut packed[lane][usize::from(lanes[lane])];
            *place = place.wrapping_add(word);
        }
    }
}

/// What is left of a parent's histogram without one child's: the other child's.
pub(crate) fn subtract(parent: &mut Histogram, child: &Histogram) {
    for (parent, child) in parent.iter_mut().zip(child) {
        for (parent, child) in parent.iter_mut().zip(child) {
            parent[0] -= child[0];
            parent[1] -= child[1];
        }
    }
}
