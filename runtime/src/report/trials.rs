//! What is reported of one trial, and the counts of all.

use peng_estimator::Progress;
use peng_spec::arch::Genome;
use peng_spec::plan::Plan;
use serde::Serialize;

use crate::event::{TrialId, TrialOutcome, copied};
use crate::fitness::{self, ObjectiveValue};
use crate::state::{RunState, TrialState};

/// Where a trial is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Trained for all planned epochs.
    Completed,
    /// Stopped with a prediction.
    Converged,
    /// Stopped as hopeless.
    Pruned,
    /// Has the result of an earlier trial.
    Copied,
    /// Ended without a result.
    Failed,
    /// Ended by a spent budget.
    Cancelled,
    /// A worker has it, or had it when the run was killed.
    Running,
    /// Not begun, or between two attempts.
    Waiting,
}

impl Status {
    fn new(trial: &TrialState) -> Self {
        match (&trial.outcome, &trial.running) {
            (Some(TrialOutcome::Completed), _) => Self::Completed,
            (Some(TrialOutcome::Converged { .. }), _) => Self::Converged,
            (Some(TrialOutcome::Pruned), _) => Self::Pruned,
            (Some(TrialOutcome::Copied { .. }), _) => Self::Copied,
            (Some(TrialOutcome::Failed { .. }), _) => Self::Failed,
            (Some(TrialOutcome::Cancelled), _) => Self::Cancelled,
            (None, Some(_)) => Self::Running,
            (None, None) => Self::Waiting,
        }
    }

    /// The word in tables; for an outcome that in `trials.csv`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Converged => "converged",
            Self::Pruned => "pruned",
            Self::Copied => "copied",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Running => "running",
            Self::Waiting => "waiting",
        }
    }
}

/// Trials by status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Outcomes {
    /// All that were asked for so far.
    pub created: u64,
    /// Trained for all planned epochs.
    pub completed: u64,
    /// Stopped with a prediction.
    pub converged: u64,
    /// Stopped as hopeless.
    pub pruned: u64,
    /// Copies of earlier trials.
    pub copied: u64,
    /// Ended without a result.
    pub failed: u64,
    /// Ended by a spent budget.
    pub cancelled: u64,
    /// Under way.
    pub running: u64,
    /// Not begun.
    pub waiting: u64,
    /// Paused ones that were taken up again, since the estimator wanted to see more.
    pub reconsidered: u64,
    /// Stopped ones that were then trained to the end.
    pub confirmed: u64,
}

impl Outcomes {
    /// Counts the trials of a run.
    pub fn new(state: &RunState) -> Self {
        let statuses: Vec<Status> = state.trials.iter().map(Status::new).collect();
        let count = |status| statuses.iter().filter(|s| **s == status).count() as u64;
        let is_confirmed = |t: &&TrialState| matches!(t.confirmation, Some(TrialOutcome::Completed));
        Self {
            created: statuses.len() as u64,
            completed: count(Status::Completed),
            converged: count(Status::Converged),
            pruned: count(Status::Pruned),
            copied: count(Status::Copied),
            failed: count(Status::Failed),
            cancelled: count(Status::Cancelled),
            running: count(Status::Running),
            waiting: count(Status::Waiting),
            reconsidered: state.trials.iter().filter(|t| is_reconsidered(t)).count() as u64,
            confirmed: state.trials.iter().filter(is_confirmed).count() as u64,
        }
    }

    /// Trials that have ended.
    pub fn ended(&self) -> u64 {
        self.created - self.running - self.waiting
    }
}

/// One measurement of the estimator's metric.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CurvePoint {
    /// Where, in epochs.
    pub epoch: f64,
    /// The value.
    pub value: f64,
}

/// One prediction of the final value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PredictionPoint {
    /// After how many epochs it was made.
    pub epoch: f64,
    /// The prediction.
    pub predicted: f64,
    /// Its interval.
    pub interval: Option<[f64; 2]>,
}

/// What is reported of one trial.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrialReport {
    /// Its number.
    pub trial: TrialId,
    /// The generation that asked for it.
    pub generation: u32,
    /// The network.
    pub genome: Genome,
    /// Learned parameters.
    pub params: u64,
    /// Multiply-accumulates for one example.
    pub flops: u64,
    /// Where it is.
    pub status: Status,
    /// Why it failed, or which trial it is a copy of.
    pub cause: Option<String>,
    /// How its confirmation ended, a word of `outcome`.
    pub confirmation: Option<&'static str>,
    /// What the estimator said last before the training ended for the search.
    pub reason: Option<String>,
    /// Epochs that it was trained, with confirmation; 0 for a copy.
    pub epochs_trained: f64,
    /// Epochs of a whole training.
    pub epochs_planned: u32,
    /// The most bytes that it has held on its device, if that was measured.
    pub memory: Option<u64>,
    /// Where its training ended for the search.
    pub stopped_at: Option<f64>,
    /// Whether it is trained to the end even if the estimator would stop it.
    pub audited: bool,
    /// Whether the estimator would have stopped it, had it not been audited.
    pub is_checked: bool,
    /// The newest prediction with which it was stopped, also if it was taken up again; a copy has that of its original.
    pub predicted: Option<f64>,
    /// The last measured value of the estimator's metric, likewise.
    pub observed: Option<f64>,
    /// The best finite one, likewise.
    pub best_observed: Option<f64>,
    /// Whether `observed` is the value after all planned epochs.
    pub trained_to_the_end: bool,
    /// The objectives as the search was told of them.
    pub told: Option<Vec<ObjectiveValue>>,
    /// The objectives from observations, for a network that was trained to the end.
    pub observed_objectives: Option<Vec<ObjectiveValue>>,
    /// The measurements; none for a copy.
    pub curve: Vec<CurvePoint>,
    /// The predictions.
    pub predictions: Vec<PredictionPoint>,
}

