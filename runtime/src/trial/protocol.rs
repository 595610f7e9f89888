//! The worker protocol: a line of JSON a message, over any pair of byte streams.
//!
//! The worker says `hello` first. Every lease carries a token; a message with another one than the newest of its trial is
//! stale and ignored.

use peng_estimator::{History, Observation, Progress};
use peng_spec::arch::{ArchGraph, Cost};
use peng_spec::plan::TrainingPlan;
use serde::{Deserialize, Serialize};

use crate::event::{TrialId, TrialOutcome};
use crate::state::MeasuredPoint;
use crate::study::cache::Known;

/// The version of the protocol.
pub const PROTOCOL: &str = "peng.worker/5";

/// What hands an attempt at a trial to a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lease {
    /// The trial.
    pub trial: TrialId,
    /// Number of the attempt.
    pub token: u32,
    /// The network.
    pub arch: ArchGraph,
    /// Digest of what tells it from all others; the seed of its training follows from it.
    pub network: String,
    /// How it is trained: as the plan says, with the settings that the network brings along.
    pub training: TrainingPlan,
    /// What it costs.
    pub cost: Cost,
    /// What the estimator's verdicts do.
    pub verdicts: Verdicts,
    /// Where the training goes on: a checkpoint of the trial, or 0.
    pub from: Progress,
    /// What was measured until there.
    pub curve: Vec<MeasuredPoint>,
    /// Where it ends at the latest: at the planned epochs, or earlier to be paused.
    pub until: Progress,
    /// Bytes that it may hold on its device; `None`: what is there.
    pub memory: Option<u64>,
}

/// What the estimator's verdicts do to a training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdicts {
    /// They end it.
    Obeyed,
    /// They are noted until one would end it, but it goes on to its end.
    Noted,
    /// There are none.
    Unasked,
}

/// A message to a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "msg", rename_all = "snake_case")]
pub enum ToWorker {
    /// What decisions rest on from now on. Before the first one the history is empty.
    Learn {
        /// The ended trials.
        history: History,
    },
    /// Train this.
    Lease(Box<Lease>),
    /// Finish the measurement under way, save a checkpoint, and say `stopped`.
    Stop,
}

/// A message from a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "msg", rename_all = "snake_case")]
pub enum FromWorker {
    /// It is ready: plan and data are read.
    Hello {
        /// [`PROTOCOL`].
        protocol: String,
        /// Digest of the plan that it read.
        digest: String,
        /// Digest of the data that it read, as its networks see them.
        data: String,
    },
    /// It cannot work at all.
    Unusable {
        /// Why.
        reason: String,
        /// What to do.
        help: Option<String>,
    },
    /// A batch is done.
    Batch {
        /// The trial.
        trial: TrialId,
        /// Its attempt.
        token: u32,
        /// Where it will be measured next.
        until: Progress,
        /// Batches done.
        done: u64,
        /// Batches to do.
        of: u64,
    },
    /// The network was measured.
    Measured {
        /// The trial.
        trial: TrialId,
        /// Its attempt.
        token: u32,
        /// What was measured.
        point: MeasuredPoint,
        /// Training images since the last measurement.
        images: u64,
        /// Seconds since the last measurement; of one that was played, when it was made.
        secs: f64,
        /// The most bytes that this attempt has held on its device, if that is measured.
        memory: Option<u64>,
        /// Whether it was played from a cache.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        cached: bool,
    },
    /// A cache was asked for the curve.
    Known {
        /// The trial.
        trial: TrialId,
        /// Its attempt.
        token: u32,
        /// What it knew.
        known: Known,
    },
    /// The estimator was asked.
    Estimated {
        /// The trial.
        trial: TrialId,
        /// Its attempt.
        token: u32,
        /// Where.
        at: Progress,
        /// What it answered.
        #[serde(flatten)]
        observation: Observation,
        /// Digest of what that depends on.
        inputs: String,
    },
    /// A checkpoint is on the disk.
    Saved {
        /// The trial.
        trial: TrialId,
        /// Its attempt.
        token: u32,
        /// Where.
        at: Progress,
    },
    /// The trial has ended for its purpose.
    Ended {
        /// The trial.
        trial: TrialId,
        /// Its attempt.
        token: u32,
        /// How.
        outcome: TrialOutcome,
    },
    /// A checkpoint or the curve in a cache cannot be written or is damaged: the fault of the machine, not of the network.
    NotSaved {
        /// The trial.
        trial: TrialId,
        /// Its attempt.
        token: u32,
        /// Why.
        reason: String,
    },
    /// The attempt needs more memory than its lease allows, or than is there.
    OutOfMemory {
        /// The trial.
        trial: TrialId,
        /// Its attempt.
        token: u32,
        /// The most bytes that it has held, if that is known.
        held: Option<u64>,
    },
    /// The trial was trained to the end of its lease, before its planned epochs.
    Paused {
        /// The trial.
        trial: TrialId,
        /// Its attempt.
        token: u32,
    },
    /// The trial was stopped and can go on from its newest checkpoint.
    Stopped {
        /// The trial.
        trial: TrialId,
        /// Its attempt.
        token: u32,
    },
    /// The checkpoint of the lease cannot be read; nothing was trained.
    NoCheckpoint {
        /// The trial.
        trial: TrialId,
        /// Its attempt.
        token: u32,
        /// Why.
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use peng_estimator::{EndedTrial, Outcome, Verdict};
    use peng_spec::plan::Metric;

    use super::*;
    use crate::estimate;

    /// What a worker computes a digest of must be what the coordinator has, to the last bit.
    #[test]
    fn histories_and_answers_survive_the_way_to_a_worker_and_back() {
        let mut record =
            estimate::untrained(3, Cost { params: 7, flops: 1_000_000_007, activation_bytes: 1 });
        for (k, value) in (1..).zip([0.1 + 0.2, -0.0, f64::NAN, f64::NEG_INFINITY, 1e300]) {
            let metrics = BTreeMap::from([(Metric::ValAccuracy, value), (Metric::TrainLoss, 1.0 / value)]);
            let at = Progress::new(k, 3).unwrap();
            estimate::measure(&mut record, &MeasuredPoint { at, metrics }, Metric::ValAccuracy);
        }
        let ended = EndedTrial { record, points_planned: 9, outcome: Outcome::Failed, fitness: f64::NAN };
        let history = ToWorker::Learn { history: History { trials: vec![ended] } };
        let text = serde_json::to_string(&history).unwrap();
        let read: ToWorker = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), text);

        let observation = Observation {
            verdict: Verdict::Converged { predicted: 0.1 + 0.2 },
            predicted: Some(0.1 + 0.2),
            interval: Some([-0.0, 1.0]),
            fit: [("a".to_owned(), 1e-300)].into(),
            ..Observation::go_on("rule", 4, "reason")
        };
        let (trial, token, at) = (TrialId(3), 1, Progress::new(4, 3).unwrap());
        let said = FromWorker::Estimated { trial, token, at, observation, inputs: "digest".into() };
        let text = serde_json::to_string(&said).unwrap();
        assert_eq!(serde_json::from_str::<FromWorker>(&text).unwrap(), said);
    }
}
