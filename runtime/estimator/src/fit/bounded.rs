//! Nonlinear least squares in a box: the reflective trust-region method with the Coleman-Li scaling.
//!
//! M. A. Branch, T. F. Coleman, Y. Li, "A subspace, interior, and conjugate gradient method for large-scale
//! bound-constrained minimization problems", SIAM J. Sci. Comput. 21(1), 1999. Written to behave as `SciPy`'s
//! `curve_fit` with bounds, through which the published engine fits: forward differences, tolerances of 1e-8,
//! at most 100 evaluations a parameter (those for differences not counted), and failure beyond them.

use super::bounds::Bounds;
use super::jacobian;
use super::step::Model;
use super::subproblem;
use super::svd::decompose;
use super::vector::{Vector, dot, largest, norm, product, sum, transposed_image};
use super::{Fit, FitError, Termination};

const TOLERANCE: f64 = 1e-8;
const EVALUATIONS_PER_PARAMETER: usize = 100;
/// How far from the faces the start must be.
const START_MARGIN: f64 = 1e-10;
/// At least this share of the way to a face may be gone in one step.
const LEAST_STAY: f64 = 0.995;

/// Minimises half the sum of squares of `residuals` within `bounds`, from `start`.
pub fn least_squares<const N: usize>(
    residuals: &dyn Fn(&[f64; N]) -> Vec<f64>,
    start: [f64; N],
    bounds: &Bounds<N>,
) -> Result<Fit<N>, FitError> {
    if !bounds.contain(&start) {
        return Err(FitError::StartOutside);
    }
    let start = bounds.strictly_inside(&start, START_MARGIN);
    let mut here = Place::new(residuals, start, residuals(&start), bounds)?;
    let mut region = Region { radius: here.first_radius(bounds), alpha: 0.0 };
    let limit = EVALUATIONS_PER_PARAMETER * N;
    let mut evaluations = 1;
    let mut reached = None;
    loop {
        let weight = bounds.affine(&here.x, &here.gradient).weight;
        let optimality = largest(&product(&here.gradient, &weight));
        let reason = if optimality < TOLERANCE { Some(Termination::Gradient) } else { reached };
        if let Some(reason) = reason {
            return Ok(Fit { x: here.x, cost: here.cost, evaluations, reason });
        }
        if evaluations >= limit {
            return Err(FitError::TooManyEvaluations { limit });
        }
        let search = Search { here: &here, bounds, residuals, limit, stay: LEAST_STAY.max(1.0 - optimality) };
        let found = search.improve(&mut region, &mut evaluations)?;
        reached = found.reached;
        if let Some((x, values)) = found.better {
            here = Place::new(residuals, x, values, bounds)?;
        }
    }
}

/// A point with all that is known there.
struct Place<const N: usize> {
    x: Vector<N>,
    values: Vec<f64>,
    cost: f64,
    rows: Vec<Vector<N>>,
    gradient: Vector<N>,
}

/// The ball in which the model is trusted, and the last Levenberg-Marquardt parameter.
struct Region {
    radius: f64,
    alpha: f64,
}

/// What an iteration found: a better place unless none, and which tolerance it met.
struct Found<const N: usize> {
    better: Option<(Vector<N>, Vec<f64>)>,
    reached: Option<Termination>,
}

struct Search<'a, const N: usize> {
    here: &'a Place<N>,
    bounds: &'a Bounds<N>,
    residuals: &'a dyn Fn(&[f64; N]) -> Vec<f64>,
    limit: usize,
    stay: f64,
}

impl<const N: usize> Place<N> {
    fn new(
        residuals: &dyn Fn(&[f64; N]) -> Vec<f64>,
        x: Vector<N>,
        values: Vec<f64>,
        bounds: &Bounds<N>,
    ) -> Result<Self, FitError> {
        if values.iter().any(|value| !value.is_finite()) {
            return Err(FitError::NotFinite);
        }
        let rows = jacobian::forward(residuals, &x, &values, bounds);
        if rows.iter().flatten().any(|entry| !entry.is_finite()) {
            return Err(FitError::NotFinite);
        }
        let gradient = transposed_image(&rows, &values);
        Ok(Place { x, cost: 0.5 * dot(&values, &values), values, rows, gradient })
    }

