//! The cache of learning curves: what was trained once is played to whoever trains the same network again.
//!
//! An entry is named after a digest of all that a curve depends on (`key`), and holds what was measured and the newest
//! checkpoint (`entry`). [`Cached`] puts the cache before what trains: it plays what is known, and trains on from the
//! checkpoint beyond it. Workers of several runs share a cache; file locks, which end with their process, keep two of them
//! from training the same network, and let only so many train at a time (`slots`).

mod entry;
mod key;
mod player;
mod slots;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use peng_estimator::Progress;
use serde::{Deserialize, Serialize};

pub use entry::CachedPoint;
pub use key::{CodeKey, DataKey, Key};
pub use slots::set_slots;

use crate::clock::Clock;
use crate::train::{TrainError, Trainer, TrainerFactory, TrainingJob};
use crate::trial::StopFlag;
use entry::Entry;
use player::{Origin, Player};

/// What a cache knew of a training when it was started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Known {
    /// Its entry.
    pub entry: String,
    /// How far its curve is known; 0: not at all.
    pub until: Progress,
    /// The entry that is most like it; `None` if the curve is known, or the cache is empty.
    pub nearest: Option<Nearest>,
}

/// The entry that is most like one that is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nearest {
    /// The entry.
    pub entry: String,
    /// Where its key differs.
    pub differs: Vec<String>,
}

/// A cache in a directory.
#[derive(Debug)]
pub struct CurveCache {
    dir: PathBuf,
    /// The keys that were read, by entry.
    keys: Mutex<Vec<(String, Arc<Key>)>>,
}

impl CurveCache {
    /// The cache of a directory, which is made when there is something to be kept.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), keys: Mutex::default() }
    }

    /// What was measured of the training of a key, in order.
    pub fn curve(&self, key: &Key) -> Vec<CachedPoint> {
        Entry::of(&self.dir, key).points()
    }

    /// The entry whose key differs in the fewest values, the first by name among equals.
    fn nearest(&self, key: &Key) -> Option<Nearest> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let mut names: Vec<String> = std::fs::read_dir(entry::folder(&self.dir))
            .into_iter()
            .flatten()
            .filter_map(|found| found.ok()?.file_name().into_string().ok())
            .collect();
        names.sort_unstable();
        for name in names {
            if let Err(place) = keys.binary_search_by(|(known, _)| known.cmp(&name))
                && let Some(key) = Entry::named(&self.dir, &name).key()
            {
                keys.insert(place, (name, Arc::new(key)));
            }
        }
        let (entry, nearest) = keys.iter().min_by_key(|(_, other)| key.distance(other))?;
        let differs = key.differs(nearest);
        (!differs.is_empty()).then(|| Nearest { entry: entry.clone(), differs })
    }
}

/// What trains, behind a cache.
pub struct Cached<'a> {
    inner: &'a dyn TrainerFactory,
    cache: CurveCache,
    data: DataKey,
    seed: u64,
    clock: &'a dyn Clock,
    stop: Arc<StopFlag>,
}

impl<'a> Cached<'a> {
    /// Trains by `inner` on `data` what the cache in `dir` does not know. `seed` is that of the plan; once `stop` is set,
    /// nobody waits for others.
    pub fn new(
        inner: &'a dyn TrainerFactory,
        dir: &Path,
        data: DataKey,
        seed: u64,
        clock: &'a dyn Clock,
        stop: Arc<StopFlag>,
    ) -> Self {
        Self { inner, cache: CurveCache::new(dir), data, seed, clock, stop }
    }

    /// The key of a job.
    pub fn key(&self, job: &TrainingJob) -> Key {
        Key::new(job, self.data.clone(), self.seed, CodeKey::new(self.inner.computes()))
    }
}

impl TrainerFactory for Cached<'_> {
    fn start(
        &self,
        job: TrainingJob,
        checkpoint: Option<&Path>,
    ) -> Result<Box<dyn Trainer + '_>, TrainError> {
        let at = checkpoint.map_or(Ok(Progress::ZERO), player::read_mark)?;
        let key = self.key(&job);
        let entry = Entry::of(&self.cache.dir, &key);
        let points = entry.points();
        let known = Known {
            entry: entry.name().to_owned(),
            until: points.last().map_or(Progress::ZERO, |point| point.at),
            nearest: if points.is_empty() { self.cache.nearest(&key) } else { None },
        };
        let (cache, clock, stop) = (&*self.cache.dir, self.clock, &*self.stop);
        let origin = Origin { factory: self.inner, cache, clock, job, key, stop };
        Ok(Box::new(Player::new(origin, entry, points, known, at)))
    }

    fn computes(&self) -> String {
        self.inner.computes()
    }
}
