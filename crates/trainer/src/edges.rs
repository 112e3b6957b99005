//! Where each feature is cut into bins. An edge is a possible threshold of the model: a value lies
//! left of it if `value < edge` as 32-bit floats, the comparison that an evaluation of the model
//! makes. Edges are quantiles of a sample, which the sampler draws.

use std::sync::Arc;

/// The byte of a missing value; the bins of values are 0 to 254.
pub(crate) const MISSING: u8 = 255;
/// The most bins of values a feature can have.
pub(crate) const MAX_BINS: usize = MISSING as usize;

/// Names of the features and their bins, shared by the training and the validation set of a model.
/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct BinEdges(Arc<Features>);

#[derive(Debug, PartialEq)]
struct Features {
    names: Vec<String>,
    /// Ascending and finite, at most 254 for each feature.
    edges: Vec<Vec<f32>>,
}

impl PartialEq for BinEdges {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl BinEdges {
    pub(crate) fn new(names: Vec<String>, edges: Vec<Vec<f32>>) -> Self {
        debug_assert_eq!(names.len(), edges.len());
        Self(Arc::new(Features { names, edges }))
    }

    /// Names of the features, in the order of a row.
    pub fn feature_names(&self) -> &[String] {
        &self.0.names
    }

    /// How many values a row has.
    pub fn num_features(&self) -> usize {
        self.0.names.len()
    }

    /// The edges of a feature, ascending and finite: bin `b` holds the values from `edges[b - 1]`,
    /// inclusive, to `edges[b]`, exclusive.
    ///
    /// # Panics
    /// If there is no such feature.
    pub fn edges(&self, feature: usize) -> &[f32] {
        &self.0.edges[feature]
    }

