//! Checkpoints of a trial: a directory each under `trials/ID/checkpoint`, named after the epoch.
//!
//! The newest one and the one before it are kept, since the journal may not know yet of the newest.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use peng_estimator::Progress;

/// `trials/ID/checkpoint`.
pub fn checkpoint_dir(trial_dir: &Path) -> PathBuf {
    trial_dir.join("checkpoint")
}

/// The checkpoint of a trial at a point.
pub fn checkpoint_path(trial_dir: &Path, at: Progress) -> PathBuf {
    checkpoint_dir(trial_dir).join(at.to_string())
}

/// Makes a checkpoint by writing into a directory beside its place, which is renamed when it is whole.
pub fn save_checkpoint<E>(
    trial_dir: &Path,
    at: Progress,
    previous: Option<Progress>,
    write: impl FnOnce(&Path) -> Result<(), E>,
    failed: impl Fn(io::Error) -> E,
) -> Result<(), E> {
    let dir = checkpoint_dir(trial_dir);
    let place = checkpoint_path(trial_dir, at);
    let beside = dir.join(format!("{at}.new"));
    let clear = |path: &Path| if path.exists() { fs::remove_dir_all(path) } else { Ok(()) };
    clear(&beside).and_then(|()| fs::create_dir_all(&beside)).map_err(&failed)?;
    write(&beside)?;
    clear(&place).and_then(|()| fs::rename(&beside, &place)).map_err(&failed)?;
    let kept = [Some(place), previous.map(|p| checkpoint_path(trial_dir, p))];
    for entry in fs::read_dir(&dir).map_err(&failed)? {
        let path = entry.map_err(&failed)?.path();
        if !kept.iter().flatten().any(|k| *k == path) {
            clear(&path).map_err(&failed)?;
        }
    }
    Ok(())
}
