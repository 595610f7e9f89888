//! What an estimator is told of trials: the one that is trained, and the history.

use peng_estimator::{Curve, EndedTrial, History, Outcome, Point, Progress, TrialRecord};
use peng_spec::arch::Cost;
use peng_spec::plan::{Metric, Plan};

use crate::event::{TrialId, TrialOutcome};
use crate::run::Basis;
use crate::state::{Ending, MeasuredPoint, RunState, TrialState};

/// A trial of which nothing was measured yet; what its network costs is known before its training.
pub fn untrained(number: usize, cost: Cost) -> TrialRecord {
    let covariates = [(Metric::Flops, cost.flops), (Metric::Params, cost.params)];
    TrialRecord {
        number,
        covariates: covariates.map(|(metric, value)| (metric.name().to_owned(), value as f64)).into(),
        ..TrialRecord::default()
    }
}

/// Adds a measurement: `metric` is what the estimator observes, the other ones go with it.
///
/// A point that does not lie behind the last one is left out; no run makes one.
pub fn measure(record: &mut TrialRecord, point: &MeasuredPoint, metric: Metric) {
    let at = point.at;
    let push = |curve: &mut Curve, value: f64| curve.push(Point { at, value }).is_ok();
    let value = |metric| point.metrics.get(&metric).copied().unwrap_or(f64::NAN);
    if !push(&mut record.curve, value(metric)) {
        return;
    }
    for &other in point.metrics.keys().filter(|other| **other != metric) {
        push(record.others.entry(other.name().to_owned()).or_default(), value(other));
    }
}

/// A trial as it was at a point of its training.
pub fn record(plan: &Plan, trial: &TrialState, until: Progress) -> TrialRecord {
    let mut record = untrained(trial.id.index(), trial.cost);
    for point in trial.points.iter().filter(|point| point.at <= until) {
        measure(&mut record, point, plan.estimator.metric);
    }
    record
}

/// The ended trials of the first `generations` generations, in trial order, as they were known when so many had
/// finished; copies are not among them.
///
/// Decisions on the trials of a generation rest on those of the generations before, and on nothing that happened since:
/// so neither the number of workers nor their speed changes a run.
pub fn history(plan: &Plan, state: &RunState, generations: u32) -> History {
    let earlier = state.trials.iter().filter(|trial| trial.generation < generations);
    let ended = earlier.filter_map(|trial| ended(plan, trial, trial.ending(generations)?));
    History { trials: ended.collect() }
}

/// What decisions on a trial rest on: the ended trials that were known when it was made, in trial order, as they were known
/// then.
pub(crate) fn history_of(plan: &Plan, state: &RunState, trial: TrialId) -> History {
    let known = Basis::of(plan, state, trial);
    let all = state.trials.iter();
    History { trials: all.filter_map(|other| ended(plan, other, known.ending(state, other.id)?)).collect() }
}

fn ended(plan: &Plan, trial: &TrialState, ending: &Ending) -> Option<EndedTrial> {
    let last = ending.point.as_ref().and_then(|point| point.metrics.get(&plan.estimator.metric));
    let last = last.copied().unwrap_or(f64::NAN);
    let (outcome, fitness) = match ending.outcome {
        TrialOutcome::Completed => (Outcome::Completed, last),
        TrialOutcome::Converged { predicted } => (Outcome::Converged, predicted),
        TrialOutcome::Pruned => (Outcome::Pruned, last),
        TrialOutcome::Failed { .. } => (Outcome::Failed, f64::NAN),
        TrialOutcome::Copied { .. } | TrialOutcome::Cancelled => return None,
    };
    let every = plan.training.measure_every;
    Some(EndedTrial {
        record: record(plan, trial, ending.at),
        points_planned: every.count_in(plan.training.epochs).unwrap_or_default() as usize,
        outcome,
        fitness,
    })
}
