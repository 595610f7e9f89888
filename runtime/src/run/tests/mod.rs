//! Whole runs on recorded curves: no data, no burn, no waiting.

mod asynchronous;
mod audited;
mod kinds;
mod memory;
mod other_data;
mod paused;
pub(crate) mod pauser;
mod reused;
mod simulated;

use std::path::Path;

use peng_estimator::Estimator;
use peng_spec::plan::{ConfirmWhat, KindCall, Metric, Plan, SearchPlan, Step, StepKind};
use serde_json::json;

use super::*;
use crate::clock::FrozenClock;
use crate::estimate;
use crate::event::{Event, EventKind, TrialId, TrialOutcome};
use crate::execute::InProcess;
use crate::report::samples;
use crate::report::trials_csv;
use crate::state::TrialState;
use crate::store::{Journal, RunDir};
use crate::train::{CurveReplay, TrainError, Trainer, TrainerFactory, TrainingJob};

/// Three generations of six networks, 10 epochs each, stopped by `penguin`.
pub(crate) fn plan() -> Plan {
    let mut plan = samples::plan();
    let call = |kind: &str, params| KindCall { kind: kind.to_owned(), params };
    plan.search =
        SearchPlan::new(call("nsga-net", json!({"population": 6, "offspring": 6, "generations": 3})));
    plan.space.call.params = json!({"phases": 2, "nodes": 3, "channels": 8});
    plan.training.epochs = 10;
    plan.estimator.call =
        call("penguin", json!({"window": 3, "tolerance": 0.5, "predict_at": 10.0, "min_points": 2}));
    plan.cost.trials = 18;
    let step = |id: &str, kind| Step { id: id.to_owned(), needs: Vec::new(), kind };
    plan.steps = vec![
        step("prepare", StepKind::Prepare),
        step("search", StepKind::Search),
        step("confirm", StepKind::Confirm(ConfirmWhat::Front)),
    ];
    plan.sealed()
}

/// Curves that saturate at different heights, some of them noisily, so that some converge and some do not.
pub(crate) fn curves() -> CurveReplay {
    let curve = |k: u32| {
        let noise = |x: u32| if k.is_multiple_of(2) { f64::from(x % 2) * 12.0 } else { 0.0 };
        let rate = 1.2 + f64::from(k) / 20.0;
        (1..=10_u32).map(|x| 60.0 + f64::from(k) * 2.0 - 40.0 * rate.powf(-f64::from(x)) - noise(x)).collect()
    };
    CurveReplay::new(Metric::ValAccuracy, (0..12).map(curve).collect())
}

pub(crate) fn run_with(
    plan: &Plan,
    factory: &dyn TrainerFactory,
    path: &Path,
    slots: usize,
    cancel: &CancelFlag,
) -> (RunEnd, RunState) {
    run_by(plan, &*estimate::build(plan).unwrap(), factory, path, slots, cancel)
}

/// A run under an estimator that no plan can name.
pub(crate) fn run_by(
    plan: &Plan,
    estimator: &dyn Estimator,
    factory: &dyn TrainerFactory,
    path: &Path,
    slots: usize,
    cancel: &CancelFlag,
) -> (RunEnd, RunState) {
    let (dir, lock) = match RunDir::open(path) {
        Ok(dir) => {
            let lock = dir.lock().unwrap();
            (dir, lock)
        }
        Err(_) => RunDir::create(path, plan, &[]).unwrap(),
    };
    let clock = FrozenClock::default();
    let mut executor = InProcess::new(plan, factory, estimator, &clock, path.to_owned(), slots);
    run(RunContext {
        plan,
        dir: &dir,
        lock: &lock,
        executor: &mut executor,
        estimator,
        sinks: Vec::new(),
        cancel: cancel.clone(),
        clock: &clock,
        bound: Bound {
            peng: "test".into(),
            device: "replay".into(),
            workers: slots,
            memory: plan.execution.budget.memory,
            ..Bound::default()
        },
    })
    .unwrap()
}

