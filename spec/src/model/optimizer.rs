//! `training.optimizer`: how a step is made of gradients.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::leaf::{Word, words};
use super::training::word_of;
use crate::plan::Decayed;
use crate::source::Spanned;

/// The optimizer.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct OptimizerSpec {
    /// `sgd`: stochastic gradient descent with momentum; `adam`: Adam; `adamw`: Adam with decoupled weight decay.
    #[schemars(default = "default_optimizer", schema_with = "words::<OptimizerKind>")]
    pub kind: Spanned<OptimizerKind>,
    /// Learning rate at the start; unless told 0.025 for `sgd`, 0.001 for the others.
    #[schemars(with = "f64", default = "of_kind", extend("exclusiveMinimum" = 0))]
    pub lr: Spanned<f64>,
    /// Momentum without dampening, 0: none; of `sgd`, 0.9 unless told.
    #[schemars(with = "f64", default, extend("minimum" = 0, "exclusiveMaximum" = 1))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub momentum: Option<Spanned<f64>>,
    /// Whether the momentum is Nesterov's; of `sgd`, no unless told.
    #[schemars(with = "bool", default)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nesterov: Option<Spanned<bool>>,
    /// Decay of the mean of gradients; of `adam` and `adamw`, 0.9 unless told.
    #[schemars(with = "f64", default, extend("minimum" = 0, "exclusiveMaximum" = 1))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beta1: Option<Spanned<f64>>,
    /// Decay of the mean of squared gradients; of `adam` and `adamw`, 0.999 unless told.
    #[schemars(with = "f64", default, extend("minimum" = 0, "exclusiveMaximum" = 1))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beta2: Option<Spanned<f64>>,
    /// What is added to the root of the mean of squared gradients; of `adam` and `adamw`, 1e-8 unless told.
    #[schemars(with = "f64", default, extend("exclusiveMinimum" = 0))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epsilon: Option<Spanned<f64>>,
    /// Weight decay: an L2 penalty, for `adamw` a share of the weights a step, times the learning rate; unless told 3e-4
    /// for `sgd`, 0 for `adam`, 0.01 for `adamw`.
    #[schemars(with = "f64", default = "of_kind", extend("minimum" = 0))]
    pub weight_decay: Spanned<f64>,
    /// What decays: `all` parameters, or `weights` alone, without biases and the parameters of batch norm.
    #[schemars(default = "default_decayed", schema_with = "words::<Decayed>")]
    pub decayed: Spanned<Decayed>,
}

/// Kinds of optimizers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptimizerKind {
    /// Stochastic gradient descent.
    Sgd,
    /// Adam.
    Adam,
    /// Adam with decoupled weight decay.
    AdamW,
}

impl OptimizerKind {
    /// The learning rate where none is written.
    pub(super) fn lr(self) -> f64 {
        match self {
            Self::Sgd => 0.025,
            Self::Adam | Self::AdamW => 1e-3,
        }
    }

    /// The weight decay where none is written.
    pub(super) fn weight_decay(self) -> f64 {
        match self {
            Self::Sgd => 3e-4,
            Self::Adam => 0.0,
            Self::AdamW => 0.01,
        }
    }

    /// The keys that not all kinds have, and this one has.
    pub fn own_keys(self) -> &'static [&'static str] {
        match self {
            Self::Sgd => &["momentum", "nesterov"],
            Self::Adam | Self::AdamW => &["beta1", "beta2", "epsilon"],
        }
    }
}

impl Word for OptimizerKind {
    const WORDS: &'static [(&'static str, Self)] =
        &[("sgd", Self::Sgd), ("adam", Self::Adam), ("adamw", Self::AdamW)];

    fn meaning(self) -> &'static str {
        match self {
            Self::Sgd => "stochastic gradient descent with momentum",
            Self::Adam => "Adam (Kingma and Ba 2015)",
            Self::AdamW => "Adam with decoupled weight decay (Loshchilov and Hutter 2019)",
        }
    }
}

impl Word for Decayed {
    const WORDS: &'static [(&'static str, Self)] = &[("all", Self::All), ("weights", Self::Weights)];

    fn meaning(self) -> &'static str {
        match self {
            Self::All => "all parameters decay",
            Self::Weights => "biases and the parameters of batch norm do not decay",
        }
    }
}

impl Serialize for OptimizerKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(word_of(*self))
    }
}

pub(crate) fn default_optimizer() -> OptimizerKind {
    OptimizerKind::Sgd
}

pub(crate) fn default_decayed() -> Decayed {
    Decayed::All
}

pub(crate) fn default_momentum() -> f64 {
    0.9
}

pub(crate) fn default_nesterov() -> bool {
    false
}

pub(crate) fn default_beta1() -> f64 {
    0.9
}

pub(crate) fn default_beta2() -> f64 {
    0.999
}

pub(crate) fn default_epsilon() -> f64 {
    1e-8
}

/// A default that depends on the kind, which no schema can say.
fn of_kind() -> Option<f64> {
    None
}
