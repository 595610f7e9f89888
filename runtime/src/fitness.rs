//! From a trial to the values of its objectives: predicted and observed are kept apart, and a front says which of its
//! members are predictions.

use peng_spec::plan::{Goal, Metric, Objective, Plan};
use serde::Serialize;

use crate::event::{TrialId, TrialOutcome};
use crate::search::pareto;
use crate::state::{Ending, MeasuredPoint, RunState, TrialState};

/// The value of one objective.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ObjectiveValue {
    /// In the metric's units.
    pub value: f64,
    /// Whether an estimator extrapolated it.
    pub predicted: bool,
}

/// The objectives of a trial, in the plan's order, as the search knew them when so many generations had finished; `None`:
/// it has no result.
///
/// This depends on nothing that happened later, so that a search that is asked and told again is told the same.
pub fn told_after(
    plan: &Plan,
    state: &RunState,
    trial: &TrialState,
    generations: u32,
) -> Option<Vec<ObjectiveValue>> {
    told_by(plan, trial, origin(state, trial)?.ending(generations)?)
}

/// The objectives of a trial, in the plan's order, as they were known when it ended for the first time; `None`: it has no
/// result.
pub(crate) fn told_first(plan: &Plan, state: &RunState, trial: &TrialState) -> Option<Vec<ObjectiveValue>> {
    told_by(plan, trial, origin(state, trial)?.endings.first()?)
}

fn told_by(plan: &Plan, trial: &TrialState, ending: &Ending) -> Option<Vec<ObjectiveValue>> {
    match ending.outcome {
        TrialOutcome::Completed | TrialOutcome::Pruned => values(plan, trial, ending.point.as_ref(), None),
        TrialOutcome::Converged { predicted } => values(plan, trial, ending.point.as_ref(), Some(predicted)),
        TrialOutcome::Copied { .. } | TrialOutcome::Failed { .. } | TrialOutcome::Cancelled => None,
    }
}

/// The objectives of a trial as the search was told of them last; those of the generation under way as it will be told.
pub fn told(plan: &Plan, state: &RunState, trial: &TrialState) -> Option<Vec<ObjectiveValue>> {
    told_after(plan, state, trial, state.generations.len() as u32)
}

/// The objectives of a trial from observations alone: only a network that was trained to the end has them, so a copy of one
/// that is merely near has none.
pub fn observed(plan: &Plan, state: &RunState, trial: &TrialState) -> Option<Vec<ObjectiveValue>> {
    let source = origin(state, trial)?;
    (is_observed(source) && !is_similar(trial))
        .then(|| values(plan, trial, source.points.last(), None))
        .flatten()
}

/// The best that is known of a trial: what was observed, else what was predicted. A trial whose confirmation failed has
/// no result any more.
pub fn known(plan: &Plan, state: &RunState, trial: &TrialState) -> Option<Vec<ObjectiveValue>> {
    let source = origin(state, trial)?;
    if matches!(source.outcome, Some(TrialOutcome::Pruned)) {
        return None;
    }
    match &source.confirmation {
        Some(TrialOutcome::Failed { .. }) => None,
        _ => observed(plan, state, trial).or_else(|| told_after(plan, state, trial, u32::MAX)),
    }
}

/// Objectives turned so that less is better.
pub fn costs(objectives: &[Objective], values: &[ObjectiveValue]) -> Vec<f64> {
    objectives
        .iter()
        .zip(values)
        .map(|(objective, v)| match objective.goal {
            Goal::Maximize => -v.value,
            Goal::Minimize => v.value,
        })
        .collect()
}

/// A member of a front.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Member {
    /// The trial.
    pub trial: TrialId,
    /// Its objectives, in the plan's order.
    pub values: Vec<ObjectiveValue>,
}

/// The trials that no other one dominates, best in the first objective first. Copies are left out, pruned and failed
/// trials too.
pub fn front(
    plan: &Plan,
    state: &RunState,
    score: fn(&Plan, &RunState, &TrialState) -> Option<Vec<ObjectiveValue>>,
) -> Vec<Member> {
    let scored: Vec<Member> = state
        .trials
        .iter()
        .filter(|t| !matches!(t.outcome, Some(TrialOutcome::Copied { .. } | TrialOutcome::Pruned)))
        .filter_map(|t| score(plan, state, t).map(|values| Member { trial: t.id, values }))
        .collect();
    let costs: Vec<Vec<f64>> = scored.iter().map(|m| costs(&plan.objectives, &m.values)).collect();
    let mut members: Vec<(Vec<f64>, Member)> =
        pareto::front(&costs).into_iter().map(|i| (costs[i].clone(), scored[i].clone())).collect();
    members.sort_by(|(a, m), (b, n)| {
        a.iter().zip(b).map(|(x, y)| x.total_cmp(y)).find(|o| o.is_ne()).unwrap_or(m.trial.cmp(&n.trial))
    });
    members.into_iter().map(|(_, member)| member).collect()
}

/// Whether a network was trained to the end.
pub fn is_observed(trial: &TrialState) -> bool {
    matches!(trial.outcome, Some(TrialOutcome::Completed))
        || matches!(trial.confirmation, Some(TrialOutcome::Completed))
}

/// The trial that was trained: itself, or the one that it is a copy of.
fn origin<'a>(state: &'a RunState, trial: &'a TrialState) -> Option<&'a TrialState> {
    match trial.outcome {
        Some(TrialOutcome::Copied { from, .. }) => state.trial(from),
        _ => Some(trial),
    }
}

/// Whether a trial has the result of a network that is not its own, only near to it.
pub fn is_similar(trial: &TrialState) -> bool {
    matches!(trial.outcome, Some(TrialOutcome::Copied { distance, .. }) if distance > 0)
}

fn values(
    plan: &Plan,
    trial: &TrialState,
    point: Option<&MeasuredPoint>,
    predicted: Option<f64>,
) -> Option<Vec<ObjectiveValue>> {
    let sure = |value| ObjectiveValue { value, predicted: false };
    plan.objectives
        .iter()
        .map(|objective| match (objective.metric, predicted) {
            (Metric::Flops, _) => Some(sure(trial.cost.flops as f64)),
            (Metric::Params, _) => Some(sure(trial.cost.params as f64)),
            (metric, Some(value)) if metric == plan.estimator.metric => {
                Some(ObjectiveValue { value, predicted: true })
            }
            (metric, _) => point
                .and_then(|p| p.metrics.get(&metric))
                .map(|&value| ObjectiveValue { value, predicted: is_similar(trial) }),
        })
        .collect()
}
