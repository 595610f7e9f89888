//! The step that minimises the linearised cost within a ball: Moré's root search on the Levenberg-Marquardt
//! parameter.
//!
//! J. J. Moré, "The Levenberg-Marquardt algorithm: implementation and theory", Numerical Analysis, LNM 630,
//! 1977. With the singular values s and f projected on the left singular vectors, the regularised step has
//! coordinates -s f / (s^2 + a).

use super::svd::Svd;
use super::vector::{Vector, dot, norm, scaled};

/// A step in the ball, and the parameter that made it.
pub(super) struct Regularised<const N: usize> {
    pub step: Vector<N>,
    pub alpha: f64,
}

/// The length of the step need only be within a hundredth of the radius, for it is scaled to it.
const TOLERANCE: f64 = 0.01;
const ROUNDS: usize = 10;

/// Solves the problem for a ball of `radius`; `residuals` is their number and `alpha` the last parameter.
pub(super) fn solve<const N: usize>(
    svd: &Svd<N>,
    residuals: usize,
    radius: f64,
    alpha: f64,
) -> Regularised<N> {
    let smallest_allowed = f64::EPSILON * residuals as f64 * svd.singular[0];
    let full_rank = residuals >= N && svd.singular[N - 1] > smallest_allowed;
    if full_rank {
        let step = combine(svd, |j| -svd.projected[j] / svd.singular[j]);
        if norm(&step) <= radius {
            return Regularised { step, alpha: 0.0 };
        }
    }
    let alpha = search(svd, radius, alpha, full_rank);
    let step =
        combine(svd, |j| -svd.singular[j] * svd.projected[j] / (svd.singular[j] * svd.singular[j] + alpha));
    Regularised { step: scaled(&step, radius / norm(&step)), alpha }
}

fn search<const N: usize>(svd: &Svd<N>, radius: f64, start: f64, full_rank: bool) -> f64 {
    let pull: Vector<N> = std::array::from_fn(|j| svd.singular[j] * svd.projected[j]);
    let mut upper = norm(&pull) / radius;
    let mut lower = 0.0;
    if full_rank {
        let (excess, slope) = excess(svd, &pull, 0.0, radius);
        lower = -excess / slope;
    }
    let between = |lower: f64, upper: f64| (0.001 * upper).max((lower * upper).sqrt());
    let mut alpha = if !full_rank && start == 0.0 { between(lower, upper) } else { start };
    for _ in 0..ROUNDS {
        if alpha < lower || alpha > upper {
            alpha = between(lower, upper);
        }
        let (excess, slope) = excess(svd, &pull, alpha, radius);
        if excess < 0.0 {
            upper = alpha;
        }
        let newton = excess / slope;
        lower = lower.max(alpha - newton);
        alpha -= (excess + radius) * newton / radius;
        if excess.abs() < TOLERANCE * radius {
            break;
        }
    }
    alpha
}

/// By how much the step for `alpha` is longer than the radius, and the derivative of that.
fn excess<const N: usize>(svd: &Svd<N>, pull: &Vector<N>, alpha: f64, radius: f64) -> (f64, f64) {
    let weights: Vector<N> = std::array::from_fn(|j| svd.singular[j] * svd.singular[j] + alpha);
    let step: Vector<N> = std::array::from_fn(|j| pull[j] / weights[j]);
    let length = norm(&step);
    let steepness: f64 = (0..N).map(|j| pull[j] * pull[j] / (weights[j] * weights[j] * weights[j])).sum();
    (length - radius, -steepness / length)
}

fn combine<const N: usize>(svd: &Svd<N>, coordinate: impl Fn(usize) -> f64) -> Vector<N> {
    let coordinates: Vector<N> = std::array::from_fn(coordinate);
    std::array::from_fn(|i| dot(&svd.right.map(|vector| vector[i]), &coordinates))
}

#[cfg(test)]
mod tests {
    use super::super::svd::decompose;
    use super::*;

    const ROWS: [[f64; 2]; 3] = [[2.0, 0.0], [0.0, 1.0], [0.0, 0.0]];

    #[test]
    fn a_large_ball_gives_the_gauss_newton_step() {
        let found = solve(&decompose(&ROWS, &[4.0, 3.0, 9.0]), 3, 10.0, 0.0);
        assert_eq!((found.step, found.alpha), ([-2.0, -3.0], 0.0));
    }

    #[test]
    fn a_small_ball_is_filled_by_a_descent_step() {
        let found = solve(&decompose(&ROWS, &[4.0, 3.0, 9.0]), 3, 0.5, 0.0);
        assert!((norm(&found.step) - 0.5).abs() < 1e-15 && found.alpha > 0.0);
        assert!(found.step[0] < 0.0 && found.step[1] < 0.0);
    }

    #[test]
    fn fewer_residuals_than_parameters_are_solved_within_the_ball() {
        let found = solve(&decompose(&[[1.0, 1.0]], &[2.0]), 1, 1.0, 0.0);
        let half = 0.5_f64.sqrt();
        assert!((found.step[0] + half).abs() < 1e-12 && (found.step[1] + half).abs() < 1e-12);
    }
}
