//! The front as the search saw it, redone from observations, and as it is known best; and how far predictions were off.

use peng_spec::arch::Genome;
use peng_spec::plan::Plan;
use serde::Serialize;

use super::{Status, TrialReport};
use crate::event::TrialId;
use crate::fitness::{self, Member, ObjectiveValue};
use crate::state::RunState;

/// A member of a front.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReportedMember {
    /// The trial.
    pub trial: TrialId,
    /// The generation that asked for it.
    pub generation: u32,
    /// The network.
    pub genome: Genome,
    /// Learned parameters.
    pub params: u64,
    /// Multiply-accumulates for one example.
    pub flops: u64,
    /// The objectives by which it is a member, in the order of the plan.
    pub objectives: Vec<ObjectiveValue>,
    /// The prediction with which its training was stopped, in the estimator's metric.
    pub predicted: Option<f64>,
    /// The last measured value of that metric.
    pub observed: Option<f64>,
    /// Whether that is the value after all planned epochs.
    pub trained_to_the_end: bool,
    /// Epochs that it was trained.
    pub epochs_trained: f64,
}

impl ReportedMember {
    fn new(trials: &[TrialReport], member: Member) -> Option<Self> {
        let trial = trials.get(member.trial.index())?;
        Some(Self {
            trial: trial.trial,
            generation: trial.generation,
            genome: trial.genome.clone(),
            params: trial.params,
            flops: trial.flops,
            objectives: member.values,
            predicted: trial.predicted,
            observed: trial.observed,
            trained_to_the_end: trial.trained_to_the_end,
            epochs_trained: trial.epochs_trained,
        })
    }

    /// Whether an objective by which it is a member is an extrapolation.
    pub fn is_predicted(&self) -> bool {
        self.objectives.iter().any(|o| o.predicted)
    }
}

/// The fronts of a run, each best in the first objective first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fronts {
    /// From what the search was told: predictions count as results.
    pub as_searched: Vec<ReportedMember>,
    /// From observations alone: only networks that were trained to the end.
    pub from_observations: Vec<ReportedMember>,
    /// From the best that is known of each network: its observation, else its prediction.
    pub known: Vec<ReportedMember>,
    /// Trials that are both in `as_searched` and in `from_observations`.
    pub in_both: u64,
}

impl Fronts {
    pub(super) fn new(plan: &Plan, state: &RunState, trials: &[TrialReport]) -> Self {
        let members = |members: Vec<Member>| -> Vec<ReportedMember> {
            members.into_iter().filter_map(|m| ReportedMember::new(trials, m)).collect()
        };
        let as_searched = members(fitness::front(plan, state, fitness::told));
        let from_observations = members(fitness::front(plan, state, fitness::observed));
        let in_both =
            as_searched.iter().filter(|m| from_observations.iter().any(|o| o.trial == m.trial)).count()
                as u64;
        let known = members(fitness::front(plan, state, fitness::known));
        Self { as_searched, from_observations, known, in_both }
    }
}

/// The best in the first objective among the networks that were trained to the end; of equals the one that is better in
/// the next objective.
pub(super) fn best(plan: &Plan, state: &RunState, trials: &[TrialReport]) -> Option<ReportedMember> {
    let front = fitness::front(plan, state, fitness::observed);
    ReportedMember::new(trials, front.into_iter().next()?)
}

/// How far predictions were from what was then observed, `predicted - observed`, in the metric's units.
///
/// Only stopped trainings that were taken up again and trained to the end are counted. They were chosen for high or
/// uncertain predictions, so that the error of all predictions is likely smaller than that of these.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PredictionError {
    /// How many predictions were checked.
    pub checked: u64,
    /// How many were not, since their trainings were never taken up again.
    pub unchecked: u64,
    /// Mean of the errors; positive: too optimistic for a metric that is maximised.
    pub bias: f64,
    /// Mean of the absolute errors.
    pub mean_absolute: f64,
    /// The largest absolute error.
    pub largest: f64,
}

impl PredictionError {
    pub(super) fn new(trials: &[TrialReport]) -> Option<Self> {
        let stopped: Vec<&TrialReport> = trials
            .iter()
            .filter(|t| matches!(t.status, Status::Converged | Status::Completed) && t.predicted.is_some())
            .collect();
        let errors: Vec<f64> = stopped
            .iter()
            .filter(|t| t.trained_to_the_end)
            .filter_map(|t| Some(t.predicted? - t.observed?))
            .filter(|error| error.is_finite())
            .collect();
        let checked = errors.len();
        (checked > 0).then(|| Self {
            checked: checked as u64,
            unchecked: (stopped.len() - checked) as u64,
            bias: errors.iter().sum::<f64>() / checked as f64,
            mean_absolute: errors.iter().map(|e| e.abs()).sum::<f64>() / checked as f64,
            largest: errors.iter().fold(0.0, |most, e| most.max(e.abs())),
        })
    }
}
