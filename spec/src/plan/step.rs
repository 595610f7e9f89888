//! The steps of a plan: a closed list, not a task graph.

use serde::{Deserialize, Serialize};

/// A stage of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Unique in the plan.
    pub id: String,
    /// Steps that must have finished.
    pub needs: Vec<String>,
    /// What it does.
    #[serde(rename = "do")]
    pub kind: StepKind,
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// Binds device and data, and compares the data with what the plan says of them.
    Prepare,
    /// Searches.
    Search,
    /// Trains predicted members of the front to the end.
    Confirm(ConfirmWhat),
}

/// Which trials are confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfirmWhat {
    /// Every member of the front that is a prediction, until the front consists of observations.
    Front,
    /// The trial that is best in the first objective.
    Best,
}
