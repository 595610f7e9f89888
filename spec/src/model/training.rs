//! `training`: how one network is trained.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::leaf::{Word, words};
use super::quantity::EpochStep;
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
    /// Epochs between two measurements; `epochs` is a multiple of it.
    #[schemars(default = "default_measure_every", extend("exclusiveMinimum" = 0))]
    pub measure_every: Spanned<EpochStep>,
}

/// The optimizer.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct OptimizerSpec {
    /// `sgd`: stochastic gradient descent with momentum.
    #[schemars(default = "default_optimizer", schema_with = "words::<OptimizerKind>")]
    pub kind: Spanned<OptimizerKind>,
    /// Learning rate at the start.
    #[schemars(default = "default_lr", extend("exclusiveMinimum" = 0))]
    pub lr: Spanned<f64>,
    /// Momentum without dampening; 0: none.
    #[schemars(default = "default_momentum", extend("minimum" = 0, "exclusiveMaximum" = 1))]
    pub momentum: Spanned<f64>,
    /// L2 penalty on all parameters.
    #[schemars(default = "default_weight_decay", extend("minimum" = 0))]
    pub weight_decay: Spanned<f64>,
}

/// The learning rate over the training.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ScheduleSpec {
    /// `cosine`: half a cosine from the start value to zero, a step an epoch; `constant`: the start value throughout.
    #[schemars(default = "default_schedule", schema_with = "words::<ScheduleKind>")]
    pub kind: Spanned<ScheduleKind>,
}

/// Kinds of optimizers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptimizerKind {
    /// Stochastic gradient descent.
    Sgd,
}

impl Word for OptimizerKind {
    const WORDS: &'static [(&'static str, Self)] = &[("sgd", Self::Sgd)];

    fn meaning(self) -> &'static str {
        match self {
            Self::Sgd => "stochastic gradient descent with momentum",
        }
    }
}

/// Kinds of schedules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduleKind {
    /// Half a cosine.
    Cosine,
    /// No change.
    Constant,
}

impl Word for ScheduleKind {
    const WORDS: &'static [(&'static str, Self)] = &[("cosine", Self::Cosine), ("constant", Self::Constant)];

    fn meaning(self) -> &'static str {
        match self {
            Self::Cosine => "half a cosine from the start value to zero, a step an epoch",
            Self::Constant => "the start value throughout",
        }
    }
}

/// The word of a choice.
pub(crate) fn word_of<W: Word + PartialEq>(chosen: W) -> &'static str {
    W::WORDS.iter().find(|(_, word)| *word == chosen).map_or("", |(name, _)| name)
}

impl Serialize for OptimizerKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(word_of(*self))
    }
}

impl Serialize for ScheduleKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(word_of(*self))
    }
}

pub(crate) fn default_batch_size() -> u64 {
    128
}

pub(crate) fn default_measure_every() -> EpochStep {
    EpochStep(EpochFraction::ONE)
}

pub(crate) fn default_optimizer() -> OptimizerKind {
    OptimizerKind::Sgd
}

pub(crate) fn default_lr() -> f64 {
    0.025
}

pub(crate) fn default_momentum() -> f64 {
    0.9
}

pub(crate) fn default_weight_decay() -> f64 {
    3e-4
}

pub(crate) fn default_schedule() -> ScheduleKind {
    ScheduleKind::Cosine
}
