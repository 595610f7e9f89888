//! The state of a run: the fold of its journal, and nothing else.

mod trial;

use std::collections::BTreeMap;

use jiff::Timestamp;
use peng_estimator::Resumption;
use serde::Serialize;

pub use trial::{Ending, EstimatePoint, MeasuredPoint, Running, TrialState};

use crate::event::{Bound, Event, EventKind, Purpose, RunEnd, TrialId, TrialOutcome};

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
    /// Measurements, likewise.
    pub measurements: u64,
    /// Those of them that were played from a cache.
    pub cached: u64,
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
    /// The trials that have ended for the search, in that order; a copy ends with its original, or when it is made.
    #[serde(skip)]
    pub ended: Vec<TrialId>,
    /// The newest look at the paused trials.
    pub reconsidered: Option<Reconsidered>,
    /// Since when the estimator is not asked any more.
    pub switched_off: Option<SwitchedOff>,
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

/// A look at the paused trials.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reconsidered {
    /// After which generation; `None`: after the search.
    pub generation: Option<u32>,
    /// The trainings that go on and have not come to their points yet, the most urgent first.
    pub open: Vec<Resumption>,
    /// Whether no training was to go on: there is no further look.
    pub settled: bool,
}

/// What audited trials have shown of an estimator that is not asked any more.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SwitchedOff {
    /// After which generation.
    pub generation: u32,
    /// The regret of the top tenth, in the metric's units.
    pub regret: f64,
    /// Its interval.
    pub interval: [f64; 2],
    /// What was allowed.
    pub limit: f64,
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

impl From<SwitchedOff> for EventKind {
    fn from(off: SwitchedOff) -> Self {
        let SwitchedOff { generation, regret, interval, limit } = off;
        Self::EstimatorSwitchedOff { generation, regret, interval, limit }
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

    /// A trial has ended for the search, and with it the copies of it that were made already.
    fn end_with_copies(&mut self, trial: TrialId) {
        self.ended.push(trial);
        let is_copy = |other: &&TrialState| match other.outcome {
            Some(TrialOutcome::Copied { from, .. }) => from == trial,
            _ => false,
        };
        self.ended.extend(self.trials.iter().filter(is_copy).map(|copy| copy.id));
    }

    /// How many generations have finished.
    pub fn finished_generations(&self) -> u32 {
        self.generations.iter().filter(|generation| generation.finished).count() as u32
    }

    /// Takes in the next event.
    #[expect(clippy::too_many_lines, reason = "an arm for each kind of event")]
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
            EventKind::TrialCreated { trial, generation, genome, cost, audit } => {
                if let Some(generation) = self.generations.get_mut(*generation as usize) {
                    generation.trials.push(*trial);
                }
                self.trials.push(TrialState {
                    after: self.ended.len(),
                    unasked: self.switched_off.is_some(),
                    ..TrialState::new(*trial, *generation, genome.clone(), *cost, *audit)
                });
            }
            EventKind::Reconsidered { generation, predictions, resumptions, .. } => {
                let finished = self.finished_generations();
                for revised in predictions {
                    if let Some(trial) = self.trials.get_mut(revised.number) {
                        trial.revise(revised.predicted, finished);
                    }
                }
                self.reconsidered = Some(Reconsidered {
                    generation: *generation,
                    open: resumptions.clone(),
                    settled: resumptions.is_empty(),
                });
            }
            EventKind::EstimatorSwitchedOff { generation, regret, interval, limit } => {
                let (generation, regret, interval, limit) = (*generation, *regret, *interval, *limit);
                self.switched_off = Some(SwitchedOff { generation, regret, interval, limit });
            }
            EventKind::Warned { message } => self.warnings.push(message.clone()),
            EventKind::CancelRequested | EventKind::BatchDone { .. } => {}
            EventKind::RunFinished { end } => self.end = Some(end.clone()),
            EventKind::TrialSkipped { trial, .. }
            | EventKind::TrialStarted { trial, .. }
            | EventKind::Measured { trial, .. }
            | EventKind::CacheAsked { trial, .. }
            | EventKind::Estimated { trial, .. }
            | EventKind::CheckpointSaved { trial, .. }
            | EventKind::TrialFinished { trial, .. } => {
                if let EventKind::Measured { secs, images, cached, .. } = &event.kind {
                    self.measurements += 1;
                    self.cached += u64::from(*cached);
                    self.slot_secs += secs;
                    self.images += images;
                }
                if let (EventKind::TrialFinished { purpose: Purpose::Reconsider, .. }, Some(round)) =
                    (&event.kind, &mut self.reconsidered)
                {
                    round.open.retain(|resumption| resumption.number != trial.index());
                }
                let finished = self.finished_generations();
                if let Some(trial) = self.trials.get_mut(trial.index()) {
                    trial.apply(&event.kind, finished);
                }
                match &event.kind {
                    EventKind::TrialFinished { purpose: Purpose::Search, .. } => self.end_with_copies(*trial),
                    EventKind::TrialSkipped { from, .. } if self.ended.contains(from) => {
                        self.ended.push(*trial);
                    }
                    _ => {}
                }
            }
        }
    }
}
