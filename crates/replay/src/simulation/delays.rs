//! How long reverts take: the distribution measured on Wikipedia, as a curve to draw from.

use rand::{Rng, RngExt};

/// Seconds, and the share of reverts that came by then. Between two points the logarithm of the
/// delay is uniform. The last lies short of 48 hours, so that a tag that follows its revert is
/// within the 48 hours too.
const CURVE: [(f64, f64); 5] = [
    (10.0, 0.0),
    (1_800.0, 0.53),
    (3_600.0, 0.63),
    (86_400.0, 0.95),
    (172_500.0, 1.0),
];

/// Draws a delay in milliseconds.
pub(super) fn draw(dice: &mut impl Rng) -> i64 {
    at(dice.random::<f64>())
}

/// The delay in milliseconds within which a share of all reverts came.
fn at(share: f64) -> i64 {
    let piece = CURVE
        .windows(2)
        .find(|ends| share <= ends[1].1)
        .unwrap_or(&CURVE[CURVE.len() - 2..]);
    let [(from, low), (to, high)] = [piece[0], piece[1]];
    let part = ((share - low) / (high - low)).clamp(0.0, 1.0);
    (from * (to / from).powf(part) * 1_000.0) as i64
}

/// Draws a delay of those that take less than six hours: for answers that must follow each other
/// within two days.
pub(super) fn draw_prompt(dice: &mut impl Rng) -> i64 {
    const SIX_HOURS_MS: i64 = 6 * 3_600_000;
    let delay = draw(dice);
    if delay < SIX_HOURS_MS {
        return delay;
    }
    dice.random_range(60_000..SIX_HOURS_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_goes_through_the_measured_shares() {
        for (share, seconds) in [(0.53, 1_800), (0.63, 3_600), (0.95, 86_400), (1.0, 172_500)] {
            let drawn = at(share);
            assert!((drawn - seconds * 1_000).abs() <= 1, "{share}: {drawn} ms");
        }
        assert_eq!(at(0.0), 10_000);
        // Halfway to 30 minutes in the logarithm: the geometric mean of 10 and 1,800 seconds.
        assert!((at(0.265) - 134_164).abs() < 5, "{}", at(0.265));
    }
}
