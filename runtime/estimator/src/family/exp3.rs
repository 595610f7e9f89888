//! `exp3`, the published default: F(x) = a - b^(c - x), with the asymptote a, the rate b and the shift c.
//!
//! Box and start are those of PENGUIN's `main` (TPDS 33(11), 2022).

use crate::fit::{Bounds, Fit, FitError, least_squares};

/// 0.5 <= a <= 200, 1 <= b, 0 <= c.
pub const BOUNDS: Bounds<3> = Bounds { lower: [0.5, 1.0, 0.0], upper: [200.0, f64::INFINITY, f64::INFINITY] };

/// Where every fit starts.
pub const START: [f64; 3] = [10.0, 1.001, 100.0];

/// The curve's value at `x`.
pub fn value(params: &[f64; 3], x: f64) -> f64 {
    let [a, b, c] = *params;
    a - b.powf(c - x)
}

/// Fits the curve to values at x = 1, 2, 3, ... from [`START`].
pub fn fit(values: &[f64]) -> Result<Fit<3>, FitError> {
    let residuals = |params: &[f64; 3]| -> Vec<f64> {
        values.iter().zip(1_u32..).map(|(y, x)| value(params, f64::from(x)) - y).collect()
    };
    least_squares(&residuals, START, &BOUNDS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_that_are_not_finite_give_no_fit() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(fit(&[1.0, bad, 2.0]), Err(FitError::NotFinite));
        }
    }

    proptest! {
        #[test]
        fn a_curve_of_the_family_is_found_again(a in 20.0..99.0_f64, b in 1.1..2.0_f64, drop in 5.0..60.0_f64) {
            let c = 1.0 + drop.ln() / b.ln();
            let values: Vec<f64> = (1..=20).map(|x| value(&[a, b, c], f64::from(x))).collect();
            if let Ok(fit) = fit(&values) {
                prop_assert!((value(&fit.x, 40.0) - value(&[a, b, c], 40.0)).abs() < 0.01, "{:?}", fit);
            }
        }

        #[test]
        fn any_values_end_within_the_limit_and_the_box(values in prop::collection::vec(-1e3..1e3_f64, 1..12)) {
            if let Ok(fit) = fit(&values) {
                prop_assert!(fit.evaluations <= 300);
                prop_assert!((0..3).all(|i| BOUNDS.lower[i] <= fit.x[i] && fit.x[i] <= BOUNDS.upper[i]));
            }
        }
    }
}
