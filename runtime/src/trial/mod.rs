//! One trial: the messages between coordinator and worker, and what a worker does with a lease.

mod judge;
pub mod protocol;
mod serve;
mod train;

pub use judge::Learned;
pub use serve::{Bindings, ServeError, serve};
pub use train::{StopFlag, TrialContext, run_trial};
pub(crate) use train::{next_point, tells_out_of_memory};
