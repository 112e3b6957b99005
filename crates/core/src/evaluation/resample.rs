//! Bootstrap intervals: rows, or clusters of rows, are drawn with replacement, with the same draws for
//! every scoring of the rows, so that two scorings can be compared pair by pair.
//!
//! Draws are not stratified: the number of reverted edits in the feed is random too, and an interval
//! for a fixed number would be too narrow. Draws without rows of both kinds are repeated.

use super::error::EvaluationError;
use super::measure::{self, Counts, FIGURES, Ranked, Values};
use super::outcomes::{Outcomes, check_scores};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Deserializer, Serialize};

/// The ends of an interval of 95 %.
const TAILS: [f64; 2] = [0.025, 0.975];

/// The number of resamples and the seed of their draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resampling {
    /// At least 1; the default is 1,000.
    pub resamples: u32,
    /// The same seed gives the same intervals.
    pub seed: u64,
}

impl Default for Resampling {
    fn default() -> Self {
        Self {
            resamples: 1000,
            seed: 20_261_122,
        }
    }
}

/// A figure and its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The figure over all rows.
    pub value: f64,
    /// The lower end of the interval; absent in older cards, as `high`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
}

impl<'de> Deserialize<'de> for Estimate {
    /// Older cards give some figures as a bare number.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Bare(f64),
            Full {
                value: f64,
                #[serde(default)]
                low: Option<f64>,
                #[serde(default)]
                high: Option<f64>,
            },
        }
        Ok(match Form::deserialize(deserializer)? {
            Form::Bare(value) => Self {
                value,
                low: None,
                high: None,
            },
            Form::Full { value, low, high } => Self { value, low, high },
        })
    }
}

impl Estimate {
    /// The percentiles of draws, as NumPy's `percentile` interpolates them.
    fn from_draws(value: f64, draws: &mut [f64]) -> Self {
        draws.sort_by(f64::total_cmp);
        let [low, high] = TAILS.map(|share| rounded(quantile(draws, share)));
        Self {
            value: rounded(value),
            low: Some(low),
            high: Some(high),
        }
    }
}

/// Cards have six digits, as more would suggest a precision that is not there.
pub(super) fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// A quantile of sorted values, linear between two of them; NaN without values.
pub(super) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let place = share * last as f64;
    let below = (place.floor() as usize).min(last);
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}

/// Scorings of the same rows, at least one.
pub(super) struct Scorings {
    number_of_units: usize,
    first: Ranked,
    others: Vec<Ranked>,
}

impl Scorings {
    /// Checks all columns and sorts each scoring; scores must be probabilities.
    pub fn new(
        outcomes: &Outcomes<'_>,
        first: &[f64],
        others: &[&[f64]],
    ) -> Result<Self, EvaluationError> {
        outcomes.check()?;
        let rows = outcomes.labels.len();
        check_scores(rows, first)?;
        let order = measure::order(first);
        let (units, number_of_units) = measure::units(outcomes, &order)?;
        let first = Ranked::new(outcomes, &units, &order, first);
        let others = others
            .iter()
            .map(|scores| {
                check_scores(rows, scores)?;
                let order = measure::order(scores);
                Ok(Ranked::new(outcomes, &units, &order, scores))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            number_of_units,
            first,
            others,
        })
    }

    /// The figures of each scoring with each row counted once.
    pub fn values(&self) -> Vec<Values> {
        let mut counts = Counts {
            of_unit: vec![1; self.number_of_units],
            ..Counts::default()
        };
        self.first.weigh(&mut counts);
        self.measured(&counts)
    }

    fn measured(&self, counts: &Counts) -> Vec<Values> {
        let others = self.others.iter();
        std::iter::once(&self.first)
            .chain(others)
            .map(|ranked| ranked.measure(counts))
            .collect()
    }

    /// Calls `each` with the figures of each scoring on every resample.
    pub fn resample(
        &self,
        resampling: Resampling,
        mut each: impl FnMut(Vec<Values>),
    ) -> Result<(), EvaluationError> {
        if resampling.resamples == 0 {
            return Err(EvaluationError::NoResamples);
        }
        let mut rng = ChaCha8Rng::seed_from_u64(resampling.seed);
        let mut counts = Counts {
            of_unit: vec![0; self.number_of_units],
            ..Counts::default()
        };
        let mut done = 0;
        while done < resampling.resamples {
            self.draw(&mut rng, &mut counts);
            if counts.damage > 0.0 && counts.rest > 0.0 {
                each(self.measured(&counts));
                done += 1;
            }
        }
        Ok(())
    }

    fn draw(&self, rng: &mut ChaCha8Rng, counts: &mut Counts) {
        counts.of_unit.fill(0);
        for _ in 0..self.number_of_units {
            // The bias is one part in 2^32 / units, far below the width of an interval.
            let unit = (u64::from(rng.next_u32()) * self.number_of_units as u64) >> 32;
            let count = &mut counts.of_unit[unit as usize];
            *count = count.saturating_add(1);
        }
        self.first.weigh(counts);
    }

    /// The figures of each scoring with their intervals.
    pub fn estimates(
        &self,
        resampling: Resampling,
    ) -> Result<Vec<[Estimate; FIGURES]>, EvaluationError> {
        let mut draws = vec![<[Vec<f64>; FIGURES]>::default(); 1 + self.others.len()];
        self.resample(resampling, |values| {
            for (draws, values) in draws.iter_mut().zip(values) {
                for (draws, value) in draws.iter_mut().zip(values) {
                    draws.push(value);
                }
            }
        })?;
        let of = |(values, mut draws): (Values, [Vec<f64>; FIGURES])| {
            std::array::from_fn(|at| Estimate::from_draws(values[at], &mut draws[at]))
        };
        Ok(self.values().into_iter().zip(draws).map(of).collect())
    }

    /// The figures of the first scoring less those of the second, over the same draws.
    pub fn difference(
        &self,
        resampling: Resampling,
    ) -> Result<[Estimate; FIGURES], EvaluationError> {
        let less = |values: &[Values]| -> Values {
            std::array::from_fn(|at| values[0][at] - values[1][at])
        };
        let mut draws = <[Vec<f64>; FIGURES]>::default();
        self.resample(resampling, |values| {
            for (draws, value) in draws.iter_mut().zip(less(&values)) {
                draws.push(value);
            }
        })?;
        let values = less(&self.values());
        Ok(std::array::from_fn(|at| {
            Estimate::from_draws(values[at], &mut draws[at])
        }))
    }
}
