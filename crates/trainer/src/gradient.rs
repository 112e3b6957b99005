//! First and second derivatives of the logistic loss as integers. Sums of integers do not depend on
//! the order of addition, so the model does not depend on the number of threads.
//!
//! A row's two numbers share one 64-bit word: the first derivative in the upper half, signed, the
//! second in the lower. One addition adds both; the lower half cannot overflow within [`BLOCK`]
//! rows. They are rounded up or down at random, in proportion, which leaves every sum unbiased (Shi et al.,
//! "Quantized training of gradient boosting decision trees", NeurIPS 2022, with 2 to 5 bits;
//! here 18).

use crate::binned::BinnedSet;
use crate::parallel;
use crate::random::Stream;

/// Rows whose packed numbers may be added before they must be unpacked.
pub(crate) const BLOCK: usize = 1 << 14;
const GRADIENT_MAX: f32 = (1_u32 << 17) as f32 - 2.0;
const HESSIAN_MAX: f32 = (1_u32 << 18) as f32 - 2.0;
const HALF: f32 = 0.5;

/// Sums of first and second derivatives, in steps of [`Scale`].
pub(crate) type Sums = [i64; 2];

/// Splits a word, or the sum of up to [`BLOCK`] of them, into its two sums.
#[inline(always)]
pub(crate) fn unpack(word: u64) -> Sums {
    [(word as i64) >> 32, (word & 0xffff_ffff) as i64]
}

#[inline(always)]
fn pack(gradient: i32, hessian: u32) -> u64 {
    ((i64::from(gradient) << 32) as u64).wrapping_add(u64::from(hessian))
}

/// What one step of the integers stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    weight: f32,
    /// Sizes of one step of the first and of the second derivative.
    pub steps: [f64; 2],
}

impl Scale {
    /// For rows that weigh at most `weight`: `|w (p - y)| <= w` and `w p (1 - p) <= w / 4`.
    pub fn new(weight: f32) -> Self {
        let weight64 = f64::from(weight);
        Self {
            weight,
            steps: [
                weight64 / f64::from(GRADIENT_MAX),
                weight64 / 4.0 / f64::from(HESSIAN_MAX),
            ],
        }
    }
}

/// The loss of a training set as a function of margins.
pub(crate) struct Loss<'a> {
    pub set: &'a BinnedSet,
    pub scale: Scale,
}

impl<'a> Loss<'a> {
    pub fn new(set: &'a BinnedSet) -> Self {
        Self {
            set,
            scale: Scale::new(set.max_weight()),
        }
    }

    /// Writes the packed derivatives of every row at its margin.
    pub fn derivatives(&self, margins: &[f32], random: Stream, threads: usize, out: &mut [u64]) {
        let tasks: Vec<_> = out.chunks_mut(BLOCK).enumerate().collect();
        parallel::each(threads, tasks, |(block, out)| {
            let first = block * BLOCK;
            for (row, out) in (first..).zip(out) {
                *out = self.derivative(row, margins[row], random.at(row as u64));
            }
        });
    }

    fn derivative(&self, row: usize, margin: f32, random: u64) -> u64 {
        let positive = self.set.labels()[row];
        let weight = self.set.weight(row) / self.scale.weight;
        let probability = sigmoid(margin);
        let gradient = weight * (probability - f32::from(u8::from(positive)));
        let hessian = weight * 4.0 * probability * (1.0 - probability);
        // 24 random bits for each; a float holds them exactly.
        let chance = |bits: u64| (bits & 0xff_ffff) as f32 / (1 << 24) as f32;
        let gradient = floor(gradient * GRADIENT_MAX + chance(random));
        let hessian = floor(hessian * HESSIAN_MAX + chance(random >> 24));
        pack(gradient, hessian as u32)
    }
}

/// The largest integer not above `x`, which fits 32 bits. The default target, x86-64 without SSE 4.1,
/// has no instruction for `f32::floor`.
#[inline]
fn floor(x: f32) -> i32 {
    let towards_zero = x as i32;
    towards_zero - i32::from(towards_zero as f32 > x)
}

