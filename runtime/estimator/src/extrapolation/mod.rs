//! What `penguin` and `a4nn` share: rules that extrapolate the curve after each measurement and stop when the last
//! predictions agree. A published engine is a value of [`Method`]; the fits are in `fitted`, the predictions in
//! `attempt`, the rule itself in `rule`, the checks of parameters in `params`. Names and defaults are with the kinds.

mod attempt;
mod fitted;
mod params;
mod rule;

use fitted::Fits;
pub(crate) use params::{Common, checked};
pub(crate) use rule::Extrapolation;

use crate::family::exp3;
use crate::progress::Progress;

/// In what the engines differ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Method {
    /// How curves are fitted.
    pub fits: Fits,
    /// Where on the curve's x the predicted epoch lies.
    pub place: Place,
    /// What of the fitted curve is the prediction.
    pub target: Target,
    /// What a point without a fit, or with one that is not finite, does to the predictions before it.
    pub failure: Failure,
    /// What an asymptote on its upper bound does.
    pub bound: Bound,
    /// Which predictions must lie in the range of a percentage.
    pub range: Range,
    /// With how many points a training may converge.
    pub last: Last,
}

/// Where on the curve's x the predicted epoch lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// At the epoch over the spacing, whatever the first measurement's epoch and x are.
    Quotient,
    /// As far behind the first measurement, whose x is 1, as the epoch lies behind that of the first measurement.
    Distance,
}

/// What of the fitted curve is the prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The curve's value at the predicted epoch.
    Value,
    /// Its asymptote.
    Asymptote,
}

/// What a point without a prediction does to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nothing: the next one is compared with them.
    Skipped,
    /// They are not compared with later ones.
    Interrupts,
}

/// What an asymptote on its upper bound does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    /// Nothing.
    Ignored,
    /// There is no prediction, and those before are not compared with later ones.
    Interrupts,
}

/// Which predictions must lie in the range of a percentage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Range {
    /// The newest must be more than 0 and at most 100.
    Newest,
    /// Each must be from 0 to 100; another one interrupts the run of predictions.
    Each,
    /// As `Each`, but what lies above 100 by no more than the tolerance counts as 100.
    EachOrNearly,
}

/// With how many points a training may converge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Last {
    /// With fewer than lie up to the predicted epoch.
    Before,
    /// With as many as lie up to the predicted epoch.
    At,
    /// With any number.
    Any,
}

/// PENGUIN's `main` branch (2022).
pub(crate) const MAIN: Method = Method {
    fits: Fits::Published(exp3::PENGUIN),
    place: Place::Quotient,
    target: Target::Value,
    failure: Failure::Skipped,
    bound: Bound::Interrupts,
    range: Range::Newest,
    last: Last::Before,
};

/// PENGUIN's `modular-development` branch.
pub(crate) const MODULAR: Method = Method { bound: Bound::Ignored, range: Range::Each, ..MAIN };

/// The original PEng4NN (2021).
pub(crate) const ASYMPTOTE: Method = Method {
    fits: Fits::Published(exp3::PENG4NN),
    target: Target::Asymptote,
    bound: Bound::Ignored,
    last: Last::At,
    ..MAIN
};

/// A4NN's `penguino` (2023).
pub(crate) const A4NN: Method = Method {
    fits: Fits::Published(exp3::A4NN),
    place: Place::Quotient,
    target: Target::Value,
    failure: Failure::Interrupts,
    bound: Bound::Ignored,
    range: Range::Each,
    last: Last::Any,
};

/// All of them repaired.
pub(crate) const CORRECTED: Method = Method {
    fits: Fits::Exact,
    place: Place::Distance,
    target: Target::Value,
    failure: Failure::Interrupts,
    bound: Bound::Interrupts,
    range: Range::EachOrNearly,
    last: Last::Before,
};

impl Last {
    /// The most points that count where `ceiling` of them lie up to the predicted epoch; `None`: all.
    fn most(self, ceiling: usize) -> Option<usize> {
        match self {
            Last::Before => Some(ceiling.saturating_sub(1)),
            Last::At => Some(ceiling),
            Last::Any => None,
        }
    }
}

impl Place {
    /// The x of `epoch` where the first measurement is at `first` and those after it follow every `spacing`.
    fn of(self, epoch: f64, first: Progress, spacing: Progress) -> f64 {
        match self {
            Place::Quotient => spacing.divides(epoch),
            Place::Distance => 1.0 + spacing.divides(epoch - first.to_f64()),
        }
    }
}

/// How many measurements, at x = 1, 2, 3, ..., lie up to `x`; one that is there but for rounding counts.
fn points_up_to(x: f64) -> usize {
    (x + 1e-9).floor() as usize
}
