//! Which trials are not trained: those whose network is that of an earlier trial, and with `reuse` those whose network is near
//! to a trained one. They get that trial's result; their costs are their own.

use std::collections::BTreeMap;

use peng_spec::arch::{ArchGraph, Outline};
use peng_spec::plan::{Mode, Plan, Settings};

use crate::event::{TrialId, TrialOutcome};
use crate::space::network_key;
use crate::state::{Ending, RunState};

/// A trial that another one has its result from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Original {
    /// The trial, which is trained itself.
    pub(crate) from: TrialId,
    /// How far the networks are apart, in edits; 0: they are the same.
    pub(crate) distance: u32,
}

/// The networks of trials that are trained themselves.
#[derive(Debug, Default)]
pub(crate) struct Originals {
    networks: BTreeMap<String, TrialId>,
    /// What nearness is told by, if it counts.
    trained: Vec<(TrialId, Outline, Settings)>,
}

impl Originals {
    /// What trial `trial` gets its result from; `None`: it is trained itself, and others may get theirs from it. Trials must come
    /// in their order, each once.
    ///
    /// A network that is the same is that of any earlier trial, also of one whose training has not ended. A network that is
    /// near is one that had a result when decisions on the trial were made ([`had_result`]), of the nearest the first. So
    /// neither the number of workers nor their speed matters where they do not matter to the search.
    pub(crate) fn take(
        &mut self,
        (plan, state): (&Plan, &RunState),
        (trial, known): (TrialId, Basis),
        arch: &ArchGraph,
        settings: &Settings,
    ) -> Option<Original> {
        let key = network_key(arch, settings);
        if let Some(&from) = self.networks.get(&key) {
            return Some(Original { from, distance: 0 });
        }
        let within = plan.search.reuse.similar_within;
        if within > 0 {
            let outline = arch.outline();
            let candidates =
                self.trained.iter().filter(|(id, _, with)| with == settings && had_result(state, *id, known));
            // Networks that differ are never less than one edit apart, even if no layer differs in name and kind.
            let nearest = candidates
                .map(|(from, other, _)| Original { from: *from, distance: outline.distance(other).max(1) })
                .filter(|found| found.distance <= within)
                .min_by_key(|found| (found.distance, found.from));
            if nearest.is_some() {
                return nearest;
            }
            self.trained.push((trial, outline, settings.clone()));
        }
        self.networks.insert(key, trial);
        None
    }
}

/// What was known when a trial was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Basis {
    /// The results of so many generations.
    Generations(u32),
    /// So many results, in the order of the ends.
    Ends(usize),
}

impl Basis {
    /// What is known of a trial that is made now.
    pub(crate) fn now(plan: &Plan, state: &RunState, generation: u32) -> Self {
        match plan.search.mode {
            Mode::Generations => Self::Generations(generation),
            Mode::Asynchronous => Self::Ends(state.ended.len()),
        }
    }

    /// What was known when a trial was made.
    pub(crate) fn of(plan: &Plan, state: &RunState, trial: TrialId) -> Self {
        let made = state.trial(trial);
        match plan.search.mode {
            Mode::Generations => Self::Generations(made.map_or(0, |trial| trial.generation)),
            Mode::Asynchronous => Self::Ends(made.map_or(0, |trial| trial.after)),
        }
    }

    /// How a trial had ended then.
    pub(crate) fn ending(self, state: &RunState, trial: TrialId) -> Option<&Ending> {
        let ended = state.trial(trial)?;
        match self {
            Self::Generations(generations) => {
                ended.ending(generations).filter(|_| ended.generation < generations)
            }
            Self::Ends(count) => ended.endings.first().filter(|_| state.ended[..count].contains(&trial)),
        }
    }
}

/// Whether a trial had a result that another one can have.
fn had_result(state: &RunState, trial: TrialId, known: Basis) -> bool {
    known.ending(state, trial).is_some_and(|ending| match ending.outcome {
        TrialOutcome::Completed | TrialOutcome::Converged { .. } | TrialOutcome::Pruned => true,
        TrialOutcome::Copied { .. } | TrialOutcome::Failed { .. } | TrialOutcome::Cancelled => false,
    })
}
