//! What a worker knows of the estimator: the rule that it has learned from the history, and the trial that it judges.

use peng_estimator::{Estimator, History, Observation, Progress, Rule, TrialRecord, Verdict};
use peng_spec::plan::{Metric, Plan};

use super::protocol::{Lease, Verdicts};
use crate::estimate::{self, Premises};
use crate::event::TrialOutcome;
use crate::state::MeasuredPoint;

/// An estimator that has learned from a history.
pub struct Learned {
    rule: Box<dyn Rule>,
    premises: Premises,
}

impl Learned {
    /// Learns from a history.
    pub fn new(plan: &Plan, estimator: &dyn Estimator, history: &History) -> Self {
        Self { rule: estimator.learn(history), premises: Premises::new(plan, history) }
    }

    /// The answer on a trial, and the digest of what it depends on.
    pub fn judge(&self, trial: &TrialRecord, judged: usize) -> (Observation, String) {
        (self.rule.judge(trial, judged), self.premises.of_trial(trial))
    }
}

/// One training under the eyes of an estimator.
pub(super) struct Watched<'a> {
    learned: &'a Learned,
    record: TrialRecord,
    metric: Metric,
    verdicts: Verdicts,
    planned: Progress,
    until: Progress,
    /// With as many points as that it was to go on.
    judged: usize,
    /// Whether it would have been stopped already.
    has_stopped: bool,
}

impl<'a> Watched<'a> {
    /// The training of a lease, with all that was measured before.
    pub(super) fn new(plan: &Plan, learned: &'a Learned, lease: &Lease) -> Self {
        let metric = plan.estimator.metric;
        let mut record = estimate::untrained(lease.trial.index(), lease.cost);
        for point in &lease.curve {
            estimate::measure(&mut record, point, metric);
        }
        let planned = Progress::whole(plan.training.epochs);
        let (verdicts, until) = (lease.verdicts, lease.until);
        Self { learned, record, metric, verdicts, planned, until, judged: 0, has_stopped: false }
    }

    /// Takes in a measurement.
    pub(super) fn measure(&mut self, point: &MeasuredPoint) {
        estimate::measure(&mut self.record, point, self.metric);
    }

    /// The answer on the trial so far; `None` if there is none to be asked for.
    pub(super) fn ask(&mut self) -> Option<(Observation, String)> {
        if self.has_stopped || self.verdicts == Verdicts::Unasked {
            return None;
        }
        let answer = self.learned.judge(&self.record, self.judged);
        if answer.0.verdict.is_stop() {
            self.has_stopped = true;
        } else {
            self.judged = self.record.curve.len();
        }
        Some(answer)
    }

    /// How the training ends here; `None`: it goes on.
    pub(super) fn end(&self, verdict: Verdict, at: Progress) -> Option<Ended> {
        if at >= self.planned {
            // A network that was trained to the end needs no prediction.
            return Some(Ended::Outcome(TrialOutcome::Completed));
        }
        match (self.verdicts, verdict) {
            (Verdicts::Obeyed, Verdict::Converged { predicted }) => {
                Some(Ended::Outcome(TrialOutcome::Converged { predicted }))
            }
            (Verdicts::Obeyed, Verdict::Pruned) => Some(Ended::Outcome(TrialOutcome::Pruned)),
            (Verdicts::Obeyed | Verdicts::Noted | Verdicts::Unasked, _) => {
                (at >= self.until).then_some(Ended::Paused)
            }
        }
    }
}

/// How a lease comes to its end.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Ended {
    /// The trial has ended.
    Outcome(TrialOutcome),
    /// It was trained as far as was asked for.
    Paused,
}
