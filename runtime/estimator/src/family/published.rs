//! The published default F(x) = a - b^(c - x), fitted exactly: no start value, no limit of evaluations.
//!
//! With r = 1/b in [0, 1] and K = b^c >= 1 it is a - K r^x: a box least squares in (a, K) for each r, and a global
//! search over r. The published box, 0.5 <= a <= 200, 1 <= b, 0 <= c, is not closed: steps are approached as
//! b grows (r = 0 here), flat lines far below a as b falls to 1 and c grows (r = 1). Both limits are solutions.
//! [`exp3`](super::exp3) fits the same curve as the published code does.

pub use crate::fit::exact::Side;
use crate::fit::exact::geometric::{Best, Box2, Data, LANES};
use crate::fit::exact::valley::bottom;
use crate::fit::exact::{ExactFitError, Steps, check};

/// a, b and c.
const PARAMETERS: usize = 3;
const FLOOR: f64 = 0.5;
const CEILING: f64 = 200.0;

/// The grid is u = T / (T + q) with T one less than the number of points: q counts e-folds over the curve.
/// Its first nodes lie in the valley of straight lines, where only bounds bend the function.
const FIRST: [f64; 3] = [1e-6, 1e-3, 0.02];
const RATIO: f64 = 1.22;
const NODES: usize = 116;
const GRID: [f64; NODES] = grid();
/// Beyond u = 1/65 the function is as good as a parabola up to u = 0.
const LAST: f64 = 64.0;
/// A curve must be better than a flat line by more than rounding.
const BETTER: f64 = 1e-12;

const fn grid() -> [f64; NODES] {
    let mut nodes = [FIRST[2]; NODES];
    nodes[0] = FIRST[0];
    nodes[1] = FIRST[1];
    let mut i = 3;
    while i < NODES {
        nodes[i] = nodes[i - 1] * RATIO;
        i += 1;
    }
    nodes
}

/// The fitted curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PublishedFit {
    /// The asymptote a (at r = 1 the curve is flat at a - K instead).
    pub a: f64,
    /// How far the curve lies below a at the first x: K r^first.
    drop: f64,
    /// The factor from one x to the next: r^step.
    ratio: f64,
    steps: Steps,
    /// The residual sum of squares.
    pub sse: f64,
    /// Which bounds hold the parameters.
    pub active: Active,
}

/// The bounds that hold a parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Active {
    /// a = 0.5 or a = 200.
    pub a: Option<Side>,
    /// r = 0 (b without limit: a step after the first x) or r = 1 (b = 1: a flat line).
    pub r: Option<Side>,
    /// K = 1, that is c = 0.
    pub k: Option<Side>,
}

impl PublishedFit {
    /// The curve's value at `x`; minus infinity before the first x for a step.
    pub fn value(&self, x: f64) -> f64 {
        if self.ratio == 1.0 {
            return self.a - self.drop;
        }
        self.a - self.drop * libm::pow(self.ratio, (x - self.steps.first()) / self.steps.step())
    }

    /// How far the curve lies below a at the first x, and its factor from one x to the next: K r^first and r^step.
    pub fn drop_and_ratio(&self) -> (f64, f64) {
        (self.drop, self.ratio)
    }

    /// The derivatives of the value at `x` to a, drop and ratio.
    pub(super) fn gradient(&self, x: f64) -> [f64; 3] {
        let power = (x - self.steps.first()) / self.steps.step();
        let slope = if power == 0.0 { 0.0 } else { power * libm::pow(self.ratio, power - 1.0) };
        [1.0, -libm::pow(self.ratio, power), -self.drop * slope]
    }

    /// Where the curve goes.
    pub fn limit(&self) -> f64 {
        if self.ratio == 1.0 { self.a - self.drop } else { self.a }
    }

    /// r = 1/b.
    pub fn r(&self) -> f64 {
        if self.steps.step() == 1.0 { self.ratio } else { libm::pow(self.ratio, 1.0 / self.steps.step()) }
    }

