//! One training: where it is measured, what the estimator answers, and how it ends.

use peng_estimator::{History, Observation, Progress, Verdict};

use super::Verifier;
use crate::estimate;
use crate::event::{Purpose, TrialId, TrialOutcome};
use crate::run::Basis;
use crate::state::TrialState;
use crate::trial::protocol::Verdicts;
use crate::trial::{Learned, next_point};

impl Verifier<'_> {
    fn planned(&self) -> Progress {
        Progress::whole(self.plan.training.epochs)
    }

    /// What verdicts do in the attempt under way.
    fn verdicts(trial: &TrialState) -> Verdicts {
        match trial.running.map(|running| running.purpose) {
            Some(Purpose::Search) if trial.unasked => Verdicts::Unasked,
            Some(Purpose::Search) if trial.audited => Verdicts::Noted,
            Some(Purpose::Search) => Verdicts::Obeyed,
            Some(Purpose::Reconsider | Purpose::Confirm) | None => Verdicts::Unasked,
        }
    }

    /// The trial of an event, or a finding that there is none.
    fn trial(&mut self, id: TrialId) -> Option<TrialState> {
        let trial = self.state.trial(id).cloned();
        if trial.is_none() {
            self.found((Some(id), None), "the trial", "used", "not created");
        }
        trial
    }

    pub(super) fn trial_started(&mut self, id: TrialId, purpose: Purpose, from: Progress) {
        let Some(trial) = self.trial(id) else { return };
        let place = (Some(id), Some(from));
        if let Some(original) = self.originals.get(&id).copied() {
            self.found(place, "its training", "begun", format!("a copy of trial {}", original.from));
        }
        if from > Progress::ZERO && trial.point(from).is_none() {
            self.found(place, "its checkpoint", "used", "never measured there");
        }
        let round = self.state.reconsidered.as_ref();
        let named = round.is_some_and(|round| round.open.iter().any(|r| r.number == id.index()));
        let is_due = match purpose {
            Purpose::Search => trial.outcome.is_none(),
            Purpose::Reconsider => named,
            Purpose::Confirm => {
                matches!(trial.outcome, Some(TrialOutcome::Converged { .. })) && trial.confirmation.is_none()
            }
        };
        if !is_due {
            self.found(
                place,
                "its training",
                format!("begun for {purpose:?}").to_lowercase(),
                "not asked for",
            );
        }
    }

    pub(super) fn measured(&mut self, id: TrialId, at: Progress) {
        let Some(trial) = self.trial(id) else { return };
        let place = (Some(id), Some(at));
        if trial.running.is_none() {
            self.found(place, "a measurement", "recorded", "no training was under way");
        }
        let expected = next_point(trial.trained(), self.plan.training.measure_every);
        if at != expected {
            self.found(place, "the place of the measurement", at, expected);
        }
        self.is_judged(&trial);
    }

    /// The newest measurement must have been judged before anything else happens to the trial.
    fn is_judged(&mut self, trial: &TrialState) {
        let at = trial.trained();
        let is_judged = trial.estimates.iter().any(|e| e.at == at)
            || trial.estimates.iter().any(|e| e.observation.verdict.is_stop());
        if at > Progress::ZERO && Self::verdicts(trial) != Verdicts::Unasked && !is_judged {
            self.found((Some(trial.id), Some(at)), "the estimator's answer", "missing", "one");
        }
    }

    pub(super) fn estimated(&mut self, id: TrialId, at: Progress, recorded: &Observation, inputs: &str) {
        self.verified.estimates += 1;
        let Some(trial) = self.trial(id) else { return };
        let place = (Some(id), Some(at));
        let again = trial.estimates.iter().any(|e| e.at >= at || e.observation.verdict.is_stop());
        if Self::verdicts(&trial) == Verdicts::Unasked || again {
            self.found(place, "the estimator's answer", "recorded", "none: it was not to be asked");
        }
        if at != trial.trained() {
            self.found(place, "the place of the estimator's answer", at, trial.trained());
        }
        self.learn(id);
        let record = estimate::record(self.plan, &trial, at);
        let Some((_, learned)) = &self.learned else { return };
        let (observation, expected) = learned.judge(&record, 0);
        self.compare(place, "", recorded, &observation);
        self.compare(place, "`inputs`", &inputs, &expected);
    }

    /// Learns what the decisions on a trial rest on.
    fn learn(&mut self, trial: TrialId) {
        // Without a use for it there is but one history, the empty one.
        let known = self.needs.uses_history.then(|| Basis::of(self.plan, &self.state, trial));
        if self.learned.as_ref().is_none_or(|(learned, _)| *learned != known) {
            let history = match known {
                Some(_) => estimate::history_of(self.plan, &self.state, trial),
                None => History::default(),
            };
            self.learned = Some((known, Learned::new(self.plan, self.estimator, &history)));
        }
    }

    pub(super) fn trial_finished(&mut self, id: TrialId, purpose: Purpose, recorded: &TrialOutcome) {
        self.verified.endings += 1;
        let Some(trial) = self.trial(id) else { return };
        match recorded {
            // What goes wrong with a process or a budget follows from nothing in the journal.
            TrialOutcome::Failed { .. } | TrialOutcome::Cancelled => return,
            TrialOutcome::Completed
            | TrialOutcome::Converged { .. }
            | TrialOutcome::Pruned
            | TrialOutcome::Copied { .. } => {}
        }
        let at = trial.trained();
        let place = (Some(id), Some(at));
        if trial.running.map(|running| running.purpose) != Some(purpose) {
            self.found(place, "its end", "recorded", "no such training was under way");
        }
        let diverged = trial.points.last().is_some_and(|p| p.metrics.values().any(|v| !v.is_finite()));
        let expected = match purpose {
            _ if diverged => None,
            _ if at >= self.planned() => Some(TrialOutcome::Completed),
            Purpose::Search if Self::verdicts(&trial) == Verdicts::Obeyed => {
                trial.estimates.last().filter(|e| e.at == at).and_then(|e| match e.observation.verdict {
                    Verdict::Continue => None,
                    Verdict::Converged { predicted } => Some(TrialOutcome::Converged { predicted }),
                    Verdict::Pruned => Some(TrialOutcome::Pruned),
                })
            }
            Purpose::Reconsider => self.pause(&trial),
            Purpose::Search | Purpose::Confirm => None,
        };
        self.is_judged(&trial);
        match expected {
            Some(expected) => self.compare(place, "`outcome`", recorded, &expected),
            None => self.found(place, "`outcome`", recorded.word(), "none: the training goes on"),
        }
    }

    /// The curve must be what it was when the trial ended, since what is measured after the last answer decides nothing but
    /// is in the report.
    pub(super) fn has_measured(&mut self, id: TrialId, recorded: &str) {
        let Some(trial) = self.state.trial(id) else { return };
        let (at, expected) = (trial.trained(), estimate::digest_of_curve(&trial.points));
        if recorded != expected {
            let recorded = if recorded.is_empty() { "missing" } else { recorded };
            self.found((Some(id), Some(at)), "the digest of its measurements", recorded, expected);
        }
    }

    /// How a training ends that was to be paused again.
    fn pause(&self, trial: &TrialState) -> Option<TrialOutcome> {
        let round = self.state.reconsidered.as_ref()?;
        let until = round.open.iter().find(|r| r.number == trial.id.index())?.until_points;
        (trial.points.len() == until).then(|| trial.outcome.clone()).flatten()
    }
}
