//! `exp3`, the published default: F(x) = a - b^(c - x), with the asymptote a, the rate b and the shift c, fitted as
//! the published engines fit it.
//!
//! Boxes and starts are those of PEng4NN (2021), PENGUIN (TPDS 33(11), 2022) and A4NN (ICPP 2023).

use libm::pow;

use crate::fit::{Bounds, Fit, FitError, least_squares};

/// 0.5 <= a <= 200, 1 <= b, 0 <= c.
pub const BOUNDS: Bounds<3> = Bounds { lower: [0.5, 1.0, 0.0], upper: [200.0, f64::INFINITY, f64::INFINITY] };

/// Where every fit of PENGUIN starts.
pub const START: [f64; 3] = [10.0, 1.001, 100.0];

/// How a published engine sets up its fits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setup {
    /// The x of the first value; those after it follow at distances of 1.
    pub first_x: f64,
    /// Where every fit starts.
    pub start: [f64; 3],
    /// The box of the parameters.
    pub bounds: Bounds<3>,
}

/// PENGUIN: x counts from 1.
pub const PENGUIN: Setup = Setup { first_x: 1.0, start: START, bounds: BOUNDS };

/// PEng4NN: as PENGUIN, with a <= 102.5.
pub const PENG4NN: Setup =
    Setup { bounds: Bounds { lower: BOUNDS.lower, upper: [102.5, f64::INFINITY, f64::INFINITY] }, ..PENGUIN };

/// A4NN: x counts from 0, and the start is what `SciPy` takes where none is given: the middle of a parameter's
/// bounds, 1 beyond a lone lower one.
pub const A4NN: Setup = Setup { first_x: 0.0, start: [100.25, 2.0, 1.0], bounds: BOUNDS };

/// The curve's value at `x`.
pub fn value(params: &[f64; 3], x: f64) -> f64 {
    let [a, b, c] = *params;
    a - pow(b, c - x)
}

/// Fits the curve to values at x = 1, 2, 3, ... as PENGUIN does.
pub fn fit(values: &[f64]) -> Result<Fit<3>, FitError> {
    fit_as(values, &PENGUIN)
}

/// Fits the curve to values at equally spaced x.
pub fn fit_as(values: &[f64], setup: &Setup) -> Result<Fit<3>, FitError> {
    let residuals = |params: &[f64; 3]| -> Vec<f64> {
        values.iter().zip(0_u32..).map(|(y, i)| value(params, setup.first_x + f64::from(i)) - y).collect()
    };
    least_squares(&residuals, setup.start, &setup.bounds)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SETUPS: [Setup; 3] = [PENGUIN, PENG4NN, A4NN];

    #[test]
    fn values_that_are_not_finite_give_no_fit() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(fit(&[1.0, bad, 2.0]), Err(FitError::NotFinite));
        }
    }

    #[test]
    fn x_may_begin_elsewhere() {
        let values: Vec<f64> = (0..12_u32).map(|x| value(&[80.0, 1.4, 9.0], f64::from(x))).collect();
        let fit = fit_as(&values, &A4NN).unwrap();
        for (found, expected) in fit.x.iter().zip([80.0, 1.4, 9.0]) {
            assert!((found - expected).abs() < 1e-4, "{fit:?}");
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
            for setup in SETUPS {
                if let Ok(fit) = fit_as(&values, &setup) {
                    let Bounds { lower, upper } = setup.bounds;
                    prop_assert!(fit.evaluations <= 300);
                    prop_assert!((0..3).all(|i| lower[i] <= fit.x[i] && fit.x[i] <= upper[i]));
                }
            }
        }
    }
}
