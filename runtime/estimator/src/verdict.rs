//! What an estimator answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Whether a training goes on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Train on.
    Continue,
    /// Stop: the final value is known well enough. The training is a result and may be the best.
    Converged {
        /// The predicted final value, always finite, in the metric's own units.
        predicted: f64,
    },
    /// Stop: it will not be among the best. The training is no result.
    Pruned,
}

impl Verdict {
    /// Whether the training ends here.
    pub const fn is_stop(self) -> bool {
        match self {
            Verdict::Continue => false,
            Verdict::Converged { .. } | Verdict::Pruned => true,
        }
    }
}

/// A verdict with what led to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Whether the training goes on.
    pub verdict: Verdict,
    /// The newest prediction, also when going on; `None` where the rule has none.
    pub predicted: Option<f64>,
    /// Lower and upper end of the prediction's interval; `None` where the rule has none.
    pub interval: Option<[f64; 2]>,
    /// Why, in words for people.
    pub reason: String,
    /// The name of the rule that answered.
    pub rule: String,
    /// How many points of the curve the answer rests on: where the rule stopped, else all.
    pub points: usize,
    /// What the answer was computed from, by name: the parameters of the fitted curve, the terms of the rule.
    /// All are finite.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fit: BTreeMap<String, f64>,
}

impl Observation {
    /// An observation without a prediction that lets the training go on.
    pub fn go_on(rule: &str, points: usize, reason: impl Into<String>) -> Self {
        Observation {
            verdict: Verdict::Continue,
            predicted: None,
            interval: None,
            reason: reason.into(),
            rule: rule.to_owned(),
            points,
            fit: BTreeMap::new(),
        }
    }
}

/// What all ended trials together say of the paused ones, which are those that
/// [converged](crate::Outcome::Converged).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revision {
    /// The newest prediction of every paused trial, in trial order.
    pub predictions: Vec<Revised>,
    /// The paused trials whose trainings should go on, the most urgent first; empty: the rest may be left as it is.
    pub resumptions: Vec<Resumption>,
}

/// A prediction that was made again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revised {
    /// The trial's place in the order of the search.
    pub number: usize,
    /// The predicted final value, always finite, in the metric's own units.
    pub predicted: f64,
    /// Lower and upper end of its interval.
    pub interval: Option<[f64; 2]>,
}

/// A training that is taken up again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resumption {
    /// The trial's place in the order of the search.
    pub number: usize,
    /// With how many measurements it pauses again: more than it has, at most those planned.
    pub until_points: usize,
    /// Why, in words for people.
    pub reason: String,
}
