//! Recomputes every decision of a run from its journal: answers of the estimator, ends of trials, looks at paused trials,
//! audits, and the networks that the search asked for. Floats must agree bit for bit.
//!
//! Nothing is trained and no data are read. What is measured cannot be recomputed: of that, only what was measured until a
//! trial ended is checked, against the digest that its end holds.

mod asking;
mod left;
mod paused;
mod premises;
mod search;
#[cfg(test)]
mod tests;
mod trials;

use std::collections::BTreeMap;
use std::fmt;

use peng_estimator::{Estimator, Needs, Progress};
use peng_spec::plan::Plan;
use serde::Serialize;
use serde_json::Value;

use crate::event::{Event, EventKind, RunEnd, TrialId};
use crate::run::{Basis, Original, Originals};
use crate::space::SearchSpace;
use crate::state::RunState;
use crate::trial::Learned;
use asking::Asking;

pub use left::trials_csv_differs;
pub use premises::premises;

/// What was recomputed, and what does not agree.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Networks that the search asked for.
    pub networks: u64,
    /// Answers of the estimator.
    pub estimates: u64,
    /// Ends of trainings.
    pub endings: u64,
    /// Looks at paused trials.
    pub revisions: u64,
    /// Generations after which it was decided whether the estimator stays on.
    pub switches: u64,
    /// How the run has ended; `None`: its journal goes no further than that.
    pub end: Option<RunEnd>,
    /// What does not agree, in the order of the journal.
    pub findings: Vec<Finding>,
}

/// Something in the journal that does not follow from what comes before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Number of the event.
    pub seq: u64,
    /// The trial that it is about.
    pub trial: Option<TrialId>,
    /// Where in its training.
    #[serde(rename = "epoch")]
    pub at: Option<Progress>,
    /// What does not agree.
    pub what: String,
    /// As it is in the journal.
    pub recorded: String,
    /// As it should be.
    pub recomputed: String,
}

impl Verified {
    /// All decisions that were recomputed.
    pub fn decisions(&self) -> u64 {
        self.networks + self.estimates + self.endings + self.revisions + self.switches
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event {}", self.seq)?;
        if let Some(trial) = self.trial {
            write!(f, ", trial {trial}")?;
        }
        if let Some(at) = self.at {
            write!(f, " at epoch {at}")?;
        }
        write!(f, ": {} is {}, expected {}", self.what, self.recorded, self.recomputed)
    }
}

/// Recomputes the decisions of a journal, also of one that is not finished. `Err`: the plan cannot be run by this version.
pub fn verify(plan: &Plan, events: &[Event], estimator: &dyn Estimator) -> Result<Verified, String> {
    let mut verifier = Verifier {
        plan,
        estimator,
        needs: estimator.needs(),
        space: crate::space::of_plan(plan)?,
        asking: Asking::new(plan)?,
        known: Originals::default(),
        originals: BTreeMap::new(),
        judged: None,
        learned: None,
        state: RunState::default(),
        seq: 0,
        verified: Verified::default(),
    };
    for event in events {
        verifier.seq = event.seq;
        verifier.check(&event.kind);
        verifier.state.apply(event);
    }
    Ok(Verified { end: left::end(events), ..verifier.verified })
}

struct Verifier<'a> {
    plan: &'a Plan,
    estimator: &'a dyn Estimator,
    needs: Needs,
    space: Box<dyn SearchSpace>,
    asking: Asking,
    /// The networks of trials that are trained themselves.
    known: Originals,
    /// The trials that must be copies, and of which.
    originals: BTreeMap<TrialId, Original>,
    /// What the estimator has learned, and from what was known when.
    learned: Option<(Option<Basis>, Learned)>,
    /// The generation after which the estimator must be switched off before anything else happens, or stays on; of searches
    /// that do not wait for generations.
    judged: Option<u32>,
    /// The state before the event.
    state: RunState,
    seq: u64,
    verified: Verified,
}

