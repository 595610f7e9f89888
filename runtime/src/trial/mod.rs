//! One trial: the messages between coordinator and worker, and what a worker does with a lease.

pub mod protocol;
mod serve;
mod train;

pub use serve::{ServeError, serve};
pub use train::{StopFlag, TrialContext, run_trial};
