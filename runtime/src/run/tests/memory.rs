//! Trainings that need more memory than they may have, without any: a trainer that says what it holds.

use peng_spec::plan::Count;

use super::*;
use crate::train::{Need, OutOfMemory};

/// Trainings hold so many times what they are likely to.
struct Hungry {
    curves: CurveReplay,
    factor: u64,
}

struct Eater<'a> {
    player: Box<dyn Trainer + 'a>,
    held: u64,
}

impl TrainerFactory for Hungry {
    fn computes(&self) -> String {
        self.curves.computes()
    }

    fn start(
        &self,
        job: TrainingJob,
        checkpoint: Option<&Path>,
    ) -> Result<Box<dyn Trainer + '_>, TrainError> {
        let held = self.factor * need(&job).bytes();
        if job.memory.is_some_and(|allowed| held > allowed) {
            return Err(TrainError::OutOfMemory(OutOfMemory { held: Some(held) }));
        }
        Ok(Box::new(Eater { player: self.curves.start(job, checkpoint)?, held }))
    }
}

impl Trainer for Eater<'_> {
    fn advance(
        &mut self,
        until: peng_estimator::Progress,
        on_batch: &mut dyn FnMut(u64, u64),
    ) -> Result<crate::train::Measurement, TrainError> {
        self.player.advance(until, on_batch)
    }

    fn memory(&mut self) -> Option<u64> {
        Some(self.held)
    }

    fn save(&mut self, dir: &Path) -> Result<(), TrainError> {
        self.player.save(dir)
    }
}

fn need(job: &TrainingJob) -> Need {
    Need::new(&job.arch, job.arch.cost().unwrap(), &job.training)
}

fn limited(memory: u64) -> Plan {
    let mut plan = plan();
    plan.execution.budget.memory = Some(memory);
    plan.execution.workers = Count::Exactly(3);
    plan.execution.max_failed_percent = 100.0;
    plan.sealed()
}

/// What the trainings of a run hold, in order.
fn held(plan: &Plan, factor: u64) -> Vec<u64> {
    let temp = tempfile::tempdir().unwrap();
    let hungry = Hungry { curves: curves(), factor };
    let (_, state) = run_with(plan, &hungry, temp.path(), 1, &CancelFlag::default());
    let mut held: Vec<u64> = state.trials.iter().filter_map(|t| t.memory).collect();
    held.sort_unstable();
    held
}

/// The table and the warnings of a run.
fn ended(plan: &Plan, slots: usize) -> (String, Vec<String>) {
    let temp = tempfile::tempdir().unwrap();
    let hungry = Hungry { curves: curves(), factor: 3 };
    let (end, state) = run_with(plan, &hungry, temp.path(), slots, &CancelFlag::default());
    assert_eq!(end, RunEnd::Finished);
    (trials_csv(plan, &state), state.warnings)
}

#[test]
fn who_needs_more_than_there_is_fails_the_others_go_on_and_workers_change_nothing() {
    let all = held(&limited(1 << 40), 3);
    let (least, most) = (all[0], all[all.len() - 1]);
    assert!(least < most, "{all:?}");
    let plan = limited(most - 1);
    let (expected, warnings) = ended(&plan, 1);
    assert!(warnings.is_empty(), "{warnings:?}");
    let failed: Vec<&str> = expected.lines().filter(|line| line.contains(",failed,")).collect();
    assert!(!failed.is_empty() && failed.len() < 6, "{expected}");
    assert!(
        failed[0].contains("out of memory: batches of") && failed[0].contains("would have, by what it held")
    );
    for slots in [2, 3] {
        assert_eq!(ended(&plan, slots).0, expected, "{slots} workers");
    }
}

#[test]
fn who_outgrows_its_share_beside_others_is_trained_alone() {
    let all = held(&limited(1 << 40), 3);
    // Enough for each, not for three: each is given what is likely, a third of what it holds.
    let plan = limited(all[all.len() - 1] + 1);
    let (alone, _) = ended(&plan, 1);
    let (beside, warnings) = ended(&plan, 3);
    assert_eq!(beside, alone);
    assert!(!alone.contains(",failed,"), "{alone}");
    assert!(warnings[0].contains("ran out of memory beside others"), "{warnings:?}");
    // Once it was measured, later trainings are given room enough.
    assert!(warnings.len() <= 3, "{warnings:?}");
}

#[test]
fn what_needs_too_much_at_the_least_is_not_even_begun() {
    let smallest = held(&limited(1 << 40), 1)[0];
    let (table, _) = ended(&limited(smallest / 3), 2);
    assert!(
        table.lines().skip(1).all(|line| line.contains(",failed,") || line.contains(",copied,")),
        "{table}"
    );
    assert!(table.contains("as estimated from its layers"), "{table}");
}
