//! Whole studies on recorded curves.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use peng_estimator::Progress;
use peng_estimator::score::Measure;
use peng_spec::plan::{ArmPlan, KindCall, Plan, STUDY_FORMAT, StudyPlan};
use serde_json::json;

use super::cache::{Cached, DataKey, set_slots};
use super::curves::Curves;
use super::dir::{StudyDir, StudyRun, runs};
use super::tables::StudyTables;
use super::verify::verify_study;
use super::{Launcher, run};
use crate::clock::FrozenClock;
use crate::data::Splits;
use crate::estimate;
use crate::event::{Bound, EventKind, RunEnd};
use crate::execute::InProcess;
use crate::report::trials_csv;
use crate::run::tests::{curves, plan, run_with};
use crate::run::{CancelFlag, RunContext, RunError, run as run_plan};
use crate::state::RunState;
use crate::store::{Lock, RunDir};
use crate::train::{CurveReplay, Measurement, TrainError, Trainer, TrainerFactory, TrainingJob};
use crate::trial::StopFlag;

/// Plays curves, and counts what is measured.
struct Counted {
    curves: CurveReplay,
    made: AtomicUsize,
}

struct CountedTrainer<'a>(Box<dyn Trainer>, &'a AtomicUsize);

impl TrainerFactory for Counted {
    fn start(
        &self,
        job: TrainingJob,
        checkpoint: Option<&Path>,
    ) -> Result<Box<dyn Trainer + '_>, TrainError> {
        Ok(Box::new(CountedTrainer(self.curves.play(&job, checkpoint)?, &self.made)))
    }

    fn computes(&self) -> String {
        "recorded curves".to_owned()
    }
}

impl Trainer for CountedTrainer<'_> {
    fn advance(
        &mut self,
        until: Progress,
        on_batch: &mut dyn FnMut(u64, u64),
    ) -> Result<Measurement, TrainError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.advance(until, on_batch)
    }

    fn save(&mut self, dir: &Path) -> Result<(), TrainError> {
        self.0.save(dir)
    }
}

/// Runs in this process; of the runs that it starts only so many get to their end before a user wants to stop.
struct InThread<'a> {
    factory: &'a Counted,
    dir: &'a StudyDir,
    left: AtomicUsize,
    cancel: CancelFlag,
}

impl Launcher for InThread<'_> {
    fn launch(
        &self,
        _run: StudyRun,
        plan: &Plan,
        dir: &RunDir,
        lock: &Lock,
    ) -> Result<(RunEnd, RunState), RunError> {
        if self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err() {
            self.cancel.set();
        }
        let clock = FrozenClock::default();
        let stop = Arc::new(StopFlag::new(false));
        let cache = self.dir.cache_path();
        let cached =
            Cached::new(self.factory, &cache, DataKey::new(&Splits::default()), plan.seed, &clock, stop);
        let estimator = estimate::build(plan).map_err(RunError::Plan)?;
        let mut executor = InProcess::new(plan, &cached, &*estimator, &clock, dir.path().to_owned(), 2);
        run_plan(RunContext {
            plan,
            dir,
            lock,
            executor: &mut executor,
            estimator: &*estimator,
            sinks: Vec::new(),
            cancel: self.cancel.clone(),
            clock: &clock,
            bound: Bound {
                peng: "test".into(),
                device: "replay".into(),
                adapters: Vec::new(),
                memory: None,
                workers: 2,
                data: None,
                content: None,
            },
        })
    }
}

/// Three estimators on three generations of six networks.
fn study(seeds: &[u64]) -> StudyPlan {
    let arm = |name: &str, kind: &str, params| {
        let mut plan = Plan { seed: seeds[0], ..plan() };
        plan.estimator.call = KindCall { kind: kind.to_owned(), params };
        ArmPlan { name: name.to_owned(), plan: plan.sealed() }
    };
    let penguin = json!({"window": 3, "tolerance": 0.5, "predict_at": 10.0, "min_points": 2});
    StudyPlan {
        format: STUDY_FORMAT.to_owned(),
        digest: String::new(),
        name: "three".to_owned(),
        seeds: seeds.to_vec(),
        truth: true,
        arms: vec![
            arm("penguin", "penguin", penguin),
            arm("half", "truncate", json!({"after": 50.0, "value": "last"})),
            arm("full", "never", json!({})),
        ],
    }
    .sealed()
}

