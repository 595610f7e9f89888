//! The kinds of events. How a trial and a run can end is in `outcome.rs`.

use std::collections::BTreeMap;

use peng_estimator::{Observation, Progress, Resumption, Revised};
use peng_spec::arch::{Cost, Genome};
use peng_spec::plan::Metric;
use serde::{Deserialize, Serialize};

use super::{Bound, Purpose, RunEnd, Slot, TrialId, TrialOutcome, metrics};
use crate::study::cache::Known;

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
        /// Whether it is trained to the end even if the estimator would stop it.
        audit: bool,
    },
    /// A trial is not trained, since its network is that of an earlier trial, or near to it, whose result it gets.
    TrialSkipped {
        /// The trial.
        trial: TrialId,
        /// The earlier one.
        from: TrialId,
        /// How far the networks are apart, in edits; 0: they are the same.
        #[serde(default, skip_serializing_if = "is_none")]
        distance: u32,
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
        /// Seconds of its slot since the last measurement; of one that was played, when it was made.
        secs: f64,
        /// The most bytes that the attempt has held on its device so far, if that is measured.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        memory: Option<u64>,
        /// Whether it was played from a cache: another run has trained the same network.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        cached: bool,
    },
    /// A cache was asked for the curve of a trial.
    CacheAsked {
        /// The trial.
        trial: TrialId,
        /// What it knew, and if it knew nothing, why.
        #[serde(flatten)]
        known: Known,
    },
    /// The estimator was asked about the curve so far.
    Estimated {
        /// The trial.
        trial: TrialId,
        /// Where.
        #[serde(rename = "epoch")]
        at: Progress,
        /// What it answered, and from what.
        #[serde(flatten)]
        observation: Observation,
        /// Digest of all that the answer depends on: the estimator, the trial so far, and the history.
        inputs: String,
    },
    /// The estimator looked at the paused trials again.
    Reconsidered {
        /// After which generation; `None`: after the search.
        generation: Option<u32>,
        /// The newest prediction of every paused trial, in trial order.
        predictions: Vec<Revised>,
        /// The trainings that go on, the most urgent first; empty: the rest is left as it is.
        resumptions: Vec<Resumption>,
        /// Digest of all that this depends on: the estimator and the ended trials.
        inputs: String,
    },
    /// The estimator is not asked any more, since audited trials have shown that its regret is too large.
    EstimatorSwitchedOff {
        /// After which generation.
        generation: u32,
        /// The regret of the top tenth, in the metric's units.
        regret: f64,
        /// Its interval.
        interval: [f64; 2],
        /// What was allowed.
        limit: f64,
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
        /// Digest of all that was measured of it until then, also of what nobody judged.
        #[serde(default)]
        curve: String,
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it so")]
fn is_none(distance: &u32) -> bool {
    *distance == 0
}

impl EventKind {
    /// Whether the event is in the journal.
    pub fn durability(&self) -> Durability {
        match self {
            Self::BatchDone { .. } => Durability::Ephemeral,
            Self::RunStarted { .. }
            | Self::RunResumed { .. }
            | Self::CheckpointSaved { .. }
            | Self::Reconsidered { .. }
            | Self::EstimatorSwitchedOff { .. }
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
            | Self::CacheAsked { .. }
            | Self::Estimated { .. }
            | Self::Warned { .. } => Durability::Journal,
        }
    }
}
