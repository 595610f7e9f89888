//! Why a run cannot go on. A failing trial is not among it.

use crate::event::TrialId;
use crate::execute::ExecutorError;
use crate::space::{GenomeError, SpaceError};
use crate::store::StoreError;

/// Why a run cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Its directory is unusable.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No worker works.
    #[error(transparent)]
    Executor(#[from] ExecutorError),
    /// The plan names a kind or parameters that this version does not know.
    #[error("the plan cannot be run by this version of peng: {0}")]
    Plan(String),
    /// The space yields no network, or the search proposes one that is not of the space.
    #[error(transparent)]
    Space(#[from] SpaceError),
    /// The search does not propose what the journal says that it proposed.
    #[error("trial {trial} is `{found}` in the journal, but the search proposes `{expected}`")]
    Diverged {
        /// The trial.
        trial: TrialId,
        /// The genome in the journal.
        found: String,
        /// The genome that the search proposes now.
        expected: String,
    },
}

impl RunError {
    /// The stable code of the error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Executor(_) => "E0805",
            Self::Space(error) => error.code(),
            Self::Plan(_) => "E0806",
            Self::Diverged { .. } => "E0807",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Store(StoreError::Occupied { dir }) => {
                Some(format!("go on with it by `peng resume {}`, or choose another `--dir`", dir.display()))
            }
            Self::Store(StoreError::Locked { dir, .. }) => {
                Some(format!("watch it with `peng status {}`", dir.display()))
            }
            Self::Executor(ExecutorError::Unusable { help, .. }) => help.clone(),
            Self::Diverged { .. } => Some("resume with the version of peng that began the run".to_owned()),
            Self::Space(error) => error.help(),
            Self::Store(_) | Self::Executor(_) | Self::Plan(_) => None,
        }
    }
}

impl From<GenomeError> for RunError {
    fn from(error: GenomeError) -> Self {
        Self::Space(error.into())
    }
}
