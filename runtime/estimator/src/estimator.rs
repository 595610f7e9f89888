//! The contract of an estimator. No rule is in this file.

use serde::{Deserialize, Serialize};

use crate::curve::{Curve, CurveError};
use crate::trial::{History, TrialRecord};
use crate::verdict::{Observation, Revision};

/// What an estimator asks of a training.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Needs {
    /// Metrics without which it cannot work, besides the one it predicts.
    pub metrics: Vec<String>,
    /// It never stops a training with fewer points that is measured as planned; `usize::MAX` if it never stops one.
    pub fewest_points: usize,
    /// Trainings that must have ended before it stops the first one.
    pub fewest_trials: usize,
    /// Whether its answers depend on the history, or on a trial's place in the search.
    pub uses_history: bool,
    /// When it looks at paused trials again.
    pub revises: Revises,
}

/// When an estimator looks at paused trials again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Revises {
    /// Never: a stop is final.
    Never,
    /// When a generation has ended, before the search is told of it, and at the end of the search.
    EachGeneration,
    /// At the end of the search.
    AtEnd,
}

/// A rule that watches a learning curve and says when its training may stop.
///
/// It is a pure function: what it answers depends on its parameters, the history and the trial, and on nothing
/// else. [`learn`](Estimator::learn) takes what is costly and depends on the history alone;
/// [`Rule::judge`] is then cheap.
pub trait Estimator: Send + Sync {
    /// The kind's name.
    fn name(&self) -> &'static str;

    /// What it asks of a training.
    fn needs(&self) -> Needs;

    /// Whether the rule is defined on such a curve; where it is not, it never stops.
    fn admits(&self, curve: &Curve) -> Result<(), CurveError> {
        let _ = curve;
        Ok(())
    }

    /// The rule for trials that begin after those of `history` have ended.
    fn learn(&self, history: &History) -> Box<dyn Rule>;

    /// What the ended trials say of the paused ones. Called again when its resumptions have been carried out, until it
    /// names none.
    fn revise(&self, history: &History) -> Revision {
        let _ = history;
        Revision::default()
    }

    /// Learns and observes at once.
    fn observe(&self, trial: &TrialRecord, history: &History) -> Observation {
        self.learn(history).judge(trial, 0)
    }
}

/// An estimator that has learned from a history.
pub trait Rule: Send + Sync {
    /// Judges a trial by all its points.
    ///
    /// Observing a longer curve than the one at which it would have stopped gives the same answer as at that stop.
    /// `judged` only saves time: the caller knows that with as many points as that, and with fewer, the answer was to
    /// go on. From 0 to there any number gives the same answer.
    fn judge(&self, trial: &TrialRecord, judged: usize) -> Observation;
}