    /// K = b^c; infinite for a step after an x beyond 0.
    pub fn k(&self) -> f64 {
        if self.steps.first() == 0.0 || self.ratio == 1.0 {
            return self.drop;
        }
        if self.active.k.is_some() {
            return 1.0;
        }
        self.drop / libm::pow(self.ratio, self.steps.first() / self.steps.step())
    }

    /// b, unless the best curve is a step, which no finite b gives.
    pub fn b(&self) -> Option<f64> {
        (self.ratio > 0.0).then(|| 1.0 / self.r())
    }

    /// c, unless the best curve is a step, or flat at more than 1 below the ceiling of a: c without limit.
    pub fn c(&self) -> Option<f64> {
        let b = self.b()?;
        if b == 1.0 {
            return (self.drop == 1.0).then_some(0.0);
        }
        Some(
            (self.steps.first() + self.steps.step() * libm::log(self.drop) / -libm::log(self.ratio)).max(0.0),
        )
    }
}

/// The best curve of the published box, limits included. Of flat lines the one with K = 1, if any.
pub fn fit(values: &[f64], steps: Steps) -> Result<PublishedFit, ExactFitError> {
    check(values, PARAMETERS)?;
    let data = Data::new(values);
    let limits = Box2 { floor: FLOOR, ceiling: CEILING, power: steps.first() / steps.step() };
    let span = (values.len() - 1) as f64;
    let within = GRID.iter().take_while(|q| **q <= LAST * span).count().div_ceil(LANES) * LANES;

    // From u = 1, the flat line, to u = 0, the step.
    let mut ratios = [1.0; NODES + 2];
    let mut heights = [f64::INFINITY; NODES + 2];
    for start in (0..within).step_by(LANES) {
        let u: [f64; LANES] = std::array::from_fn(|l| span / (span + GRID[start + l]));
        ratios[start + 1..=start + LANES].copy_from_slice(&u);
        heights[start + 1..=start + LANES].copy_from_slice(&data.least(&u, &limits));
    }
    let last = within + 1;
    ratios[last] = 0.0;
    heights[0] = data.at(1.0, &limits).sse;
    heights[last] = data.at(0.0, &limits).sse;

    let mut ground = |u: f64| data.at(u, &limits);
    let mut best = (1.0, flat_line(&data));
    for i in 0..=last {
        let (before, after) = (i.saturating_sub(1), (i + 1).min(last));
        let low = heights[i] <= heights[before] && (heights[i] < heights[after] || i == last);
        if low {
            let (u, found) = bottom(&mut ground, [ratios[after], ratios[i], ratios[before]]);
            let sse = data.sse(u, found.a, found.k);
            if sse < best.1.sse * (1.0 - BETTER) {
                best = (u, Best { sse, ..found });
            }
        }
    }
    Ok(finish(&limits, steps, best))
}

/// The best flat line, with the smallest K that the box leaves.
fn flat_line(data: &Data<'_>) -> Best {
    let a = (data.mean() + 1.0).clamp(FLOOR, CEILING);
    let k = (a - data.mean()).max(1.0);
    Best { a, k, sse: data.sse(1.0, a, k), slope: 0.0 }
}

