//! What an estimator is asked and what it answers. No rule is in this file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::curve::{Curve, CurveError, Direction};
use crate::progress::Progress;

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
        }
    }
}

/// How a training ended, as far as estimators care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Trained for all planned epochs.
    Completed,
    /// Stopped with a prediction as its fitness.
    Converged,
    /// Stopped as hopeless.
    Pruned,
    /// Ended without a result.
    Failed,
}

/// A training that ended before the one that is observed began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EndedTrial {
    /// All that was measured of it.
    pub curve: Curve,
    /// How it ended.
    pub outcome: Outcome,
    /// What the search was told, in the metric's own units.
    #[serde(with = "crate::extended")]
    pub fitness: f64,
    /// What else is known of the network, by name: parameters, FLOPs, and the like.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub covariates: BTreeMap<String, f64>,
}

/// What a decision may know of other trials, in trial order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct History {
    /// The ended trials.
    pub trials: Vec<EndedTrial>,
}

/// What an estimator asks of a training.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Needs {
    /// Metrics it reads besides the one it predicts.
    pub metrics: Vec<String>,
    /// It never stops a training with fewer points; `usize::MAX` if it never stops one.
    pub fewest_points: usize,
    /// Whether its answers depend on the history.
    pub uses_history: bool,
}

/// What is known of a training before it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainingFacts {
    /// The planned epochs.
    pub planned: Progress,
    /// The epochs between two measurements; the first one comes after as many.
    pub measure_every: Progress,
    /// Which values of the metric are better.
    pub direction: Direction,
}

impl TrainingFacts {
    /// How many measurements the planned training makes.
    pub fn points(&self) -> usize {
        self.planned.steps_of(self.measure_every)
    }
}

/// A rule that watches a learning curve and says when its training may stop.
///
/// It is a pure function of its arguments and keeps nothing between calls: the whole curve is observed anew
/// each time. Observing a longer curve than the one at which it would have stopped gives the same answer as
/// at that stop.
pub trait Estimator: Send + Sync {
    /// The kind's name.
    fn name(&self) -> &'static str;

    /// What it asks of a training.
    fn needs(&self) -> Needs;

    /// Whether the rule is defined on such a curve; where it is not, [`observe`](Estimator::observe) never
    /// stops.
    fn admits(&self, curve: &Curve) -> Result<(), CurveError> {
        let _ = curve;
        Ok(())
    }

    /// Judges a curve.
    fn observe(&self, curve: &Curve, history: &History) -> Observation;
}
