//! The state of a run: the fold of its journal, and nothing else.

mod trial;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

pub use trial::{EstimatePoint, MeasuredPoint, Running, TrialState};

use crate::event::{Bound, Event, EventKind, RunEnd, TrialId};

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