impl Verifier<'_> {
    /// Checks an event against all that came before it.
    fn check(&mut self, kind: &EventKind) {
        if !matches!(kind, EventKind::RunResumed { .. } | EventKind::EstimatorSwitchedOff { .. })
            && let Some(generation) = self.judged.take()
        {
            self.stays_on(generation);
        }
        match kind {
            EventKind::GenerationStarted { generation, candidates } => {
                self.generation_started(*generation, *candidates);
            }
            EventKind::TrialCreated { trial, generation, genome, cost, audit } => {
                self.trial_created(*trial, *generation, genome, *cost, *audit);
            }
            EventKind::TrialSkipped { trial, from, distance } => {
                self.trial_skipped(*trial, Original { from: *from, distance: *distance });
            }
            EventKind::TrialStarted { trial, purpose, from, .. } => {
                self.trial_started(*trial, *purpose, *from);
            }
            EventKind::Measured { trial, at, .. } => self.measured(*trial, *at),
            EventKind::Estimated { trial, at, observation, inputs } => {
                self.estimated(*trial, *at, observation, inputs);
            }
            EventKind::TrialFinished { trial, purpose, outcome, curve } => {
                self.trial_finished(*trial, *purpose, outcome);
                self.has_measured(*trial, curve);
            }
            EventKind::Reconsidered { generation, predictions, resumptions, inputs } => {
                self.reconsidered(*generation, predictions, resumptions, inputs);
            }
            EventKind::GenerationFinished { generation } => self.generation_finished(*generation),
            EventKind::EstimatorSwitchedOff { generation, .. } => self.switched_off(*generation, kind),
            EventKind::StepFinished { step } => self.step_finished(step),
            EventKind::RunFinished { end } => self.run_finished(end),
            EventKind::RunStarted { .. }
            | EventKind::RunResumed { .. }
            | EventKind::StepStarted { .. }
            | EventKind::CacheAsked { .. }
            | EventKind::CheckpointSaved { .. }
            | EventKind::Warned { .. }
            | EventKind::CancelRequested
            | EventKind::BatchDone { .. } => {}
        }
    }

    fn found(
        &mut self,
        place: (Option<TrialId>, Option<Progress>),
        what: &str,
        recorded: impl fmt::Display,
        recomputed: impl fmt::Display,
    ) {
        let ((trial, at), what) = (place, what.to_owned());
        let (recorded, recomputed) = (recorded.to_string(), recomputed.to_string());
        self.verified.findings.push(Finding { seq: self.seq, trial, at, what, recorded, recomputed });
    }

    /// Compares two values as they are written: floats that are written alike have the same bits.
    fn compare(
        &mut self,
        place: (Option<TrialId>, Option<Progress>),
        what: &str,
        recorded: &impl Serialize,
        recomputed: &impl Serialize,
    ) {
        let value = |result: Result<Value, _>| result.unwrap_or(Value::Null);
        let recorded = value(serde_json::to_value(recorded));
        let recomputed = value(serde_json::to_value(recomputed));
        self.compare_values(place, what, &recorded, &recomputed);
    }

    fn compare_values(
        &mut self,
        place: (Option<TrialId>, Option<Progress>),
        what: &str,
        recorded: &Value,
        recomputed: &Value,
    ) {
        match (recorded, recomputed) {
            (Value::Object(old), Value::Object(new)) => {
                let keys: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
                for key in keys {
                    let (old, new) = (old.get(key), new.get(key));
                    let what = if what.is_empty() { format!("`{key}`") } else { format!("{what} `{key}`") };
                    let of = |value: Option<&Value>| value.cloned().unwrap_or(Value::Null);
                    self.compare_values(place, &what, &of(old), &of(new));
                }
            }
            (old, new) => {
                let (old, new) = (old.to_string(), new.to_string());
                if old != new {
                    self.found(place, what, old, new);
                }
            }
        }
    }
}