/// The probability at a margin, with the same bits on every machine.
#[inline]
pub(crate) fn sigmoid(margin: f32) -> f32 {
    // Computed for the negative side and mirrored, so that the exponential cannot overflow.
    let small = libm::expf(-margin.abs());
    let low = small / (1.0 + small);
    if margin < 0.0 {
        low
    } else {
        HALF + (HALF - low)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::edges::BinEdges;

    #[test]
    fn a_block_of_the_largest_words_unpacks_to_its_sums() {
        let (gradient, hessian) = (GRADIENT_MAX as i64 + 1, HESSIAN_MAX as i64 + 1);
        for sign in [-1, 1] {
            let word = pack((sign * gradient) as i32, hessian as u32);
            let sum = (0..BLOCK).fold(0_u64, |sum, _| sum.wrapping_add(word));
            let rows = BLOCK as i64;
            assert_eq!(unpack(sum), [sign * gradient * rows, hessian * rows]);
        }
    }

    #[test]
    fn a_derivative_stays_in_its_half_of_the_word() {
        let edges = BinEdges::new(vec!["a".to_owned()], vec![vec![]]);
        let mut set = BinnedSet::new(edges);
        set.push_weighted(&[0.0; 4], &[0.0, 1.0, 0.0, 1.0], &[3.0, 6.0, 0.1, 0.0])
            .unwrap();
        let loss = Loss::new(&set);
        for (row, weight) in [3.0, 6.0, 0.1, 0.0].into_iter().enumerate() {
            for margin in [-80.0, -1.5, 0.0, 1e-3, 2.0, 80.0] {
                let probability = 1.0 / (1.0 + (-f64::from(margin)).exp());
                let label = f64::from((row % 2) as u8);
                let exact = [
                    weight * (probability - label),
                    weight * probability * (1.0 - probability),
                ];
                for random in [0, u64::MAX, 1 << 23] {
                    let word = loss.derivative(row, margin, random);
                    for (n, steps) in unpack(word).into_iter().enumerate() {
                        let off = steps as f64 - exact[n] / loss.scale.steps[n];
                        assert!(off.abs() < 1.1, "row {row}, margin {margin}: {off}");
                    }
                    assert!(unpack(word)[0].abs() <= GRADIENT_MAX as i64 + 1);
                    assert!((0..=HESSIAN_MAX as i64 + 1).contains(&unpack(word)[1]));
                }
            }
        }
    }

    #[test]
    fn rounding_is_unbiased() {
        let edges = BinEdges::new(vec!["a".to_owned()], vec![vec![]]);
        let mut set = BinnedSet::new(edges);
        set.push(&[0.0; 2], &[0.0, 1.0]).unwrap();
        let loss = Loss::new(&set);
        let (seed, draws) = (3, 100_000);
        let random = Stream::new(seed, crate::random::Purpose::Rounding, 0);
        let words = (0..draws).map(|n| unpack(loss.derivative(0, -7.3, random.at(n))));
        let sums = words.fold([0; 2], |sum, [g, h]: Sums| [sum[0] + g, sum[1] + h]);
        let probability = 1.0 / (1.0 + 7.3_f64.exp());
        let exact = [probability, probability * (1.0 - probability)];
        for n in 0..2 {
            let mean = sums[n] as f64 / draws as f64;
            let off = mean - exact[n] / loss.scale.steps[n];
            assert!(off.abs() < 0.01, "seed {seed}: {off}");
        }
    }

    proptest! {
        #[test]
        fn a_sigmoid_is_a_probability_and_grows(a in -200.0_f32..200.0, b in -200.0_f32..200.0) {
            let (low, high) = (sigmoid(a.min(b)), sigmoid(a.max(b)));
            prop_assert!((0.0..=1.0).contains(&low) && low <= high && high <= 1.0);
            let exact = 1.0 / (1.0 + (-f64::from(a)).exp());
            prop_assert!((f64::from(sigmoid(a)) - exact).abs() < 1e-7);
        }
    }
}
