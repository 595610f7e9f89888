//! `training.schedule`: the learning rate over the training.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::leaf::{Word, words};
use super::training::word_of;
use crate::source::Spanned;

/// The learning rate over the training.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ScheduleSpec {
    /// `cosine`: half a cosine from the start value to zero, a step an epoch; `step`: times `factor` after `every` epochs;
    /// `constant`: the start value throughout.
    #[schemars(default = "default_schedule", schema_with = "words::<ScheduleKind>")]
    pub kind: Spanned<ScheduleKind>,
    /// Epochs between two steps of `step`, which needs it.
    #[schemars(with = "u32", default, range(min = 1, max = 10_000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<Spanned<u32>>,
    /// What a step of `step` multiplies by; 0.1 unless told.
    #[schemars(with = "f64", default, extend("exclusiveMinimum" = 0, "maximum" = 1))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor: Option<Spanned<f64>>,
    /// Epochs at the beginning in which the learning rate rises linearly, a step a batch, to its start value; the schedule
    /// begins after them.
    #[schemars(default = "default_warm_up", range(max = 10_000))]
    pub warm_up: Spanned<u32>,
}

/// Kinds of schedules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduleKind {
    /// Half a cosine.
    Cosine,
    /// Smaller in steps.
    Step,
    /// No change.
    Constant,
}

impl ScheduleKind {
    /// The keys that not all kinds have, and this one has.
    pub fn own_keys(self) -> &'static [&'static str] {
        match self {
            Self::Step => &["every", "factor"],
            Self::Cosine | Self::Constant => &[],
        }
    }
}

impl Word for ScheduleKind {
    const WORDS: &'static [(&'static str, Self)] =
        &[("cosine", Self::Cosine), ("step", Self::Step), ("constant", Self::Constant)];

    fn meaning(self) -> &'static str {
        match self {
            Self::Cosine => "half a cosine from the start value to zero, a step an epoch",
            Self::Step => "times `factor` after `every` epochs",
            Self::Constant => "the start value throughout",
        }
    }
}

impl Serialize for ScheduleKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(word_of(*self))
    }
}

pub(crate) fn default_schedule() -> ScheduleKind {
    ScheduleKind::Cosine
}

pub(crate) fn default_factor() -> f64 {
    0.1
}

pub(crate) fn default_warm_up() -> u32 {
    0
}
