//! The encoding of a network in its search space: JSON that only the space can read.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The encoding of one network, in the form that its search space defines (for `nsga-macro` nested lists of bits).
///
/// Two genomes are the same if their JSON is; [`fmt::Display`] writes it on one line without spaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Genome(Value);

impl Genome {
    /// Wraps the encoding.
    pub fn new(encoding: Value) -> Self {
        Self(encoding)
    }

    /// The encoding.
    pub fn value(&self) -> &Value {
        &self.0
    }
}

impl fmt::Display for Genome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
