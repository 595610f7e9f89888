//! What `peng resume --dry-run` tells.

use std::fmt::Write;

use peng_runtime::event::{RunEnd, TrialOutcome};
use peng_runtime::state::{RunState, StepState};
use peng_runtime::store::{RunDir, checkpoint_path};
use peng_spec::plan::Plan;

/// What would be kept, gone on with, begun anew and begun.
pub(crate) fn plan_of_resume(plan: &Plan, state: &RunState, dir: &RunDir) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let mut line = |what: String| _ = writeln!(text, "{what}");
    match &state.end {
        Some(RunEnd::Finished | RunEnd::TooManyFailed { .. }) => {
            line("the run has ended: nothing to do".to_owned());
        }
        Some(RunEnd::BudgetSpent { budget }) => {
            line(format!("the run has ended, its {budget} is spent: nothing to do"));
        }
        Some(RunEnd::Interrupted) | None => {
            let ended = state.trials.iter().filter(|t| t.outcome.is_some()).count();
            line(format!("kept: {ended} of {} trials, with their results", plan.cost.trials));
            for trial in &state.trials {
                let open_confirmation = matches!(trial.outcome, Some(TrialOutcome::Converged { .. }))
                    && trial.confirmation.is_none()
                    && trial.ended_at.is_some_and(|at| trial.trained() > at);
                let is_resumed = state.reconsidered.iter().flat_map(|round| &round.open);
                let is_resumed = is_resumed.into_iter().any(|r| r.number == trial.id.index());
                if trial.attempts == 0 || (trial.outcome.is_some() && !open_confirmation && !is_resumed) {
                    continue;
                }
                let saved =
                    trial.checkpoint.filter(|&at| checkpoint_path(&dir.trial_path(trial.id), at).is_dir());
                line(match saved {
                    Some(at) => format!("goes on: trial {} from its checkpoint at epoch {at}", trial.id),
                    None => format!("begins anew: trial {}, which has no checkpoint yet", trial.id),
                });
            }
            let steps: Vec<&str> = plan
                .steps
                .iter()
                .filter(|s| state.steps.get(&s.id) != Some(&StepState::Finished))
                .map(|s| s.id.as_str())
                .collect();
            line(format!("then: {}", steps.join(", ")));
        }
    }
    text
}
