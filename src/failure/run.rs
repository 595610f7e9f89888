//! What goes wrong with a run, as the failure of a command.

use peng_runtime::run::RunError;
use peng_runtime::store::StoreError;

use super::{Exit, Failure};

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::from(RunError::from(error))
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let exit = match &error {
            RunError::Store(_)
            | RunError::NotSaved { .. }
            | RunError::Changed { .. }
            | RunError::OtherData { .. }
            | RunError::Diverged { .. } => Exit::RunDir,
            RunError::Executor(_) | RunError::Plan(_) | RunError::Space(_) => Exit::Environment,
        };
        Self { exit, code: Some(error.code()), message: error.to_string(), help: error.help() }
    }
}
