//! Fitting a form of the table, and the fitted curve: its value anywhere, its errors, its parameters.

use super::published::{self, PublishedFit};
use super::shape::{Frame, Order, Shape};
use super::{Form, Model};
use crate::fit::exact::linear::{Along, Linear, Solution, Values};
use crate::fit::exact::search::{Range, lowest};
use crate::fit::exact::{ExactFitError, MOST, Matrix, NoCovariance, Side, Steps, check, covariance};

/// Memory that fits use again; the first fit of the longest curve allocates, later ones don't.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    coordinates: Vec<[f64; 2]>,
    prepared: Vec<[f64; 4]>,
}

/// A fitted curve.
#[derive(Clone, Debug)]
pub struct CurveFit {
    /// The form's parameters in the order of its `parameters`, the rest zero.
    pub params: [f64; MOST],
    /// Which of them lie on a bound of their box.
    pub active: [Option<Side>; MOST],
    /// How many points at the start were left out because the form is undefined there.
    pub left_out: usize,
    /// The residual sum of squares of the other points.
    pub sse: f64,
    /// The covariance of the parameters, from residuals that are taken to be independent.
    pub covariance: Result<Matrix, NoCovariance>,
    curve: Fitted,
}

#[derive(Clone, Debug)]
enum Fitted {
    Published(PublishedFit),
    Searched { shape: &'static Shape, frame: Frame, c: f64, a: f64, theta: [f64; 2] },
}

/// Fits `form` to values at `steps`.
pub(super) fn fit(
    form: &'static Form,
    values: &[f64],
    steps: Steps,
    scratch: &mut Scratch,
) -> Result<CurveFit, ExactFitError> {
    let count = form.parameters.len();
    match &form.model {
        Model::Published => {
            let found = published::fit(values, steps)?;
            let (drop, ratio) = found.drop_and_ratio();
            let mut fit = CurveFit {
                params: [found.a, drop, ratio, 0.0],
                active: [found.active.a, found.active.k, found.active.r, None],
                left_out: 0,
                sse: found.sse,
                covariance: Err(NoCovariance::Singular),
                curve: Fitted::Published(found),
            };
            fit.covariance = fit.estimate_covariance(count, values.len(), steps);
            Ok(fit)
        }
        Model::Searched(shape) => {
            check(values, 0)?;
            let left_out = (0..values.len()).take_while(|i| !(shape.defined)(steps.at(*i))).count();
            let used = &values[left_out..];
            check(used, count)?;
            let first = steps.at(left_out);
            let frame = Frame { first, last: steps.at(values.len() - 1), gap: steps.step() };
            let mut fit = searched(shape, used, &frame, scratch);
            fit.left_out = left_out;
            fit.sse = fit.residuals(values, steps).map(|r| r * r).sum();
            fit.covariance = fit.estimate_covariance(count, used.len(), steps);
            Ok(fit)
        }
    }
}

/// The best of the box, without what only the caller knows.
fn searched(shape: &'static Shape, used: &[f64], frame: &Frame, scratch: &mut Scratch) -> CurveFit {
    let values = Values::new(used);
    scratch.coordinates.clear();
    let x = (0..used.len()).map(|i| frame.first + frame.gap * i as f64);
    scratch.coordinates.extend(x.map(|x| (shape.coordinates)(frame, x)));
    let mut best: Option<([f64; 2], Solution)> = None;
    for order in shape.orders {
        let found = match order {
            Order::SecondOutside => second_outside(shape, &values, frame, scratch),
            Order::FirstOutside => first_outside(shape, &values, frame, scratch),
        };
        if best.is_none_or(|best| found.1.sse < best.1.sse) {
            best = Some(found);
        }
    }
    let (shares, solution) = best.expect("a shape has an order");
    assemble(shape, &values, frame, shares, &solution)
}

/// The parameter and its derivative at a share of its interval; zero where the form has no such parameter.
fn at(range: Option<Range>, share: f64) -> (f64, f64) {
    range.map_or((0.0, 0.0), |range| range.at(share))
}

/// The lowest place of an interval, or the only place where there is no interval.
fn lowest_of(range: Option<Range>, ground: &mut dyn FnMut(f64) -> Along) -> (f64, Along) {
    match range {
        Some(range) => lowest(ground, range.nodes),
        None => (0.0, ground(0.0)),
    }
}

/// Shares of the intervals, and the solution there.
fn second_outside(
    shape: &Shape,
    values: &Values<'_>,
    frame: &Frame,
    scratch: &mut Scratch,
) -> ([f64; 2], Solution) {
    let Scratch { coordinates, prepared } = scratch;
    let [first, second] = (shape.ranges)(frame);
    let (outside, found) = lowest_of(second, &mut |outside| {
        let (theta_2, rate_2) = at(second, outside);
        prepared.clear();
        prepared.extend(coordinates.iter().map(|point| (shape.prepare)(frame, *point, theta_2)));
        let (inside, found) = lowest_of(first, &mut |inside| {
            let (theta_1, rate_1) = at(first, inside);
            let mut samples = prepared.iter().map(|point| (shape.sample)(*point, [theta_1, theta_2]));
            let solution = values.solve(shape.linear, &mut samples);
            Along { solution, other: 0.0, slope: solution.gradient[0] * rate_1 }
        });
        Along { other: inside, slope: found.solution.gradient[1] * rate_2, ..found }
    });
    ([found.other, outside], found.solution)
}

fn first_outside(
    shape: &Shape,
    values: &Values<'_>,
    frame: &Frame,
    scratch: &Scratch,
) -> ([f64; 2], Solution) {
    let [first, second] = (shape.ranges)(frame);
    let (outside, found) = lowest_of(first, &mut |outside| {
        let (theta_1, rate_1) = at(first, outside);
        let (inside, found) = lowest_of(second, &mut |inside| {
            let (theta_2, rate_2) = at(second, inside);
            let prepared = scratch.coordinates.iter().map(|point| (shape.prepare)(frame, *point, theta_2));
            let mut samples = prepared.map(|point| (shape.sample)(point, [theta_1, theta_2]));
            let solution = values.solve(shape.linear, &mut samples);
            Along { solution, other: 0.0, slope: solution.gradient[1] * rate_2 }
        });
        Along { other: inside, slope: found.solution.gradient[0] * rate_1, ..found }
    });
    ([outside, found.other], found.solution)
}

fn assemble(
    shape: &'static Shape,
    values: &Values<'_>,
    frame: &Frame,
    shares: [f64; 2],
    solution: &Solution,
) -> CurveFit {
    let Solution { c, a, .. } = *solution;
    let ranges = (shape.ranges)(frame);
    let theta = [0, 1].map(|j| at(ranges[j], shares[j]).0);
    let (mut params, mut active) = ([0.0; MOST], [None; MOST]);
    let linear: &[(f64, Option<Side>)] = match shape.linear {
        Linear::OffsetAndScale => {
            let range = values.limits[1] > values.limits[0];
            &[(c, if range { Side::at(c, values.limits) } else { None }), (a, None)]
        }
        Linear::Line => &[(c, None), (a, None)],
        Linear::Scale => &[(a, None)],
        // The value where e is 0.
        Linear::Offset => &[(c + a, None)],
    };
    let nonlinear = [0, 1].into_iter().filter(|j| ranges[*j].is_some());
    // A flat curve has no shape that could be held.
    let held = |share: f64| if a == 0.0 { None } else { Side::at(share, [0.0, 1.0]) };
    let nonlinear = nonlinear.map(|j| (theta[j], held(shares[j])));
    for (i, (value, held)) in linear.iter().copied().chain(nonlinear).enumerate() {
        params[i] = value;
        active[i] = held;
    }
    let curve = Fitted::Searched { shape, frame: *frame, c, a, theta };
    CurveFit {
        params,
        active,
        left_out: 0,
        sse: solution.sse,
        covariance: Err(NoCovariance::Singular),
        curve,
    }
}

impl CurveFit {
    /// The curve's value at `x`; NaN where the form is undefined.
    pub fn value(&self, x: f64) -> f64 {
        match &self.curve {
            Fitted::Published(fit) => fit.value(x),
            Fitted::Searched { shape, frame, c, a, theta } => {
                if !(shape.defined)(x) {
                    return f64::NAN;
                }
                let [e, ..] = shape.sample_at(frame, x, *theta);
                (c + a) + a * e
            }
        }
    }

