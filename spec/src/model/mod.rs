//! The typed spec: what was written, with defaults filled in, each leaf with its place.
//!
//! The JSON Schema of the fixed part comes from these types, their doc comments are its descriptions, and their default
//! functions serve both [`decode()`] and the schema. Names (kinds, metrics) are not looked up yet.

mod augment;
mod decode;
mod execution;
mod kind;
mod leaf;
mod optimizer;
pub mod partial;
mod quantity;
mod schedule;
mod search;
mod study;
mod training;

use schemars::JsonSchema;
use serde::Serialize;

pub use augment::{NormalizeSpec, augmentation};
pub use decode::decode;
pub use execution::{
    BudgetSpec, ConfirmSpec, DeviceSpec, ExecutionSpec, ExecutorSpec, FinallySpec, OutputSpec, WorkersSpec,
};
pub use kind::{COMMON_KEYS, KindSpec, NEVER};
pub use leaf::{Word, words};
pub use optimizer::{OptimizerKind, OptimizerSpec};
pub use partial::{Part, PartialSpec};
pub use quantity::{Duration, EpochStep, Memory, Percent, Points};
pub use schedule::{ScheduleKind, ScheduleSpec};
pub use search::{ModeSpec, ReuseSpec, SearchSpec};
pub use study::{ArmSpec, StudySpec, is_study};
pub use training::TrainingSpec;

use crate::plan::{Goal, Metric, Normalize};
use crate::source::{Span, Spanned};

/// An experiment of peng: a search for neural networks, and when their training may stop.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Spec {
    /// Version of the spec's format.
    #[schemars(extend("const" = 1))]
    pub version: Spanned<u32>,
    /// Name of the experiment; run directories are named after it.
    #[schemars(regex(pattern = "^[A-Za-z0-9][A-Za-z0-9._-]*$"))]
    #[schemars(extend("x-expected" = "letters, digits, `.`, `_` and `-`, beginning with a letter or digit"))]
    pub name: Spanned<String>,
    /// The seed that all randomness derives from.
    #[schemars(default = "default_seed", range(max = 9_007_199_254_740_992_u64))]
    pub seed: Spanned<u64>,
    /// What is learned from.
    pub dataset: DatasetSpec,
    /// Which networks exist.
    pub search_space: KindSpec,
    /// How networks are proposed.
    pub search: SearchSpec,
    /// What is sought; with several objectives the result is a front.
    #[schemars(length(min = 1))]
    pub objectives: Vec<ObjectiveSpec>,
    /// How one network is trained.
    pub training: TrainingSpec,
    /// When the training of a network may stop.
    #[schemars(default = "empty_section")]
    pub estimator: EstimatorSpec,
    /// What may be spent.
    #[schemars(default = "empty_section")]
    pub gpu_budget: BudgetSpec,
    /// Where trainings run.
    #[schemars(default = "empty_section")]
    pub execution: ExecutionSpec,
    /// What is done after the search.
    #[schemars(default = "empty_section")]
    pub finally: FinallySpec,
    /// What is written.
    #[schemars(default = "empty_section")]
    pub output: OutputSpec,
}

/// What is learned from.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct DatasetSpec {
    /// Kind and parameters.
    #[serde(skip)]
    pub call: KindSpec,
    /// Share of the training part that is split off for validation, stratified by class.
    #[schemars(default = "default_validation", extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 100))]
    pub validation: Spanned<Percent>,
    /// Sizes to which the splits are cut, after the split.
    #[schemars(default = "empty_section")]
    pub limit: LimitSpec,
    /// Changes of training images, drawn anew for each image and epoch, in order: `random_crop(4)` (moved by up to 4 pixels),
    /// `horizontal_flip`, `vertical_flip`, `cutout(8)` (a square of zeros), `mixup(0.2)` (of images and targets; the metrics of
    /// training are then about the first of both).
    #[schemars(with = "Vec<String>", default, extend("examples" = [["random_crop(4)", "horizontal_flip"]]))]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub augment: Vec<Spanned<String>>,
    /// `none`: values of images stay between 0 and 1; `channels`: each channel gets mean 0 and standard deviation 1, as measured
    /// on the training split alone.
    #[schemars(default = "augment::default_normalize", schema_with = "words::<Normalize>")]
    pub normalize: Spanned<NormalizeSpec>,
}

/// Sizes to which the splits are cut, after the split.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct LimitSpec {
    /// Most training examples.
    #[schemars(with = "u64", default, range(min = 1))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train: Option<Spanned<u64>>,
    /// Most validation examples.
    #[schemars(with = "u64", default, range(min = 1))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation: Option<Spanned<u64>>,
    /// Most test examples.
    #[schemars(with = "u64", default, range(min = 1))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<Spanned<u64>>,
}

/// One objective: a direction and a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectiveSpec {
    /// The direction.
    pub goal: Goal,
    /// Where the direction stands.
    pub goal_span: Span,
    /// The name of the metric.
    pub metric: Spanned<String>,
}

impl JsonSchema for ObjectiveSpec {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Objective".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "object",
            "properties": {
                "maximize": { "description": "A metric of which more is better.", "type": "string" },
                "minimize": { "description": "A metric of which less is better.", "type": "string" },
            },
            "additionalProperties": false,
            "minProperties": 1,
            "maxProperties": 1,
            "x-expected": "one key, `maximize` or `minimize`",
        })
    }
}

/// When the training of a network may stop.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct EstimatorSpec {
    /// Kind and parameters.
    #[serde(skip)]
    pub call: KindSpec,
    /// The metric whose curve it observes.
    #[schemars(default = "default_metric")]
    pub metric: Spanned<String>,
    /// Share of the trainings, chosen by hash, that run to the end although the estimator would have stopped them, so
    /// that its error is known.
    #[schemars(default = "default_audit", extend("minimum" = 0, "maximum" = 100))]
    pub audit: Spanned<Percent>,
    /// Regret, measured by `audit`, above which the estimator is switched off between two generations; the lower end of
    /// its interval counts.
    #[schemars(with = "Points", default, extend("exclusiveMinimum" = 0))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_regret: Option<Spanned<Points>>,
}

/// The default of a section: all of its keys have defaults.
pub(crate) fn empty_section() -> serde_json::Value {
    serde_json::json!({})
}

pub(crate) fn default_seed() -> u64 {
    0
}

pub(crate) fn default_validation() -> Percent {
    Percent(10.0)
}

pub(crate) fn default_audit() -> Percent {
    Percent(0.0)
}

pub(crate) fn default_metric() -> String {
    Metric::ValAccuracy.name().to_owned()
}