fn undisturbed(plan: &Plan, path: &Path, slots: usize) -> RunState {
    let (end, state) = run_with(plan, &curves(), path, slots, &CancelFlag::default());
    assert_eq!(end, RunEnd::Finished);
    state
}

#[test]
fn a_search_stops_trainings_confirms_its_front_and_is_the_fold_of_its_journal() {
    let temp = tempfile::tempdir().unwrap();
    let plan = plan();
    let state = undisturbed(&plan, temp.path(), 2);
    assert_eq!(state.trials.len(), 18);
    let count = |f: fn(&TrialOutcome) -> bool| {
        state.trials.iter().filter_map(|t| t.outcome.as_ref()).filter(|o| f(o)).count()
    };
    assert!(count(|o| matches!(o, TrialOutcome::Converged { .. })) > 3);
    assert!(count(|o| matches!(o, TrialOutcome::Completed)) > 0);
    let front = crate::fitness::front(&plan, &state, crate::fitness::known);
    assert!(!front.is_empty() && front.iter().all(|m| m.values.iter().all(|v| !v.predicted)), "{front:?}");
    let events = Journal::read(&temp.path().join("journal.jsonl")).unwrap();
    assert_eq!(RunState::fold(&events), state);
}

#[test]
fn the_number_of_workers_changes_nothing() {
    let plan = plan();
    let csv = |slots| {
        let temp = tempfile::tempdir().unwrap();
        trials_csv(&plan, &undisturbed(&plan, temp.path(), slots))
    };
    assert_eq!(csv(1), csv(3));
}

#[test]
fn every_prefix_of_a_journal_resumes_to_the_same_end() {
    let mut plan = plan();
    plan.search.params = json!({"population": 4, "offspring": 3, "generations": 2});
    let plan = plan.sealed();
    let temp = tempfile::tempdir().unwrap();
    let expected = trials_csv(&plan, &undisturbed(&plan, temp.path(), 2));
    let journal = temp.path().join("journal.jsonl");
    let whole = std::fs::read(&journal).unwrap();
    let ends: Vec<usize> =
        whole.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(i, _)| i + 1).collect();
    for cut in std::iter::once(0).chain(ends) {
        std::fs::write(&journal, &whole[..cut]).unwrap();
        let state = undisturbed(&plan, temp.path(), 2);
        assert_eq!(trials_csv(&plan, &state), expected, "cut after {cut} bytes");
    }
}

/// A confirmation can bring up members of the front that the rest of its round would keep down.
#[test]
fn an_interruption_in_the_middle_of_a_round_of_confirmations_changes_none() {
    for seed in 0..12 {
        let mut plan = plan();
        plan.seed = seed;
        plan.estimator.call.params =
            json!({"window": 2, "tolerance": 4.0, "predict_at": 10.0, "min_points": 2});
        let plan = plan.sealed();
        let temp = tempfile::tempdir().unwrap();
        let expected = trials_csv(&plan, &undisturbed(&plan, temp.path(), 1));
        let path = temp.path().join("journal.jsonl");
        let journal = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = journal.split_inclusive('\n').collect();
        let ends = |line: &&str| line.contains("trial_finished") && line.contains("\"purpose\":\"confirm\"");
        for cut in (0..lines.len()).filter(|&i| ends(&lines[i])) {
            std::fs::write(&path, lines[..=cut].concat()).unwrap();
            let state = undisturbed(&plan, temp.path(), 1);
            assert_eq!(trials_csv(&plan, &state), expected, "seed {seed}, cut after {cut}");
        }
    }
}

#[test]
fn a_run_that_is_cancelled_can_be_resumed() {
    let plan = plan();
    let whole = tempfile::tempdir().unwrap();
    let expected = trials_csv(&plan, &undisturbed(&plan, whole.path(), 1));
    let temp = tempfile::tempdir().unwrap();
    let cancel = CancelFlag::default();
    cancel.set();
    let (end, state) = run_with(&plan, &curves(), temp.path(), 1, &cancel);
    assert_eq!(end, RunEnd::Interrupted);
    assert_eq!(state.end, Some(RunEnd::Interrupted));
    assert_eq!(trials_csv(&plan, &undisturbed(&plan, temp.path(), 1)), expected);
}

