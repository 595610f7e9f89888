//! What a cache does for trainings, on recorded curves.

use std::cell::Cell;
use std::collections::BTreeMap;

use peng_spec::arch::{ArchGraph, Op};
use peng_spec::plan::{Metric, TrainingPlan};

use super::*;
use crate::clock::FrozenClock;
use crate::data::Splits;
use crate::report::samples;
use crate::seed::SeedTree;
use crate::store::{checkpoint_path, save_checkpoint};
use crate::train::{CurveReplay, Measurement};

/// Plays curves, and counts the measurements that are made.
struct Counted {
    curves: CurveReplay,
    made: Cell<usize>,
}

struct CountedTrainer<'a> {
    trainer: Box<dyn Trainer>,
    made: &'a Cell<usize>,
}

impl TrainerFactory for Counted {
    fn start(
        &self,
        job: TrainingJob,
        checkpoint: Option<&Path>,
    ) -> Result<Box<dyn Trainer + '_>, TrainError> {
        let trainer = self.curves.play(&job, checkpoint)?;
        Ok(Box::new(CountedTrainer { trainer, made: &self.made }))
    }

    fn computes(&self) -> String {
        self.curves.computes()
    }
}

impl Trainer for CountedTrainer<'_> {
    fn advance(
        &mut self,
        until: Progress,
        on_batch: &mut dyn FnMut(u64, u64),
    ) -> Result<Measurement, TrainError> {
        self.made.set(self.made.get() + 1);
        self.trainer.advance(until, on_batch)
    }

    fn save(&mut self, dir: &Path) -> Result<(), TrainError> {
        self.trainer.save(dir)
    }
}

fn counted(curves: Vec<Vec<f64>>) -> Counted {
    Counted { curves: CurveReplay::new(Metric::ValAccuracy, curves), made: Cell::new(0) }
}

fn rising() -> Counted {
    counted(vec![(0..10).map(f64::from).collect()])
}

fn job(units: usize) -> TrainingJob {
    let mut arch = ArchGraph::new("1x4x4".parse().unwrap());
    let flat = arch.push("flat", Op::Flatten, []);
    arch.push("out", Op::Linear { units }, [flat]);
    let training = TrainingPlan { epochs: 10, ..samples::plan().training };
    let (data, seed) = (Arc::new(Splits::default()), SeedTree::new(1));
    TrainingJob { arch, data, augment: Vec::new(), training, seed, memory: None }
}

struct Desk {
    dir: tempfile::TempDir,
    clock: FrozenClock,
    stop: Arc<StopFlag>,
}

impl Desk {
    fn new() -> Self {
        let (clock, stop) = (FrozenClock::default(), Arc::new(StopFlag::new(false)));
        Self { dir: tempfile::tempdir().unwrap(), clock, stop }
    }

    fn cache<'a>(&'a self, inner: &'a dyn TrainerFactory) -> Cached<'a> {
        let stop = Arc::clone(&self.stop);
        Cached::new(inner, self.dir.path(), DataKey::new(&Splits::default()), 7, &self.clock, stop)
    }

    fn trial(&self) -> PathBuf {
        self.dir.path().join("trial")
    }
}

/// Trains to some epochs; the values, and whether each was played.
fn train(trainer: &mut dyn Trainer, epochs: std::ops::RangeInclusive<u32>) -> Vec<(f64, bool)> {
    epochs
        .map(|epoch| {
            let Measurement { metrics, account, .. } =
                trainer.advance(Progress::whole(epoch), &mut |_, _| {}).unwrap();
            (metrics[&Metric::ValAccuracy], account.unwrap().played)
        })
        .collect()
}

fn save(trainer: &mut dyn Trainer, trial: &Path, epoch: u32) -> PathBuf {
    let at = Progress::whole(epoch);
    save_checkpoint(trial, at, None, |dir| trainer.save(dir), |e| panic!("{e}")).unwrap();
    checkpoint_path(trial, at)
}

#[test]
fn a_curve_is_trained_once_and_gone_on_with_from_its_checkpoint() {
    let desk = Desk::new();
    let inner = rising();
    let cache = desk.cache(&inner);
    let mut first = cache.start(job(1), None).unwrap();
    assert_eq!(first.known().unwrap().nearest, None);
    assert_eq!(train(&mut *first, 1..=3), [(0.0, false), (1.0, false), (2.0, false)]);
    save(&mut *first, &desk.trial(), 3);
    drop(first);
    let mut second = cache.start(job(1), None).unwrap();
    assert_eq!(second.known().unwrap().until, Progress::whole(3));
    let curve = train(&mut *second, 1..=5);
    assert_eq!(curve, [(0.0, true), (1.0, true), (2.0, true), (3.0, false), (4.0, false)]);
    assert_eq!(inner.made.get(), 5);
}

