//! Runs a study: its arms under each of its seeds, several at a time, and the truth of a seed once its arms have ended.
//!
//! Runs that are under way at once share the cache, which lets only so many trainings go on: one of them works where
//! another waits for the last network of a generation. What runs end in does not depend on their order, since a network
//! has one curve; only who trained it does.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Condvar, Mutex, PoisonError};

use peng_spec::plan::{Plan, StudyPlan};

use super::dir::{StudyDir, StudyRun, runs};
use super::truth::truth_plan;
use crate::event::RunEnd;
use crate::run::{CancelFlag, RunError};
use crate::state::RunState;
use crate::store::{Lock, RunDir};

/// What starts and ends a single run.
pub trait Launcher: Sync {
    /// Runs a plan to its end, or goes on with it.
    fn launch(
        &self,
        run: StudyRun,
        plan: &Plan,
        dir: &RunDir,
        lock: &Lock,
    ) -> Result<(RunEnd, RunState), RunError>;
}

/// Runs what is not done of a study, `at_once` runs at a time. Returns how the runs ended, in their order; those of an
/// interrupted study that have not begun are not among them.
pub fn run(
    study: &StudyPlan,
    dir: &StudyDir,
    launcher: &dyn Launcher,
    at_once: usize,
    cancel: &CancelFlag,
) -> Result<Vec<(StudyRun, RunEnd)>, RunError> {
    let board = Board { state: Mutex::new(Progress::new(study)), changed: Condvar::new() };
    std::thread::scope(|scope| {
        for _ in 0..at_once.max(1) {
            scope.spawn(|| {
                while let Some(task) = board.next(study, cancel) {
                    let attempt = AssertUnwindSafe(|| one(study, dir, launcher, &task));
                    match catch_unwind(attempt) {
                        Ok(result) => board.done(task.run, result, cancel),
                        Err(panic) => {
                            // Whoever waits for this run would wait for ever.
                            cancel.set();
                            board.changed.notify_all();
                            resume_unwind(panic);
                        }
                    }
                }
            });
        }
    });
    let Progress { ended, error, .. } = board.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(error) = error {
        Err(error)
    } else {
        let mut ends: Vec<(StudyRun, RunEnd)> = ended.into_iter().map(|(run, end, _)| (run, end)).collect();
        ends.sort_by_key(|(run, _)| *run);
        Ok(ends)
    }
}

/// Something to be done.
struct Task {
    run: StudyRun,
    /// What the arms of a seed have ended in, of a truth.
    arms: Vec<RunState>,
}

/// What threads look at.
struct Board {
    state: Mutex<Progress>,
    changed: Condvar,
}

struct Progress {
    waiting: Vec<StudyRun>,
    ended: Vec<(StudyRun, RunEnd, RunState)>,
    error: Option<RunError>,
}

impl Progress {
    /// All runs wait; an arm under every seed comes before the next arm, so that runs under way share few networks.
    fn new(study: &StudyPlan) -> Self {
        Self { waiting: runs(study), ended: Vec::new(), error: None }
    }

    /// The states of the arms of a seed, in order, if all have ended.
    fn arms(&self, study: &StudyPlan, of: usize) -> Option<Vec<RunState>> {
        let state = |arm| {
            let run = StudyRun::Arm { arm, seed: of };
            self.ended.iter().find(|(ended, _, _)| *ended == run).map(|(_, _, state)| state.clone())
        };
        (0..study.arms.len()).map(state).collect()
    }
}

impl Board {
    /// What can be done next; `None`: nothing more.
    fn next(&self, study: &StudyPlan, cancel: &CancelFlag) -> Option<Task> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if state.waiting.is_empty() || state.error.is_some() || cancel.is_set() {
                return None;
            }
            let ready = |run: &StudyRun| match run {
                StudyRun::Arm { .. } => Some(Vec::new()),
                StudyRun::Truth { seed } => state.arms(study, *seed),
            };
            let found = state.waiting.iter().enumerate().find_map(|(at, run)| Some((at, ready(run)?)));
            if let Some((at, arms)) = found {
                return Some(Task { run: state.waiting.remove(at), arms });
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn done(&self, run: StudyRun, result: Result<(RunEnd, RunState), RunError>, cancel: &CancelFlag) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match result {
            Ok((end, ended)) => state.ended.push((run, end, ended)),
            Err(error) => {
                // The others would only be in the way of what has to be looked at.
                cancel.set();
                state.error.get_or_insert(error);
            }
        }
        drop(state);
        self.changed.notify_all();
    }
}

fn one(
    study: &StudyPlan,
    dir: &StudyDir,
    launcher: &dyn Launcher,
    task: &Task,
) -> Result<(RunEnd, RunState), RunError> {
    let path = dir.run_path(study, task.run);
    let (plan, dir, lock) = if path.join("plan.json").is_file() {
        let dir = RunDir::open(&path)?;
        let (plan, lock) = (dir.plan()?, dir.lock()?);
        (plan, dir, lock)
    } else {
        let seed = study.seeds[task.run.seed()];
        let plan = match task.run {
            StudyRun::Arm { arm, .. } => study.arms[arm].under(seed),
            StudyRun::Truth { .. } => {
                truth_plan(&study.arms[0].under(seed), &task.arms).map_err(RunError::Plan)?
            }
        };
        let (dir, lock) = RunDir::create(&path, &plan, &[])?;
        (plan, dir, lock)
    };
    launcher.launch(task.run, &plan, &dir, &lock)
}
