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
    /// The epoch that was observed, as it counts: the fraction that was written as a decimal.
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

    /// The same, where a snapshot must come back in a line of at most `limit` bytes.
    pub(super) fn to_line_within(&self, limit: usize) -> String {
        let line = self.to_line();
        let bytes = line.len() + r#""op":"restore","#.len();
        match self {
            Reply::Snapshot { .. } if bytes > limit => {
                Reply::from(Refusal::SnapshotTooLong { bytes, limit }).to_line()
            }
            _ => line,
        }
    }
}

impl From<Refusal> for Reply {
    fn from(error: Refusal) -> Self {
        Reply::Refused { error }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::curve::Direction;
    use crate::service::runs::Runs;
    use crate::service::{ScaleOrigin, Setup};

    #[test]
    fn a_snapshot_that_cannot_come_back_is_refused() {
        let setup = Setup {
            kind: crate::policy::find("never").unwrap(),
            params: json!({}),
            metric: "val_accuracy".to_owned(),
            direction: Direction::Maximize,
            scale: None,
            scale_origin: ScaleOrigin::Given,
            confidence: 0.9,
            costs: Vec::new(),
        };
        let reply = Reply::Snapshot { state: State::of(&setup, &Runs::default()) };
        let whole = reply.to_line();
        let restoring = whole.replacen('{', r#"{"op":"restore","#, 1).len();
        assert_eq!(reply.to_line_within(restoring), whole);
        let refused: Value = serde_json::from_str(&reply.to_line_within(restoring - 1)).unwrap();
        assert_eq!(refused["error"]["code"], "snapshot_too_long");
        let message = refused["error"]["message"].as_str().unwrap();
        assert!(message.contains(&format!("{restoring} bytes")) && message.contains("`forget`"), "{message}");
    }
}