struct Bench {
    temp: tempfile::TempDir,
    study: StudyPlan,
    factory: Counted,
}

impl Bench {
    fn new(seeds: &[u64]) -> Self {
        let factory = Counted { curves: curves(), made: AtomicUsize::new(0) };
        Self { temp: tempfile::tempdir().unwrap(), study: study(seeds), factory }
    }

    fn dir(&self) -> (StudyDir, Lock) {
        match StudyDir::open(self.temp.path()) {
            Ok(dir) => {
                let lock = dir.lock().unwrap();
                (dir, lock)
            }
            Err(_) => StudyDir::create(self.temp.path(), &self.study, &[]).unwrap(),
        }
    }

    /// Runs it until so many runs have begun.
    fn go_on(&self, most: usize, at_once: usize) -> Vec<(StudyRun, RunEnd)> {
        let (dir, _lock) = self.dir();
        set_slots(&dir.cache_path(), 2).unwrap();
        let cancel = CancelFlag::default();
        let left = AtomicUsize::new(most);
        let launcher = InThread { factory: &self.factory, dir: &dir, left, cancel: cancel.clone() };
        run(&self.study, &dir, &launcher, at_once, &cancel).unwrap()
    }

    fn whole(&self, at_once: usize) -> StudyTables {
        let ends = self.go_on(usize::MAX, at_once);
        assert_eq!(ends.len(), runs(&self.study).len());
        assert!(ends.iter().all(|(_, end)| *end == RunEnd::Finished), "{ends:?}");
        self.tables()
    }

    fn tables(&self) -> StudyTables {
        let (dir, _lock) = self.dir();
        let records = dir.records(&self.study).unwrap();
        let verified = verify_study(&self.study, &records).unwrap();
        assert!(verified.agrees() && verified.curves > 0, "{:#?}", verified.findings);
        StudyTables::new(&self.study, &records, 2).unwrap()
    }
}

/// The tables of a whole study.
pub(crate) fn finished(seeds: &[u64]) -> StudyTables {
    Bench::new(seeds).whole(2)
}

/// What does not depend on who trained a network.
fn findings(tables: &StudyTables) -> String {
    serde_json::to_string_pretty(&(&tables.truth, &tables.arms)).unwrap()
}

#[test]
fn a_study_costs_the_union_of_its_trainings() {
    let bench = Bench::new(&[1, 2]);
    let tables = bench.whole(3);
    let cost = tables.cost;
    let made = bench.factory.made.load(Ordering::Relaxed) as f64;
    assert_eq!((cost.trained_epochs, made), (cost.union_epochs, cost.union_epochs));
    assert!(cost.counted_epochs > 1.5 * cost.union_epochs, "{cost:?}");
    assert!(tables.finished && tables.truth.iter().all(|truth| truth.networks > 10 && truth.failed == 0));
    let [penguin, half, full] = &tables.arms[..] else { panic!("three arms") };
    for run in &full.runs {
        let values = *run.scored.as_ref().unwrap().summary.values();
        let found = [Measure::Saved, Measure::Mae, Measure::Spearman, Measure::RecallTied]
            .map(|measure| values.get(measure).unwrap());
        assert_eq!(found, [0.0, 0.0, 1.0, 100.0]);
        assert_eq!((run.saved_percent, run.throughput), (Some(0.0), Some(1.0)));
        assert_eq!(Some(run.seconds), run.in_full);
    }
    assert!(half.runs.iter().all(|run| run.saved_percent == Some(50.0) && run.throughput == Some(2.0)));
    assert!(penguin.runs.iter().all(|run| run.saved_percent.unwrap() > 5.0));
}

