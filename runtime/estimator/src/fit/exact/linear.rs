//! Curves c + a (1 + e(x)): the best c and a for given e, in closed form, and how the sum of squares changes with
//! what e depends on.
//!
//! e is kept apart from 1 since it may be tiny; the derivatives are those of the reduced function (Golub and
//! Pereyra 1973, by the envelope theorem).

use super::valley::Ground;

/// Which of c and a are free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Linear {
    /// Both; c within [`Limits`].
    OffsetAndScale,
    /// Both, without limits.
    Line,
    /// a; c is 0.
    Scale,
    /// c; a is -1.
    Offset,
}

/// Values with what every fit to them needs.
#[derive(Clone, Copy)]
pub(crate) struct Values<'a> {
    all: &'a [f64],
    count: f64,
    mean: f64,
    spread: f64,
    /// The box of c.
    pub(crate) limits: [f64; 2],
}

/// The best curve for one e.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Solution {
    pub(crate) c: f64,
    pub(crate) a: f64,
    pub(crate) sse: f64,
    /// The derivatives to the shape's two parameters.
    pub(crate) gradient: [f64; 2],
}

/// e and its derivatives to the shape's two parameters.
pub(crate) type Sample = [f64; 3];

/// How far beyond the values c may lie, in ranges of the values.
pub(crate) const REACH: f64 = 10.0;

/// Below this share of its square sum, the spread of e is rounding: the curve is flat.
const FLAT: f64 = 1e-28;

impl<'a> Values<'a> {
    pub(crate) fn new(all: &'a [f64]) -> Self {
        let count = all.len() as f64;
        let mean = all.iter().sum::<f64>() / count;
        let spread = all.iter().map(|value| (value - mean) * (value - mean)).sum();
        let lowest = all.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let reach = REACH * (highest - lowest);
        Values { all, count, mean, spread, limits: [lowest - reach, highest + reach] }
    }

    /// Solves for c and a.
    pub(crate) fn solve(&self, linear: Linear, samples: &mut dyn Iterator<Item = Sample>) -> Solution {
        let mut sums = Sums::default();
        for ([e, first, second], value) in samples.zip(self.all) {
            sums.add(e, [first, second], value - self.mean);
        }
        match linear {
            Linear::OffsetAndScale => self.offset_and_scale(&sums, self.limits),
            Linear::Line => self.offset_and_scale(&sums, [f64::NEG_INFINITY, f64::INFINITY]),
            Linear::Scale => {
                let squares = self.count + 2.0 * sums.e + sums.squares;
                let product = self.mean * (self.count + sums.e) + sums.product;
                let a = if squares > 0.0 { product / squares } else { 0.0 };
                let all = self.spread + self.count * self.mean * self.mean;
                let gradient = std::array::from_fn(|j| {
                    let with_curve = a * (sums.rate[j] + sums.mixed[j]);
                    2.0 * a * (with_curve - sums.rate_product[j] - self.mean * sums.rate[j])
                });
                Solution { c: 0.0, a, sse: all - a * product, gradient }
            }
            Linear::Offset => {
                let mean = sums.e / self.count;
                let spread = sums.squares - sums.e * mean;
                let gradient = std::array::from_fn(|j| {
                    2.0 * (sums.mixed[j] - mean * sums.rate[j] + sums.rate_product[j])
                });
                let sse = self.spread + spread + 2.0 * sums.product;
                Solution { c: self.mean + 1.0 + mean, a: -1.0, sse, gradient }
            }
        }
    }

