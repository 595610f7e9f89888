//! The steps: the search, and the confirmation of what it predicted.

use std::collections::BTreeMap;

use peng_estimator::Revises;
use peng_spec::arch::{ArchGraph, Genome};
use peng_spec::plan::{ConfirmWhat, Plan, Settings};

use super::coordinator::{Coordinator, FailedOf, Flow};
use super::{RunError, amended, results};
use crate::event::{EventKind, Purpose, TrialId, TrialOutcome};
use crate::search::{self, Ask};
use crate::state::RunState;
use crate::{audit, estimate, fitness};

impl Coordinator<'_> {
    /// Asks and tells until the search is over. What the journal holds already is asked and told again, not trained.
    pub(super) fn search(&mut self) -> Result<Flow, RunError> {
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
        let ids = (first..).map(TrialId);
        let mut twins = self.networks(first)?;
        let mut trials = Vec::with_capacity(genomes.len());
        for (trial, genome) in ids.zip(genomes) {
            trials.push(trial);
            let arch = self.space.decode(&genome)?;
            let key = network_key(&arch, &self.space.settings(&genome)?);
            match self.state.trial(trial) {
                Some(known) if known.genome == genome => {}
                Some(known) => {
                    return Err(RunError::Diverged {
                        trial,
                        found: known.genome.to_string(),
                        expected: genome.to_string(),
                    });
                }
                None => {
                    let cost = arch.cost().map_err(|e| RunError::Plan(e.to_string()))?;
                    let audit = audit::is_chosen(self.plan, &self.state, trial);
                    self.emit(EventKind::TrialCreated { trial, generation, genome, cost, audit })?;
                }
            }
            let from = *twins.entry(key).or_insert(trial);
            if from != trial && self.state.trial(trial).is_some_and(|t| t.outcome.is_none()) {
                self.emit(EventKind::TrialSkipped { trial, from })?;
            }
        }
        Ok(trials)
    }

    /// The networks of the trials before `first`, each with the first trial that has it.
    fn networks(&self, first: u32) -> Result<BTreeMap<String, TrialId>, RunError> {
        let mut networks = BTreeMap::new();
        for trial in &self.state.trials[..first as usize] {
            let arch = self.space.decode(&trial.genome)?;
            let settings = self.space.settings(&trial.genome)?;
            networks.entry(network_key(&arch, &settings)).or_insert(trial.id);
        }
        Ok(networks)
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

/// What makes two networks the same: the graph and what it brings along of its training, without the genome that they were
/// decoded from.
pub(crate) fn network_key(arch: &ArchGraph, settings: &Settings) -> String {
    serde_json::to_string(&(arch, settings)).expect("a graph has string keys")
}