#[test]
fn what_no_checkpoint_covers_is_trained_again_unseen() {
    let desk = Desk::new();
    let inner = rising();
    let cache = desk.cache(&inner);
    let mut first = cache.start(job(1), None).unwrap();
    train(&mut *first, 1..=2);
    save(&mut *first, &desk.trial(), 2);
    train(&mut *first, 3..=4);
    drop(first);
    let mut second = cache.start(job(1), None).unwrap();
    assert_eq!(train(&mut *second, 4..=5), [(3.0, true), (4.0, false)]);
    assert_eq!(inner.made.get(), 4 + 2 + 1);
    // Without its cache it goes on all the same.
    let mark = save(&mut *second, &desk.trial(), 5);
    drop(second);
    std::fs::remove_dir_all(entry::folder(desk.dir.path())).unwrap();
    let mut third = cache.start(job(1), Some(&mark)).unwrap();
    assert_eq!(train(&mut *third, 6..=6), [(5.0, false)]);
}

#[test]
fn a_broken_entry_is_mended_from_what_is_whole() {
    let desk = Desk::new();
    let inner = rising();
    let cache = desk.cache(&inner);
    let mut first = cache.start(job(1), None).unwrap();
    train(&mut *first, 1..=3);
    let entry = Entry::of(desk.dir.path(), &cache.key(&job(1)));
    drop(first);
    let path = entry::folder(desk.dir.path()).join(entry.name()).join("curve.jsonl");
    let whole = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 3]).unwrap();
    let mut second = cache.start(job(1), None).unwrap();
    assert_eq!(train(&mut *second, 1..=4), [(0.0, true), (1.0, true), (2.0, false), (3.0, false)]);
    assert!(std::fs::read_to_string(&path).unwrap().starts_with(&whole));
}

#[test]
fn a_curve_that_comes_out_otherwise_is_refused() {
    let desk = Desk::new();
    let (inner, other) = (rising(), counted(vec![vec![5.0; 10]]));
    let cache = desk.cache(&inner);
    train(&mut *cache.start(job(1), None).unwrap(), 1..=3);
    let cache = desk.cache(&other);
    let mut second = cache.start(job(1), None).unwrap();
    assert_eq!(train(&mut *second, 1..=3).len(), 3);
    let error = second.advance(Progress::whole(4), &mut |_, _| {}).unwrap_err().to_string();
    assert!(
        error.contains("at epoch 1 it has {ValAccuracy: 0.0}, measured again {ValAccuracy: 5.0}"),
        "{error}"
    );
}

#[test]
fn a_miss_says_what_differs_from_the_nearest_entry() {
    let desk = Desk::new();
    let inner = rising();
    let cache = desk.cache(&inner);
    for units in [1, 2] {
        train(&mut *cache.start(job(units), None).unwrap(), 1..=1);
    }
    let nearest = |job| cache.start(job, None).unwrap().known().unwrap().nearest.unwrap().differs;
    assert_eq!(nearest(job(3)), ["architecture"]);
    let mut longer = job(2);
    longer.training.epochs = 20;
    assert_eq!(nearest(longer.clone()), ["training.epochs (20, there 10)"]);
    longer.arch = job(4).arch;
    assert_eq!(nearest(longer), ["architecture", "training.epochs (20, there 10)"]);
}

#[test]
fn who_waits_gets_what_the_other_has_learned_and_stops_when_told() {
    let desk = Desk::new();
    let inner = rising();
    let cache = desk.cache(&inner);
    let mut first = cache.start(job(1), None).unwrap();
    let mut second = cache.start(job(1), None).unwrap();
    train(&mut *first, 1..=2);
    desk.stop.store(true, std::sync::atomic::Ordering::Relaxed);
    // What is known by now it does not look at until it has the entry.
    let stopped = second.advance(Progress::whole(1), &mut |_, _| {});
    assert!(matches!(stopped, Err(TrainError::Stopped)), "{stopped:?}");
    desk.stop.store(false, std::sync::atomic::Ordering::Relaxed);
    drop(first);
    assert_eq!(train(&mut *second, 1..=2), [(0.0, true), (1.0, true)]);
    assert_eq!(inner.made.get(), 2);
}

#[test]
fn no_more_train_at_a_time_than_there_are_slots() {
    let desk = Desk::new();
    set_slots(desk.dir.path(), 1).unwrap();
    let inner = rising();
    let cache = desk.cache(&inner);
    let mut first = cache.start(job(1), None).unwrap();
    train(&mut *first, 1..=1);
    let mut other = cache.start(job(2), None).unwrap();
    desk.stop.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(matches!(other.advance(Progress::whole(1), &mut |_, _| {}), Err(TrainError::Stopped)));
    drop(first);
    assert_eq!(train(&mut *other, 1..=1), [(0.0, false)]);
}

#[test]
fn seconds_are_those_of_the_training_and_not_of_the_wait() {
    let desk = Desk::new();
    let inner = rising();
    let cache = desk.cache(&inner);
    let mut first = cache.start(job(1), None).unwrap();
    desk.clock.advance(5_000);
    train(&mut *first, 1..=1);
    desk.clock.advance(2_000);
    train(&mut *first, 2..=2);
    drop(first);
    let points = cache.cache.curve(&cache.key(&job(1)));
    let secs: Vec<f64> = points.iter().map(|point| point.secs).collect();
    assert_eq!(secs, [0.0, 2.0]);
    assert_eq!(points[0].metrics, BTreeMap::from([(Metric::ValAccuracy, 0.0)]));
}
