//! Certificates: what a decision was computed from and what a training has measured, as digests that anyone with the journal
//! can compute again.

use peng_estimator::{History, TrialRecord};
use peng_spec::plan::{Plan, sha256_hex};
use serde::Serialize;
use serde_json::json;

use super::training_facts;
use crate::state::MeasuredPoint;

/// Digests of what many decisions have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Premises {
    estimator: String,
    history: String,
}

impl Premises {
    /// The premises of decisions by the plan's estimator that rest on a history.
    pub fn new(plan: &Plan, history: &History) -> Self {
        let facts = training_facts(plan).ok();
        let estimator = digest(&json!({ "call": plan.estimator.call, "facts": facts }));
        Self { estimator, history: digest(history) }
    }

    /// The digest of what the answer on a trial depends on.
    pub fn of_trial(&self, trial: &TrialRecord) -> String {
        digest(&json!({ "estimator": self.estimator, "history": self.history, "trial": trial }))
    }

    /// The digest of what a look at the paused trials depends on.
    pub fn of_paused(&self) -> String {
        digest(&json!({ "estimator": self.estimator, "history": self.history }))
    }
}

/// The digest of all that was measured of a trial, judged or not.
pub fn digest_of_curve(points: &[MeasuredPoint]) -> String {
    digest(&points)
}

fn digest(value: &impl Serialize) -> String {
    sha256_hex(&serde_json::to_vec(value).expect("what estimators see has string keys"))
}