    /// The length of the start in its own scaled variables.
    fn first_radius(&self, bounds: &Bounds<N>) -> f64 {
        let weight = bounds.affine(&self.x, &self.gradient).weight;
        let length = norm(&std::array::from_fn::<f64, N, _>(|i| self.x[i] / weight[i].sqrt()));
        if length == 0.0 { 1.0 } else { length }
    }

    fn model(&self, bounds: &Bounds<N>) -> Model<N> {
        let affine = bounds.affine(&self.x, &self.gradient);
        let scale = affine.weight.map(f64::sqrt);
        Model {
            rows: self.rows.iter().map(|row| product(row, &scale)).collect(),
            diagonal: product(&self.gradient, &affine.slope),
            gradient: product(&scale, &self.gradient),
            scale,
        }
    }
}

impl<const N: usize> Search<'_, N> {
    /// Shrinks the ball until a step lowers the cost, a tolerance is met, or the evaluations are used up.
    fn improve(&self, region: &mut Region, evaluations: &mut usize) -> Result<Found<N>, FitError> {
        let model = self.here.model(self.bounds);
        let mut rows = model.rows.clone();
        for (i, entry) in model.diagonal.iter().enumerate() {
            let mut row = [0.0; N];
            row[i] = entry.sqrt();
            rows.push(row);
        }
        if rows.iter().flatten().any(|entry| !entry.is_finite()) {
            return Err(FitError::NotFinite);
        }
        let mut padded = self.here.values.clone();
        padded.resize(rows.len(), 0.0);
        let svd = decompose(&rows, &padded);
        while *evaluations < self.limit {
            let wanted = subproblem::solve(&svd, self.here.values.len(), region.radius, region.alpha);
            region.alpha = wanted.alpha;
            let step = model
                .choose(&self.here.x, &wanted.step, region.radius, self.bounds, self.stay)
                .ok_or(FitError::Breakdown)?;
            let plain = product(&model.scale, &step.scaled);
            let x = self.bounds.strictly_inside(&sum(&self.here.x, &plain), 0.0);
            let values = (self.residuals)(&x);
            *evaluations += 1;
            let length = norm(&step.scaled);
            if values.iter().any(|value| !value.is_finite()) {
                region.radius = 0.25 * length;
                continue;
            }
            let reduction = self.here.cost - 0.5 * dot(&values, &values);
            let (radius, ratio) = region.after(reduction, -step.cost, length);
            let reached = self.tolerance_met(reduction, norm(&plain), ratio);
            if reached.is_none() {
                region.alpha *= region.radius / radius;
                region.radius = radius;
            }
            if reached.is_some() || reduction > 0.0 {
                return Ok(Found { better: (reduction > 0.0).then_some((x, values)), reached });
            }
        }
        Ok(Found { better: None, reached: None })
    }

    fn tolerance_met(&self, reduction: f64, length: f64, ratio: f64) -> Option<Termination> {
        if reduction < TOLERANCE * self.here.cost && ratio > 0.25 {
            Some(Termination::Cost)
        } else if length < TOLERANCE * (TOLERANCE + norm(&self.here.x)) {
            Some(Termination::Step)
        } else {
            None
        }
    }
}

impl Region {
    /// The radius after a step of such a `length`, and the ratio of the actual to the predicted reduction.
    fn after(&self, actual: f64, predicted: f64, length: f64) -> (f64, f64) {
        let ratio = if predicted > 0.0 {
            actual / predicted
        } else if predicted == 0.0 && actual == 0.0 {
            1.0
        } else {
            0.0
        };
        let radius = if ratio < 0.25 {
            0.25 * length
        } else if ratio > 0.75 && length > 0.95 * self.radius {
            2.0 * self.radius
        } else {
            self.radius
        };
        (radius, ratio)
    }
}
