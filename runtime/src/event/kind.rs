//! The kinds of events, and how a trial and a run can end.

use std::collections::BTreeMap;

use peng_estimator::{Progress, Verdict};
use peng_spec::arch::{Cost, Genome};
use peng_spec::plan::Metric;
use serde::{Deserialize, Serialize};

use super::{Slot, TrialId};

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EventKind {
    /// A run began; what the plan leaves to the machine is bound here.
    RunStarted {
        /// [`EVENT_FORMAT`](crate::event::EVENT_FORMAT).
        format: String,
        /// Digest of the plan.
        digest: String,
        /// What was bound.
        bound: Bound,
    },
    /// An interrupted run goes on.
    RunResumed {
        /// What was bound this time.
        bound: Bound,
    },
    /// A step of the plan began.
    StepStarted {
        /// Its id.
        step: String,
    },
    /// A step of the plan is done.
    StepFinished {
        /// Its id.
        step: String,
    },
    /// The search asked for networks.
    GenerationStarted {
        /// Its number, from 0.
        generation: u32,
        /// How many networks.
        candidates: u32,
    },
    /// All trials of a generation have ended.
    GenerationFinished {
        /// Its number, from 0.
        generation: u32,
    },
    /// A trial exists.
    TrialCreated {
        /// Its number.
        trial: TrialId,
        /// The generation that asked for it.
        generation: u32,
        /// The network.
        genome: Genome,
        /// What the network costs.
        cost: Cost,
    },
    /// A trial is not trained, since its network is that of an earlier trial, whose result it gets.
    TrialSkipped {
        /// The trial.
        trial: TrialId,
        /// The earlier one.
        from: TrialId,
    },
    /// An attempt at a trial was handed to a worker. What was measured after `from` is measured again.
    TrialStarted {
        /// The trial.
        trial: TrialId,
        /// Number of the attempt, from 1; only messages of the newest attempt count.
        attempt: u32,
        /// The worker.
        slot: Slot,
        /// Why it is trained.
        purpose: Purpose,
        /// Where its training goes on: a checkpoint, or 0.
        from: Progress,
    },
    /// A network was measured.
    Measured {
        /// The trial.
        trial: TrialId,
        /// Where.
        #[serde(rename = "epoch")]
        at: Progress,
        /// The metrics.
        #[serde(with = "metrics")]
        metrics: BTreeMap<Metric, f64>,
        /// Training images since the last measurement.
        images: u64,
        /// Seconds of its slot since the last measurement.
        secs: f64,
    },
    /// The estimator was asked about the curve so far.
    Estimated {
        /// The trial.
        trial: TrialId,
        /// Where.
        #[serde(rename = "epoch")]
        at: Progress,
        /// Whether the training goes on.
        verdict: Verdict,
        /// The newest prediction of the final value, in the metric's units.
        predicted: Option<f64>,
        /// Its interval.
        interval: Option<[f64; 2]>,
        /// Why, in words.
        reason: String,
    },
    /// A training can go on from here.
    CheckpointSaved {
        /// The trial.
        trial: TrialId,
        /// Where.
        #[serde(rename = "epoch")]
        at: Progress,
    },
    /// A trial has ended, for its purpose.
    TrialFinished {
        /// The trial.
        trial: TrialId,
        /// Why it was trained.
        purpose: Purpose,
        /// How it ended.
        outcome: TrialOutcome,
    },
    /// Something that a user should know, and that doesn't end the run.
    Warned {
        /// What.
        message: String,
    },
    /// A user wants the run to stop.
    CancelRequested,
    /// The run has ended, or can be resumed.
    RunFinished {
        /// How.
        end: RunEnd,
    },
    /// A worker did a batch.
    BatchDone {
        /// The trial.
        trial: TrialId,
        /// Where the training will be measured next.
        until: Progress,
        /// Batches done since the last measurement.
        done: u64,
        /// Batches between the two measurements.
        of: u64,
    },
}

/// Whether an event is in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// In the journal; the state depends on it.
    Journal,
    /// In the journal and on the disk before the run goes on.
    Synced,
    /// For people who watch.
    Ephemeral,
}

impl EventKind {
    /// Whether the event is in the journal.
    pub fn durability(&self) -> Durability {
        match self {
            Self::BatchDone { .. } => Durability::Ephemeral,
            Self::RunStarted { .. }
            | Self::RunResumed { .. }
            | Self::CheckpointSaved { .. }
            | Self::TrialFinished { .. }
            | Self::CancelRequested
            | Self::RunFinished { .. } => Durability::Synced,
            Self::StepStarted { .. }
            | Self::StepFinished { .. }
            | Self::GenerationStarted { .. }
            | Self::GenerationFinished { .. }
            | Self::TrialCreated { .. }
            | Self::TrialSkipped { .. }
            | Self::TrialStarted { .. }
            | Self::Measured { .. }
            | Self::Estimated { .. }
            | Self::Warned { .. } => Durability::Journal,
        }
    }
}

/// What is decided by the machine, not by the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// Version of `peng`.
    pub peng: String,
    /// The device of the workers.
    pub device: String,
    /// Number of workers.
    pub workers: usize,
    /// Where the data are; `None`: they come with `peng` or are made by it.
    pub data: Option<String>,
}

/// Why a network is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The search asked for it.
    Search,
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
    /// Not trained: it has the result of a trial of the same network.
    Copied {
        /// That trial.
        from: TrialId,
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

/// Metrics that may be NaN or infinite, which JSON has no numbers for.
mod metrics {
    use std::collections::BTreeMap;

    use peng_spec::plan::Metric;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(transparent)]
    struct Extended(#[serde(with = "peng_estimator::extended")] f64);

    pub(super) fn serialize<S: Serializer>(map: &BTreeMap<Metric, f64>, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(map.iter().map(|(metric, value)| (metric, Extended(*value))))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<Metric, f64>, D::Error> {
        Ok(BTreeMap::<Metric, Extended>::deserialize(from)?.into_iter().map(|(m, v)| (m, v.0)).collect())
    }
}
