//! The optimizer of a plan.

use serde::{Deserialize, Serialize};

use super::Setting;

/// An optimizer, with the formulas of `PyTorch`'s of that name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum OptimizerPlan {
    /// Stochastic gradient descent.
    Sgd {
        /// Learning rate at the start.
        lr: f64,
        /// Momentum without dampening, 0: none.
        momentum: f64,
        /// Whether the momentum is Nesterov's.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        nesterov: bool,
        /// L2 penalty.
        weight_decay: f64,
        /// What decays.
        #[serde(default, skip_serializing_if = "Decayed::is_all")]
        decayed: Decayed,
    },
    /// Adam (Kingma and Ba 2015).
    Adam(AdamPlan),
    /// Adam with decoupled weight decay (Loshchilov and Hutter 2019).
    #[serde(rename = "adamw")]
    AdamW(AdamPlan),
}

/// The parameters of Adam.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AdamPlan {
    /// Learning rate at the start.
    pub lr: f64,
    /// Decay of the mean of gradients.
    pub beta1: f64,
    /// Decay of the mean of squared gradients.
    pub beta2: f64,
    /// What is added to the root of the mean of squared gradients.
    pub epsilon: f64,
    /// L2 penalty, or for `adamw` the share of the weights that a step takes, times the learning rate.
    pub weight_decay: f64,
    /// What decays.
    #[serde(default, skip_serializing_if = "Decayed::is_all")]
    pub decayed: Decayed,
}

/// What decays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decayed {
    /// All parameters.
    #[default]
    All,
    /// Neither biases nor the parameters of batch norm.
    Weights,
}

impl Decayed {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands in references")]
    fn is_all(&self) -> bool {
        *self == Self::All
    }
}

impl OptimizerPlan {
    /// Learning rate at the start.
    pub fn lr(&self) -> f64 {
        match self {
            Self::Sgd { lr, .. } => *lr,
            Self::Adam(adam) | Self::AdamW(adam) => adam.lr,
        }
    }

    /// The value of a setting; `None`: it has none.
    pub(super) fn setting(&mut self, setting: Setting) -> Option<&mut f64> {
        match (self, setting) {
            (_, Setting::BatchSize) | (Self::Adam(_) | Self::AdamW(_), Setting::Momentum) => None,
            (Self::Sgd { lr, .. }, Setting::Lr) => Some(lr),
            (Self::Sgd { momentum, .. }, Setting::Momentum) => Some(momentum),
            (Self::Sgd { weight_decay, .. }, Setting::WeightDecay) => Some(weight_decay),
            (Self::Adam(adam) | Self::AdamW(adam), Setting::Lr) => Some(&mut adam.lr),
            (Self::Adam(adam) | Self::AdamW(adam), Setting::WeightDecay) => Some(&mut adam.weight_decay),
        }
    }
}
