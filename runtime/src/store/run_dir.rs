//! The run directory: its files, and the lock that keeps a second writer out.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use peng_spec::plan::Plan;
use serde::{Deserialize, Serialize};

use super::{Journal, StoreError};
use crate::event::{Event, EventKind, TrialId};

const RUN_FORMAT: &str = "peng.run/1";
const JOURNAL: &str = "journal.jsonl";

/// A run directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDir {
    path: PathBuf,
}

/// A file that the plan was compiled from, to be kept with the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Its path below `spec/`.
    pub path: PathBuf,
    /// Its content.
    pub text: String,
}

/// The right to write into a run directory; given back when it is dropped.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "the lock lives as long as the file is open")] File);

#[derive(Serialize, Deserialize)]
struct RunFile {
    format: String,
    peng: String,
    os: String,
    arch: String,
}

impl RunDir {
    /// Makes the directory of a new run and locks it. The journal's first event makes it a run.
    pub fn create(path: &Path, plan: &Plan, sources: &[SourceFile]) -> Result<(Self, Lock), StoreError> {
        let dir = Self { path: path.to_owned() };
        make_dir(path)?;
        if Self::has_begun(path) {
            return Err(StoreError::Occupied { dir: path.to_owned() });
        }
        let lock = dir.lock()?;
        for source in sources {
            let file = path.join("spec").join(&source.path);
            make_dir(file.parent().unwrap_or(path))?;
            write_whole(&file, source.text.as_bytes())?;
        }
        let run = RunFile {
            format: RUN_FORMAT.to_owned(),
            peng: env!("CARGO_PKG_VERSION").to_owned(),
            os: std::env::consts::OS.to_owned(),
            arch: std::env::consts::ARCH.to_owned(),
        };
        let mut run = serde_json::to_vec_pretty(&run).expect("strings serialise");
        run.push(b'\n');
        write_whole(&path.join("run.json"), &run)?;
        write_whole(&dir.plan_path(), plan.to_json().as_bytes())?;
        Ok((dir, lock))
    }

    /// A directory with a run in it, or with one that was killed before its first event.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let dir = Self { path: path.to_owned() };
        if !path.exists() {
            return Err(StoreError::NoDir { dir: path.to_owned() });
        }
        for (file, name) in [(path.join("run.json"), "run.json"), (dir.plan_path(), "plan.json")] {
            if !file.is_file() {
                return Err(StoreError::NoRun { dir: path.to_owned(), missing: name });
            }
        }
        let file = path.join("run.json");
        let run: serde_json::Value = serde_json::from_str(&read_text(&file)?).unwrap_or_default();
        match run.get("format").and_then(|f| f.as_str()) {
            Some(RUN_FORMAT) => Ok(dir),
            other => Err(StoreError::Format {
                path: file,
                found: other.unwrap_or("none").to_owned(),
                expected: RUN_FORMAT,
            }),
        }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `plan.json`.
    pub fn plan_path(&self) -> PathBuf {
        self.path.join("plan.json")
    }

    /// `journal.jsonl`.
    pub fn journal_path(&self) -> PathBuf {
        self.path.join(JOURNAL)
    }

    /// `trials/ID`.
    pub fn trial_path(&self, trial: TrialId) -> PathBuf {
        self.path.join("trials").join(trial.to_string())
    }

    /// Whether a run has begun in a directory: its journal has an event. One that is empty is that of a run that ended
    /// before.
    pub fn has_begun(path: &Path) -> bool {
        fs::metadata(path.join(JOURNAL)).is_ok_and(|journal| journal.len() > 0)
    }

    /// Takes the lock, or says who has it.
    pub fn lock(&self) -> Result<Lock, StoreError> {
        lock_dir(&self.path)
    }

    /// Whether another process is running it.
    pub fn is_locked(&self) -> bool {
        is_locked(&self.path)
    }

    /// The plan of the run.
    pub fn plan(&self) -> Result<Plan, StoreError> {
        let path = self.plan_path();
        Plan::from_json(&read_text(&path)?).map_err(|source| StoreError::Plan { path, source })
    }

