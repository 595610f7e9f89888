//! A look at the paused trials: what the estimator says of them, held to its contract.

use std::collections::BTreeSet;

use peng_estimator::{EndedTrial, Estimator, History, Outcome, Revision};

/// The revision of an estimator. What it says of trials that are not paused, and of points that they have or will never
/// have, is left out: so a run ends whatever an estimator says.
pub fn revise(estimator: &dyn Estimator, history: &History) -> Revision {
    let paused = |number: usize| -> Option<&EndedTrial> {
        history.trials.iter().find(|t| t.record.number == number && t.outcome == Outcome::Converged)
    };
    let mut revision = estimator.revise(history);
    revision.predictions.retain(|r| r.predicted.is_finite() && paused(r.number).is_some());
    revision.predictions.sort_by_key(|r| r.number);
    let mut seen = BTreeSet::new();
    revision.resumptions.retain_mut(|resumption| {
        let Some(trial) = paused(resumption.number) else { return false };
        resumption.until_points = resumption.until_points.min(trial.points_planned);
        resumption.until_points > trial.record.curve.len() && seen.insert(resumption.number)
    });
    revision
}
