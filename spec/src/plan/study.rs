//! The plan of a study: a whole plan for each arm, and the seeds that they are run under.

use serde::{Deserialize, Serialize};

use super::{Plan, PlanError, sha256_hex};

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
        self.digest = self.content_digest();
        self
    }

    /// The study as it is written to `study.json`: indented JSON with a final line break.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a plan has string keys and finite numbers");
        text.push('\n');
        text
    }

    /// Reads a study, and refuses one of another version or one that was edited.
    pub fn from_json(text: &str) -> Result<Self, PlanError> {
        let malformed = |e: serde_json::Error| PlanError::Malformed(e.to_string());
        let value: serde_json::Value = serde_json::from_str(text).map_err(malformed)?;
        match value.get("format").and_then(|format| format.as_str()) {
            Some(STUDY_FORMAT) => {}
            Some(other) => return Err(PlanError::Format { found: other.to_owned() }),
            None => return Err(PlanError::Malformed("it has no `format`".to_owned())),
        }
        let study: Self = serde_json::from_value(value).map_err(malformed)?;
        let expected = study.content_digest();
        if study.digest == expected {
            Ok(study)
        } else {
            Err(PlanError::Digest { found: study.digest, expected })
        }
    }

    fn content_digest(&self) -> String {
        let mut value = serde_json::to_value(self).expect("a plan has string keys and finite numbers");
        if let Some(object) = value.as_object_mut() {
            object.shift_remove("digest");
        }
        sha256_hex(value.to_string().as_bytes())
    }
}
