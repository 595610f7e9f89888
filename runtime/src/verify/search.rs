//! The search: the networks that it asks for, which of them are copies, which are audited, and when a generation is done.

use peng_spec::arch::{Cost, Genome};
use peng_spec::plan::StepKind;

use super::Verifier;
use crate::audit;
use crate::event::{RunEnd, TrialId};
use crate::run::{amended, network_key, results, unconfirmed};
use crate::search::Ask;
use crate::state::{GenerationState, StepState};

impl Verifier<'_> {
    pub(super) fn generation_started(&mut self, generation: u32, candidates: u32) {
        let begun = self.state.generations.len() as u32;
        if generation != begun {
            self.found((None, None), "the generation", generation, begun);
        }
        if self.state.generations.last().is_some_and(|last| !last.finished) {
            self.found((None, None), "the generation before", "not finished", "finished");
        }
        self.after_generation();
        self.asked = self.ask();
        if self.asked.len() != candidates as usize {
            self.found((None, None), "the number of networks", candidates, self.asked.len());
        }
    }

    /// Tells the search of the newest generation.
    fn after_generation(&mut self) {
        let Some(last) = (self.state.generations.len() as u32).checked_sub(1) else { return };
        self.stays_on(last);
        let (amended, results) =
            (amended(self.plan, &self.state, last), results(self.plan, &self.state, last));
        if let Some(strategy) = &mut self.strategy {
            strategy.amend(&amended);
            strategy.tell(&results);
        }
    }

    fn ask(&mut self) -> Vec<Genome> {
        match self.strategy.as_mut().map(|strategy| strategy.ask(&*self.space)) {
            Some(Ok(Ask::Generation(genomes))) => genomes,
            Some(Ok(Ask::Finished)) | None => Vec::new(),
            Some(Err(error)) => {
                self.strategy = None;
                self.found((None, None), "the population", error, "genomes of the space");
                Vec::new()
            }
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
        let position = self.state.generations.last().map_or(0, |g| g.trials.len());
        match self.asked.get(position).cloned() {
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
        let original = *self.networks.entry(network_key(&arch, &settings)).or_insert(trial);
        if original != trial {
            self.originals.insert(trial, original);
        }
    }

    pub(super) fn trial_skipped(&mut self, trial: TrialId, from: TrialId) {
        self.verified.endings += 1;
        match self.originals.get(&trial).copied() {
            Some(original) if original == from => {}
            Some(original) => self.found((Some(trial), None), "`from`", from, original),
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
        if trials.len() != candidates as usize {
            self.found((None, None), "the number of trials", trials.len(), candidates);
        }
        for id in trials {
            if self.state.trial(id).is_some_and(|trial| trial.outcome.is_none()) {
                self.found((Some(id), None), "its end", "missing", "before that of its generation");
            }
        }
        self.is_settled(Some(generation));
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
        self.after_generation();
        let more = self.ask();
        if !more.is_empty() {
            self.found((None, None), "the search", "finished", format!("{} more networks", more.len()));
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