    fn offset_and_scale(&self, sums: &Sums, limits: [f64; 2]) -> Solution {
        let mean = sums.e / self.count;
        let spread = sums.squares - sums.e * mean;
        if spread.is_nan() || spread <= FLAT * sums.squares {
            return Solution { c: self.mean, a: 0.0, sse: self.spread, gradient: [0.0; 2] };
        }
        let a = sums.product / spread;
        let c = self.mean - a * mean - a;
        if limits[0] <= c && c <= limits[1] {
            let gradient = std::array::from_fn(|j| {
                2.0 * a * (a * (sums.mixed[j] - mean * sums.rate[j]) - sums.rate_product[j])
            });
            return Solution { c, a, sse: self.spread - a * sums.product, gradient };
        }
        let c = if c < limits[0] { limits[0] } else { limits[1] };
        let squares = self.count + 2.0 * sums.e + sums.squares;
        let a = ((self.mean - c) * (self.count + sums.e) + sums.product) / squares;
        let offset = c + a - self.mean;
        let sse = self.spread
            + self.count * offset * offset
            + a * (a * sums.squares + 2.0 * offset * sums.e - 2.0 * sums.product);
        let gradient = std::array::from_fn(|j| {
            2.0 * a * (offset * sums.rate[j] + a * sums.mixed[j] - sums.rate_product[j])
        });
        Solution { c, a, sse, gradient }
    }
}

/// Sums over the points: of e, of its derivatives, and of products with each other and the centred values.
#[derive(Default)]
struct Sums {
    e: f64,
    squares: f64,
    product: f64,
    rate: [f64; 2],
    mixed: [f64; 2],
    rate_product: [f64; 2],
}

impl Sums {
    fn add(&mut self, e: f64, rates: [f64; 2], value: f64) {
        self.e += e;
        self.squares += e * e;
        self.product += value * e;
        for (j, rate) in rates.into_iter().enumerate() {
            self.rate[j] += rate;
            self.mixed[j] += rate * e;
            self.rate_product[j] += rate * value;
        }
    }
}

/// A solution as seen along one of the shape's parameters.
#[derive(Clone, Copy)]
pub(crate) struct Along {
    pub(crate) solution: Solution,
    /// Where the other parameter is.
    pub(crate) other: f64,
    pub(crate) slope: f64,
}

impl Ground for Along {
    fn height(&self) -> f64 {
        self.solution.sse
    }

    fn slope(&self) -> f64 {
        self.slope
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: [f64; 6] = [3.0, 4.5, 4.0, 6.0, 5.5, 7.0];
    const KINDS: [Linear; 4] = [Linear::OffsetAndScale, Linear::Line, Linear::Scale, Linear::Offset];

    fn sample(i: usize, theta: [f64; 2]) -> Sample {
        let x = i as f64;
        let e = theta[0] * x + theta[1] * x * x;
        [e, x, x * x]
    }

    #[test]
    fn no_neighbour_is_better_and_gradients_are_derivatives() {
        for linear in KINDS {
            for theta in [[0.3, -0.01], [0.05, 0.001], [-0.4, 0.05]] {
                let values = Values::new(&VALUES);
                let solve = |theta| values.solve(linear, &mut (0..6).map(|i| sample(i, theta)));
                let sse = |c: f64, a: f64| -> f64 {
                    (0..6).map(|i| c + a * (1.0 + sample(i, theta)[0]) - VALUES[i]).map(|r| r * r).sum()
                };
                let best = solve(theta);
                assert!((sse(best.c, best.a) - best.sse).abs() < 1e-9, "{linear:?} {best:?}");
                for h in [1e-3, -1e-3] {
                    let c_moves = linear != Linear::Scale
                        && (linear == Linear::Line
                            || (values.limits[0]..=values.limits[1]).contains(&(best.c + h)));
                    assert!(!c_moves || sse(best.c + h, best.a) >= best.sse - 1e-9);
                    assert!(linear == Linear::Offset || sse(best.c, best.a + h) >= best.sse - 1e-9);
                }
                for j in 0..2 {
                    let h = 1e-6;
                    let moved = |by: f64| std::array::from_fn(|i| theta[i] + if i == j { by } else { 0.0 });
                    let slope = (solve(moved(h)).sse - solve(moved(-h)).sse) / (2.0 * h);
                    let close = (slope - best.gradient[j]).abs() <= 1e-4 * slope.abs().max(1.0);
                    assert!(close, "{linear:?} {theta:?} {slope} {best:?}");
                }
            }
        }
    }
}
