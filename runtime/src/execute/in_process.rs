//! An executor without processes: it trains a lease in the thread that submits it. For tests and simulations, in which a
//! training is the replay of a recorded curve.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use peng_estimator::{Estimator, History};
use peng_spec::plan::Plan;

use super::{Executor, ExecutorError, ExecutorMsg};
use crate::clock::Clock;
use crate::data::Splits;
use crate::event::Slot;
use crate::train::TrainerFactory;
use crate::trial::protocol::{FromWorker, Lease};
use crate::trial::{Learned, StopFlag, TrialContext, run_trial};

/// An executor in the coordinator's own thread.
pub struct InProcess<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What trains.
    pub factory: &'a dyn TrainerFactory,
    /// What decides.
    pub estimator: &'a dyn Estimator,
    /// What time it is.
    pub clock: &'a dyn Clock,
    /// The run directory.
    pub dir: PathBuf,
    /// How many trials seem to run at a time.
    pub slots: usize,
    learned: Learned,
    messages: VecDeque<(Slot, ExecutorMsg)>,
}

impl<'a> InProcess<'a> {
    /// An executor with `slots` slots.
    pub fn new(
        plan: &'a Plan,
        factory: &'a dyn TrainerFactory,
        estimator: &'a dyn Estimator,
        clock: &'a dyn Clock,
        dir: PathBuf,
        slots: usize,
    ) -> Self {
        let learned = Learned::new(plan, estimator, &History::default());
        Self { plan, factory, estimator, clock, dir, slots, learned, messages: VecDeque::new() }
    }
}

impl Executor for InProcess<'_> {
    fn slots(&self) -> usize {
        self.slots
    }

    fn prepare(&mut self) -> Result<Option<String>, ExecutorError> {
        Ok(None)
    }

    fn teach(&mut self, history: History) {
        self.learned = Learned::new(self.plan, self.estimator, &history);
    }

    fn submit(&mut self, slot: Slot, lease: Lease) -> Result<(), ExecutorError> {
        let context = TrialContext {
            plan: self.plan,
            data: Arc::new(Splits::default()),
            factory: self.factory,
            learned: &self.learned,
            clock: self.clock,
        };
        let trial_dir = self.dir.join("trials").join(lease.trial.to_string());
        let messages = &mut self.messages;
        run_trial(&context, &lease, &trial_dir, &StopFlag::new(false), &mut |message| {
            messages.push_back((slot, ExecutorMsg::Worker(message)));
        });
        Ok(())
    }

    /// Trials are over as soon as they are submitted; what they said and was not read yet is lost, as with a worker that
    /// is stopped before its first measurement.
    fn stop(&mut self) -> Result<(), ExecutorError> {
        let mut stopped = VecDeque::new();
        for (slot, message) in self.messages.drain(..) {
            if let ExecutorMsg::Worker(
                FromWorker::Ended { trial, token, .. }
                | FromWorker::OutOfMemory { trial, token, .. }
                | FromWorker::NotSaved { trial, token, .. }
                | FromWorker::Paused { trial, token },
            ) = message
            {
                stopped.push_back((slot, ExecutorMsg::Worker(FromWorker::Stopped { trial, token })));
            }
        }
        self.messages = stopped;
        Ok(())
    }

    fn poll(&mut self, _timeout: Duration) -> Result<Option<(Slot, ExecutorMsg)>, ExecutorError> {
        Ok(self.messages.pop_front())
    }
}
