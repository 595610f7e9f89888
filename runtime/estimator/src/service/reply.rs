//! Replies, one a request.

use serde::Serialize;

use super::refusal::Refusal;
use super::request::Number;
use super::snapshot::State;
use crate::trial::Outcome;

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Reply {
    /// To `observe`.
    Observed(Observed),
    /// To `finish`.
    Finished {
        /// The run's name.
        run: String,
        /// Completed, or failed if its value is NaN or infinite.
        outcome: Outcome,
        /// The final value.
        value: Number,
    },
    /// To `forget`.
    Forgotten {
        /// The name, which may be used again.
        forgotten: String,
    },
    /// To `snapshot`.
    Snapshot {
        /// What `restore` takes.
        state: State,
    },
    /// To `restore`.
    Restored {
        /// How many runs are known now.
        restored: usize,
    },
    /// To a request that is refused.
    Refused {
        /// Why.
        error: Refusal,
    },
}

/// May the training stop?
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Observed {
    /// The run's name.
    pub(super) run: String,
    /// The epoch that was observed, as it was written.
    pub(super) epoch: f64,
    /// Whether the training goes on.
    pub(super) verdict: Word,
    /// Why it stops: converged or pruned; `None` where it goes on, and where all planned epochs are trained.
    pub(super) outcome: Option<Outcome>,
    /// The predicted final value, in the metric's own units.
    pub(super) predicted: Option<f64>,
    /// Lower and upper end of the prediction's interval.
    pub(super) interval: Option<[f64; 2]>,
    /// The confidence of intervals.
    pub(super) confidence: f64,
    /// Why, in words for people.
    pub(super) reason: String,
    /// The name of the rule that answered.
    pub(super) rule: String,
}

/// The verdict in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Word {
    /// Train on.
    Continue,
    /// Stop.
    Stop,
}

impl Reply {
    /// The reply as a line, without its end.
    pub(super) fn to_line(&self) -> String {
        serde_json::to_string(self)
            .expect("replies have string keys and their numbers are written as JSON has them")
    }
}

impl From<Refusal> for Reply {
    fn from(error: Refusal) -> Self {
        Reply::Refused { error }
    }
}
