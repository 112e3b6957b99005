//! Random numbers as a function of a seed, a purpose and a position. There is no state, so they
//! depend neither on the order nor on the thread in which they are drawn.

/// What a number is drawn for: each purpose has its own numbers for the same position.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Sample = 1,
    Rows,
    Columns,
    Rounding,
}

/// The numbers of one seed, purpose and tree, by position.
#[derive(Clone, Copy)]
pub(crate) struct Stream(u64);

impl Stream {
    /// `tree` is the number of the tree; each gets numbers of its own.
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
