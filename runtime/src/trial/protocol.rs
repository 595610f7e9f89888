//! The worker protocol: a line of JSON a message, over any pair of byte streams.
//!
//! The worker says `hello` first. Every lease carries a token; a message with another one than the newest of its trial is
//! stale and ignored.

use std::collections::BTreeMap;

use peng_estimator::{Progress, Verdict};
use peng_spec::arch::ArchGraph;
use peng_spec::plan::Metric;
use serde::{Deserialize, Serialize};

use crate::event::{Purpose, TrialId, TrialOutcome};

/// The version of the protocol.
pub const PROTOCOL: &str = "peng.worker/1";

/// A value that may be NaN or infinite.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Extended(#[serde(with = "peng_estimator::extended")] pub f64);

/// A point of a curve on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Where.
    pub at: Progress,
    /// The metrics.
    pub metrics: BTreeMap<Metric, Extended>,
}

/// What hands an attempt at a trial to a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lease {
    /// The trial.
    pub trial: TrialId,
    /// Number of the attempt.
    pub token: u32,
    /// The network.
    pub arch: ArchGraph,
    /// Why it is trained: a confirmation is not stopped by the estimator.
    pub purpose: Purpose,
    /// Where the training goes on: a checkpoint of the trial, or 0.
    pub from: Progress,
    /// What was measured until there.
    pub curve: Vec<CurvePoint>,
}

/// A message to a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "msg", rename_all = "snake_case")]
pub enum ToWorker {
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
        point: CurvePoint,
        /// Training images since the last measurement.
        images: u64,
        /// Seconds since the last measurement.
        secs: f64,
    },
    /// The estimator was asked.
    Estimated {
        /// The trial.
        trial: TrialId,
        /// Its attempt.
        token: u32,
        /// Where.
        at: Progress,
        /// Whether it goes on.
        verdict: Verdict,
        /// The newest prediction.
        predicted: Option<f64>,
        /// Its interval.
        interval: Option<[f64; 2]>,
        /// Why.
        reason: String,
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