    /// The bin of a value; NaN is a missing value, infinities are values like any other.
    pub(crate) fn bin(&self, feature: usize, value: f32) -> u8 {
        if value.is_nan() {
            MISSING
        } else {
            self.0.edges[feature].partition_point(|&edge| edge <= value) as u8
        }
    }
}

/// Cuts one feature into at most `max_bins` bins of about the same number of `values`, none of
/// which is NaN. Values that appear often get a bin of their own. If the sample has missing values
/// (`missing`), the lowest bin is kept free of finite values, so that a split can separate the
/// missing values from all others.
pub(crate) fn cut(mut values: Vec<f32>, missing: bool, max_bins: usize) -> Vec<f32> {
    values.sort_unstable_by(f32::total_cmp);
    // 0.0 and -0.0 are equal and end up in one group.
    let groups: Vec<(f32, usize)> = values
        .chunk_by(|a, b| a == b)
        .map(|group| (group[0], group.len()))
        .collect();
    let mut edges = Vec::new();
    let free = missing && groups.iter().any(|&(value, _)| value > f32::MIN);
    if free {
        edges.push(f32::MIN);
    }
    for after in quantiles(&groups, max_bins - usize::from(free)) {
        let edge = between(groups[after].0, groups[after + 1].0);
        // There is no edge between the largest finite value and infinity.
        if let Some(edge) = edge
            && edges.last().is_none_or(|&last| last < edge)
        {
            edges.push(edge);
        }
    }
    edges
}

/// After which groups of equal values a bin ends; at most `max_bins - 1` of them. A group that
/// alone fills a bin gets one; the others share what is left evenly.
fn quantiles(groups: &[(f32, usize)], max_bins: usize) -> Vec<usize> {
    let last = groups.len().saturating_sub(1);
    if groups.len() <= max_bins {
        return (0..last).collect();
    }
    let total: usize = groups.iter().map(|group| group.1).sum();
    let fills = |count: usize| count * max_bins >= total;
    let big = groups.iter().filter(|group| fills(group.1)).count();
    let mut rest: usize = groups.iter().map(|g| g.1).filter(|&n| !fills(n)).sum();
    let mut bins_left = max_bins - big;
    let mut ends = Vec::with_capacity(max_bins);
    let mut held = 0;
    for (at, &(_, count)) in groups[..last].iter().enumerate() {
        if ends.len() + 1 == max_bins {
            break;
        }
        let (alone, next_alone) = (fills(count), fills(groups[at + 1].1));
        if !alone {
            held += count;
        }
        let mean = rest as f64 / bins_left.max(1) as f64;
        let full = held as f64 >= mean;
        if alone || full || (next_alone && held as f64 >= mean / 2.0) {
            ends.push(at);
            if !alone {
                bins_left = bins_left.saturating_sub(1);
            }
            rest -= held;
            held = 0;
        }
    }
    ends
}

/// A finite edge above `low` and at most `high`, halfway if there is room.
fn between(low: f32, high: f32) -> Option<f32> {
    let middle = ((f64::from(low) + f64::from(high)) / 2.0) as f32;
    // Halfway to an infinity is that infinity. Adding 0.0 turns -0.0 into 0.0.
    let middle = middle.clamp(f32::MIN, f32::MAX) + 0.0;
    let edge = if middle > low { middle } else { high + 0.0 };
    (low < edge && edge <= high && edge.is_finite()).then_some(edge)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INF: f32 = f32::INFINITY;

    #[test]
    fn few_values_get_a_bin_each() {
        for (values, missing, expected) in [
            (&[3.0, 1.0, 1.0, 2.0][..], false, &[1.5, 2.5][..]),
            (&[3.0, 1.0], true, &[f32::MIN, 2.0]),
            (&[5.0, 5.0], false, &[]),
            (&[5.0], true, &[f32::MIN]),
            (&[], true, &[]),
            (&[0.0, -0.0], false, &[]),
            (&[-1e-45, 0.0], false, &[0.0]),
            (&[1.0, 1.0_f32.next_up()], false, &[1.0_f32.next_up()]),
            (&[-INF, 1.0, INF], false, &[f32::MIN, f32::MAX]),
            (&[-INF, f32::MIN], true, &[f32::MIN]),
            (&[-INF], true, &[]),
            // No finite edge lies above the largest finite value.
            (&[f32::MAX, INF], false, &[]),
            (&[f32::MIN, f32::MAX], false, &[0.0]),
        ] {
            let edges = cut(values.to_vec(), missing, MAX_BINS);
            assert_eq!(edges, expected, "{values:?}, missing: {missing}");
            assert!(edges.iter().all(|e| e.to_bits() != (-0.0_f32).to_bits()));
        }
    }

    #[test]
    fn many_values_fill_bins_evenly_and_frequent_ones_get_their_own() {
        // 10,000 different values, and one value in the middle 5,000 times.
        let spread = (0..10_000).map(|n| n as f32);
        let heavy = std::iter::repeat_n(6000.5, 5000);
        let values: Vec<f32> = spread.chain(heavy).collect();
        for max_bins in [2, 3, 10, 100, MAX_BINS] {
            let edges = cut(values.clone(), false, max_bins);
            assert!(edges.len() < max_bins, "{max_bins}: {}", edges.len());
            assert!(
                edges.len() * 10 >= max_bins * 5,
                "{max_bins}: {}",
                edges.len()
            );
            let mut counts = vec![0; edges.len() + 1];
            for value in &values {
                counts[edges.partition_point(|edge| edge <= value)] += 1;
            }
            if max_bins >= 10 {
                let even = 10_000 / (max_bins - 1);
                let heavy = edges.partition_point(|&edge| edge <= 6000.5);
                assert!(counts.remove(heavy) <= 5000 + even / 2, "{max_bins}");
                assert!(
                    counts.iter().all(|&n| n <= 2 * even),
                    "{max_bins}: {counts:?}"
                );
            }
        }
    }

    #[test]
    fn a_value_on_an_edge_lies_right_of_it() {
        let edges = BinEdges::new(vec!["a".to_owned()], vec![vec![-1.0, 0.0, 2.0]]);
        for (value, bin) in [
            (-INF, 0),
            ((-1.0_f32).next_down(), 0),
            (-1.0, 1),
            (-0.0, 2),
            (0.0, 2),
            (2.0_f32.next_down(), 2),
            (2.0, 3),
            (INF, 3),
            (f32::NAN, MISSING),
        ] {
            assert_eq!(edges.bin(0, value), bin, "{value}");
        }
    }
}
