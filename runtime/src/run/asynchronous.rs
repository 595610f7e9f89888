//! The search whose slots do not wait for one another: a network is made whenever a slot is free, of what has ended by then.
//!
//! What is made depends on the order in which trainings end, which the journal records; given that order, everything else
//! follows from it. Generations are counted by the numbers of trials. One is finished when all of its trials, and all
//! generations before it, have; several may be under way at once.

use peng_estimator::Revises;

use super::RunError;
use super::coordinator::{Coordinator, FailedOf, Flow};
use super::dialogue::Dialogue;
use crate::audit;
use crate::event::{EventKind, Purpose, RunEnd, TrialId};

impl Coordinator<'_> {
    /// Makes networks as slots get free until the search is over. What the journal holds already is asked and told again.
    pub(super) fn search_asynchronously(&mut self) -> Result<Flow, RunError> {
        let revises = self.estimator.needs().revises;
        if revises == Revises::EachGeneration {
            let message = "an asynchronous search does not wait for a generation, at whose end the estimator resumes trainings";
            return Err(RunError::Plan(message.to_owned()));
        }
        let mut dialogue = Dialogue::new(self.plan).map_err(RunError::Plan)?;
        for index in 0..self.state.trials.len() {
            let (trial, ends) = (TrialId(index as u32), self.state.trials[index].after);
            let asked = dialogue.next((self.plan, &self.state), ends, &*self.space)?;
            let known = &self.state.trials[index].genome;
            if asked.as_ref() != Some(known) {
                let expected = asked.map_or_else(|| "no network".to_owned(), |genome| genome.to_string());
                return Err(RunError::Diverged { trial, found: known.to_string(), expected });
            }
            self.copy_or_train(trial)?;
        }
        let open: Vec<TrialId> =
            self.state.trials.iter().filter(|trial| trial.outcome.is_none()).map(|trial| trial.id).collect();
        if let end @ Flow::End(_) = self.train_more(&open, Purpose::Search, Some(&mut dialogue))? {
            return Ok(end);
        }
        // A space that has no more networks leaves the last generation smaller.
        while let Some(generation) = self.state.generations.iter().position(|generation| !generation.finished)
        {
            self.finish_generation(generation as u32)?;
        }
        match revises {
            Revises::EachGeneration | Revises::AtEnd => self.reconsider(None),
            Revises::Never => Ok(Flow::Done),
        }
    }

    /// The next trial that is to be trained; `None`: there is none before more have ended.
    pub(super) fn make_next(&mut self, dialogue: &mut Dialogue) -> Result<Option<TrialId>, RunError> {
        loop {
            let ends = self.state.ended.len();
            let Some(genome) = dialogue.next((self.plan, &self.state), ends, &*self.space)? else {
                return Ok(None);
            };
            let number = self.state.trials.len();
            let (generation, candidates) = dialogue.generation(number);
            if self.state.generations.len() <= generation as usize {
                self.emit(EventKind::GenerationStarted { generation, candidates })?;
            }
            let trial = TrialId(number as u32);
            self.make(trial, generation, genome)?;
            if !self.copy_or_train(trial)? {
                return Ok(Some(trial));
            }
            self.finish_generations()?;
        }
    }

    /// Notes the generations whose trials have all ended, and says whether so many trials have failed that the run ends.
    pub(super) fn settle(&mut self) -> Result<Option<RunEnd>, RunError> {
        self.finish_generations()?;
        Ok(self.failed_too_often(FailedOf::Planned))
    }

    fn finish_generations(&mut self) -> Result<(), RunError> {
        // The run may have been cut off before this was noted.
        self.judge_the_estimator()?;
        loop {
            let Some(index) = self.state.generations.iter().position(|generation| !generation.finished)
            else {
                return Ok(());
            };
            let generation = &self.state.generations[index];
            let is_whole = generation.trials.len() == generation.candidates as usize;
            let mut trials = generation.trials.iter();
            if !is_whole || trials.any(|id| !self.state.ended.contains(id)) {
                return Ok(());
            }
            self.finish_generation(index as u32)?;
        }
    }

    fn finish_generation(&mut self, generation: u32) -> Result<(), RunError> {
        self.emit(EventKind::GenerationFinished { generation })?;
        self.judge_the_estimator()
    }

    /// Switches the estimator off if what was known when the newest generation finished speaks against it.
    fn judge_the_estimator(&mut self) -> Result<(), RunError> {
        let newest = self.state.finished_generations().checked_sub(1);
        match newest.and_then(|generation| audit::switch_off(self.plan, &self.state, generation)) {
            Some(off) if self.state.switched_off.is_none() => self.emit(off.into()),
            _ => Ok(()),
        }
    }
}
