//! Seeded chance: every decision follows from the seed, the connection's number and the event's
//! position, so that a seed brings back a failure whatever the timing was.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::ops::RangeInclusive;

use super::faults::{Fault, Faults};

/// Random words that one position may use; the next position's begin there.
const WORDS_PER_POSITION: u128 = 64;

/// A run of decisions, one for each position. Connections are numbered from 1; 0 is what is
/// decided once, when the recording is loaded.
#[derive(Debug)]
pub(super) struct Chance {
    rng: ChaCha8Rng,
}

impl Chance {
    pub(super) fn new(seed: u64, connection: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(connection);
        Self { rng }
    }

    /// Turns to a position: what is drawn next depends on nothing drawn before.
    pub(super) fn turn_to(&mut self, position: u64) {
        self.rng
            .set_word_pos(u128::from(position) * WORDS_PER_POSITION);
    }

    /// Whether the fault happens this time.
    pub(super) fn strikes(&mut self, faults: &Faults, fault: Fault) -> bool {
        // Drawn even at probability 0: one fault more or less must not move the others.
        self.rng.random::<f64>() < faults.probability(fault)
    }

    pub(super) fn within(&mut self, range: RangeInclusive<u64>) -> u64 {
        self.rng.random_range(range)
    }

    /// A generator for as many random bytes as needed, decided here.
    pub(super) fn offshoot(&mut self) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(self.rng.random())
    }
}
