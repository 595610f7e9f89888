//! Digest, writing and reading of a plan, and of what is written like one.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::{PLAN_FORMAT, Plan};

/// Why a plan file is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanError {
    /// It is not JSON, or not of the plan's form.
    Malformed(String),
    /// It has another format version.
    Format {
        /// What the file says.
        found: String,
        /// What this version reads.
        expected: &'static str,
    },
    /// Its digest does not fit its content.
    Digest {
        /// What the file says.
        found: String,
        /// What its content has.
        expected: String,
    },
}

impl std::fmt::Display for PlanError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed(what) => write!(f, "the file is no plan: {what}"),
            Self::Format { found, expected } => {
                write!(f, "plan format `{found}` is unknown to this version of peng; expected `{expected}`")
            }
            Self::Digest { found, expected } => write!(
                f,
                "the plan was changed after it was compiled: its digest is {found}, its content has {expected}"
            ),
        }
    }
}

impl std::error::Error for PlanError {}

/// SHA-256 of bytes, as hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        use std::fmt::Write;
        write!(hex, "{byte:02x}").expect("writing to a string cannot fail");
        hex
    })
}

impl Plan {
    /// Sets the digest; the last thing that lowering does.
    #[must_use]
    pub fn sealed(mut self) -> Self {
        self.digest = content_digest(&self);
        self
    }

    /// The plan as it is written to `plan.json`: indented JSON with a final line break.
    pub fn to_json(&self) -> String {
        written(self)
    }

    /// Reads a plan, and refuses one of another version or one that was edited.
    pub fn from_json(text: &str) -> Result<Self, PlanError> {
        read(text, PLAN_FORMAT, |plan: &Self| &plan.digest)
    }
}

/// Indented JSON with a final line break.
pub(super) fn written(plan: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(plan).expect("a plan has string keys and finite numbers");
    text.push('\n');
    text
}

/// Reads what was written in a format, and refuses what has another one or was edited.
pub(super) fn read<T: Serialize + DeserializeOwned>(
    text: &str,
    format: &'static str,
    digest: fn(&T) -> &str,
) -> Result<T, PlanError> {
    let malformed = |e: serde_json::Error| PlanError::Malformed(e.to_string());
    let value: serde_json::Value = serde_json::from_str(text).map_err(malformed)?;
    match value.get("format").and_then(|found| found.as_str()) {
        Some(found) if found == format => {}
        Some(other) => return Err(PlanError::Format { found: other.to_owned(), expected: format }),
        None => return Err(PlanError::Malformed("it has no `format`".to_owned())),
    }
    let plan: T = serde_json::from_value(value).map_err(malformed)?;
    let (found, expected) = (digest(&plan).to_owned(), content_digest(&plan));
    if found == expected { Ok(plan) } else { Err(PlanError::Digest { found, expected }) }
}

/// SHA-256 of a plan without its digest.
pub(super) fn content_digest(plan: &impl Serialize) -> String {
    let mut value = serde_json::to_value(plan).expect("a plan has string keys and finite numbers");
    if let Some(object) = value.as_object_mut() {
        object.shift_remove("digest");
    }
    sha256_hex(value.to_string().as_bytes())
}
