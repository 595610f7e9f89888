//! A training behind the cache: it plays what is known, and trains on from the newest checkpoint when that is at its end.
//!
//! Its own checkpoints are marks of where it is; the weights are in the cache alone.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use peng_estimator::Progress;
use serde::{Deserialize, Serialize};

use super::Known;
use super::entry::{CachedPoint, Entry, EntryLock};
use super::key::Key;
use super::slots::Slot;
use crate::clock::Clock;
use crate::train::{Account, Measurement, TrainError, Trainer, TrainerFactory, TrainingJob};
use crate::trial::{StopFlag, next_point};

/// How often is looked whether another worker is done.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// The file of a mark.
const MARK: &str = "cached.json";

#[derive(Serialize, Deserialize)]
struct Mark {
    epoch: Progress,
}

/// Where a curve comes from if it is not known.
pub(super) struct Origin<'a> {
    pub(super) factory: &'a dyn TrainerFactory,
    pub(super) cache: &'a Path,
    pub(super) clock: &'a dyn Clock,
    pub(super) job: TrainingJob,
    pub(super) key: Key,
    pub(super) stop: &'a StopFlag,
}

/// The training.
pub(super) struct Player<'a> {
    origin: Origin<'a>,
    entry: Entry,
    points: Vec<CachedPoint>,
    known: Known,
    at: Progress,
    live: Option<Live<'a>>,
}

/// A training of which more is being learned.
struct Live<'a> {
    trainer: Box<dyn Trainer + 'a>,
    lock: EntryLock,
    /// When the measurement before was made.
    began: Duration,
    _slot: Slot,
}

impl<'a> Player<'a> {
    pub(super) fn new(
        origin: Origin<'a>,
        entry: Entry,
        points: Vec<CachedPoint>,
        known: Known,
        at: Progress,
    ) -> Self {
        Self { origin, entry, points, known, at, live: None }
    }

    fn played(&self, at: Progress) -> Option<Measurement> {
        let place = self.points.binary_search_by(|point| point.at.cmp(&at)).ok()?;
        let CachedPoint { at, metrics, images, secs } = self.points[place].clone();
        Some(Measurement { at, metrics, images, account: Some(Account { secs, played: true }) })
    }

    /// Waits until it may train, unless what was asked for becomes known meanwhile.
    fn prepare(&mut self, until: Progress) -> Result<Option<Live<'a>>, TrainError> {
        let lock = loop {
            if let Some(lock) = self.entry.try_lock(&self.origin.key)? {
                break lock;
            }
            self.wait()?;
        };
        self.points = self.entry.points();
        if self.played(until).is_some() {
            return Ok(None);
        }
        let slot = loop {
            let taken = Slot::take(self.origin.cache).map_err(|e| self.entry.failed(e.to_string()))?;
            if let Some(slot) = taken {
                break slot;
            }
            self.wait()?;
        };
        let trainer = self.catch_up()?;
        let began = self.origin.clock.elapsed();
        Ok(Some(Live { trainer, lock, began, _slot: slot }))
    }

    fn wait(&self) -> Result<(), TrainError> {
        if self.origin.stop.load(Ordering::Relaxed) {
            return Err(TrainError::Stopped);
        }
        std::thread::sleep(LOOK_EVERY);
        Ok(())
    }

    /// A trainer that has come to the end of what is known. What was measured after the newest checkpoint is measured again,
    /// and must be the same.
    fn catch_up(&self) -> Result<Box<dyn Trainer + 'a>, TrainError> {
        let (factory, job) = (self.origin.factory, &self.origin.job);
        let end = self.points.last().map_or(Progress::ZERO, |point| point.at);
        let checkpoint = self.entry.checkpoint().filter(|(at, _)| *at <= end);
        let resumed = checkpoint.and_then(|(at, path)| {
            // A checkpoint that cannot be read costs epochs, not the training.
            factory.start(job.clone(), Some(&path)).ok().map(|trainer| (at, trainer))
        });
        let (mut at, mut trainer) = match resumed {
            Some(resumed) => resumed,
            None => (Progress::ZERO, factory.start(job.clone(), None)?),
        };
        while at < end {
            at = next_point(at, job.training.measure_every);
            let measured = trainer.advance(at, &mut |_, _| {})?;
            let recorded = self.points.iter().find(|point| point.at == at);
            if let Some(recorded) = recorded.filter(|recorded| !recorded.agrees(&measured)) {
                let reason = format!(
                    "at epoch {at} it has {:?}, measured again {:?}",
                    recorded.metrics, measured.metrics
                );
                return Err(self.entry.failed(reason));
            }
        }
        Ok(trainer)
    }
}

impl Trainer for Player<'_> {
    fn advance(
        &mut self,
        until: Progress,
        on_batch: &mut dyn FnMut(u64, u64),
    ) -> Result<Measurement, TrainError> {
        if self.live.is_none() {
            if self.played(until).is_none() {
                self.live = self.prepare(until)?;
            }
            if let Some(played) = self.played(until) {
                self.at = until;
                return Ok(played);
            }
        }
        let live = self.live.as_mut().expect("what is not known is trained");
        let mut at = self.points.last().map_or(Progress::ZERO, |point| point.at);
        loop {
            at = next_point(at, self.origin.job.training.measure_every);
            let measured = live.trainer.advance(at, on_batch)?;
            let now = self.origin.clock.elapsed();
            let secs = now.saturating_sub(std::mem::replace(&mut live.began, now)).as_secs_f64();
            let point = CachedPoint { at, metrics: measured.metrics.clone(), images: measured.images, secs };
            self.entry.push(&mut live.lock, &point)?;
            self.points.push(point);
            if at >= until {
                self.at = until;
                return Ok(Measurement { account: Some(Account { secs, played: false }), ..measured });
            }
        }
    }

    fn save(&mut self, dir: &Path) -> Result<(), TrainError> {
        if let Some(live) = &mut self.live {
            self.entry.save(&mut live.lock, self.at, |dir| live.trainer.save(dir))?;
        }
        let mark = serde_json::to_vec(&Mark { epoch: self.at }).expect("a number serialises");
        std::fs::write(dir.join(MARK), mark).map_err(|e| unusable(dir, "written", e.to_string()))
    }

    fn memory(&mut self) -> Option<u64> {
        self.live.as_mut().and_then(|live| live.trainer.memory())
    }

    fn known(&self) -> Option<Known> {
        Some(self.known.clone())
    }
}

/// Where a training was that left a mark.
pub(super) fn read_mark(dir: &Path) -> Result<Progress, TrainError> {
    let failed = |reason: String| unusable(dir, "read", reason);
    let text = std::fs::read(dir.join(MARK)).map_err(|e| failed(e.to_string()))?;
    let Mark { epoch } = serde_json::from_slice(&text).map_err(|e| failed(e.to_string()))?;
    Ok(epoch)
}

fn unusable(dir: &Path, action: &'static str, reason: String) -> TrainError {
    TrainError::Checkpoint { path: dir.display().to_string(), action, reason }
}
