//! `training`: how one network is trained.

use schemars::JsonSchema;
use serde::Serialize;

use super::leaf::Word;
use super::optimizer::OptimizerSpec;
use super::quantity::EpochStep;
use super::schedule::ScheduleSpec;
use crate::plan::EpochFraction;
use crate::source::Spanned;

/// How one network is trained.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TrainingSpec {
    /// Epochs of a whole training.
    #[schemars(range(min = 1, max = 10_000))]
    pub epochs: Spanned<u32>,
    /// Examples a step.
    #[schemars(default = "default_batch_size", range(min = 1))]
    pub batch_size: Spanned<u64>,
    /// The optimizer.
    #[schemars(default = "super::empty_section")]
    pub optimizer: OptimizerSpec,
    /// The learning rate over the training.
    #[schemars(default = "super::empty_section")]
    pub schedule: ScheduleSpec,
    /// Share of each target that is spread evenly over all classes.
    #[schemars(default = "default_label_smoothing", extend("minimum" = 0, "exclusiveMaximum" = 1))]
    pub label_smoothing: Spanned<f64>,
    /// Length to which the gradient of all parameters together is shortened where it is longer; not unless told.
    #[schemars(with = "f64", default, extend("exclusiveMinimum" = 0))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip_gradients: Option<Spanned<f64>>,
    /// Epochs between two measurements; `epochs` is a multiple of it.
    #[schemars(default = "default_measure_every", extend("exclusiveMinimum" = 0))]
    pub measure_every: Spanned<EpochStep>,
}

/// The word of a choice.
pub(crate) fn word_of<W: Word + PartialEq>(chosen: W) -> &'static str {
    W::WORDS.iter().find(|(_, word)| *word == chosen).map_or("", |(name, _)| name)
}

pub(crate) fn default_batch_size() -> u64 {
    128
}

pub(crate) fn default_label_smoothing() -> f64 {
    0.0
}

pub(crate) fn default_measure_every() -> EpochStep {
    EpochStep(EpochFraction::ONE)
}
