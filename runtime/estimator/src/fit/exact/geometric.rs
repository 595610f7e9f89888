//! Least squares of a - k u^i in a box of (a, k), for given u in [0, 1], i = 0, 1, 2, ...
//!
//! Instead of u^i, which is all but constant near u = 1, the sums run over d = 1 + u + ... + u^(i-1), so that
//! a - k u^i = (a - k) + k (1 - u) d: nothing cancels. Several u are summed at a time, which compilers turn into
//! vector instructions.

use super::valley::Ground;

/// How many ratios are summed at a time.
pub(crate) const LANES: usize = 4;

/// The values, with what all ratios need of them.
#[derive(Clone, Copy)]
pub(crate) struct Data<'a> {
    values: &'a [f64],
    count: f64,
    mean: f64,
    /// The sum of squared differences from the mean.
    spread: f64,
}

/// The box: `floor <= a <= ceiling`, `u^power <= k`.
#[derive(Clone, Copy)]
pub(crate) struct Box2 {
    pub(crate) floor: f64,
    pub(crate) ceiling: f64,
    pub(crate) power: f64,
}

/// The best of the box for one ratio.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Best {
    pub(crate) a: f64,
    pub(crate) k: f64,
    /// The sum of squared residuals, by sums: rounded where it is far below `spread`.
    pub(crate) sse: f64,
    /// The derivative of `sse` to the ratio.
    pub(crate) slope: f64,
}

impl Ground for Best {
    fn height(&self) -> f64 {
        self.sse
    }

    fn slope(&self) -> f64 {
        self.slope
    }
}

/// Sums over the points for one ratio.
#[derive(Clone, Copy)]
struct Sums {
    /// 1 - u.
    w: f64,
    /// The mean of d.
    mean: f64,
    /// The sum of squared differences of d from its mean.
    spread: f64,
    /// The sum of products of d with the centred values.
    product: f64,
    /// The smallest k.
    least: f64,
}

impl<'a> Data<'a> {
    pub(crate) fn new(values: &'a [f64]) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let spread = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        Data { values, count, mean, spread }
    }

    pub(crate) fn mean(&self) -> f64 {
        self.mean
    }

    /// The least sums of squares for several ratios below 1.
    pub(crate) fn least(&self, u: &[f64; LANES], limits: &Box2) -> [f64; LANES] {
        let mut d = [0.0; LANES];
        let mut total = [0.0; LANES];
        let mut squares = [0.0; LANES];
        let mut product = [0.0; LANES];
        for value in self.values {
            let value = value - self.mean;
            for l in 0..LANES {
                total[l] += d[l];
                squares[l] += d[l] * d[l];
                product[l] += value * d[l];
                d[l] = 1.0 + u[l] * d[l];
            }
        }
        let floors: [f64; LANES] = std::array::from_fn(|l| limits.least(u[l]));
        std::array::from_fn(|l| {
            let mean = total[l] / self.count;
            let spread = squares[l] - total[l] * mean;
            let sums = Sums { w: 1.0 - u[l], mean, spread, product: product[l], least: floors[l] };
            self.best(&sums, limits).0.2
        })
    }

    /// The best of the box for a ratio, with the derivative.
    pub(crate) fn at(&self, u: f64, limits: &Box2) -> Best {
        let (mut d, mut rate) = (0.0, 0.0);
        let (mut total, mut squares, mut product) = (0.0, 0.0, 0.0);
        let (mut rates, mut mixed, mut rate_product) = (0.0, 0.0, 0.0);
        for value in self.values {
            let value = value - self.mean;
            total += d;
            squares += d * d;
            product += value * d;
            rates += rate;
            mixed += rate * d;
            rate_product += value * rate;
            rate = d + u * rate;
            d = 1.0 + u * d;
        }
        let mean = total / self.count;
        let sums = Sums { w: 1.0 - u, mean, spread: squares - total * mean, product, least: limits.least(u) };
        let ((a, k, sse), inside) = self.best(&sums, limits);
        // Residuals are curve less value; their sums with 1, d and d's derivative.
        let height = k * sums.w;
        if inside {
            // The first two vanish, and would drown the third if they were left to rounding.
            let with_rate = height * (mixed - mean * rates) - rate_product;
            return Best { a, k, sse, slope: 2.0 * height * with_rate };
        }
        let offset = a - k - self.mean;
        let with_one = self.count * (offset + height * mean);
        let with_d = offset * total + height * squares - product;
        let with_rate = offset * rates + height * mixed - rate_product;
        let mut slope = 2.0 * k * (sums.w * with_rate - with_d);
        if k <= sums.least {
            let along_bound = -2.0 * (with_one - sums.w * with_d) * limits.least_slope(u);
            slope += if along_bound.is_finite() { along_bound } else { 0.0 };
        }
        Best { a, k, sse, slope }
    }

