//! How networks are proposed, and which of them are not trained.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::KindCall;

/// The search of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchPlan {
    /// Name of the kind.
    pub kind: String,
    /// Its parameters, normalised.
    pub params: Value,
    /// When it is told of results and asked for networks.
    #[serde(default, skip_serializing_if = "Mode::is_generations")]
    pub mode: Mode,
    /// Which networks are not trained but have the result of another one.
    #[serde(default, skip_serializing_if = "ReusePlan::is_identical")]
    pub reuse: ReusePlan,
}

/// When a search is told of results and asked for networks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Of a whole generation, when all of its trainings have ended.
    #[default]
    Generations,
    /// Of each training as soon as it has ended: no slot waits for the slowest network of a generation.
    Asynchronous,
}

/// Which networks are not trained but have the result of another one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReusePlan {
    /// Those that are so near to a trained one, in edits of the graph; 0: only those that are the same.
    pub similar_within: u32,
}

impl SearchPlan {
    /// A search in generations that trains all networks which differ.
    pub fn new(call: KindCall) -> Self {
        let KindCall { kind, params } = call;
        Self { kind, params, mode: Mode::default(), reuse: ReusePlan::default() }
    }

    /// Kind and parameters.
    pub fn call(&self) -> KindCall {
        KindCall { kind: self.kind.clone(), params: self.params.clone() }
    }
}

impl Mode {
    /// Whether results are told by generations.
    pub fn is_generations(&self) -> bool {
        *self == Self::Generations
    }
}

impl ReusePlan {
    /// Whether only networks that are the same are not trained.
    pub fn is_identical(&self) -> bool {
        self.similar_within == 0
    }
}
