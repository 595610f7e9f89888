//! Looks at paused trials, and whether the estimator stays on.

use peng_estimator::{Resumption, Revised, Revises};

use super::Verifier;
use crate::audit;
use crate::estimate::{self, Premises};
use crate::event::{EventKind, TrialId};

impl Verifier<'_> {
    /// Whether paused trials are looked at after a generation, or after the search.
    fn looks(&self, generation: Option<u32>) -> bool {
        let when = match self.needs.revises {
            Revises::Never => false,
            Revises::AtEnd => generation.is_none(),
            Revises::EachGeneration => true,
        };
        when && self.state.switched_off.is_none()
    }

    pub(super) fn reconsidered(
        &mut self,
        generation: Option<u32>,
        predictions: &[Revised],
        resumptions: &[Resumption],
        inputs: &str,
    ) {
        self.verified.revisions += 1;
        let place = (None, None);
        if !self.looks(generation) {
            return self.found(place, "a look at paused trials", "recorded", "none");
        }
        let round = self.state.reconsidered.as_ref().filter(|round| round.generation == generation);
        let (settled, open) = round.map_or((false, 0), |round| (round.settled, round.open.len()));
        if settled || open > 0 {
            let expected = format!("after the {open} open trainings of the one before");
            self.found(place, "a look at paused trials", "recorded", expected);
        }
        let unended = self.state.trials.iter().find(|trial| trial.outcome.is_none()).map(|trial| trial.id);
        if let Some(id) = unended {
            self.found((Some(id), None), "its end", "missing", "before the look at paused trials");
        }
        let history = estimate::history(self.plan, &self.state, u32::MAX);
        let expected = Premises::new(self.plan, &history).of_paused();
        self.compare(place, "`inputs` of a look at paused trials", &inputs, &expected);
        let revision = estimate::revise(self.estimator, &history);
        self.compare(place, "the number of predictions", &predictions.len(), &revision.predictions.len());
        for (old, new) in predictions.iter().zip(&revision.predictions) {
            self.compare((Some(TrialId(new.number as u32)), None), "", old, new);
        }
        self.compare(place, "the number of resumptions", &resumptions.len(), &revision.resumptions.len());
        for (old, new) in resumptions.iter().zip(&revision.resumptions) {
            self.compare((Some(TrialId(new.number as u32)), None), "resumption", old, new);
        }
    }

    /// The paused trials must have been looked at until no training was to go on.
    pub(super) fn is_settled(&mut self, generation: Option<u32>) {
        let round = self.state.reconsidered.as_ref();
        let settled = round.is_some_and(|round| round.generation == generation && round.settled);
        if self.looks(generation) && !settled {
            self.found((None, None), "the last look at paused trials", "missing", "one");
        }
    }

    /// Nothing may speak against the estimator at the end of a generation that it has survived.
    pub(super) fn stays_on(&mut self, generation: u32) {
        self.verified.switches += 1;
        if self.state.switched_off.is_none()
            && let Some(off) = audit::switch_off(self.plan, &self.state, generation)
        {
            let expected = format!("off after generation {generation}, for a regret of {}", off.regret);
            self.found((None, None), "the estimator", "on", expected);
        }
    }

    pub(super) fn switched_off(&mut self, generation: u32, recorded: &EventKind) {
        let place = (None, None);
        let newest = self.state.finished_generations();
        self.judged = None;
        if generation + 1 != newest || self.state.switched_off.is_some() {
            self.found(place, "the estimator", format!("off after generation {generation}"), "not then");
        }
        match audit::switch_off(self.plan, &self.state, generation) {
            Some(off) => self.compare(place, "", recorded, &EventKind::from(off)),
            None => self.found(place, "the estimator", "off", "on"),
        }
    }
}
