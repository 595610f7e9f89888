//! The state of one trial.

use std::collections::BTreeMap;

use peng_estimator::{Observation, Progress};
use peng_spec::arch::{Cost, Genome};
use peng_spec::plan::{Goal, Metric};
use serde::{Deserialize, Serialize};

use crate::event::{EventKind, Purpose, Slot, TrialId, TrialOutcome, metrics};

/// One measurement of a trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeasuredPoint {
    /// Where.
    pub at: Progress,
    /// The metrics; may be NaN or infinite.
    #[serde(with = "metrics")]
    pub metrics: BTreeMap<Metric, f64>,
}

/// One answer of the estimator.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EstimatePoint {
    /// Where.
    pub at: Progress,
    /// The answer.
    #[serde(flatten)]
    pub observation: Observation,
}

/// What was known of a trial from some moment on. A paused trial has several.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ending {
    /// How many generations had finished then.
    pub generations: u32,
    /// How it had ended.
    pub outcome: TrialOutcome,
    /// Where its training was.
    pub at: Progress,
    /// What was measured there.
    pub point: Option<MeasuredPoint>,
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
    /// Whether it is trained to the end even if the estimator would stop it.
    pub audited: bool,
    /// How many trials had ended for the search when it was made.
    #[serde(skip)]
    pub after: usize,
    /// Whether the estimator was switched off when it was made, and so is not asked about it.
    #[serde(skip)]
    pub unasked: bool,
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
    /// The most bytes that it has held on its device, if that is measured.
    pub memory: Option<u64>,
    /// How it ended for the search, as far as is known now.
    pub outcome: Option<TrialOutcome>,
    /// Where its training was then.
    pub ended_at: Option<Progress>,
    /// All that the search knew of its end, in order; the last one is `outcome` and `ended_at`. A copy has none.
    pub endings: Vec<Ending>,
    /// How its confirmation ended.
    pub confirmation: Option<TrialOutcome>,
}

impl TrialState {
    /// A trial that was not trained yet.
    pub(super) fn new(id: TrialId, generation: u32, genome: Genome, cost: Cost, audited: bool) -> Self {
        Self {
            id,
            generation,
            genome,
            cost,
            audited,
            after: 0,
            unasked: false,
            attempts: 0,
            running: None,
            points: Vec::new(),
            estimates: Vec::new(),
            checkpoint: None,
            secs: 0.0,
            memory: None,
            outcome: None,
            ended_at: None,
            endings: Vec::new(),
            confirmation: None,
        }
    }

    /// How far it was trained.
    pub fn trained(&self) -> Progress {
        self.points.last().map_or(Progress::ZERO, |p| p.at)
    }

    /// What was measured at a point.
    pub fn point(&self, at: Progress) -> Option<&MeasuredPoint> {
        self.points.iter().find(|p| p.at == at)
    }

    /// What was known of its end when so many generations had finished.
    pub fn ending(&self, generations: u32) -> Option<&Ending> {
        self.endings.iter().rev().find(|ending| ending.generations < generations)
    }

    /// Where and how the estimator wanted to stop its training first, whether or not it was obeyed; a training of
    /// `planned` epochs needs no stop at its end.
    pub fn stop(&self, planned: Progress) -> Option<&EstimatePoint> {
        self.estimates.iter().find(|e| e.observation.verdict.is_stop() && e.at < planned)
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
    /// Takes in an event of this trial; `generations` have finished.
    pub(super) fn apply(&mut self, kind: &EventKind, generations: u32) {
        match kind {
            EventKind::TrialSkipped { from, distance, .. } => {
                self.outcome = Some(TrialOutcome::Copied { from: *from, distance: *distance });
            }
            EventKind::TrialStarted { attempt, slot, purpose, from, .. } => {
                self.attempts = *attempt;
                self.running = Some(Running { slot: *slot, purpose: *purpose });
                self.points.retain(|p| p.at <= *from);
                match purpose {
                    Purpose::Search => self.estimates.retain(|e| e.at <= *from),
                    Purpose::Reconsider | Purpose::Confirm => {}
                }
            }
            EventKind::Measured { at, metrics, secs, memory, .. } => {
                self.secs += secs;
                self.memory = self.memory.max(*memory);
                self.points.push(MeasuredPoint { at: *at, metrics: metrics.clone() });
            }
            EventKind::Estimated { at, observation, .. } => {
                self.estimates.push(EstimatePoint { at: *at, observation: observation.clone() });
            }
            EventKind::CheckpointSaved { at, .. } => self.checkpoint = Some(*at),
            EventKind::TrialFinished { purpose, outcome, .. } => {
                self.running = None;
                match (purpose, outcome) {
                    (Purpose::Confirm, _) => self.confirmation = Some(outcome.clone()),
                    // It stays paused.
                    (Purpose::Reconsider, TrialOutcome::Cancelled) => {}
                    (Purpose::Search | Purpose::Reconsider, _) => {
                        self.ended_at = Some(self.trained());
                        self.end(outcome.clone(), generations);
                    }
                }
            }
            EventKind::RunStarted { .. }
            | EventKind::RunResumed { .. }
            | EventKind::StepStarted { .. }
            | EventKind::StepFinished { .. }
            | EventKind::GenerationStarted { .. }
            | EventKind::GenerationFinished { .. }
            | EventKind::TrialCreated { .. }
            | EventKind::CacheAsked { .. }
            | EventKind::Reconsidered { .. }
            | EventKind::EstimatorSwitchedOff { .. }
            | EventKind::Warned { .. }
            | EventKind::CancelRequested
            | EventKind::RunFinished { .. }
            | EventKind::BatchDone { .. } => {}
        }
    }

    /// A paused trial has a new prediction.
    pub(super) fn revise(&mut self, newest: f64, generations: u32) {
        match self.outcome {
            Some(TrialOutcome::Converged { predicted }) if predicted.to_bits() != newest.to_bits() => {
                self.end(TrialOutcome::Converged { predicted: newest }, generations);
            }
            Some(
                TrialOutcome::Converged { .. }
                | TrialOutcome::Completed
                | TrialOutcome::Pruned
                | TrialOutcome::Copied { .. }
                | TrialOutcome::Failed { .. }
                | TrialOutcome::Cancelled,
            )
            | None => {}
        }
    }

    fn end(&mut self, outcome: TrialOutcome, generations: u32) {
        let at = self.ended_at.unwrap_or(Progress::ZERO);
        let point = self.point(at).cloned().or_else(|| self.endings.last().and_then(|e| e.point.clone()));
        self.endings.push(Ending { generations, outcome: outcome.clone(), at, point });
        self.outcome = Some(outcome);
    }
}
