//! The search: the networks that it asks for, which of them are copies, which are audited, and when a generation is done.

use peng_spec::arch::{Cost, Genome};
use peng_spec::plan::{Mode, StepKind};

use super::Verifier;
use super::asking::Asking;
use crate::audit;
use crate::event::{RunEnd, TrialId};
use crate::run::{Basis, Original, unconfirmed};
use crate::space::SpaceError;
use crate::state::{GenerationState, StepState};

impl Verifier<'_> {
    fn is_asynchronous(&self) -> bool {
        self.plan.search.mode == Mode::Asynchronous
    }

    /// What the search answers, unless it cannot be asked.
    fn answer<T: Default>(&mut self, answer: Result<T, SpaceError>) -> T {
        answer.unwrap_or_else(|error| {
            self.asking = Asking::Lost;
            self.found((None, None), "the population", error, "genomes of the space");
            T::default()
        })
    }

    pub(super) fn generation_started(&mut self, generation: u32, candidates: u32) {
        let begun = self.state.generations.len() as u32;
        if generation != begun {
            self.found((None, None), "the generation", generation, begun);
        }
        let expected = if self.is_asynchronous() {
            let answer = self.asking.has_more((self.plan, &self.state), &*self.space);
            let has_more = self.answer(answer);
            match &self.asking {
                Asking::Asynchronous(dialogue) if has_more => {
                    let (next, networks) = dialogue.generation(self.state.trials.len());
                    if next == generation { networks } else { 0 }
                }
                _ => 0,
            }
        } else {
            if self.state.generations.last().is_some_and(|last| !last.finished) {
                self.found((None, None), "the generation before", "not finished", "finished");
            }
            self.after_generation();
            let answer = self.asking.next_generation((self.plan, &self.state), &*self.space);
            self.answer(answer) as u32
        };
        if expected != candidates {
            self.found((None, None), "the number of networks", candidates, expected);
        }
    }

    /// The estimator stays on after the newest generation.
    fn after_generation(&mut self) {
        if let Some(last) = (self.state.generations.len() as u32).checked_sub(1) {
            self.stays_on(last);
        }
    }

    pub(super) fn trial_created(
        &mut self,
        trial: TrialId,
        generation: u32,
        genome: &Genome,
        cost: Cost,
        audit: bool,
    ) {
        let place = (Some(trial), None);
        self.verified.networks += 1;
        let number = self.state.trials.len();
        if trial.index() != number {
            self.found(place, "its number", trial, number);
        }
        let newest = self.state.generations.len() as u32;
        if generation + 1 != newest {
            self.found(place, "its generation", generation, format!("{}", i64::from(newest) - 1));
        }
        let answer = self.asking.next((self.plan, &self.state), &*self.space);
        match self.answer(answer) {
            Some(asked) if asked == *genome => {}
            Some(asked) => self.found(place, "`genome`", genome, asked),
            None => self.found(place, "`genome`", genome, "none: the search asks for fewer"),
        }
        self.compare(place, "`audit`", &audit, &audit::is_chosen(self.plan, &self.state, trial));
        let decoded = self.space.decode(genome);
        let (arch, settings) = match decoded.and_then(|arch| Ok((arch, self.space.settings(genome)?))) {
            Ok(decoded) => decoded,
            Err(error) => return self.found(place, "`genome`", genome, error),
        };
        match arch.cost() {
            Ok(expected) => self.compare(place, "`cost`", &cost, &expected),
            Err(error) => self.found(place, "`cost`", "known", error),
        }
        let known = Basis::now(self.plan, &self.state, generation);
        let run = (self.plan, &self.state);
        if let Some(original) = self.known.take(run, (trial, known), &arch, &settings) {
            self.originals.insert(trial, original);
        }
    }

    pub(super) fn trial_skipped(&mut self, trial: TrialId, recorded: Original) {
        self.verified.endings += 1;
        match self.originals.get(&trial).copied() {
            Some(original) => {
                self.compare((Some(trial), None), "`from`", &recorded.from, &original.from);
                self.compare((Some(trial), None), "`distance`", &recorded.distance, &original.distance);
            }
            None => self.found((Some(trial), None), "its end", "copied", "a training of its own"),
        }
    }

    pub(super) fn generation_finished(&mut self, generation: u32) {
        let Some(GenerationState { candidates, trials, finished }) =
            self.state.generations.get(generation as usize).cloned()
        else {
            return self.found((None, None), "generation", format!("{generation} finished"), "not begun");
        };
        if finished {
            self.found((None, None), "generation", format!("{generation} finished"), "finished before");
        }
        if generation != self.state.finished_generations() {
            self.found(
                (None, None),
                "generation",
                format!("{generation} finished"),
                "after the ones before it",
            );
        }
        if trials.len() != candidates as usize {
            // A space that has no more networks leaves the last generation of an asynchronous search smaller.
            let answer = self.asking.has_more((self.plan, &self.state), &*self.space);
            if !self.is_asynchronous() || self.answer(answer) {
                self.found((None, None), "the number of trials", trials.len(), candidates);
            }
        }
        for id in trials {
            if self.state.trial(id).is_some_and(|trial| trial.outcome.is_none()) {
                self.found((Some(id), None), "its end", "missing", "before that of its generation");
            }
        }
        self.is_settled(Some(generation));
        if self.is_asynchronous() {
            self.judged = Some(generation);
        }
    }

    pub(super) fn step_finished(&mut self, id: &str) {
        let plan = self.plan;
        match plan.steps.iter().find(|step| step.id == id).map(|step| step.kind) {
            Some(StepKind::Search) => self.search_finished(),
            Some(StepKind::Confirm(what)) => {
                for trial in unconfirmed(plan, &self.state, what) {
                    self.found((Some(trial), None), "its confirmation", "missing", "asked for");
                }
            }
            Some(StepKind::Prepare) => {}
            None => self.found((None, None), "the step", id, "not in the plan"),
        }
    }

    fn search_finished(&mut self) {
        if self.state.generations.last().is_some_and(|last| !last.finished) {
            self.found((None, None), "the last generation", "not finished", "finished");
        }
        if !self.is_asynchronous() {
            self.after_generation();
        }
        let answer = self.asking.has_more((self.plan, &self.state), &*self.space);
        if self.answer(answer) {
            self.found((None, None), "the search", "finished", "more networks");
        }
        self.is_settled(None);
    }

    pub(super) fn run_finished(&mut self, end: &RunEnd) {
        let is_open = |id: &String| self.state.steps.get(id) != Some(&StepState::Finished);
        let open: Vec<&str> =
            self.plan.steps.iter().map(|s| &s.id).filter(|id| is_open(id)).map(|id| &id[..]).collect();
        let open = open.join(", ");
        if *end == RunEnd::Finished && !open.is_empty() {
            self.found((None, None), "the run", "finished", format!("not done with {open}"));
        }
    }
}
