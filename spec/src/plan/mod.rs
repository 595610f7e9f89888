//! The execution plan: complete, versioned, without defaults and without spans. The narrow waist of `peng`.
//!
//! Left of it nothing trains, right of it nothing reads YAML. The same meaning has the same bytes, and so the same
//! digest.

mod augmentation;
mod device;
mod digest;
mod metric;
mod optimizer;
mod parts;
mod search;
mod settings;
mod step;
mod study;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use augmentation::{Augmentation, Normalize};
pub use device::{Backend, Count, Device};
pub use digest::{PlanError, hex, sha256_hex};
pub use metric::{Goal, Metric, Objective};
pub use optimizer::{AdamPlan, Decayed, OptimizerPlan};
pub use parts::{
    BudgetPlan, DatasetPlan, EpochFraction, EstimatorPlan, ExecutionPlan, ExecutorPlan, Limit, OutputPlan,
    PlannedCost, SchedulePlan, SpacePlan, TrainingPlan,
};
pub use search::{Mode, ReusePlan, SearchPlan};
pub use settings::{Setting, Settings};
pub use step::{ConfirmWhat, Step, StepKind};
pub use study::{ArmPlan, STUDY_FORMAT, StudyPlan};

/// The version of the plan format that this crate reads and writes.
pub const PLAN_FORMAT: &str = "peng.plan/2";

/// A kind and its parameters, all defaults written out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindCall {
    /// Name of the kind.
    pub kind: String,
    /// Its parameters, normalised.
    pub params: Value,
}

/// What a run does, in full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// [`PLAN_FORMAT`].
    pub format: String,
    /// SHA-256 of the plan without this field, in hexadecimal digits.
    pub digest: String,
    /// Name of the experiment.
    pub name: String,
    /// The seed that all randomness derives from.
    pub seed: u64,
    /// What is learned from.
    pub dataset: DatasetPlan,
    /// Which networks exist.
    pub space: SpacePlan,
    /// What is sought, in the order of the spec.
    pub objectives: Vec<Objective>,
    /// How networks are proposed.
    pub search: SearchPlan,
    /// How one network is trained.
    pub training: TrainingPlan,
    /// When its training may stop.
    pub estimator: EstimatorPlan,
    /// Where and within which budget.
    pub execution: ExecutionPlan,
    /// What is written.
    pub output: OutputPlan,
    /// What the plan costs at most.
    pub cost: PlannedCost,
    /// What is done, in order.
    pub steps: Vec<Step>,
}
