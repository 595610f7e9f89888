//! Curve fitting without randomness: bounded nonlinear least squares as the published engine's optimiser does
//! it.

mod bounded;
mod bounds;
pub mod exact;
mod jacobian;
mod step;
mod subproblem;
mod svd;
mod vector;

pub use bounded::least_squares;
pub use bounds::Bounds;

/// Parameters at which a fit ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit<const N: usize> {
    /// The parameters, strictly inside the box.
    pub x: [f64; N],
    /// Half the sum of squared residuals.
    pub cost: f64,
    /// How often the residuals were computed, not counting differences.
    pub evaluations: usize,
    /// Which tolerance ended it.
    pub reason: Termination,
}

/// The tolerance that a fit met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Termination {
    /// The scaled gradient vanishes.
    Gradient,
    /// The cost no longer falls.
    Cost,
    /// The step is too short.
    Step,
}

/// Why a fit gave nothing; a rule takes each of them for "no prediction".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FitError {
    /// The start does not lie in the box.
    #[error("the start lies outside the bounds")]
    StartOutside,
    /// No tolerance was met in time.
    #[error("the fit did not settle within {limit} evaluations")]
    TooManyEvaluations {
        /// The number allowed.
        limit: usize,
    },
    /// The data, the residuals at the start, or derivatives are NaN or infinite.
    #[error("the data or the curve's derivatives are not finite")]
    NotFinite,
    /// Rounding put a step outside the trust region.
    #[error("the fit broke down numerically")]
    Breakdown,
}
