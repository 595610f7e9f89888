//! What the machine decides, why a network is trained, and how a trial and a run can end.

use serde::{Deserialize, Serialize};

use super::TrialId;

/// What is decided by the machine, not by the plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// Version of `peng`.
    pub peng: String,
    /// The devices of the workers, as a spec names them: `cpu`, `cuda:0`, `2 x cuda`.
    pub device: String,
    /// What the cards among them call themselves; worker k has card k, counted round.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adapters: Vec<String>,
    /// Bytes that trainings may hold on each device at once, as the spec or the device says; `None`: nobody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// Number of workers.
    pub workers: usize,
    /// Where the data are; `None`: they come with `peng` or are made by it.
    pub data: Option<String>,
    /// Digest of the data, as networks see them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// Why a network is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The search asked for it.
    Search,
    /// It was paused, and the estimator wants to see more of it.
    Reconsider,
    /// It is a predicted member of the front, and is trained to the end.
    Confirm,
}

/// How a trial ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum TrialOutcome {
    /// Trained for all planned epochs.
    Completed,
    /// Stopped with a trusted prediction, which is its fitness.
    Converged {
        /// The predicted final value, in the metric's units.
        predicted: f64,
    },
    /// Stopped as hopeless; its fitness is its last value, and it is never in a front.
    Pruned,
    /// Not trained: it has the result of a trial of the same network, or of one near to it.
    Copied {
        /// That trial.
        from: TrialId,
        /// How far the networks are apart, in edits; 0: they are the same.
        #[serde(default)]
        distance: u32,
    },
    /// Ended without a result.
    Failed {
        /// Why.
        cause: String,
    },
    /// Ended by a spent budget.
    Cancelled,
}

impl TrialOutcome {
    /// The word in `trials.csv`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Converged { .. } => "converged",
            Self::Pruned => "pruned",
            Self::Copied { .. } => "copied",
            Self::Failed { .. } => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Why a trial is a copy, in words.
pub fn copied(from: TrialId, distance: u32) -> String {
    match distance {
        0 => format!("same network as trial {from}"),
        1 => format!("1 edit from trial {from}"),
        edits => format!("{edits} edits from trial {from}"),
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum RunEnd {
    /// All steps are done.
    Finished,
    /// A budget was spent; what was under way was cancelled.
    BudgetSpent {
        /// The key of the spec, such as `wall_time`.
        budget: String,
    },
    /// Stopped by a user; it can be resumed.
    Interrupted,
    /// More trials failed than the plan allows.
    TooManyFailed {
        /// How many failed.
        failed: u32,
        /// How many were trained.
        trained: u32,
    },
}