impl TrialReport {
    pub(super) fn new(plan: &Plan, state: &RunState, trial: &TrialState) -> Self {
        let origin = match trial.outcome {
            Some(TrialOutcome::Copied { from, .. }) => state.trial(from).unwrap_or(trial),
            _ => trial,
        };
        let (metric, is_similar) = (plan.estimator.metric, fitness::is_similar(trial));
        Self {
            trial: trial.id,
            generation: trial.generation,
            genome: trial.genome.clone(),
            params: trial.cost.params,
            flops: trial.cost.flops,
            status: Status::new(trial),
            cause: cause(trial),
            confirmation: trial.confirmation.as_ref().map(TrialOutcome::word),
            reason: reason(trial),
            epochs_trained: trial.trained().to_f64(),
            epochs_planned: plan.training.epochs,
            memory: trial.memory,
            stopped_at: trial.ended_at.map(Progress::to_f64),
            is_checked: trial.audited && trial.stop(Progress::whole(plan.training.epochs)).is_some(),
            audited: trial.audited && !matches!(trial.outcome, Some(TrialOutcome::Copied { .. })),
            predicted: predicted(origin).or_else(|| origin.last(metric).filter(|_| is_similar)),
            observed: origin.last(metric).filter(|_| !is_similar),
            best_observed: origin.best(metric).filter(|_| !is_similar),
            trained_to_the_end: fitness::is_observed(origin) && !is_similar,
            told: fitness::told(plan, state, trial),
            observed_objectives: fitness::observed(plan, state, trial),
            curve: trial
                .points
                .iter()
                .filter_map(|p| Some(CurvePoint { epoch: p.at.to_f64(), value: *p.metrics.get(&metric)? }))
                .collect(),
            predictions: trial
                .estimates
                .iter()
                .filter_map(|e| {
                    let (predicted, interval) = (e.observation.predicted?, e.observation.interval);
                    Some(PredictionPoint { epoch: e.at.to_f64(), predicted, interval })
                })
                .collect(),
        }
    }

    /// Whether a stopped training was then trained to the end.
    pub fn is_confirmed(&self) -> bool {
        self.confirmation == Some(TrialOutcome::Completed.word())
    }

    /// What the search was told of an objective was an extrapolation, and nothing has confirmed it.
    pub fn is_only_predicted(&self) -> bool {
        self.status == Status::Converged && !self.trained_to_the_end
    }

    /// Why its training ended, in words.
    pub fn why(&self) -> Option<String> {
        match (&self.cause, &self.reason, self.status) {
            (Some(cause), _, _) => Some(cause.clone()),
            (None, Some(reason), Status::Converged | Status::Pruned) => Some(reason.clone()),
            (None, Some(reason), Status::Completed) if self.predicted.is_some() => {
                Some(format!("taken up again after a pause: {reason}"))
            }
            (None, Some(reason), Status::Completed) if self.is_checked => {
                Some(format!("audited, would have been stopped: {reason}"))
            }
            (None, Some(reason), Status::Completed) => Some(format!("not stopped, {reason}")),
            _ => None,
        }
    }
}

/// Whether it was trained on after it had been paused, other than to confirm it.
fn is_reconsidered(trial: &TrialState) -> bool {
    matches!((trial.endings.first(), trial.ended_at), (Some(first), Some(at)) if at > first.at)
}

/// The newest prediction of a trial that was stopped; one that has failed since has none.
fn predicted(trial: &TrialState) -> Option<f64> {
    match trial.outcome {
        Some(TrialOutcome::Converged { predicted }) => Some(predicted),
        Some(TrialOutcome::Completed) => trial.endings.iter().rev().find_map(|ending| match ending.outcome {
            TrialOutcome::Converged { predicted } => Some(predicted),
            TrialOutcome::Completed
            | TrialOutcome::Pruned
            | TrialOutcome::Copied { .. }
            | TrialOutcome::Failed { .. }
            | TrialOutcome::Cancelled => None,
        }),
        Some(
            TrialOutcome::Pruned
            | TrialOutcome::Copied { .. }
            | TrialOutcome::Failed { .. }
            | TrialOutcome::Cancelled,
        )
        | None => None,
    }
}

fn cause(trial: &TrialState) -> Option<String> {
    match (&trial.outcome, &trial.confirmation) {
        (Some(TrialOutcome::Failed { cause }), _) => Some(cause.clone()),
        (Some(TrialOutcome::Copied { from, distance }), _) => Some(copied(*from, *distance)),
        (_, Some(TrialOutcome::Failed { cause })) => Some(format!("confirmation failed: {cause}")),
        _ => None,
    }
}

fn reason(trial: &TrialState) -> Option<String> {
    let until = trial.ended_at.unwrap_or_else(|| trial.trained());
    trial.estimates.iter().rev().find(|e| e.at <= until).map(|e| e.observation.reason.clone())
}
