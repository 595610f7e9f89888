//! Executors: what starts workers and carries messages between them and the coordinator.

mod in_process;
mod local;

use std::path::PathBuf;
use std::time::Duration;

use peng_estimator::History;

use crate::event::Slot;
use crate::trial::protocol::{FromWorker, Lease};

pub use in_process::InProcess;
pub use local::Local;

/// What carries leases to workers.
pub trait Executor {
    /// How many trials run at a time.
    fn slots(&self) -> usize;

    /// Starts the workers and waits until they are ready: they have read the plan and the data. Gives a digest of the data,
    /// if there are any.
    fn prepare(&mut self) -> Result<Option<String>, ExecutorError>;

    /// What the decisions of all leases from now on rest on; before the first call the history is empty.
    fn teach(&mut self, history: History);

    /// Gives a lease to an idle slot.
    fn submit(&mut self, slot: Slot, lease: Lease) -> Result<(), ExecutorError>;

    /// Asks all busy slots to finish the measurement under way, to save, and to say `stopped`.
    fn stop(&mut self) -> Result<(), ExecutorError>;

    /// The next message, if one comes in time.
    fn poll(&mut self, timeout: Duration) -> Result<Option<(Slot, ExecutorMsg)>, ExecutorError>;
}

/// What an executor reports of a slot.
#[derive(Debug, Clone, PartialEq)]
pub enum ExecutorMsg {
    /// Its worker says something.
    Worker(FromWorker),
    /// Its worker is gone, and with it the attempt under way; the slot is idle.
    Lost {
        /// How it ended.
        cause: String,
        /// Whether its last words say that an allocation failed.
        out_of_memory: bool,
    },
}

/// Why no worker works.
#[derive(Debug, thiserror::Error)]
pub enum ExecutorError {
    /// The program cannot be started.
    #[error("cannot start a worker with `{}`: {source}", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A worker says that it cannot work.
    #[error("{reason}")]
    Unusable {
        /// Why.
        reason: String,
        /// What to do.
        help: Option<String>,
    },
    /// A worker ended before it was ready.
    #[error("a worker ended before it was ready ({cause}); its last words: {words}")]
    Died {
        /// How it ended.
        cause: String,
        /// The end of what it wrote.
        words: String,
    },
    /// A worker has read other data than those before it.
    #[error(
        "worker {slot} has read other data than the workers before it: they were changed since the run began"
    )]
    OtherData {
        /// The slot.
        slot: Slot,
    },
    /// A worker is of another version or has another plan.
    #[error("worker {slot} speaks `{found}`; expected `{expected}`")]
    Stranger {
        /// The slot.
        slot: Slot,
        /// What it says.
        found: String,
        /// What the coordinator says.
        expected: String,
    },
}
