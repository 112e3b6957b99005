//! Random numbers that are a function of what they are for: of a seed, a purpose and a position.
//! No state, so they do not depend on the order or the thread in which they are asked for.

/// What a number is drawn for; the same position gives unrelated numbers for each.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Sample = 1,
    Rows,
    Columns,
    Rounding,
}

/// A stream of numbers by position.
#[derive(Clone, Copy)]
pub(crate) struct Stream(u64);

impl Stream {
    /// `tree` tells the trees of one training apart.
    pub fn new(seed: u64, purpose: Purpose, tree: usize) -> Self {
        Self(mix(mix(seed ^ mix(purpose as u64)) ^ tree as u64))
    }

    /// 64 random bits at a position.
    #[inline(always)]
    pub fn at(self, position: u64) -> u64 {
        mix(self.0.wrapping_add(position.wrapping_mul(GAMMA)))
    }
}

/// The increment of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number
/// generators", 2014), 2^64 divided by the golden ratio.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// The finalizer of SplitMix64: a permutation of 64-bit numbers whose output looks random.
#[inline(always)]
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(GAMMA);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
