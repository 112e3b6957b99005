//! Figures, intervals and decisions: against other implementations, and by their properties.

mod calibrating;
mod cards;
mod drifting;
mod figures;
mod promoting;
mod slices;

use crate::user::UserType;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Random edits, a share of them damage, with a latent risk that models see with noise.
pub(super) struct Feed {
    pub labels: Vec<bool>,
    pub user_types: Vec<UserType>,
    /// All of one wiki.
    pub wikis: Vec<&'static str>,
    risk: Vec<f64>,
    rng: ChaCha8Rng,
}

impl Feed {
    pub fn new(seed: u64, rows: usize, share: f64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let offset = (share / (1.0 - share)).ln() - 1.0;
        let risk: Vec<f64> = (0..rows).map(|_| offset + 2.0 * normal(&mut rng)).collect();
        let labels = risk.iter().map(|z| rng.random_bool(sigmoid(*z))).collect();
        let user_types = (0..rows)
            .map(|_| match rng.random_range(0..10) {
                0..4 => UserType::Anonymous,
                _ => UserType::Registered,
            })
            .collect();
        Self {
            labels,
            user_types,
            wikis: vec!["enwiki"; rows],
            risk,
            rng,
        }
    }

    /// Scores of a model that sees the risk with normal noise of this standard deviation.
    pub fn model(&mut self, noise: f64) -> Vec<f64> {
        let rng = &mut self.rng;
        let seen = |z: &f64| sigmoid(z + noise * normal(rng));
        self.risk.iter().map(seen).collect()
    }
}

pub(super) fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// A draw from the standard normal distribution, by Box and Muller.
pub(super) fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let (a, b): (f64, f64) = (rng.random(), rng.random());
    (-2.0 * (1.0 - a).ln()).sqrt() * (std::f64::consts::TAU * b).cos()
}

/// The content of a file of the repository.
pub(super) fn file(path: &str) -> Vec<u8> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    std::fs::read(format!("{root}/{path}")).unwrap_or_else(|e| panic!("{path}: {e}"))
}
