//! What early stopping saved, and what it cost: epochs exactly, time as an estimate.

use peng_spec::plan::Plan;
use serde::Serialize;

use crate::event::{Purpose, TrialOutcome};
use crate::state::{RunState, TrialState};

/// Epochs and slot time of a run, trained and not trained.
///
/// The baseline is the same search without an estimator: every training that ended with a result (completed, converged
/// or pruned) would have taken all planned epochs. Failed, cancelled and running trainings are no part of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Savings {
    /// Trainings that ended with a result.
    pub trainings: u64,
    /// Epochs that they would have taken in full.
    pub planned_epochs: f64,
    /// Epochs that they took for the search.
    pub search_epochs: f64,
    /// `planned_epochs - search_epochs`.
    pub saved_epochs: f64,
    /// Epochs of paused trainings that were taken up again, since the estimator wanted to see more of them.
    pub reconsider_epochs: f64,
    /// Epochs of confirmation: stopped trainings that were taken up again to be trained to the end.
    pub confirm_epochs: f64,
    /// `saved_epochs - reconsider_epochs - confirm_epochs`; negative if that cost more than stopping saved.
    pub net_saved_epochs: f64,
    /// Epochs of failed and cancelled trainings.
    pub lost_epochs: f64,
    /// Epochs so far of trainings that have not ended.
    pub open_epochs: f64,
    /// Epochs that were not trained since a network was known already; not counted as saved.
    pub copied_epochs: f64,
    /// Seconds of device slots that the run used, with everything that was trained twice.
    pub slot_secs: f64,
    /// An estimate of the seconds that `saved_epochs` would have taken, each at the pace of its own training.
    pub saved_secs: f64,
    /// An estimate of the seconds that reconsidering and confirmation took.
    pub again_secs: f64,
}

impl Savings {
    /// Adds up the trials of a run.
    pub fn new(plan: &Plan, state: &RunState) -> Self {
        let planned = f64::from(plan.training.epochs);
        let mut sum = Self { slot_secs: state.slot_secs, ..Self::default() };
        for trial in &state.trials {
            let searched = trial.endings.first().map_or(0.0, |ending| ending.at.to_f64());
            match &trial.outcome {
                Some(TrialOutcome::Completed | TrialOutcome::Converged { .. } | TrialOutcome::Pruned) => {
                    let saved = (planned - searched).max(0.0);
                    let [reconsider, confirm] = epochs_again(trial, searched);
                    let pace = secs_per_epoch(trial);
                    sum.trainings += 1;
                    sum.planned_epochs += planned;
                    sum.search_epochs += searched;
                    sum.saved_epochs += saved;
                    sum.reconsider_epochs += reconsider;
                    sum.confirm_epochs += confirm;
                    sum.saved_secs += saved * pace;
                    sum.again_secs += (reconsider + confirm) * pace;
                }
                Some(TrialOutcome::Copied { .. }) => sum.copied_epochs += planned,
                Some(TrialOutcome::Failed { .. } | TrialOutcome::Cancelled) => {
                    sum.lost_epochs += trial.trained().to_f64();
                }
                None => sum.open_epochs += trial.trained().to_f64(),
            }
        }
        sum.net_saved_epochs = sum.saved_epochs - sum.reconsider_epochs - sum.confirm_epochs;
        sum
    }

    /// All epochs that were trained.
    pub fn trained_epochs(&self) -> f64 {
        self.search_epochs
            + self.reconsider_epochs
            + self.confirm_epochs
            + self.lost_epochs
            + self.open_epochs
    }

    /// The share of the planned epochs that was saved; `None` before a training has ended.
    pub fn saved_percent(&self) -> Option<f64> {
        self.share(self.saved_epochs)
    }

    /// The same less what was trained again.
    pub fn net_saved_percent(&self) -> Option<f64> {
        self.share(self.net_saved_epochs)
    }

    /// An estimate of the seconds that stopping saved, less what was trained again.
    pub fn net_saved_secs(&self) -> f64 {
        self.saved_secs - self.again_secs
    }

    fn share(&self, epochs: f64) -> Option<f64> {
        (self.planned_epochs > 0.0).then(|| 100.0 * epochs / self.planned_epochs)
    }
}

/// Epochs for which a stopped training was taken up again: since the estimator wanted to see more, and to confirm it.
fn epochs_again(trial: &TrialState, searched: f64) -> [f64; 2] {
    let trained = trial.trained().to_f64();
    let confirms = trial.running.is_some_and(|r| r.purpose == Purpose::Confirm);
    let until = match trial.ended_at {
        Some(at) if confirms || trial.confirmation.is_some() => at.to_f64(),
        _ => trained,
    };
    [until - searched, trained - until].map(|epochs| epochs.max(0.0))
}

fn secs_per_epoch(trial: &TrialState) -> f64 {
    let trained = trial.trained().to_f64();
    if trained > 0.0 { trial.secs / trained } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn confirmation_is_a_cost_and_what_failed_is_no_saving() {
        let plan = samples::plan();
        let savings = Savings::new(&plan, &RunState::fold(&samples::every_outcome()));
        // Trials 0 (8 of 8), 1 (4, confirmed to 8), 2 (5) and 3 (2) have results.
        assert_eq!(savings.trainings, 4);
        assert_eq!(savings.planned_epochs, 32.0);
        assert_eq!(savings.search_epochs, 19.0);
        assert_eq!(savings.saved_epochs, 13.0);
        assert_eq!(savings.confirm_epochs, 4.0);
        assert_eq!(savings.net_saved_epochs, 9.0);
        assert_eq!(savings.lost_epochs, 3.0);
        assert_eq!(savings.copied_epochs, 8.0);
        assert_eq!(savings.trained_epochs(), 26.0);
        // Two seconds an epoch in every trial.
        assert_eq!(savings.saved_secs, 26.0);
        assert_eq!(savings.net_saved_secs(), 18.0);
        assert_eq!(savings.saved_percent(), Some(40.625));
    }

    #[test]
    fn a_run_without_trials_has_no_share() {
        let savings = Savings::new(&samples::plan(), &RunState::default());
        assert_eq!((savings.saved_percent(), savings.trained_epochs()), (None, 0.0));
    }
}