/// Some networks diverge, some panic.
struct Faulty(CurveReplay);

impl TrainerFactory for Faulty {
    fn computes(&self) -> String {
        "recorded curves".to_owned()
    }

    fn start(&self, job: TrainingJob, checkpoint: Option<&Path>) -> Result<Box<dyn Trainer>, TrainError> {
        let nodes = job.arch.nodes.len();
        assert!(!nodes.is_multiple_of(4), "a network of {nodes} nodes");
        if nodes % 4 == 1 {
            return CurveReplay::new(Metric::ValAccuracy, vec![vec![10.0, f64::NAN]]).play(&job, checkpoint);
        }
        self.0.play(&job, checkpoint)
    }
}

#[test]
fn networks_that_panic_or_diverge_cost_one_trial_each() {
    let mut plan = plan();
    plan.execution.max_failed_percent = 100.0;
    let plan = plan.sealed();
    let temp = tempfile::tempdir().unwrap();
    let (end, state) = run_with(&plan, &Faulty(curves()), temp.path(), 2, &CancelFlag::default());
    assert_eq!(end, RunEnd::Finished);
    let causes: Vec<&str> = state
        .trials
        .iter()
        .filter_map(|t| match &t.outcome {
            Some(TrialOutcome::Failed { cause }) => Some(cause.as_str()),
            _ => None,
        })
        .collect();
    assert!(causes.iter().any(|c| c.starts_with("panic: a network of")), "{causes:?}");
    assert!(causes.contains(&"diverged: val_accuracy is NaN at epoch 2"), "{causes:?}");
    plan_allows_fewer(&plan);
}

/// The same faults end a run whose plan does not allow so many.
fn plan_allows_fewer(plan: &Plan) {
    let mut plan = plan.clone();
    plan.execution.max_failed_percent = 1.0;
    let plan = plan.sealed();
    let temp = tempfile::tempdir().unwrap();
    let (end, _) = run_with(&plan, &Faulty(curves()), temp.path(), 2, &CancelFlag::default());
    assert!(matches!(end, RunEnd::TooManyFailed { .. }), "{end:?}");
}

#[test]
fn a_spent_budget_cancels_what_is_open_and_counts_across_resumes() {
    let mut plan = plan();
    plan.execution.budget.wall_secs = Some(0.0);
    let plan = plan.sealed();
    let temp = tempfile::tempdir().unwrap();
    let (end, state) = run_with(&plan, &curves(), temp.path(), 2, &CancelFlag::default());
    let spent = RunEnd::BudgetSpent { budget: "wall_time".to_owned() };
    assert_eq!(end, spent);
    assert!(
        state
            .trials
            .iter()
            .all(|t| matches!(t.outcome, Some(TrialOutcome::Cancelled | TrialOutcome::Copied { .. })))
    );
    let (end, again) = run_with(&plan, &curves(), temp.path(), 2, &CancelFlag::default());
    assert_eq!((end, again), (spent, state));
}

#[test]
fn a_journal_of_another_search_is_refused() {
    let plan = plan();
    let temp = tempfile::tempdir().unwrap();
    undisturbed(&plan, temp.path(), 1);
    let path = temp.path().join("journal.jsonl");
    let mut events: Vec<Event> = Journal::read(&path).unwrap();
    events.truncate(12);
    for event in &mut events {
        if let EventKind::TrialCreated { genome, .. } = &mut event.kind {
            *genome = peng_spec::arch::Genome::new(json!([[1, 1, 1, 1], [1, 1, 1, 1]]));
        }
    }
    let lines: Vec<String> = events.iter().map(|e| serde_json::to_string(e).unwrap() + "\n").collect();
    std::fs::write(&path, lines.concat()).unwrap();
    let dir = RunDir::open(temp.path()).unwrap();
    let lock = dir.lock().unwrap();
    let error = attempt(&plan, (&dir, &lock)).unwrap_err();
    assert_eq!(error.code(), "E0807");
}

