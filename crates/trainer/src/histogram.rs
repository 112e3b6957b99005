//! Sums of derivatives by bin, for each feature of a node. The hottest loop of a training: it
//! adds a row's packed derivatives to one place of each feature.

use std::sync::{Mutex, PoisonError};

use crate::binned::{LANES, Lanes};
use crate::gradient::{BLOCK, Sums, unpack};
use crate::parallel;

/// Values of a byte: 255 bins and one for missing values.
pub(crate) const PLACES: usize = 256;

/// The sums of one feature by bin.
pub(crate) type FeatureSums = [Sums; PLACES];

/// The sums of every feature, in rows of [`LANES`] features.
pub(crate) type Histogram = Vec<FeatureSums>;

/// A histogram of zeros.
pub(crate) fn empty(groups: usize) -> Histogram {
    vec![[[0; 2]; PLACES]; groups * LANES]
}

/// The rows that histograms are made from, with their derivatives.
#[derive(Clone, Copy)]
pub(crate) struct RowSource<'a> {
    pub groups: &'a [Vec<Lanes>],
    /// Features in the last group; the others are full.
    pub last_lanes: usize,
    /// Packed derivatives by row.
    pub derivatives: &'a [u64],
    pub threads: usize,
}

impl RowSource<'_> {
    /// Adds rows to histograms, each with the rows of its node.
    pub fn add(&self, nodes: Vec<(&[u32], &mut Histogram)>) {
        type Locked<'a> = Mutex<&'a mut [FeatureSums]>;
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

/// Takes one child's sums off the parent's, which leaves those of the other child.
pub(crate) fn subtract(parent: &mut Histogram, child: &Histogram) {
    for (parent, child) in parent.iter_mut().zip(child) {
        for (parent, child) in parent.iter_mut().zip(child) {
            parent[0] -= child[0];
            parent[1] -= child[1];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Stream};

    #[test]
    fn every_row_is_counted_once_in_each_column_over_blocks_groups_and_threads() {
        let (seed, rows) = (12, 3 * BLOCK + 77);
        let random = Stream::new(seed, Purpose::Rows, 0);
        for features in [1, 3, 8, 11, 16] {
            let groups = random_groups(features, rows, random);
            // Both halves of a word, large enough to carry if they could.
            let word = |row: usize| {
                let bits = random.at(row as u64);
                let gradient = i64::from((bits & 0x3_ffff) as i32 - (1 << 17));
                ((gradient << 32) as u64).wrapping_add(bits >> 46)
            };
            let derivatives: Vec<u64> = (0..rows).map(word).collect();
            let odd: Vec<u32> = (0..rows as u32).filter(|row| row % 2 == 1).collect();
            let all: Vec<u32> = (0..rows as u32).collect();
            for threads in [1, 3] {
                let source = RowSource {
                    groups: &groups,
                    last_lanes: (features - 1) % LANES + 1,
                    derivatives: &derivatives,
                    threads,
                };
                let (mut of_all, mut of_odd) = (empty(groups.len()), empty(groups.len()));
                source.add(vec![(&all, &mut of_all), (&odd, &mut of_odd)]);
                subtract(&mut of_all, &of_odd);
                for feature in 0..features {
                    let mut even = [[0; 2]; PLACES];
                    for row in (0..rows).step_by(2) {
                        let bin = groups[feature / LANES][row][feature % LANES];
                        let [gradient, hessian] = unpack(derivatives[row]);
                        even[usize::from(bin)][0] += gradient;
                        even[usize::from(bin)][1] += hessian;
                    }
                    assert!(
                        of_all[feature] == even,
                        "feature {feature} of {features}, seed {seed}"
                    );
                }
            }
        }
    }

    fn random_groups(features: usize, rows: usize, random: Stream) -> Vec<Vec<Lanes>> {
        let lanes = |group: usize, row: usize| random.at((group * rows + row) as u64).to_le_bytes();
        (0..features.div_ceil(LANES))
            .map(|group| (0..rows).map(|row| lanes(group, row)).collect())
            .collect()
    }
}
