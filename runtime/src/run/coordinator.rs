//! The coordinator: the one owner of the run's state, and the only one that makes events.

use std::time::Duration;

use peng_estimator::Estimator;
use peng_spec::plan::{Plan, StepKind};

use super::cancel::CancelFlag;
use super::originals::Originals;
use super::places::Places;
use super::{RunContext, RunError};
use crate::clock::Clock;
use crate::event::{Bound, Durability, EVENT_FORMAT, Event, EventKind, RunEnd, TrialOutcome};
use crate::execute::Executor;
use crate::sink::Sink;
use crate::space::{self, SearchSpace};
use crate::state::{RunState, StepState};
use crate::store::{Journal, RunDir};
use crate::verify;

/// The one owner of the run's state.
pub(super) struct Coordinator<'a> {
    pub(super) plan: &'a Plan,
    pub(super) dir: &'a RunDir,
    pub(super) executor: &'a mut dyn Executor,
    pub(super) estimator: &'a dyn Estimator,
    pub(super) cancel: CancelFlag,
    pub(super) clock: &'a dyn Clock,
    pub(super) state: RunState,
    pub(super) space: Box<dyn SearchSpace>,
    pub(super) places: Places,
    pub(super) originals: Originals,
    /// Time of [`Clock::elapsed`] at the newest durable event.
    pub(super) newest: Duration,
    sinks: Vec<Box<dyn Sink>>,
    journal: Journal,
    bound: Bound,
}

/// Whether the run goes on.
pub(super) enum Flow {
    Done,
    End(RunEnd),
}

impl<'a> Coordinator<'a> {
    /// Takes up the journal where it ends.
    pub(super) fn new(context: RunContext<'a>) -> Result<Self, RunError> {
        let plan = context.plan;
        let space = space::of_plan(plan).map_err(RunError::Plan)?;
        let (journal, events) = Journal::open(&context.dir.journal_path())?;
        context.dir.check_plan(plan, &events)?;
        if let Some(finding) = verify::premises(plan, &events, context.estimator) {
            let dir = context.dir.path().to_owned();
            return Err(RunError::Changed { dir, finding: Box::new(finding) });
        }
        let places = Places::new(plan, &context.bound, context.executor.slots());
        Ok(Self {
            plan,
            dir: context.dir,
            executor: context.executor,
            estimator: context.estimator,
            cancel: context.cancel,
            clock: context.clock,
            state: RunState::fold(&events),
            space,
            places,
            originals: Originals::default(),
            newest: context.clock.elapsed(),
            sinks: context.sinks,
            journal,
            bound: context.bound,
        })
    }

    /// Takes the steps that are not done yet.
    pub(super) fn run(mut self) -> Result<(RunEnd, RunState), RunError> {
        if let Some(end @ (RunEnd::Finished | RunEnd::BudgetSpent { .. } | RunEnd::TooManyFailed { .. })) =
            &self.state.end
        {
            return Ok((end.clone(), self.state));
        }
        // Workers are ready before the run says that it has begun, so that a missing data set leaves no run behind.
        let content = self.executor.prepare()?;
        let known = self.state.bound.as_ref().and_then(|bound| bound.content.as_ref());
        if known.is_some() && known != content.as_ref() {
            return Err(RunError::OtherData { dir: self.dir.path().to_owned() });
        }
        let bound = Bound { content, ..self.bound.clone() };
        self.emit(if self.state.next_seq == 0 {
            EventKind::RunStarted { format: EVENT_FORMAT.to_owned(), digest: self.plan.digest.clone(), bound }
        } else {
            EventKind::RunResumed { bound }
        })?;
        let plan = self.plan;
        for step in &plan.steps {
            if self.state.steps.get(&step.id) == Some(&StepState::Finished) {
                continue;
            }
            if !self.state.steps.contains_key(&step.id) {
                self.emit(EventKind::StepStarted { step: step.id.clone() })?;
            }
            let flow = match step.kind {
                StepKind::Prepare => Flow::Done,
                StepKind::Search => self.search()?,
                StepKind::Confirm(what) => self.confirm(what)?,
            };
            match flow {
                Flow::Done => self.emit(EventKind::StepFinished { step: step.id.clone() })?,
                Flow::End(end) => return self.finish(end),
            }
        }
        let end = self.failed_too_often(FailedOf::Trained).unwrap_or(RunEnd::Finished);
        self.finish(end)
    }

    fn finish(mut self, end: RunEnd) -> Result<(RunEnd, RunState), RunError> {
        self.emit(EventKind::RunFinished { end: end.clone() })?;
        Ok((end, self.state))
    }

    /// Journal first, then the state, then whoever watches.
    pub(super) fn emit(&mut self, kind: EventKind) -> Result<(), RunError> {
        let event = Event { seq: self.state.next_seq, at: self.clock.now(), kind };
        if event.kind.durability() != Durability::Ephemeral {
            self.journal.append(&event)?;
            self.state.apply(&event);
            self.newest = self.clock.elapsed();
        }
        let mut dropped = Vec::new();
        self.sinks.retain_mut(|sink| match sink.accept(&event, &self.state) {
            Ok(()) => true,
            Err(error) => {
                dropped.push(format!("the {} is given up: {error}", sink.name()));
                false
            }
        });
        dropped.into_iter().try_for_each(|message| self.emit(EventKind::Warned { message }))
    }

    /// How the run ends if more trials failed than the plan allows.
    pub(super) fn failed_too_often(&self, of: FailedOf) -> Option<RunEnd> {
        let trained = self
            .state
            .trials
            .iter()
            .filter(|t| {
                !matches!(t.outcome, None | Some(TrialOutcome::Copied { .. } | TrialOutcome::Cancelled))
            })
            .count() as u32;
        let failed = self
            .state
            .trials
            .iter()
            .filter(|t| matches!(t.outcome, Some(TrialOutcome::Failed { .. })))
            .count() as u32;
        let whole = match of {
            FailedOf::Trained => f64::from(trained),
            FailedOf::Planned => self.plan.cost.trials as f64,
        };
        let allowed = self.plan.execution.max_failed_percent / 100.0 * whole;
        (f64::from(failed) > allowed).then_some(RunEnd::TooManyFailed { failed, trained })
    }
}

/// What the share of failed trials is a share of.
#[derive(Clone, Copy)]
pub(super) enum FailedOf {
    /// Of those trained so far: at the end of a run.
    Trained,
    /// Of all that the plan asks for: under way, when no later success could help.
    Planned,
}
