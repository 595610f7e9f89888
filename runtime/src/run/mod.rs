//! A run: the coordinator takes the steps of a plan one after another.

mod asynchronous;
mod budget;
mod cancel;
mod coordinator;
mod dialogue;
mod error;
mod leases;
mod originals;
mod places;
mod reconsider;
mod results;
mod step;
#[cfg(test)]
pub(crate) mod tests;

use peng_estimator::Estimator;
use peng_spec::plan::Plan;

use crate::clock::Clock;
use crate::event::{Bound, RunEnd};
use crate::execute::Executor;
use crate::sink::Sink;
use crate::state::RunState;
use crate::store::{Lock, RunDir};
use coordinator::Coordinator;

pub use cancel::CancelFlag;
pub(crate) use dialogue::Dialogue;
pub use error::RunError;
pub(crate) use originals::{Basis, Original, Originals};
pub use places::workers;
pub use results::{amended, results};
pub(crate) use step::unconfirmed;

/// What a run works with.
pub struct RunContext<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Where it writes.
    pub dir: &'a RunDir,
    /// The right to write there.
    pub lock: &'a Lock,
    /// What starts workers.
    pub executor: &'a mut dyn Executor,
    /// What decides; the one of the plan.
    pub estimator: &'a dyn Estimator,
    /// What watches.
    pub sinks: Vec<Box<dyn Sink>>,
    /// Set when a user wants it to stop.
    pub cancel: CancelFlag,
    /// What time it is.
    pub clock: &'a dyn Clock,
    /// What the machine decides.
    pub bound: Bound,
}

/// Runs a plan, or goes on with it where the journal ends. Returns how it ended and the state then.
pub fn run(context: RunContext<'_>) -> Result<(RunEnd, RunState), RunError> {
    Coordinator::new(context)?.run()
}
