//! When a label may be used, and the measured delays of reverts that this rests on.

use serde::{Deserialize, Serialize};

/// How long an edit must stand before it counts as good: 48 hours, in milliseconds of stream time.
pub const MATURITY_MS: i64 = 48 * 3_600_000;

/// Minutes with a count of their own; all later reverts share one count.
const MINUTES: usize = 48 * 60;

/// A histogram of the delays of reverts, by minute up to 48 hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaturityCurve {
    /// Reverts in each minute; the last element counts the later ones.
    minutes: Vec<u64>,
}

impl Default for MaturityCurve {
    fn default() -> Self {
        Self {
            minutes: vec![0; MINUTES + 1],
        }
    }
}

/// The curve in a few numbers, for cards and reports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MaturitySummary {
    pub reverts: u64,
    /// Median delay in seconds, rounded up to a minute; `None` without reverts or beyond 48 hours.
    pub median_seconds: Option<i64>,
    /// The 90th percentile, as the median.
    pub p90_seconds: Option<i64>,
    /// The 99th percentile, as the median.
    pub p99_seconds: Option<i64>,
    /// Seconds, and the share of reverts within them, for 5 and 30 minutes, 1, 6 and 24 hours.
    pub within: Vec<(i64, f64)>,
}

impl MaturityCurve {
    /// Counts a revert; a negative delay counts as 0.
    pub fn add(&mut self, delay_seconds: i64) {
        let minute = usize::try_from(delay_seconds.max(0) / 60).unwrap_or(usize::MAX);
        let count = &mut self.minutes[minute.min(MINUTES)];
        *count = count.saturating_add(1);
    }

    /// Number of reverts counted, including those after 48 hours.
    pub fn reverts(&self) -> u64 {
        self.minutes.iter().fold(0, |sum, n| sum.saturating_add(*n))
    }

    /// Share of the reverts within `seconds`, rounded down to a minute; 0 without reverts.
    fn share_within(&self, seconds: i64) -> f64 {
        let minutes = usize::try_from(seconds.max(0) / 60).unwrap_or(usize::MAX);
        let within: u64 = self.minutes.iter().take(minutes).sum();
        match self.reverts() {
            0 => 0.0,
            all => within as f64 / all as f64,
        }
    }

    /// The delay within which a share `q` (0 to 1) of the reverts came, in seconds and rounded up to
    /// a minute. `None` without reverts, or if it is beyond 48 hours.
    pub fn quantile(&self, q: f64) -> Option<i64> {
        let all = self.reverts();
        let wanted = (q.clamp(0.0, 1.0) * all as f64).ceil().max(1.0) as u64;
        let mut seen = 0_u64;
        for (minute, count) in self.minutes[..MINUTES].iter().enumerate() {
            seen = seen.saturating_add(*count);
            if all > 0 && seen >= wanted {
                return i64::try_from((minute + 1) * 60).ok();
            }
        }
        None
    }

    pub fn summary(&self) -> MaturitySummary {
        MaturitySummary {
            reverts: self.reverts(),
            median_seconds: self.quantile(0.5),
            p90_seconds: self.quantile(0.9),
            p99_seconds: self.quantile(0.99),
            within: [300, 1_800, 3_600, 21_600, 86_400]
                .map(|seconds| (seconds, self.share_within(seconds)))
                .to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_and_shares_are_those_of_the_delays() {
        let mut curve = MaturityCurve::default();
        assert_eq!(
            (curve.quantile(0.5), curve.share_within(3_600)),
            (None, 0.0)
        );
        for delay in [-5, 59, 60, 119, 1_799, 3_600, 90_000, 200_000] {
            curve.add(delay);
        }
        assert_eq!(curve.reverts(), 8);
        assert_eq!(curve.quantile(0.25), Some(60));
        assert_eq!(curve.quantile(0.5), Some(120));
        assert_eq!(curve.quantile(0.625), Some(1_800));
        assert_eq!(curve.quantile(1.0), None);
        assert_eq!(curve.share_within(1_800), 5.0 / 8.0);
        assert_eq!(curve.summary().median_seconds, Some(120));
    }
}