    /// The curve less each of the values that were fitted; those that were left out are skipped.
    pub fn residuals<'a>(&'a self, values: &'a [f64], steps: Steps) -> impl Iterator<Item = f64> + 'a {
        let fitted = values.iter().enumerate().skip(self.left_out);
        fitted.map(move |(index, value)| self.value(steps.at(index)) - value)
    }

    /// The standard error of the curve at `x`, without the noise of a single measurement.
    pub fn standard_error(&self, x: f64) -> Option<f64> {
        let covariance = self.covariance.as_ref().ok()?;
        let gradient = self.gradient(x);
        let square: f64 = (0..MOST)
            .flat_map(|i| (0..MOST).map(move |j| (i, j)))
            .map(|(i, j)| gradient[i] * covariance[i][j] * gradient[j])
            .sum();
        square.is_finite().then(|| square.max(0.0).sqrt())
    }

    /// The derivatives of the value at `x` to the parameters.
    fn gradient(&self, x: f64) -> [f64; MOST] {
        match &self.curve {
            Fitted::Published(fit) => {
                let [a, drop, ratio] = fit.gradient(x);
                [a, drop, ratio, 0.0]
            }
            Fitted::Searched { shape, frame, a, theta, .. } => {
                let [e, inner, outer] = shape.sample_at(frame, x, *theta);
                match shape.linear {
                    Linear::OffsetAndScale | Linear::Line => [1.0, 1.0 + e, a * inner, a * outer],
                    Linear::Scale => [1.0 + e, a * inner, a * outer, 0.0],
                    Linear::Offset => [1.0, a * inner, a * outer, 0.0],
                }
            }
        }
    }

    fn estimate_covariance(&self, count: usize, used: usize, steps: Steps) -> Result<Matrix, NoCovariance> {
        if self.active.iter().any(Option::is_some) {
            return Err(NoCovariance::OnBound);
        }
        if used <= count {
            return Err(NoCovariance::NoFreedom);
        }
        let mut normal = [[0.0; MOST]; MOST];
        for i in self.left_out..self.left_out + used {
            let gradient = self.gradient(steps.at(i));
            for (row, left) in normal.iter_mut().zip(gradient) {
                for (entry, right) in row.iter_mut().zip(gradient) {
                    *entry += left * right;
                }
            }
        }
        covariance(&normal, count, self.sse / (used - count) as f64)
    }
}