#[test]
fn an_arm_counts_as_if_it_had_trained_alone() {
    let bench = Bench::new(&[1, 2]);
    bench.whole(3);
    let (dir, _lock) = bench.dir();
    let mut cached = 0;
    for record in dir.records(&bench.study).unwrap() {
        let state = RunState::fold(&record.events);
        let alone = tempfile::tempdir().unwrap();
        let (_, expected) = run_with(&record.plan, &curves(), alone.path(), 2, &CancelFlag::default());
        assert_eq!(trials_csv(&record.plan, &state), trials_csv(&record.plan, &expected));
        assert_eq!(state.measurements, expected.measurements);
        let asked = record.events.iter().filter(|e| matches!(e.kind, EventKind::CacheAsked { .. })).count();
        let begun = record.events.iter().filter(|e| matches!(e.kind, EventKind::TrialStarted { .. })).count();
        assert_eq!(asked, begun);
        cached += state.cached;
    }
    assert!(cached > 0);
}

#[test]
fn neither_order_nor_interruption_changes_what_is_found() {
    let whole = Bench::new(&[3]);
    let expected = findings(&whole.whole(1));
    let together = Bench::new(&[3]);
    assert_eq!(findings(&together.whole(4)), expected);
    // Stopped after the first run, after the second, ...
    let stopped = Bench::new(&[3]);
    for most in [0, 1, 2, 3] {
        let ends = stopped.go_on(most, 1);
        assert!(ends.iter().any(|(_, end)| *end == RunEnd::Interrupted), "{most}: {ends:?}");
    }
    assert_eq!(findings(&stopped.whole(1)), expected);
}

#[test]
fn a_study_that_was_killed_goes_on_wherever_its_journals_end() {
    let whole = Bench::new(&[3]);
    let expected = findings(&whole.whole(2));
    let (dir, lock) = whole.dir();
    let paths: Vec<_> = runs(&whole.study)
        .into_iter()
        .map(|run| dir.run_path(&whole.study, run).join("journal.jsonl"))
        .collect();
    let journals: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
    drop(lock);
    for (share, keeps_cache) in [(0, true), (30, true), (60, false), (90, true)] {
        for (path, journal) in paths.iter().zip(&journals) {
            std::fs::write(path, &journal[..journal.len() * share / 100]).unwrap();
        }
        // The truth's plan was made when the arms had ended, so it is not there yet.
        std::fs::remove_dir_all(dir.path().join("truth")).unwrap();
        if !keeps_cache {
            std::fs::remove_dir_all(dir.cache_path()).unwrap();
        }
        assert_eq!(findings(&whole.whole(2)), expected, "{share} %");
    }
}

#[test]
fn the_truths_curves_are_handed_on() {
    let bench = Bench::new(&[1, 2]);
    let tables = bench.whole(3);
    let (dir, _lock) = bench.dir();
    let Curves { curves, meta } = Curves::new(&dir.records(&bench.study).unwrap()).unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&curves[..]), &mut text).unwrap();
    let networks: usize = tables.truth.iter().map(|truth| truth.networks).sum();
    assert_eq!((meta.lines().count(), text.lines().count()), (networks + 1, 10 * networks + 1));
    assert!(meta.starts_with("run_id,seed,genome,params,flops,activation_bytes,outcome\nseed1-0000,1,"));
    assert!(text.starts_with("run_id,epoch,metric,value\nseed1-0000,1,val_accuracy,"));
}

#[test]
fn verify_finds_a_curve_that_was_changed() {
    let bench = Bench::new(&[1]);
    bench.whole(1);
    let (dir, _lock) = bench.dir();
    let mut records = dir.records(&bench.study).unwrap();
    let last = records.last_mut().unwrap();
    for event in &mut last.events {
        if let EventKind::Measured { metrics, .. } = &mut event.kind {
            for value in metrics.values_mut() {
                *value += 1e-9;
            }
        }
    }
    let verified = verify_study(&bench.study, &records).unwrap();
    assert!(!verified.agrees());
    assert!(verified.findings[0].contains("are one network, but differ at epoch 1"), "{verified:?}");
}
