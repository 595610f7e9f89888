//! Starts a run of a study with workers of its own, which share the study's cache.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;

use peng_runtime::clock::SystemClock;
use peng_runtime::estimate;
use peng_runtime::event::{Bound, Event, RunEnd};
use peng_runtime::execute;
use peng_runtime::report;
use peng_runtime::run::{CancelFlag, RunContext, RunError, run};
use peng_runtime::sink::{Sink, SinkError};
use peng_runtime::state::RunState;
use peng_runtime::store::{Lock, RunDir};
use peng_runtime::study::{Launcher, StudyRun};
use peng_spec::plan::{Device, Plan, StudyPlan};

use crate::ui::wording::{Scale, notable};

/// How a machine's slots are shared: so many runs at once, each with so many workers.
pub(super) struct Hands {
    pub(super) at_once: usize,
    pub(super) workers: usize,
}

impl Hands {
    /// Twice as many workers as slots, so that the runs at the end of a generation leave no slot idle; a worker that waits
    /// or plays takes none. No run has more workers than its generations have networks.
    pub(super) fn new(study: &StudyPlan, slots: usize) -> Self {
        let cost = study.arms[0].plan.cost;
        let generation = cost.trials.div_ceil(cost.generations.max(1)).max(1) as usize;
        let workers = slots.min(generation);
        Self { at_once: (2 * slots).div_ceil(workers), workers }
    }
}

/// Workers on this machine.
pub(super) struct Local<'a> {
    pub(super) study: &'a StudyPlan,
    pub(super) cache: PathBuf,
    pub(super) bound: Bound,
    pub(super) devices: Vec<Device>,
    pub(super) program: PathBuf,
    pub(super) is_shown: bool,
    pub(super) cancel: CancelFlag,
}

impl Launcher for Local<'_> {
    fn launch(
        &self,
        which: StudyRun,
        plan: &Plan,
        dir: &RunDir,
        lock: &Lock,
    ) -> Result<(RunEnd, RunState), RunError> {
        let clock = SystemClock::new();
        let mut args = vec![OsString::from("worker"), "--cache".into(), self.cache.clone().into()];
        if let Some(data) = &self.bound.data {
            args.extend(["--data".into(), data.into()]);
        }
        let workers = self.bound.workers;
        let command = (self.program.clone(), args);
        let devices = self.devices.clone();
        let mut executor = execute::Local::new(command, devices, dir.clone(), plan.digest.clone(), workers);
        let estimator = estimate::build(plan).map_err(RunError::Plan)?;
        let name = which.name(self.study);
        let sinks: Vec<Box<dyn Sink>> =
            if self.is_shown { vec![Box::new(Lines { name, scale: Scale::from(plan) })] } else { Vec::new() };
        let (end, state) = run(RunContext {
            plan,
            dir,
            lock,
            executor: &mut executor,
            estimator: &*estimator,
            sinks,
            cancel: self.cancel.clone(),
            clock: &clock,
            bound: self.bound.clone(),
        })?;
        if end != RunEnd::Interrupted {
            dir.write("trials.csv", report::trials_csv(plan, &state).as_bytes())?;
            let page = report::html(&report::Report::new(plan, &state));
            dir.write("report.html", page.as_bytes())?;
        }
        Ok((end, state))
    }
}

/// A line for each notable event, after the name of its run.
struct Lines {
    name: String,
    scale: Scale,
}

impl Sink for Lines {
    fn name(&self) -> &'static str {
        "progress"
    }

    fn accept(&mut self, event: &Event, state: &RunState) -> Result<(), SinkError> {
        let Some(line) = notable(event, state, self.scale) else { return Ok(()) };
        writeln!(std::io::stderr(), "{}: {line}", self.name).map_err(|e| SinkError(e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use peng_spec::plan::ArmPlan;

    use super::*;
    use crate::ui::sample;

    #[test]
    fn slots_are_never_idle_for_want_of_workers() {
        let hands = |trials, generations, slots| {
            let mut plan = sample::run().0;
            (plan.cost.trials, plan.cost.generations) = (trials, generations);
            let arms = vec![ArmPlan { name: "a".into(), plan }];
            let study = StudyPlan {
                format: String::new(),
                digest: String::new(),
                name: "s".into(),
                seeds: vec![0],
                truth: true,
                arms,
            };
            let Hands { at_once, workers } = Hands::new(&study, slots);
            (at_once, workers)
        };
        assert_eq!(hands(100, 10, 2), (2, 2));
        assert_eq!(hands(100, 10, 16), (4, 10));
        assert_eq!(hands(100, 100, 4), (8, 1));
        assert_eq!(hands(0, 0, 1), (2, 1));
    }
}
