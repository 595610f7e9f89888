//! What an asynchronous search is told and asked, in an order that follows from the state: so it is told and asked the same
//! when a run is resumed or verified.

use std::collections::VecDeque;

use peng_spec::arch::Genome;
use peng_spec::plan::Plan;

use super::results::result;
use crate::search::{self, Ask, SearchStrategy};
use crate::space::{SearchSpace, SpaceError};
use crate::state::RunState;

/// A search that is told of each end and asked for each network.
pub(crate) struct Dialogue {
    strategy: Box<dyn SearchStrategy>,
    /// Networks that it asked for and that are not made yet.
    queue: VecDeque<Genome>,
    /// How many ends it was told of.
    told: usize,
    /// After how many ends it was last asked in vain, and so need not be asked again.
    in_vain: Option<usize>,
    /// Networks of the first generation, once it was asked.
    first: Option<usize>,
    /// Networks of each later one, and of all.
    later: usize,
    all: usize,
}

impl Dialogue {
    /// The search of a plan at its beginning.
    pub(crate) fn new(plan: &Plan) -> Result<Self, String> {
        let strategy = search::of_plan(plan)?;
        let needs = search::find(&plan.search.kind).map(|kind| kind.needs(&plan.search.params));
        let (all, later) = needs.map_or((0, 1), |needs| (needs.trials as usize, needs.offspring as usize));
        Ok(Self { strategy, queue: VecDeque::new(), told: 0, in_vain: None, first: None, later, all })
    }

    /// Whether there is a network to be made when so many trials have ended. It is told of the ends first.
    pub(crate) fn has_next(
        &mut self,
        (plan, state): (&Plan, &RunState),
        ends: usize,
        space: &dyn SearchSpace,
    ) -> Result<bool, SpaceError> {
        for &trial in &state.ended[self.told.min(ends)..ends] {
            self.strategy.tell(&[result(plan, state, trial)]);
        }
        self.told = self.told.max(ends);
        if self.queue.is_empty() && self.in_vain != Some(self.told) {
            match self.strategy.ask(space)? {
                Ask::Generation(genomes) => {
                    self.first.get_or_insert(genomes.len());
                    self.queue = genomes.into();
                }
                Ask::Finished => self.in_vain = Some(self.told),
            }
        }
        Ok(!self.queue.is_empty())
    }

    /// The network of the next trial, when so many trials have ended; `None`: there is none before more have ended.
    pub(crate) fn next(
        &mut self,
        run: (&Plan, &RunState),
        ends: usize,
        space: &dyn SearchSpace,
    ) -> Result<Option<Genome>, SpaceError> {
        self.has_next(run, ends, space)?;
        Ok(self.queue.pop_front())
    }

    /// The generation of a trial that was asked for, by its number, and how many networks it has. In the order of their numbers,
    /// trials are in generations of the sizes that they have in a search that waits for them.
    pub(crate) fn generation(&self, number: usize) -> (u32, u32) {
        let first = self.first.unwrap_or(0);
        match number.checked_sub(first) {
            None => (0, first as u32),
            Some(later) => {
                let generation = later / self.later;
                let begin = first + generation * self.later;
                (generation as u32 + 1, self.later.min(self.all.saturating_sub(begin)).max(1) as u32)
            }
        }
    }
}
