//! Workers in virtual time: a training takes as long as its network is large, and what workers say comes in the order of that
//! time, or of an order of ends that is given.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use peng_estimator::{Estimator, History};
use peng_spec::plan::Plan;

use crate::clock::FrozenClock;
use crate::data::Splits;
use crate::event::{Slot, TrialId};
use crate::execute::{Executor, ExecutorError, ExecutorMsg};
use crate::train::TrainerFactory;
use crate::trial::protocol::{FromWorker, Lease};
use crate::trial::{Learned, StopFlag, TrialContext, run_trial};

/// An executor in virtual time.
pub(super) struct Simulated<'a> {
    plan: &'a Plan,
    factory: &'a dyn TrainerFactory,
    estimator: &'a dyn Estimator,
    clock: &'a FrozenClock,
    dir: PathBuf,
    slots: usize,
    learned: Learned,
    /// What is to come, by its time in milliseconds and the order in which it was said.
    coming: BTreeMap<(u64, u64), (Slot, ExecutorMsg)>,
    said: u64,
    /// In which order trials end; empty: in that of time.
    order: Vec<TrialId>,
    /// Milliseconds of all slots in which something was trained.
    pub(super) busy: u64,
}

impl<'a> Simulated<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        factory: &'a dyn TrainerFactory,
        estimator: &'a dyn Estimator,
        clock: &'a FrozenClock,
        (dir, slots, order): (PathBuf, usize, Vec<TrialId>),
    ) -> Self {
        let learned = Learned::new(plan, estimator, &History::default());
        let coming = BTreeMap::new();
        Self { plan, factory, estimator, clock, dir, slots, learned, coming, said: 0, order, busy: 0 }
    }

    fn now(&self) -> u64 {
        crate::clock::Clock::elapsed(self.clock).as_millis() as u64
    }
}

/// Milliseconds that a network takes from one measurement to the next: some for the data, the rest for its size.
fn pace(lease: &Lease) -> u64 {
    200 + lease.cost.flops / 100
}

impl Executor for Simulated<'_> {
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
        let mut messages = VecDeque::new();
        run_trial(&context, &lease, &trial_dir, &StopFlag::new(false), &mut |message| {
            messages.push_back(message);
        });
        let mut at = self.now();
        let begin = at;
        let place = self.order.iter().position(|&trial| trial == lease.trial);
        for message in messages {
            if matches!(message, FromWorker::Measured { .. }) {
                at += pace(&lease);
            }
            self.said += 1;
            let time = place.map_or(at, |place| place as u64);
            self.coming.insert((time, self.said), (slot, ExecutorMsg::Worker(message)));
        }
        self.busy += at - begin;
        Ok(())
    }

    fn stop(&mut self) -> Result<(), ExecutorError> {
        unreachable!("nothing is stopped in a simulation")
    }

    fn poll(&mut self, _: Duration) -> Result<Option<(Slot, ExecutorMsg)>, ExecutorError> {
        let Some(((time, _), next)) = self.coming.pop_first() else { return Ok(None) };
        self.clock.advance(time.saturating_sub(self.now()));
        Ok(Some(next))
    }
}