fn finish(limits: &Box2, steps: Steps, (ratio, best): (f64, Best)) -> PublishedFit {
    let least = limits.least(ratio);
    PublishedFit {
        a: best.a,
        drop: best.k,
        ratio,
        steps,
        sse: best.sse,
        active: Active {
            a: Side::at(best.a, [limits.floor, limits.ceiling]),
            r: Side::at(ratio, [0.0, 1.0]),
            k: Side::at(best.k, [least, f64::INFINITY]),
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn residuals(fit: &PublishedFit, values: &[f64], steps: Steps) -> f64 {
        values
            .iter()
            .enumerate()
            .map(|(i, y)| (fit.value(steps.at(i)) - y) * (fit.value(steps.at(i)) - y))
            .sum()
    }

    #[test]
    fn what_cannot_be_fitted_is_refused() {
        let refused = |values: &[f64]| fit(values, Steps::FROM_ONE).unwrap_err();
        assert_eq!(refused(&[1.0, f64::NAN]), ExactFitError::NotFinite { index: 1 });
        assert_eq!(refused(&[f64::NEG_INFINITY, 1.0, 1.0]), ExactFitError::NotFinite { index: 0 });
        assert_eq!(refused(&[1.0, 2.0, -1e101]), ExactFitError::TooLarge { index: 2 });
        assert_eq!(refused(&[]), ExactFitError::TooFewPoints { found: 0, expected: 3 });
        assert_eq!(refused(&[1.0, 2.0]), ExactFitError::TooFewPoints { found: 2, expected: 3 });
    }

    #[test]
    fn flat_and_falling_curves_become_flat_lines() {
        for (values, mean) in [([10.0; 4], 10.0), ([40.0, 30.0, 20.0, 10.0], 25.0), ([-3.0; 4], -3.0)] {
            let found = fit(&values, Steps::FROM_ONE).unwrap();
            assert_eq!((found.value(1.0), found.value(99.0), found.limit()), (mean, mean, mean));
            assert_eq!(found.active.r, Some(Side::Upper));
        }
        let found = fit(&[10.0; 4], Steps::FROM_ONE).unwrap();
        assert_eq!((found.a, found.b(), found.c(), found.k()), (11.0, Some(1.0), Some(0.0), 1.0));
    }

    #[test]
    fn a_step_is_a_limit_without_a_rate() {
        let found = fit(&[5.0, 20.0, 20.0, 20.0], Steps::FROM_ONE).unwrap();
        assert_eq!((found.a, found.sse, found.active.r), (20.0, 0.0, Some(Side::Lower)));
        assert_eq!((found.b(), found.c(), found.k()), (None, None, f64::INFINITY));
        assert_eq!((found.value(1.0), found.value(2.0), found.value(40.0)), (5.0, 20.0, 20.0));
    }

    #[test]
    fn a_straight_line_leans_on_the_ceiling_of_a() {
        let values: [f64; 6] = std::array::from_fn(|i| 10.0 + 0.5 * i as f64);
        let found = fit(&values, Steps::FROM_ZERO).unwrap();
        assert_eq!(found.active, Active { a: Some(Side::Upper), r: None, k: None });
        assert!((found.value(5.0) - 12.5).abs() < 0.01, "{found:?}");
    }

    proptest! {
        #[test]
        fn a_curve_of_the_family_is_found_again(
            a in 20.0..99.0_f64, b in 1.02..6.0_f64, drop in 2.0..60.0_f64, first in 0.0..3.0_f64, step in 0.5..2.0_f64
        ) {
            let steps = Steps::new(first, step).unwrap();
            let c = first + libm::log(drop) / libm::log(b);
            let values: Vec<f64> = (0..12).map(|i| a - libm::pow(b, c - steps.at(i))).collect();
            let found = fit(&values, steps).unwrap();
            prop_assert!(found.sse < 1e-18, "{found:?}");
            prop_assert!((found.b().unwrap() - b).abs() < 1e-6 * b, "{found:?}");
            prop_assert!((found.c().unwrap() - c).abs() < 1e-5 * c, "{found:?}");
        }

        #[test]
        fn any_values_are_fitted_within_the_box(
            values in prop::collection::vec(prop_oneof![-1e3..1e3_f64, -1e100..1e100_f64, Just(0.0)], 3..40), first in 0..3_i32
        ) {
            let steps = Steps::new(f64::from(first), 1.0).unwrap();
            let found = fit(&values, steps).unwrap();
            prop_assert!((0.5..=200.0).contains(&found.a) && (0.0..=1.0).contains(&found.r()) && found.k() >= 1.0 - 1e-12);
            let again = residuals(&found, &values, steps);
            prop_assert!((again - found.sse).abs() <= 1e-9 * found.sse + 1e-24 * values.iter().map(|v| v * v).sum::<f64>() + 1e-15, "{found:?} {again}");
        }

        #[test]
        fn no_published_fit_is_better(values in prop::collection::vec(0.0..100.0_f64, 3..30)) {
            let found = fit(&values, Steps::FROM_ONE).unwrap();
            if let Ok(published) = super::super::exp3::fit(&values) {
                prop_assert!(found.sse <= 2.0 * published.cost * (1.0 + 1e-9) + 1e-20, "{found:?} {published:?}");
            }
        }
    }
}
