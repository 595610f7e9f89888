//! The files of an entry: `key.json`, `curve.jsonl` with a line a measurement, `checkpoint/EPOCH` with `checkpoint.json`,
//! which names it, and `lock`.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use peng_estimator::Progress;
use peng_spec::plan::Metric;
use serde::{Deserialize, Serialize};

use super::key::Key;
use crate::event::metrics;
use crate::store::{checkpoint_path, save_checkpoint};
use crate::train::{Measurement, TrainError};

/// A measurement that is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CachedPoint {
    /// Where.
    #[serde(rename = "epoch")]
    pub at: Progress,
    /// The metrics; may be NaN or infinite.
    #[serde(with = "metrics")]
    pub metrics: BTreeMap<Metric, f64>,
    /// Training images since the measurement before.
    pub images: u64,
    /// Seconds since the measurement before.
    pub secs: f64,
}

impl CachedPoint {
    /// Whether it was measured alike, to the last bit.
    pub(super) fn agrees(&self, measured: &Measurement) -> bool {
        let bits = |metrics: &BTreeMap<Metric, f64>| -> Vec<(Metric, u64)> {
            metrics.iter().map(|(metric, value)| (*metric, value.to_bits())).collect()
        };
        self.at == measured.at && bits(&self.metrics) == bits(&measured.metrics)
    }
}

/// Where the entries of a cache are.
pub(super) fn folder(cache: &Path) -> PathBuf {
    cache.join("curves")
}

/// An entry, which may not be there yet.
#[derive(Debug)]
pub(super) struct Entry {
    name: String,
    dir: PathBuf,
}

/// The right to add to an entry; ends with its process.
pub(super) struct EntryLock {
    _lock: File,
    curve: File,
    /// The newest checkpoint.
    saved: Option<Progress>,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    epoch: Progress,
}

impl Entry {
    /// The entry of a key.
    pub(super) fn of(cache: &Path, key: &Key) -> Self {
        Self::named(cache, &key.name())
    }

    /// The entry of a name.
    pub(super) fn named(cache: &Path, name: &str) -> Self {
        Self { name: name.to_owned(), dir: folder(cache).join(name) }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Its key, if it is there.
    pub(super) fn key(&self) -> Option<Key> {
        serde_json::from_slice(&fs::read(self.dir.join("key.json")).ok()?).ok()
    }

    /// What was measured, in order; a line that is not whole, and what comes after it, is not.
    pub(super) fn points(&self) -> Vec<CachedPoint> {
        let text = fs::read_to_string(self.curve_path()).unwrap_or_default();
        whole_lines(&text).map_while(|line| serde_json::from_str(line).ok()).collect()
    }

    fn curve_path(&self) -> PathBuf {
        self.dir.join("curve.jsonl")
    }

    /// The newest checkpoint and where it is.
    pub(super) fn checkpoint(&self) -> Option<(Progress, PathBuf)> {
        let text = fs::read(self.dir.join("checkpoint.json")).ok()?;
        let Saved { epoch } = serde_json::from_slice(&text).ok()?;
        let path = checkpoint_path(&self.dir, epoch);
        path.is_dir().then_some((epoch, path))
    }

    /// Takes the right to add to it, if nobody has it; the entry is made if it is not there.
    pub(super) fn try_lock(&self, key: &Key) -> Result<Option<EntryLock>, TrainError> {
        let failed = |e: io::Error| self.failed(e.to_string());
        fs::create_dir_all(&self.dir).map_err(failed)?;
        let lock = open(&self.dir.join("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(e)) => return Err(failed(e)),
        }
        match self.key() {
            Some(found) if found == *key => {}
            Some(_) => return Err(self.failed("it is that of another key".to_owned())),
            None => {
                let text = serde_json::to_vec_pretty(key).expect("a key has string keys and finite numbers");
                write_whole(&self.dir.join("key.json"), &text).map_err(failed)?;
            }
        }
        // A line that was cut off when its process was killed goes, so that the next one begins a line.
        let text = fs::read_to_string(self.curve_path()).unwrap_or_default();
        let good = whole_lines(&text)
            .take_while(|line| serde_json::from_str::<CachedPoint>(line).is_ok())
            .map(|line| line.len() as u64)
            .sum();
        let curve = open(&self.curve_path()).map_err(failed)?;
        curve.set_len(good).map_err(failed)?;
        let saved = self.checkpoint().map(|(at, _)| at);
        Ok(Some(EntryLock { _lock: lock, curve, saved }))
    }

    /// Adds a measurement.
    pub(super) fn push(&self, lock: &mut EntryLock, point: &CachedPoint) -> Result<(), TrainError> {
        let mut line = serde_json::to_vec(point).expect("a measurement has string keys");
        line.push(b'\n');
        lock.curve.write_all(&line).map_err(|e| self.failed(e.to_string()))
    }

    /// Takes over a checkpoint in place of the one before it.
    pub(super) fn save(
        &self,
        lock: &mut EntryLock,
        at: Progress,
        write: impl FnOnce(&Path) -> Result<(), TrainError>,
    ) -> Result<(), TrainError> {
        let failed = |e: io::Error| self.failed(e.to_string());
        lock.curve.sync_data().map_err(failed)?;
        save_checkpoint(&self.dir, at, lock.saved, write, failed)?;
        let text = serde_json::to_vec(&Saved { epoch: at }).expect("a number serialises");
        write_whole(&self.dir.join("checkpoint.json"), &text).map_err(failed)?;
        lock.saved = Some(at);
        Ok(())
    }

    /// What is wrong with it.
    pub(super) fn failed(&self, reason: String) -> TrainError {
        TrainError::Cache { entry: self.name.clone(), reason }
    }
}

fn whole_lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive('\n').filter(|line| line.ends_with('\n'))
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

/// Writes beside the file and renames, so that a reader sees the old content or the new.
fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    fs::write(&beside, content).and_then(|()| fs::rename(&beside, path))
}