    /// The residual sum of squares of a curve, summed residual by residual.
    pub(crate) fn sse(&self, u: f64, a: f64, k: f64) -> f64 {
        let height = k * (1.0 - u);
        let (mut d, mut sum) = (0.0, 0.0);
        for value in self.values {
            let residual = (a - k) + height * d - value;
            sum += residual * residual;
            d = 1.0 + u * d;
        }
        sum
    }

    /// The solution (a, k, sum of squares), and whether it lies inside the box: if not, it is the best of the three edges, the corners included.
    #[inline]
    fn best(&self, sums: &Sums, limits: &Box2) -> ((f64, f64, f64), bool) {
        let Sums { w, mean, spread, product, least } = *sums;
        let sse = |a: f64, k: f64| {
            let offset = (a - k - self.mean) + k * w * mean;
            let height = k * w;
            self.spread + self.count * offset * offset + height * (height * spread - 2.0 * product)
        };
        // The mean of u^i and the sum of its squares.
        let share = 1.0 - w * mean;
        let squares = self.count * share * share + w * w * spread;
        let on_a = |a: f64| {
            let k = (self.count * (a - self.mean) * share + w * product) / squares;
            let k = if k > least { k } else { least };
            (a, k, sse(a, k))
        };
        let a = self.mean + least * share;
        let a = if a < limits.floor { limits.floor } else { a };
        let a = if a > limits.ceiling { limits.ceiling } else { a };
        let edge = (a, least, sse(a, least));
        let ceiling = on_a(limits.ceiling);
        let edge = if ceiling.2 < edge.2 { ceiling } else { edge };
        let floor = on_a(limits.floor);
        let edge = if floor.2 < edge.2 { floor } else { edge };
        let height = product / spread;
        let k = height / w;
        let a = self.mean - height * mean + k;
        let inside = k >= least && a >= limits.floor && a <= limits.ceiling;
        (if inside { (a, k, self.spread - height * product) } else { edge }, inside)
    }
}

impl Box2 {
    pub(crate) fn least(&self, u: f64) -> f64 {
        if self.power == 0.0 {
            1.0
        } else if self.power == 1.0 {
            u
        } else {
            libm::pow(u, self.power)
        }
    }

    fn least_slope(&self, u: f64) -> f64 {
        if self.power == 0.0 {
            0.0
        } else if self.power == 1.0 {
            1.0
        } else {
            self.power * libm::pow(u, self.power - 1.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Box2 = Box2 { floor: 0.5, ceiling: 200.0, power: 1.0 };
    const VALUES: [f64; 7] = [9.0, 15.5, 17.0, 19.5, 19.0, 22.0, 21.5];

    #[test]
    fn the_box_solution_is_a_minimum_over_the_box() {
        for values in [VALUES, VALUES.map(|v| -v), VALUES.map(|v| 300.0 - v), VALUES.map(|v| v - 21.0)] {
            let data = Data::new(&values);
            for u in [0.0, 0.3, 0.9, 0.999, 1.0] {
                let best = data.at(u, &LIMITS);
                assert!((best.sse - data.sse(u, best.a, best.k)).abs() <= 1e-9 * best.sse);
                for a in [0.5, 1.0, best.a - 0.1, best.a + 0.1, 50.0, 200.0] {
                    for k in [u, best.k * 0.99, best.k * 1.01, 5.0, 100.0] {
                        let inside = (0.5..=200.0).contains(&a) && k >= u;
                        assert!(
                            !inside || data.sse(u, a, k) >= best.sse * (1.0 - 1e-9),
                            "{u} {a} {k} {best:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn lanes_and_single_ratios_agree_and_slopes_are_derivatives() {
        for values in [VALUES, VALUES.map(|v| -v), VALUES.map(|v| v - 21.0)] {
            let data = Data::new(&values);
            for power in [0.0, 1.0, 2.5] {
                let limits = Box2 { power, ..LIMITS };
                for u in [0.1, 0.5, 0.95, 0.9999] {
                    let best = data.at(u, &limits);
                    assert_eq!(data.least(&[u; LANES], &limits), [best.sse; LANES]);
                    let h = 1e-6 * (1.0 - u);
                    let slope = (data.at(u + h, &limits).sse - data.at(u - h, &limits).sse) / (2.0 * h);
                    assert!(
                        (slope - best.slope).abs() <= 1e-3 * best.slope.abs().max(1.0),
                        "{slope} {best:?}"
                    );
                }
            }
        }
    }
}