#[test]
fn a_checkpoint_that_cannot_be_written_ends_the_run_and_fails_no_trial() {
    let temp = tempfile::tempdir().unwrap();
    let plan = plan();
    let whole = undisturbed(&plan, &temp.path().join("whole"), 2);
    let path = temp.path().join("run");
    let (dir, lock) = RunDir::create(&path, &plan, &[]).unwrap();
    // As little can be written to a directory that is a file as to a disk that is full.
    let is_trained = |t: &&TrialState| !matches!(t.outcome, Some(TrialOutcome::Copied { .. }));
    let trial = whole.trials.iter().filter(is_trained).nth(7).unwrap().id;
    let blocked = dir.trial_path(trial).join("checkpoint");
    std::fs::create_dir_all(blocked.parent().unwrap()).unwrap();
    std::fs::write(&blocked, "").unwrap();
    let error = attempt(&plan, (&dir, &lock)).unwrap_err();
    assert_eq!(error.code(), "E0804");
    let expected = format!("trial {trial} cannot go on: the checkpoint `");
    assert!(error.to_string().starts_with(&expected), "{error}");
    let state = RunState::fold(&dir.journal().unwrap());
    let stopped = state.trial(trial).unwrap();
    assert!(stopped.outcome.is_none() && !stopped.points.is_empty());
    std::fs::remove_file(blocked).unwrap();
    let (end, state) = attempt(&plan, (&dir, &lock)).unwrap();
    assert_eq!(end, RunEnd::Finished);
    assert_eq!(trials_csv(&plan, &state), trials_csv(&plan, &whole));
}

#[test]
fn a_measurement_that_was_changed_is_told_by_a_resume() {
    let temp = tempfile::tempdir().unwrap();
    let plan = plan();
    undisturbed(&plan, temp.path(), 2);
    let dir = RunDir::open(temp.path()).unwrap();
    let lock = dir.lock().unwrap();
    let text = std::fs::read_to_string(dir.journal_path()).unwrap();
    let events = dir.journal().unwrap();
    let (at, event) = events
        .iter()
        .enumerate()
        .find(|(_, event)| matches!(&event.kind, EventKind::Measured { trial: TrialId(3), .. }))
        .unwrap();
    let mut changed = event.clone();
    if let EventKind::Measured { metrics, .. } = &mut changed.kind {
        *metrics.get_mut(&Metric::ValAccuracy).unwrap() += 0.1;
    }
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines[at] = serde_json::to_string(&changed).unwrap();
    // Also of a run that has yet to go on.
    for kept in [lines.len(), lines.len() - 5] {
        std::fs::write(dir.journal_path(), lines[..kept].join("\n") + "\n").unwrap();
        let error = attempt(&plan, (&dir, &lock)).unwrap_err();
        assert_eq!(error.code(), "E0808");
        assert!(error.to_string().contains("trial 3 at epoch 1: `inputs` is "), "{error}");
    }
}

fn attempt(plan: &Plan, (dir, lock): (&RunDir, &Lock)) -> Result<(RunEnd, RunState), RunError> {
    let clock = FrozenClock::default();
    let estimator = estimate::build(plan).unwrap();
    let factory = curves();
    let mut executor = InProcess::new(plan, &factory, &*estimator, &clock, dir.path().to_owned(), 1);
    run(RunContext {
        plan,
        dir,
        lock,
        executor: &mut executor,
        estimator: &*estimator,
        sinks: Vec::new(),
        cancel: CancelFlag::default(),
        clock: &clock,
        bound: Bound { peng: "test".into(), device: "replay".into(), workers: 1, ..Bound::default() },
    })
}
