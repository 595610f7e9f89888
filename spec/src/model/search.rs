//! `search`: how networks are proposed, what of them is not trained, and when results are told.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::KindSpec;
use super::leaf::{Word, words};
use super::training::word_of;
use crate::plan::Mode;
use crate::source::Spanned;

/// How networks are proposed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SearchSpec {
    /// Kind and parameters.
    #[serde(skip)]
    pub call: KindSpec,
    /// `generations`: the next networks are asked for when all of a generation have ended, so that neither the number of
    /// workers nor their speed changes a run; `asynchronous`: whenever a worker is free, so that none waits for the slowest
    /// network, and the order in which trainings end matters.
    #[schemars(default = "default_mode", schema_with = "words::<Mode>")]
    pub mode: Spanned<ModeSpec>,
    /// Which networks are not trained but have the result of another one.
    #[schemars(default = "super::empty_section")]
    pub reuse: ReuseSpec,
}

/// Which networks are not trained but have the result of another one.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ReuseSpec {
    /// Those that are so near to a trained one, in edits of the graph (a layer or a connection more, less, or another one);
    /// they have the fitness of the nearest one and costs of their own. 0: only those that are the same.
    #[schemars(default = "default_similar_within")]
    pub similar_within: Spanned<u32>,
}

/// When results are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModeSpec(pub Mode);

impl Word for Mode {
    const WORDS: &'static [(&'static str, Self)] =
        &[("generations", Self::Generations), ("asynchronous", Self::Asynchronous)];

    fn meaning(self) -> &'static str {
        match self {
            Self::Generations => "when all trainings of a generation have ended",
            Self::Asynchronous => "of each training as soon as it has ended",
        }
    }
}

impl Serialize for ModeSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(word_of(self.0))
    }
}

pub(crate) fn default_mode() -> ModeSpec {
    ModeSpec(Mode::Generations)
}

pub(crate) fn default_similar_within() -> u32 {
    0
}
