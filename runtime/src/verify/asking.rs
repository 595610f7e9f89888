//! The search as it is asked again: by generations, or whenever a trial was made.

use std::collections::VecDeque;

use peng_spec::arch::Genome;
use peng_spec::plan::{Mode, Plan};

use crate::run::{Dialogue, amended, results};
use crate::search::{self, Ask, SearchStrategy};
use crate::space::{SearchSpace, SpaceError};
use crate::state::RunState;

/// A search that is asked again.
pub(super) enum Asking {
    /// By generations, with those networks of the newest one that are not made yet.
    Generations(Box<dyn SearchStrategy>, VecDeque<Genome>),
    /// Whenever a trial was made.
    Asynchronous(Dialogue),
    /// It cannot be asked any more.
    Lost,
}

impl Asking {
    pub(super) fn new(plan: &Plan) -> Result<Self, String> {
        Ok(match plan.search.mode {
            Mode::Generations => Self::Generations(search::of_plan(plan)?, VecDeque::new()),
            Mode::Asynchronous => Self::Asynchronous(Dialogue::new(plan)?),
        })
    }

    /// Tells the search of the newest generation and asks for the next; how many networks that has.
    pub(super) fn next_generation(
        &mut self,
        (plan, state): (&Plan, &RunState),
        space: &dyn SearchSpace,
    ) -> Result<usize, SpaceError> {
        let Self::Generations(strategy, queue) = self else { return Ok(0) };
        if let Some(last) = (state.generations.len() as u32).checked_sub(1) {
            strategy.amend(&amended(plan, state, last));
            strategy.tell(&results(plan, state, last));
        }
        *queue = match strategy.ask(space)? {
            Ask::Generation(genomes) => genomes.into(),
            Ask::Finished => VecDeque::new(),
        };
        Ok(queue.len())
    }

    /// The next network, of the generation at hand where there are any.
    pub(super) fn next(
        &mut self,
        run: (&Plan, &RunState),
        space: &dyn SearchSpace,
    ) -> Result<Option<Genome>, SpaceError> {
        match self {
            Self::Generations(_, queue) => Ok(queue.pop_front()),
            Self::Asynchronous(dialogue) => dialogue.next(run, run.1.ended.len(), space),
            Self::Lost => Ok(None),
        }
    }

    /// Whether the search would go on.
    pub(super) fn has_more(
        &mut self,
        run: (&Plan, &RunState),
        space: &dyn SearchSpace,
    ) -> Result<bool, SpaceError> {
        match self {
            Self::Generations(..) => Ok(self.next_generation(run, space)? > 0),
            Self::Asynchronous(dialogue) => dialogue.has_next(run, run.1.ended.len(), space),
            Self::Lost => Ok(false),
        }
    }
}
