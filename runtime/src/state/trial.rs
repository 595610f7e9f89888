//! The state of one trial.

use std::collections::BTreeMap;

use peng_estimator::{Progress, Verdict};
use peng_spec::arch::{Cost, Genome};
use peng_spec::plan::{Goal, Metric};
use serde::Serialize;

use crate::event::{EventKind, Purpose, Slot, TrialId, TrialOutcome};

/// One measurement of a trial.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MeasuredPoint {
    /// Where.
    pub at: Progress,
    /// The metrics.
    pub metrics: BTreeMap<Metric, f64>,
}

/// One answer of the estimator.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EstimatePoint {
    /// Where.
    pub at: Progress,
    /// Whether the training goes on.
    pub verdict: Verdict,
    /// The prediction.
    pub predicted: Option<f64>,
    /// Its interval.
    pub interval: Option<[f64; 2]>,
    /// Why.
    pub reason: String,
}

/// An attempt under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Running {
    /// The worker.
    pub slot: Slot,
    /// Why.
    pub purpose: Purpose,
}

/// A trial.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrialState {
    /// Its number.
    pub id: TrialId,
    /// The generation that asked for it.
    pub generation: u32,
    /// The network.
    pub genome: Genome,
    /// What the network costs.
    pub cost: Cost,
    /// Attempts so far.
    pub attempts: u32,
    /// The attempt under way.
    pub running: Option<Running>,
    /// What was measured, in order.
    pub points: Vec<MeasuredPoint>,
    /// What the estimator said, in order.
    pub estimates: Vec<EstimatePoint>,
    /// Where the newest checkpoint is.
    pub checkpoint: Option<Progress>,
    /// Seconds of its slot.
    pub secs: f64,
    /// How it ended for the search.
    pub outcome: Option<TrialOutcome>,
    /// Where its training was when it ended for the search.
    pub ended_at: Option<Progress>,
    /// How its confirmation ended.
    pub confirmation: Option<TrialOutcome>,
}

impl TrialState {
    /// How far it was trained.
    pub fn trained(&self) -> Progress {
        self.points.last().map_or(Progress::ZERO, |p| p.at)
    }

    /// What was measured at a point.
    pub fn point(&self, at: Progress) -> Option<&MeasuredPoint> {
        self.points.iter().find(|p| p.at == at)
    }

    /// The newest value of a metric.
    pub fn last(&self, metric: Metric) -> Option<f64> {
        self.points.last().and_then(|p| p.metrics.get(&metric)).copied()
    }

    /// The best finite value of a metric.
    pub fn best(&self, metric: Metric) -> Option<f64> {
        let values =
            self.points.iter().filter_map(|p| p.metrics.get(&metric)).copied().filter(|v| v.is_finite());
        match metric.goal() {
            Goal::Maximize => values.reduce(f64::max),
            Goal::Minimize => values.reduce(f64::min),
        }
    }
}

impl TrialState {
    pub(super) fn apply(&mut self, kind: &EventKind) {
        match kind {
            EventKind::TrialSkipped { from, .. } => self.outcome = Some(TrialOutcome::Copied { from: *from }),
            EventKind::TrialStarted { attempt, slot, purpose, from, .. } => {
                self.attempts = *attempt;
                self.running = Some(Running { slot: *slot, purpose: *purpose });
                self.points.retain(|p| p.at <= *from);
                self.estimates.retain(|e| e.at <= *from);
            }
            EventKind::Measured { at, metrics, secs, .. } => {
                self.secs += secs;
                self.points.push(MeasuredPoint { at: *at, metrics: metrics.clone() });
            }
            EventKind::Estimated { at, verdict, predicted, interval, reason, .. } => {
                self.estimates.push(EstimatePoint {
                    at: *at,
                    verdict: *verdict,
                    predicted: *predicted,
                    interval: *interval,
                    reason: reason.clone(),
                });
            }
            EventKind::CheckpointSaved { at, .. } => self.checkpoint = Some(*at),
            EventKind::TrialFinished { purpose, outcome, .. } => {
                self.running = None;
                match purpose {
                    Purpose::Search => {
                        self.outcome = Some(outcome.clone());
                        self.ended_at = Some(self.trained());
                    }
                    Purpose::Confirm => self.confirmation = Some(outcome.clone()),
                }
            }
            EventKind::RunStarted { .. }
            | EventKind::RunResumed { .. }
            | EventKind::StepStarted { .. }
            | EventKind::StepFinished { .. }
            | EventKind::GenerationStarted { .. }
            | EventKind::GenerationFinished { .. }
            | EventKind::TrialCreated { .. }
            | EventKind::Warned { .. }
            | EventKind::CancelRequested
            | EventKind::RunFinished { .. }
            | EventKind::BatchDone { .. } => {}
        }
    }
}
