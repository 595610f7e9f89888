//! What `penguin` and `a4nn` share: rules that extrapolate the curve after each measurement and stop when the last
//! predictions agree. A published engine is a value of [`Method`]; the rule itself is in `rule`, the checks of
//! parameters in `params`. Names and defaults are with the kinds.

mod params;
mod rule;

pub(crate) use params::{Common, checked};
pub(crate) use rule::Extrapolation;

use crate::family::exp3;

/// In what the engines differ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Method {
    /// The curve's x, and how it is fitted.
    pub setup: exp3::Setup,
    /// What of the fitted curve is the prediction.
    pub target: Target,
    /// What a point without a fit, or with one that is not finite, does to the predictions before it.
    pub failure: Failure,
    /// Fitted asymptotes from here on are no prediction and interrupt the run of predictions.
    pub on_bound: Option<f64>,
    /// Which predictions must lie in the range of a percentage.
    pub range: Range,
    /// With how many points a training may converge.
    pub last: Last,
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

/// Which predictions must lie in the range of a percentage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Range {
    /// The newest must be more than 0 and at most 100.
    Newest,
    /// Each must be from 0 to 100; another one interrupts the run of predictions.
    Each,
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
    setup: exp3::PENGUIN,
    target: Target::Value,
    failure: Failure::Skipped,
    on_bound: Some(199.99),
    range: Range::Newest,
    last: Last::Before,
};

/// PENGUIN's `modular-development` branch.
pub(crate) const MODULAR: Method = Method { on_bound: None, range: Range::Each, ..MAIN };

/// The original PEng4NN (2021).
pub(crate) const ASYMPTOTE: Method =
    Method { setup: exp3::PENG4NN, target: Target::Asymptote, on_bound: None, last: Last::At, ..MAIN };

/// A4NN's `penguino` (2023).
pub(crate) const A4NN: Method = Method {
    setup: exp3::A4NN,
    target: Target::Value,
    failure: Failure::Interrupts,
    on_bound: None,
    range: Range::Each,
    last: Last::Any,
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

/// How many measurements lie up to the place `x` of the predicted epoch.
fn points_up_to(x: f64) -> usize {
    x.floor() as usize
}
