//! The plan of a study: a whole plan for each arm, and the seeds that they are run under.

use serde::{Deserialize, Serialize};

use super::digest::{content_digest, read, written};
use super::{Plan, PlanError};

/// The version of the study format that this crate reads and writes.
pub const STUDY_FORMAT: &str = "peng.study/1";

/// What a study does, in full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudyPlan {
    /// [`STUDY_FORMAT`].
    pub format: String,
    /// SHA-256 of the study without this field, in hexadecimal digits.
    pub digest: String,
    /// Name of the study.
    pub name: String,
    /// The seeds, all different.
    pub seeds: Vec<u64>,
    /// Whether every network that an arm has met is trained to the end.
    pub truth: bool,
    /// The arms, in the order of the study.
    pub arms: Vec<ArmPlan>,
}

/// An estimator of a study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArmPlan {
    /// Its name.
    pub name: String,
    /// The experiment under it, with the first seed.
    pub plan: Plan,
}

impl ArmPlan {
    /// The plan under a seed.
    pub fn under(&self, seed: u64) -> Plan {
        Plan { seed, ..self.plan.clone() }.sealed()
    }
}

impl StudyPlan {
    /// Sets the digest.
    #[must_use]
    pub fn sealed(mut self) -> Self {
        self.digest = content_digest(&self);
        self
    }

    /// The study as it is written to `study.json`: indented JSON with a final line break.
    pub fn to_json(&self) -> String {
        written(self)
    }

    /// Reads a study, and refuses one of another version or one that was edited.
    pub fn from_json(text: &str) -> Result<Self, PlanError> {
        read(text, STUDY_FORMAT, |study: &Self| &study.digest)
    }
}
