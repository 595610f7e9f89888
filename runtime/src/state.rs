//! The state of a run: the fold of its journal, and nothing else.

use std::collections::BTreeMap;

use jiff::Timestamp;
use peng_estimator::{Progress, Verdict};
use peng_spec::arch::{Cost, Genome};
use peng_spec::plan::{Goal, Metric};
use serde::Serialize;

use crate::event::{Bound, Event, EventKind, Purpose, RunEnd, Slot, TrialId, TrialOutcome};

/// What is known of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct RunState {
    /// Number of the next durable event.
    pub next_seq: u64,
    /// When the run began.
    pub started: Option<Timestamp>,
    /// When the newest event happened.
    pub last: Option<Timestamp>,
    /// Seconds of the run until the newest event, without the time between a stop and its resume.
    pub wall_secs: f64,
    /// Seconds of device slots, summed over all measurements, also those that were made again.
    pub slot_secs: f64,
    /// Training images, likewise.
    pub images: u64,
    /// What the machine decided, as of the newest start.
    pub bound: Option<Bound>,
    /// How often it was resumed.
    pub resumes: u32,
    /// Steps by id: whether they are done.
    pub steps: BTreeMap<String, StepState>,
    /// The generations, in order.
    pub generations: Vec<GenerationState>,
    /// The trials, by number.
    pub trials: Vec<TrialState>,
    /// Warnings, in order.
    pub warnings: Vec<String>,
    /// How it ended; `None` while it goes on, or after it was killed.
    pub end: Option<RunEnd>,
}

/// Where a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Under way.
    Started,
    /// Done.
    Finished,
}

/// A generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GenerationState {
    /// How many networks it has.
    pub candidates: u32,
    /// Its trials, in order.
    pub trials: Vec<TrialId>,
    /// Whether all have ended.
    pub finished: bool,
}

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

impl RunState {
    /// The state after these events.
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut state = Self::default();
        for event in events {
            state.apply(event);
        }
        state
    }

    /// The trial of that number.
    pub fn trial(&self, id: TrialId) -> Option<&TrialState> {
        self.trials.get(id.index())
    }

    /// Takes in the next event.
    pub fn apply(&mut self, event: &Event) {
        if event.kind.durability() == crate::event::Durability::Ephemeral {
            return;
        }
        let resumes = matches!(event.kind, EventKind::RunResumed { .. });
        if let (Some(last), false) = (self.last, resumes) {
            self.wall_secs += event.at.duration_since(last).as_secs_f64().max(0.0);
        }
        self.next_seq = event.seq + 1;
        self.last = Some(event.at);
        match &event.kind {
            EventKind::RunStarted { bound, .. } => {
                self.started = Some(event.at);
                self.bound = Some(bound.clone());
            }
            EventKind::RunResumed { bound } => {
                self.resumes += 1;
                self.bound = Some(bound.clone());
                self.end = None;
                for trial in &mut self.trials {
                    trial.running = None;
                }
            }
            EventKind::StepStarted { step } => {
                self.steps.insert(step.clone(), StepState::Started);
            }
            EventKind::StepFinished { step } => {
                self.steps.insert(step.clone(), StepState::Finished);
            }
            EventKind::GenerationStarted { candidates, .. } => {
                self.generations.push(GenerationState {
                    candidates: *candidates,
                    trials: Vec::new(),
                    finished: false,
                });
            }
            EventKind::GenerationFinished { generation } => {
                if let Some(generation) = self.generations.get_mut(*generation as usize) {
                    generation.finished = true;
                }
            }
            EventKind::TrialCreated { trial, generation, genome, cost } => {
                if let Some(generation) = self.generations.get_mut(*generation as usize) {
                    generation.trials.push(*trial);
                }
                self.trials.push(TrialState {
                    id: *trial,
                    generation: *generation,
                    genome: genome.clone(),
                    cost: *cost,
                    attempts: 0,
                    running: None,
                    points: Vec::new(),
                    estimates: Vec::new(),
                    checkpoint: None,
                    secs: 0.0,
                    outcome: None,
                    ended_at: None,
                    confirmation: None,
                });
            }
            EventKind::Warned { message } => self.warnings.push(message.clone()),
            EventKind::CancelRequested | EventKind::BatchDone { .. } => {}
            EventKind::RunFinished { end } => self.end = Some(end.clone()),
            EventKind::TrialSkipped { trial, .. }
            | EventKind::TrialStarted { trial, .. }
            | EventKind::Measured { trial, .. }
            | EventKind::Estimated { trial, .. }
            | EventKind::CheckpointSaved { trial, .. }
            | EventKind::TrialFinished { trial, .. } => {
                if let EventKind::Measured { secs, images, .. } = &event.kind {
                    self.slot_secs += secs;
                    self.images += images;
                }
                if let Some(trial) = self.trials.get_mut(trial.index()) {
                    trial.apply(&event.kind);
                }
            }
        }
    }
}

impl TrialState {
    fn apply(&mut self, kind: &EventKind) {
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
