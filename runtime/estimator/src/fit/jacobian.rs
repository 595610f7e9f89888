//! Derivatives by forward differences that stay inside the box.

use super::bounds::Bounds;
use super::vector::Vector;

/// The derivatives of `residuals` at `x`, where they are `here`: a row a residual.
///
/// The step is the square root of the machine's precision, relative for parameters beyond 1, away from zero;
/// it is turned round, or shortened, where it would leave the box.
pub(super) fn forward<const N: usize>(
    residuals: &dyn Fn(&[f64; N]) -> Vec<f64>,
    x: &Vector<N>,
    here: &[f64],
    bounds: &Bounds<N>,
) -> Vec<Vector<N>> {
    let mut rows = vec![[0.0; N]; here.len()];
    for i in 0..N {
        let mut moved = *x;
        moved[i] += step(x[i], bounds.lower[i], bounds.upper[i]);
        let distance = moved[i] - x[i];
        for ((row, there), here) in rows.iter_mut().zip(residuals(&moved)).zip(here) {
            row[i] = (there - here) / distance;
        }
    }
    rows
}

fn step(x: f64, lower: f64, upper: f64) -> f64 {
    let wanted = f64::EPSILON.sqrt() * x.abs().max(1.0) * if x >= 0.0 { 1.0 } else { -1.0 };
    let (below, above) = (x - lower, upper - x);
    if wanted.abs() > below.max(above) {
        return if above >= below { above } else { -below };
    }
    let reached = x + wanted;
    if reached < lower || reached > upper { -wanted } else { wanted }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_stays_inside() {
        let h = f64::EPSILON.sqrt();
        let inf = f64::INFINITY;
        assert_eq!(step(0.0, -inf, inf), h);
        assert_eq!(step(-8.0, -inf, inf), -8.0 * h);
        assert_eq!(step(2.0, 0.0, 2.0), -2.0 * h);
        assert_eq!(step(2.0, 2.0 - h, 2.0 + 1.5 * h), 2.0 + 1.5 * h - 2.0);
        assert_eq!(step(2.0, 2.0 - 1.5 * h, 2.0 + h), -(2.0 - (2.0 - 1.5 * h)));
    }

    #[test]
    fn derivatives_of_a_known_function() {
        let bounds = Bounds { lower: [0.0, 0.0], upper: [3.0, 2.0] };
        let f = |x: &[f64; 2]| vec![x[0] * x[1], x[0] * x[0]];
        let rows = forward(&f, &[3.0, 1.5], &f(&[3.0, 1.5]), &bounds);
        for (found, expected) in rows.iter().flatten().zip([1.5, 3.0, 6.0, 0.0]) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
    }
}
