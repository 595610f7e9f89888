//! Exact curve fitting: curves that are linear in all but one or two parameters, with nothing to start from.
//!
//! For given nonlinear parameters the others follow in closed form (variable projection: Golub and Pereyra,
//! SIAM J. Numer. Anal. 10(2), 1973), bounds included. What is left is the search of an interval: a grid
//! fine enough that no valley slips through, then roots of the derivative. Nothing is allocated, nothing drawn.

mod covariance;
pub(crate) mod geometric;
pub(crate) mod linear;
pub(crate) mod search;
pub(crate) mod valley;

pub(crate) use covariance::{MOST, covariance};
pub use covariance::{Matrix, NoCovariance};

/// Where a curve's values were measured: `first`, `first + step`, `first + 2 step`, ...
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steps {
    first: f64,
    step: f64,
}

impl Steps {
    /// x = 1, 2, 3, ..., as PENGUIN counts measurements.
    pub const FROM_ONE: Steps = Steps { first: 1.0, step: 1.0 };
    /// x = 0, 1, 2, ..., as A4NN counts epochs.
    pub const FROM_ZERO: Steps = Steps { first: 0.0, step: 1.0 };

    /// None unless `first` is finite and not negative, and `step` finite and positive.
    pub fn new(first: f64, step: f64) -> Option<Self> {
        let sane = first.is_finite() && first >= 0.0 && step.is_finite() && step > 0.0;
        sane.then_some(Steps { first, step })
    }

    /// The first x.
    pub fn first(self) -> f64 {
        self.first
    }

    /// From one x to the next.
    pub fn step(self) -> f64 {
        self.step
    }

    /// The x of the value at `index`.
    pub fn at(self, index: usize) -> f64 {
        self.first + self.step * index as f64
    }
}

/// A side of a box, on which a parameter lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The smallest value.
    Lower,
    /// The largest.
    Upper,
}

impl Side {
    /// The side on which a value lies; `None` inside.
    pub(crate) fn at(value: f64, [lower, upper]: [f64; 2]) -> Option<Self> {
        if value <= lower {
            Some(Side::Lower)
        } else if value >= upper {
            Some(Side::Upper)
        } else {
            None
        }
    }
}

/// Why values have no exact fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExactFitError {
    /// Fewer values than parameters: infinitely many curves go through them.
    #[error("the curve has {found} points; expected at least {expected}, one a parameter")]
    TooFewPoints {
        /// How many there are.
        found: usize,
        /// How many parameters the curve has.
        expected: usize,
    },
    /// A value is NaN or infinite.
    #[error("the value at index {index} is not finite")]
    NotFinite {
        /// Where, from 0.
        index: usize,
    },
    /// A value is so large that its square could overflow.
    #[error("the value at index {index} lies beyond 1e100")]
    TooLarge {
        /// Where, from 0.
        index: usize,
    },
}

const LARGEST: f64 = 1e100;

/// Refuses what no curve with this many parameters can be fitted to.
pub(crate) fn check(values: &[f64], parameters: usize) -> Result<(), ExactFitError> {
    if let Some(index) = values.iter().position(|value| !value.is_finite()) {
        return Err(ExactFitError::NotFinite { index });
    }
    if let Some(index) = values.iter().position(|value| value.abs() > LARGEST) {
        return Err(ExactFitError::TooLarge { index });
    }
    if values.len() < parameters {
        return Err(ExactFitError::TooFewPoints { found: values.len(), expected: parameters });
    }
    Ok(())
}
