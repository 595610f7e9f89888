//! The directory of a study: `study.json`, `spec/`, a run directory for each arm and seed under `arms/NAME/seed-N`, the
//! truth of each seed under `truth/seed-N`, and `cache/`.

use std::path::{Path, PathBuf};

use peng_spec::plan::{Plan, StudyPlan};

use crate::event::Event;
use crate::store::{
    Lock, RunDir, SourceFile, StoreError, is_locked, lock_dir, make_dir, read_text, write_whole,
};

/// The file that makes a directory a study.
pub const STUDY_FILE: &str = "study.json";

/// The directory of a study.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StudyDir {
    path: PathBuf,
}

/// A run of a study.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StudyRun {
    /// An arm under a seed, both by their places in the study.
    Arm {
        /// The arm.
        arm: usize,
        /// The seed.
        seed: usize,
    },
    /// The truth of a seed.
    Truth {
        /// The seed.
        seed: usize,
    },
}

/// A run directory of a study, its plan and its journal; the journal is empty before the run has begun.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRecord {
    /// Which run.
    pub run: StudyRun,
    /// Its plan.
    pub plan: Plan,
    /// What it did.
    pub events: Vec<Event>,
}

impl StudyDir {
    /// Makes the directory of a new study and locks it.
    pub fn create(
        path: &Path,
        study: &StudyPlan,
        sources: &[SourceFile],
    ) -> Result<(Self, Lock), StoreError> {
        let dir = Self { path: path.to_owned() };
        make_dir(path)?;
        if dir.file().exists() || path.join("journal.jsonl").exists() {
            return Err(StoreError::Occupied { dir: path.to_owned() });
        }
        let lock = lock_dir(path)?;
        for source in sources {
            let file = path.join("spec").join(&source.path);
            make_dir(file.parent().unwrap_or(path))?;
            write_whole(&file, source.text.as_bytes())?;
        }
        write_whole(&dir.file(), study.to_json().as_bytes())?;
        Ok((dir, lock))
    }

    /// A directory with a study in it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let dir = Self { path: path.to_owned() };
        if dir.file().is_file() {
            Ok(dir)
        } else {
            Err(StoreError::NoRun { dir: path.to_owned(), missing: STUDY_FILE })
        }
    }

    /// Whether a directory has a study in it.
    pub fn is_one(path: &Path) -> bool {
        path.join(STUDY_FILE).is_file()
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn file(&self) -> PathBuf {
        self.path.join(STUDY_FILE)
    }

    /// Where curves are kept.
    pub fn cache_path(&self) -> PathBuf {
        self.path.join("cache")
    }

    /// Takes the lock, or says who has it.
    pub fn lock(&self) -> Result<Lock, StoreError> {
        lock_dir(&self.path)
    }

    /// Whether another process is running it.
    pub fn is_locked(&self) -> bool {
        is_locked(&self.path)
    }

    /// The study.
    pub fn study(&self) -> Result<StudyPlan, StoreError> {
        let path = self.file();
        StudyPlan::from_json(&read_text(&path)?).map_err(|source| StoreError::Plan { path, source })
    }

    /// Where a run is.
    pub fn run_path(&self, study: &StudyPlan, run: StudyRun) -> PathBuf {
        match run {
            StudyRun::Arm { arm, seed } => {
                let folder = self.path.join("arms").join(&study.arms[arm].name);
                folder.join(format!("seed-{}", study.seeds[seed]))
            }
            StudyRun::Truth { seed } => self.path.join("truth").join(format!("seed-{}", study.seeds[seed])),
        }
    }

    /// A run; `None` before its directory is made.
    pub fn record(&self, study: &StudyPlan, run: StudyRun) -> Result<Option<RunRecord>, StoreError> {
        let path = self.run_path(study, run);
        if !path.join("plan.json").is_file() {
            return Ok(None);
        }
        let dir = RunDir::open(&path)?;
        let plan = dir.plan()?;
        let events = match dir.journal() {
            Ok(events) => events,
            // It was killed before its first event.
            Err(StoreError::NoRun { .. }) => Vec::new(),
            Err(error) => return Err(error),
        };
        Ok(Some(RunRecord { run, plan, events }))
    }

    /// All runs that have been made, those of the arms first.
    pub fn records(&self, study: &StudyPlan) -> Result<Vec<RunRecord>, StoreError> {
        let runs = runs(study);
        runs.into_iter().filter_map(|run| self.record(study, run).transpose()).collect()
    }

    /// Whether one of its runs has begun.
    pub fn has_begun(&self, study: &StudyPlan) -> bool {
        runs(study).into_iter().any(|run| RunDir::has_begun(&self.run_path(study, run)))
    }

    /// Writes a file of the study, whole or not at all.
    pub fn write(&self, name: &str, content: &[u8]) -> Result<PathBuf, StoreError> {
        let path = self.path.join(name);
        make_dir(path.parent().unwrap_or(&self.path))?;
        write_whole(&path, content)?;
        Ok(path)
    }
}

/// All runs of a study: the arms, each under all seeds, then the truth of each seed.
pub fn runs(study: &StudyPlan) -> Vec<StudyRun> {
    let seeds = 0..study.seeds.len();
    let arms =
        (0..study.arms.len()).flat_map(|arm| seeds.clone().map(move |seed| StudyRun::Arm { arm, seed }));
    let truths = seeds.clone().filter(|_| study.truth).map(|seed| StudyRun::Truth { seed });
    arms.chain(truths).collect()
}

impl StudyRun {
    /// The seed, by its place in the study.
    pub fn seed(self) -> usize {
        match self {
            Self::Arm { seed, .. } | Self::Truth { seed } => seed,
        }
    }

    /// The run in words, such as `penguin, seed 3`.
    pub fn name(self, study: &StudyPlan) -> String {
        let seed = study.seeds[self.seed()];
        match self {
            Self::Arm { arm, .. } => format!("{}, seed {seed}", study.arms[arm].name),
            Self::Truth { .. } => format!("truth, seed {seed}"),
        }
    }
}
