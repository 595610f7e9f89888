//! Audits: which trainings run to the end although the estimator would stop them, what they say of it, and when it is
//! switched off.

use peng_estimator::audit::{AuditEstimate, AuditTrial, Judged, estimate as estimate_trials};
use peng_estimator::{Progress, TrainingFacts, Verdict};
use peng_spec::plan::Plan;

use crate::estimate::direction;
use crate::event::{TrialId, TrialOutcome};
use crate::seed::SeedTree;
use crate::state::{RunState, SwitchedOff, TrialState};

/// Whether a trial that is made now is audited. It depends on seed and number alone, until the estimator is switched off.
pub fn is_chosen(plan: &Plan, state: &RunState, trial: TrialId) -> bool {
    let draw = SeedTree::new(plan.seed).child("audit", trial.0.into()).number() >> 11;
    let share = draw as f64 / (1_u64 << 53) as f64;
    state.switched_off.is_none() && 100.0 * share < plan.estimator.audit_percent
}

/// What the audited trials say of the estimator so far; `None` without audits.
pub fn estimate(plan: &Plan, state: &RunState) -> Option<AuditEstimate> {
    estimate_after(plan, state, u32::MAX)
}

/// Whether the regret of the estimator is certainly above what the plan allows, as known at the end of a generation.
pub fn switch_off(plan: &Plan, state: &RunState, generation: u32) -> Option<SwitchedOff> {
    let limit = plan.estimator.max_regret?;
    let found = estimate_after(plan, state, generation + 1)?;
    let (regret, interval) = (found.regret?, found.regret_interval?);
    found.exceeds(limit).then_some(SwitchedOff { generation, regret, interval, limit })
}

fn estimate_after(plan: &Plan, state: &RunState, generations: u32) -> Option<AuditEstimate> {
    if plan.estimator.audit_percent <= 0.0 {
        return None;
    }
    // Trials that the estimator was not asked about say nothing of it.
    let asked = state.trials.iter().filter(|trial| !trial.unasked);
    let planned = Progress::whole(plan.training.epochs);
    let trials: Vec<AuditTrial> = asked
        .filter_map(|trial| judged(plan, trial, generations))
        .map(|judged| AuditTrial { epochs_planned: planned, judged })
        .collect();
    let direction = direction(plan.estimator.metric.goal());
    estimate_trials(&trials, direction, TrainingFacts::CONFIDENCE).ok()
}

/// What became of a trial; `None` where it has no result, or it failed for another reason than its values.
fn judged(plan: &Plan, trial: &TrialState, generations: u32) -> Option<Judged> {
    let metric = plan.estimator.metric;
    let ending = trial.ending(generations)?;
    let point = ending.point.as_ref();
    let last = point.and_then(|p| p.metrics.get(&metric)).copied().unwrap_or(f64::NAN);
    let truth = match ending.outcome {
        TrialOutcome::Completed => last,
        TrialOutcome::Failed { .. } if point.is_some_and(|p| p.metrics.values().any(|v| !v.is_finite())) => {
            f64::NAN
        }
        TrialOutcome::Converged { predicted } => {
            return Some(Judged::Stopped { fitness: predicted, epochs: ending.at });
        }
        TrialOutcome::Pruned => return Some(Judged::Stopped { fitness: last, epochs: ending.at }),
        TrialOutcome::Failed { .. } | TrialOutcome::Copied { .. } | TrialOutcome::Cancelled => return None,
    };
    let stop = trial.stop(Progress::whole(plan.training.epochs)).filter(|_| trial.audited);
    let Some(stop) = stop else {
        return matches!(ending.outcome, TrialOutcome::Completed).then_some(Judged::Completed { truth });
    };
    let fitness = match stop.observation.verdict {
        Verdict::Converged { predicted } => predicted,
        Verdict::Pruned | Verdict::Continue => {
            trial.point(stop.at).and_then(|p| p.metrics.get(&metric)).copied().unwrap_or(f64::NAN)
        }
    };
    Some(Judged::Audited { fitness, epochs: stop.at, truth })
}