    /// The events of the run, also while another process adds to them.
    pub fn journal(&self) -> Result<Vec<Event>, StoreError> {
        let path = self.journal_path();
        if !path.is_file() {
            return Err(StoreError::NoRun { dir: self.path.clone(), missing: JOURNAL });
        }
        let events = Journal::read(&path)?;
        self.check_plan(&self.plan()?, &events)?;
        Ok(events)
    }

    /// Refuses a journal of another plan.
    pub fn check_plan(&self, plan: &Plan, events: &[Event]) -> Result<(), StoreError> {
        match events.first().map(|e| &e.kind) {
            Some(EventKind::RunStarted { digest, .. }) if *digest != plan.digest => {
                Err(StoreError::OtherPlan {
                    dir: self.path.clone(),
                    found: digest.clone(),
                    expected: plan.digest.clone(),
                })
            }
            _ => Ok(()),
        }
    }

    /// A text file of the run; `None` if it is not there.
    pub fn read(&self, name: &str) -> Result<Option<String>, StoreError> {
        let path = self.path.join(name);
        if path.try_exists().unwrap_or(true) { read_text(&path).map(Some) } else { Ok(None) }
    }

    /// Writes a file of the run, whole or not at all.
    pub fn write(&self, name: &str, content: &[u8]) -> Result<PathBuf, StoreError> {
        let path = self.path.join(name);
        write_whole(&path, content)?;
        Ok(path)
    }
}

/// A path as a word of a command line, for hints that can be pasted.
pub fn shell_word(path: &Path) -> String {
    let word = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+=:,@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word;
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Takes the lock of a directory, or says who has it.
pub(crate) fn lock_dir(dir: &Path) -> Result<Lock, StoreError> {
    let path = dir.join("lock");
    let io = |source| StoreError::Io { action: "lock", path: path.clone(), source };
    let mut file =
        File::options().create(true).truncate(false).read(true).write(true).open(&path).map_err(io)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let pid = fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok());
            return Err(StoreError::Locked { dir: dir.to_owned(), pid });
        }
        Err(TryLockError::Error(source)) => return Err(io(source)),
    }
    let pid = format!("{}\n", std::process::id());
    file.set_len(0).and_then(|()| file.write_all(pid.as_bytes())).map_err(io)?;
    Ok(Lock(file))
}

/// Whether another process has the lock of a directory.
pub(crate) fn is_locked(dir: &Path) -> bool {
    match File::open(dir.join("lock")) {
        Ok(file) => matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)),
        Err(_) => false,
    }
}

pub(crate) fn make_dir(path: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(path).map_err(|source| StoreError::Io {
        action: "make",
        path: path.to_owned(),
        source,
    })
}

pub(crate) fn read_text(path: &Path) -> Result<String, StoreError> {
    fs::read_to_string(path).map_err(|source| StoreError::Io {
        action: "read",
        path: path.to_owned(),
        source,
    })
}

/// Writes beside the file and renames, so that a reader sees the old content or the new.
pub(crate) fn write_whole(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    fs::write(&beside, content).and_then(|()| fs::rename(&beside, path)).map_err(|source| StoreError::Io {
        action: "write",
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn a_directory_whose_run_never_began_is_free() {
        let temp = tempfile::tempdir().unwrap();
        let plan = samples::plan();
        let (dir, lock) = RunDir::create(temp.path(), &plan, &[]).unwrap();
        drop(lock);
        File::create(dir.journal_path()).unwrap();
        let (_, lock) = RunDir::create(temp.path(), &plan, &[]).unwrap();
        let error = RunDir::create(temp.path(), &plan, &[]).unwrap_err();
        assert!(matches!(error, StoreError::Locked { .. }), "{error}");
        drop(lock);
        fs::write(dir.journal_path(), "{").unwrap();
        let error = RunDir::create(temp.path(), &plan, &[]).unwrap_err();
        assert!(matches!(error, StoreError::Occupied { .. }), "{error}");
        let error = RunDir::open(&temp.path().join("nowhere")).unwrap_err();
        assert!(error.to_string().ends_with("nowhere` does not exist"), "{error}");
    }

    #[test]
    fn a_path_in_a_hint_is_one_word_of_a_shell() {
        for (path, word) in [("runs/a-1", "runs/a-1"), ("my runs/a", "'my runs/a'"), ("it's", r"'it'\''s'")] {
            assert_eq!(shell_word(Path::new(path)), word);
        }
    }
}
