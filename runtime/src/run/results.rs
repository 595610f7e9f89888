//! What a search is told of its generations: a pure function of plan and state, so that it is told the same again.

use peng_spec::plan::Plan;

use crate::event::TrialId;
use crate::fitness;
use crate::search::Scored;
use crate::state::{RunState, TrialState};

/// The results of a generation, in trial order, as they were known at its end.
pub fn results(plan: &Plan, state: &RunState, generation: u32) -> Vec<Scored> {
    let Some(of) = state.generations.get(generation as usize) else { return Vec::new() };
    let trials = of.trials.iter().filter_map(|&id| state.trial(id));
    trials.map(|trial| scored(plan, state, trial, generation + 1)).collect()
}

/// The trials of earlier generations of which something else was known at the end of a generation than at that of the
/// one before, in trial order.
pub fn amended(plan: &Plan, state: &RunState, generation: u32) -> Vec<Scored> {
    let earlier = state.trials.iter().filter(|trial| trial.generation < generation);
    let changed = earlier.filter_map(|trial| {
        let now = scored(plan, state, trial, generation + 1);
        (now != scored(plan, state, trial, generation)).then_some(now)
    });
    changed.collect()
}

/// The result of one trial, as it was known at its end.
pub(super) fn result(plan: &Plan, state: &RunState, trial: TrialId) -> Scored {
    let trial = state.trial(trial).expect("what has ended was made");
    let values = fitness::told_first(plan, state, trial);
    let costs = values.map(|values| fitness::costs(&plan.objectives, &values));
    Scored { genome: trial.genome.clone(), costs }
}

fn scored(plan: &Plan, state: &RunState, trial: &TrialState, generations: u32) -> Scored {
    let costs = fitness::told_after(plan, state, trial, generations)
        .map(|values| fitness::costs(&plan.objectives, &values));
    Scored { genome: trial.genome.clone(), costs }
}
