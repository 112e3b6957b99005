//! Gauss-Legendre points and weights on the interval 0 to 1: n points integrate a polynomial of degree
//! 2n-1 exactly. Computed once per model.

use std::f64::consts::PI;

/// A rule of `POINTS` points.
pub(super) struct Quadrature<const POINTS: usize> {
    points: [f64; POINTS],
    /// `1 - point` for each point, computed without cancellation.
    rests: [f64; POINTS],
    pub weights: [f64; POINTS],
}

impl<const POINTS: usize> Quadrature<POINTS> {
    /// The roots of Legendre's polynomial, by Newton's method from Chebyshev's points (Press et
    /// al., Numerical Recipes, 3rd ed., §4.6). `libm` gives the same digits on every machine.
    pub fn new() -> Self {
        let mut rule = Self {
            points: [0.0; POINTS],
            rests: [0.0; POINTS],
            weights: [0.0; POINTS],
        };
        for at in 0..POINTS {
            let mut x = libm::cos(PI * (at as f64 + 0.75) / (POINTS as f64 + 0.5));
            // Convergence is quadratic from a close start: the last steps change nothing.
            for _ in 0..8 {
                let (value, slope) = legendre(POINTS, x);
                x -= value / slope;
            }
            let (_, slope) = legendre(POINTS, x);
            rule.points[at] = (1.0 - x) / 2.0;
            rule.rests[at] = (1.0 + x) / 2.0;
            rule.weights[at] = 1.0 / ((1.0 - x * x) * slope * slope);
        }
        rule
    }

    /// `hot · t + share · (1 - t)` at each point t.
    #[inline(always)]
    pub fn factor(&self, hot: bool, share: f64) -> [f64; POINTS] {
        let hot = f64::from(u8::from(hot));
        std::array::from_fn(|at| hot * self.points[at] + share * self.rests[at])
    }
}

/// The value and the derivative at x of the Legendre polynomial of a degree.
fn legendre(degree: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (0.0, 1.0);
    for n in 0..degree {
        let n = n as f64;
        (before, value) = (
            value,
            ((2.0 * n + 1.0) * x * value - n * before) / (n + 1.0),
        );
    }
    let slope = degree as f64 * (x * value - before) / (x * x - 1.0);
    (value, slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integrates<const POINTS: usize>() {
        let rule = Quadrature::<POINTS>::new();
        for degree in 0..2 * POINTS as i32 {
            let sum: f64 = (0..POINTS)
                .map(|at| rule.weights[at] * rule.points[at].powi(degree))
                .sum();
            let exact = 1.0 / f64::from(degree + 1);
            assert!(
                (sum - exact).abs() < 1e-14,
                "{POINTS} points, degree {degree}: {sum}, not {exact}"
            );
        }
    }

    #[test]
    fn points_integrate_powers_up_to_twice_their_number() {
        integrates::<4>();
        integrates::<8>();
        integrates::<16>();
        integrates::<32>();
    }
}
