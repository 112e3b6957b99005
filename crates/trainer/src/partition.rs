//! Partitions the rows of a node into those of its two children, in order and in place.

use crate::binned::{LANES, Lanes};
use crate::tree::NodeSplit;

/// Moves the rows that go left to the front and returns how many there are. Both parts keep
/// their order: rows are read front to back later. `spare` is as long as `rows`.
pub(crate) fn part(
    rows: &mut [u32],
    spare: &mut [u32],
    groups: &[Vec<Lanes>],
    split: &NodeSplit,
) -> usize {
    let group = &groups[split.feature as usize / LANES][..];
    let lane = split.feature as usize % LANES;
    let side: [u8; 256] = std::array::from_fn(|bin| u8::from(split.goes_left(bin as u8)));
    let (mut left, mut right) = (0, 0);
    for at in 0..rows.len() {
        // Written to both sides, counted on one: no branch to mispredict.
        let row = rows[at];
        let goes_left = usize::from(side[usize::from(group[row as usize][lane])]);
        rows[left] = row;
        spare[right] = row;
        left += goes_left;
        right += 1 - goes_left;
    }
    rows[left..].copy_from_slice(&spare[..right]);
    left
}
