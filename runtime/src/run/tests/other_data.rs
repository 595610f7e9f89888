//! A run whose data are changed before it is resumed.

use std::time::Duration;

use peng_estimator::History;

use super::*;
use crate::event::Slot;
use crate::execute::{Executor, ExecutorError, ExecutorMsg};
use crate::trial::protocol::Lease;

/// Workers that have read some data.
struct Readers<'a>(InProcess<'a>, &'static str);

impl Executor for Readers<'_> {
    fn slots(&self) -> usize {
        self.0.slots()
    }

    fn prepare(&mut self) -> Result<Option<String>, ExecutorError> {
        self.0.prepare()?;
        Ok(Some(self.1.to_owned()))
    }

    fn teach(&mut self, history: History) {
        self.0.teach(history);
    }

    fn submit(&mut self, slot: Slot, lease: Lease) -> Result<(), ExecutorError> {
        self.0.submit(slot, lease)
    }

    fn stop(&mut self) -> Result<(), ExecutorError> {
        self.0.stop()
    }

    fn poll(&mut self, timeout: Duration) -> Result<Option<(Slot, ExecutorMsg)>, ExecutorError> {
        self.0.poll(timeout)
    }
}

#[test]
fn other_data_than_the_run_began_with_are_refused() {
    let temp = tempfile::tempdir().unwrap();
    let plan = plan();
    let (dir, lock) = RunDir::create(temp.path(), &plan, &[]).unwrap();
    let estimator = estimate::build(&plan).unwrap();
    let (factory, clock) = (curves(), FrozenClock::default());
    let read = |data: &'static str| {
        let workers = InProcess::new(&plan, &factory, &*estimator, &clock, temp.path().to_owned(), 1);
        run(RunContext {
            plan: &plan,
            dir: &dir,
            lock: &lock,
            executor: &mut Readers(workers, data),
            estimator: &*estimator,
            sinks: Vec::new(),
            cancel: CancelFlag::default(),
            clock: &clock,
            bound: Bound { peng: "test".into(), device: "replay".into(), workers: 1, ..Bound::default() },
        })
    };
    let (_, whole) = read("as they were").unwrap();
    let text = std::fs::read_to_string(dir.journal_path()).unwrap();
    let killed: String = text.split_inclusive('\n').take(40).collect();
    std::fs::write(dir.journal_path(), &killed).unwrap();
    let error = read("changed").unwrap_err();
    assert_eq!(error.code(), "E0807");
    assert_eq!(std::fs::read_to_string(dir.journal_path()).unwrap(), killed, "nothing happened");
    let (_, state) = read("as they were").unwrap();
    assert_eq!(trials_csv(&plan, &state), trials_csv(&plan, &whole));
}
