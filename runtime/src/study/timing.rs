//! What a run would have taken alone, from the times at which its curves were trained: a study plays most of them.

use std::collections::BTreeMap;

use peng_estimator::Progress;

use crate::event::{Event, EventKind, TrialId};
use crate::state::{RunState, TrialState};

/// Seconds of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct Seconds {
    /// Of device slots, summed over all trainings.
    pub slots: f64,
    /// On the wall, if every slot takes the next training of its generation as soon as it is free, in trial order.
    pub wall: f64,
}

/// The seconds before each measurement of a run, by trial and place; of one that was made twice the newest.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Pace(BTreeMap<(TrialId, Progress), f64>);

impl Pace {
    pub(super) fn new(events: &[Event]) -> Self {
        let measured = events.iter().filter_map(|event| match &event.kind {
            EventKind::Measured { trial, at, secs, .. } => Some(((*trial, *at), *secs)),
            _ => None,
        });
        Self(measured.collect())
    }

    /// Seconds of a training between two places.
    pub(super) fn between(&self, trial: TrialId, from: Progress, until: Progress) -> f64 {
        let after = self.0.range((trial, Progress::ZERO)..=(trial, until));
        after.filter(|((_, at), _)| *at > from).map(|(_, secs)| secs).sum()
    }
}

/// What a run took, or would have taken, on so many slots.
pub(super) fn seconds(state: &RunState, pace: &Pace, slots: usize) -> Seconds {
    let mut phases: Vec<Vec<f64>> = Vec::new();
    let ends = |trial: &TrialState| -> [Progress; 3] {
        let searched = trial.endings.first().map_or_else(|| trial.trained(), |ending| ending.at);
        let ended = trial.ended_at.unwrap_or(searched).max(searched);
        [searched, ended, trial.trained().max(ended)]
    };
    let part = |trials: &[&TrialState], part: usize| -> Vec<f64> {
        let secs = trials.iter().map(|trial| {
            let ends = ends(trial);
            let from = part.checked_sub(1).map_or(Progress::ZERO, |before| ends[before]);
            pace.between(trial.id, from, ends[part])
        });
        secs.filter(|secs| *secs > 0.0).collect()
    };
    for generation in &state.generations {
        let trials: Vec<&TrialState> =
            generation.trials.iter().filter_map(|&trial| state.trial(trial)).collect();
        phases.push(part(&trials, 0));
        phases.push(part(&trials, 1));
    }
    phases.push(part(&state.trials.iter().collect::<Vec<_>>(), 2));
    Seconds {
        slots: phases.iter().flatten().sum(),
        wall: phases.iter().map(|trainings| makespan(trainings, slots)).sum(),
    }
}

/// What all networks of a run would have taken to the end; `secs` has the whole training of each trial.
pub(super) fn in_full(state: &RunState, secs: &BTreeMap<TrialId, f64>, slots: usize) -> Seconds {
    let phases = state.generations.iter().map(|generation| -> Vec<f64> {
        generation.trials.iter().filter_map(|trial| secs.get(trial).copied()).collect()
    });
    let phases: Vec<Vec<f64>> = phases.collect();
    Seconds {
        slots: phases.iter().flatten().sum(),
        wall: phases.iter().map(|trainings| makespan(trainings, slots)).sum(),
    }
}

/// The time until all trainings are done, each given to the slot that is free first.
fn makespan(trainings: &[f64], slots: usize) -> f64 {
    let mut free_at = vec![0.0_f64; slots.max(1)];
    for secs in trainings {
        let first = (0..free_at.len()).min_by(|&a, &b| free_at[a].total_cmp(&free_at[b]));
        free_at[first.expect("there is a slot")] += secs;
    }
    free_at.into_iter().fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_takes_the_next_training_when_it_is_free() {
        let check = |trainings: &[f64], slots, expected| {
            assert_eq!(makespan(trainings, slots), expected, "{trainings:?} on {slots}");
        };
        check(&[], 2, 0.0);
        check(&[3.0, 1.0, 1.0, 1.0], 1, 6.0);
        check(&[3.0, 1.0, 1.0, 1.0], 2, 3.0);
        check(&[1.0, 1.0, 3.0], 2, 4.0);
        check(&[2.0], 8, 2.0);
    }
}
