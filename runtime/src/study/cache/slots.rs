//! How many workers of a cache train at a time: a file a slot, which is locked by who has it. A worker that plays or waits
//! has none, so that those of other runs can work.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The right to train; ends with its process.
pub(super) struct Slot {
    _lock: Option<File>,
}

fn folder(cache: &Path) -> PathBuf {
    cache.join("slots")
}

/// Sets how many trainings of a cache go on at a time; without it there is no limit. Nobody may be training.
pub fn set_slots(cache: &Path, slots: usize) -> io::Result<()> {
    let folder = folder(cache);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    (0..slots.max(1)).try_for_each(|slot| File::create(folder.join(slot.to_string())).map(drop))
}

impl Slot {
    /// Takes a slot that is free; `None` if there is none.
    pub(super) fn take(cache: &Path) -> io::Result<Option<Self>> {
        let entries = match fs::read_dir(folder(cache)) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Some(Self { _lock: None })),
            Err(e) => return Err(e),
        };
        for entry in entries {
            let file = File::options().write(true).open(entry?.path())?;
            match file.try_lock() {
                Ok(()) => return Ok(Some(Self { _lock: Some(file) })),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(e)) => return Err(e),
            }
        }
        Ok(None)
    }
}
