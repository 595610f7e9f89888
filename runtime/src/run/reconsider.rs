//! Paused trials: what the estimator says of them when a generation or the search has ended, and the trainings that go
//! on because of it.

use peng_estimator::Revises;

use super::RunError;
use super::coordinator::{Coordinator, Flow};
use crate::audit;
use crate::estimate::{self, Premises};
use crate::event::{EventKind, Purpose, TrialId};

impl Coordinator<'_> {
    /// What a generation needs before the search is told of it.
    pub(super) fn close(&mut self, generation: u32) -> Result<Flow, RunError> {
        if !self.state.generations[generation as usize].finished {
            match self.estimator.needs().revises {
                Revises::EachGeneration => {
                    if let end @ Flow::End(_) = self.reconsider(Some(generation))? {
                        return Ok(end);
                    }
                }
                Revises::AtEnd | Revises::Never => {}
            }
            self.emit(EventKind::GenerationFinished { generation })?;
        }
        let is_newest = self.state.generations.len() == generation as usize + 1;
        if is_newest
            && self.state.switched_off.is_none()
            && let Some(off) = audit::switch_off(self.plan, &self.state, generation)
        {
            self.emit(off.into())?;
        }
        Ok(Flow::Done)
    }

    /// Asks the estimator about the paused trials and trains those on that it names, until it names none. `generation` is
    /// the one that has ended; `None`: the search has.
    pub(super) fn reconsider(&mut self, generation: Option<u32>) -> Result<Flow, RunError> {
        while self.state.switched_off.is_none() {
            let round = self.state.reconsidered.as_ref().filter(|round| round.generation == generation);
            if round.is_some_and(|round| round.settled) {
                break;
            }
            let open = round.map_or(&[][..], |round| &round.open);
            let open: Vec<TrialId> =
                open.iter().map(|resumption| TrialId(resumption.number as u32)).collect();
            if open.is_empty() {
                let history = estimate::history(self.plan, &self.state, u32::MAX);
                let inputs = Premises::new(self.plan, &history).of_paused();
                let revision = estimate::revise(self.estimator, &history);
                let (predictions, resumptions) = (revision.predictions, revision.resumptions);
                self.emit(EventKind::Reconsidered { generation, predictions, resumptions, inputs })?;
            } else if let end @ Flow::End(_) = self.train(&open, Purpose::Reconsider)? {
                return Ok(end);
            }
        }
        Ok(Flow::Done)
    }
}
