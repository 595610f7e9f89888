//! The steps: the search, and the confirmation of what it predicted.

use peng_estimator::Revises;
use peng_spec::arch::Genome;
use peng_spec::plan::{ConfirmWhat, Mode, Plan};

use super::coordinator::{Coordinator, FailedOf, Flow};
use super::originals::{Basis, Original};
use super::{RunError, amended, results};
use crate::event::{EventKind, Purpose, TrialId, TrialOutcome};
use crate::search::{self, Ask};
use crate::state::RunState;
use crate::{audit, estimate, fitness};

impl Coordinator<'_> {
    /// Asks and tells until the search is over. What the journal holds already is asked and told again, not trained.
    pub(super) fn search(&mut self) -> Result<Flow, RunError> {
        match self.plan.search.mode {
            Mode::Asynchronous => return self.search_asynchronously(),
            Mode::Generations => {}
        }
        let mut strategy = search::of_plan(self.plan).map_err(RunError::Plan)?;
        let needs = self.estimator.needs();
        for generation in 0.. {
            let Ask::Generation(genomes) = strategy.ask(&*self.space)? else { break };
            let trials = self.create(generation, genomes)?;
            let open: Vec<TrialId> = trials
                .iter()
                .copied()
                .filter(|&id| self.state.trial(id).is_some_and(|t| t.outcome.is_none()))
                .collect();
            if needs.uses_history && !open.is_empty() {
                self.executor.teach(estimate::history(self.plan, &self.state, generation));
            }
            if let end @ Flow::End(_) = self.train(&open, Purpose::Search)? {
                return Ok(end);
            }
            if let end @ Flow::End(_) = self.close(generation)? {
                return Ok(end);
            }
            if let Some(end) = self.failed_too_often(FailedOf::Planned) {
                return Ok(Flow::End(end));
            }
            strategy.amend(&amended(self.plan, &self.state, generation));
            strategy.tell(&results(self.plan, &self.state, generation));
        }
        match needs.revises {
            Revises::EachGeneration | Revises::AtEnd => self.reconsider(None),
            Revises::Never => Ok(Flow::Done),
        }
    }

    /// The trials of a generation; those that the journal lacks are made.
    fn create(&mut self, generation: u32, genomes: Vec<Genome>) -> Result<Vec<TrialId>, RunError> {
        if self.state.generations.len() <= generation as usize {
            let candidates = genomes.len() as u32;
            self.emit(EventKind::GenerationStarted { generation, candidates })?;
        }
        let first = self.state.generations[..generation as usize].iter().map(|g| g.candidates).sum::<u32>();
        let mut trials = Vec::with_capacity(genomes.len());
        for (trial, genome) in (first..).map(TrialId).zip(genomes) {
            trials.push(trial);
            match self.state.trial(trial) {
                Some(known) if known.genome == genome => {}
                Some(known) => {
                    return Err(RunError::Diverged {
                        trial,
                        found: known.genome.to_string(),
                        expected: genome.to_string(),
                    });
                }
                None => self.make(trial, generation, genome)?,
            }
            self.copy_or_train(trial)?;
        }
        Ok(trials)
    }

    /// Makes a trial.
    pub(super) fn make(&mut self, trial: TrialId, generation: u32, genome: Genome) -> Result<(), RunError> {
        let cost = self.space.decode(&genome)?.cost().map_err(|e| RunError::Plan(e.to_string()))?;
        let audit = audit::is_chosen(self.plan, &self.state, trial);
        self.emit(EventKind::TrialCreated { trial, generation, genome, cost, audit })
    }

    /// Whether a trial that was made is a copy, which is noted; trials come in their order, each once.
    pub(super) fn copy_or_train(&mut self, trial: TrialId) -> Result<bool, RunError> {
        let made = self.state.trial(trial).expect("it was made");
        let (arch, settings) = (self.space.decode(&made.genome)?, self.space.settings(&made.genome)?);
        let is_new = made.outcome.is_none();
        let known = Basis::of(self.plan, &self.state, trial);
        let original = self.originals.take((self.plan, &self.state), (trial, known), &arch, &settings);
        if let (Some(Original { from, distance }), true) = (original, is_new) {
            self.emit(EventKind::TrialSkipped { trial, from, distance })?;
        }
        Ok(original.is_some())
    }

    /// Trains predicted members of the front to the end, until what is asked for consists of observations. Each round
    /// may bring new members up, which were dominated by predictions that did not come true.
    pub(super) fn confirm(&mut self, what: ConfirmWhat) -> Result<Flow, RunError> {
        loop {
            let open = unconfirmed(self.plan, &self.state, what);
            if open.is_empty() {
                return Ok(Flow::Done);
            }
            if let end @ Flow::End(_) = self.train(&open, Purpose::Confirm)? {
                return Ok(end);
            }
        }
    }
}

/// The trials that are to be trained to the end next, by number: the rest of the round of confirmations under way.
///
/// A round's members are the predicted members of the front after the rounds before it, and nothing that the round itself
/// has brought about counts: so an interruption in the middle of one changes none.
pub(crate) fn unconfirmed(plan: &Plan, state: &RunState, what: ConfirmWhat) -> Vec<TrialId> {
    let mut before = state.clone();
    for trial in &mut before.trials {
        trial.confirmation = None;
    }
    loop {
        let front = fitness::front(plan, &before, fitness::known);
        let members = match what {
            ConfirmWhat::Front => &front[..],
            // The front begins with the trial that is best in the first objective.
            ConfirmWhat::Best => &front[..front.len().min(1)],
        };
        let mut round: Vec<TrialId> = members
            .iter()
            .filter_map(|m| before.trial(m.trial))
            .filter(|t| matches!(t.outcome, Some(TrialOutcome::Converged { .. })) && t.confirmation.is_none())
            .map(|t| t.id)
            .collect();
        round.sort_unstable();
        let confirmation = |id: TrialId| state.trial(id).and_then(|t| t.confirmation.clone());
        let open: Vec<TrialId> = round.iter().copied().filter(|&id| confirmation(id).is_none()).collect();
        if round.is_empty() || !open.is_empty() {
            return open;
        }
        for id in round {
            before.trials[id.index()].confirmation = confirmation(id);
        }
    }
}
