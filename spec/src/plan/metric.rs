//! Metrics: what is measured of a network, in which unit, of which data sets, and in which direction it gets better.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::catalog::Target;

/// Whether more is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// More is better.
    Maximize,
    /// Less is better.
    Minimize,
}

impl Goal {
    /// Whether `a` is strictly better than `b`; NaN is worse than everything.
    pub fn is_better(self, a: f64, b: f64) -> bool {
        match self {
            Self::Maximize => a > b || (b.is_nan() && !a.is_nan()),
            Self::Minimize => a < b || (b.is_nan() && !a.is_nan()),
        }
    }
}

/// A measured quantity of a network. Values of a regression are in the units of its targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Share of the training examples classified correctly while training, percent.
    TrainAccuracy,
    /// Mean loss while training: cross entropy in nats, squared error of a regression.
    TrainLoss,
    /// Share of the variance of the training targets that is explained while training, percent.
    TrainR2,
    /// Share of the training examples whose class is among the five with the greatest scores while training, percent.
    TrainTop5,
    /// Share of the validation examples classified correctly, percent.
    ValAccuracy,
    /// Area under the receiver operating characteristic of two classes on the validation examples, percent.
    ValAuc,
    /// Mean loss on the validation examples: cross entropy in nats, squared error of a regression.
    ValLoss,
    /// Mean absolute error on the validation examples.
    ValMae,
    /// Share of the variance of the validation targets that is explained, percent; below 0 where their mean does better.
    ValR2,
    /// Root of the mean squared error on the validation examples.
    ValRmse,
    /// Share of the validation examples whose class is among the five with the greatest scores, percent.
    ValTop5,
    /// Multiply-accumulates for one example, as NSGA-Net counts them.
    Flops,
    /// Learned parameters.
    Params,
}

impl Metric {
    /// All metrics.
    pub const ALL: [Self; 13] = [
        Self::ValAccuracy,
        Self::ValLoss,
        Self::ValTop5,
        Self::ValAuc,
        Self::ValMae,
        Self::ValRmse,
        Self::ValR2,
        Self::TrainAccuracy,
        Self::TrainLoss,
        Self::TrainTop5,
        Self::TrainR2,
        Self::Flops,
        Self::Params,
    ];

    /// The name in specs, journals and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::TrainAccuracy => "train_accuracy",
            Self::TrainLoss => "train_loss",
            Self::TrainR2 => "train_r2",
            Self::TrainTop5 => "train_top5",
            Self::ValAccuracy => "val_accuracy",
            Self::ValAuc => "val_auc",
            Self::ValLoss => "val_loss",
            Self::ValMae => "val_mae",
            Self::ValR2 => "val_r2",
            Self::ValRmse => "val_rmse",
            Self::ValTop5 => "val_top5",
            Self::Flops => "flops",
            Self::Params => "params",
        }
    }

    /// What it is, in a line.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::TrainAccuracy => "accuracy on the training examples, in percent",
            Self::TrainLoss => {
                "loss on the training examples: cross entropy in nats, or the mean squared error of a regression"
            }
            Self::TrainR2 => {
                "explained variance of the training targets, R squared in percent; of a regression"
            }
            Self::TrainTop5 => "share of the training examples whose class is among five guesses, in percent",
            Self::ValAccuracy => "accuracy on the validation examples, in percent",
            Self::ValAuc => "area under the ROC curve on the validation examples, in percent; of two classes",
            Self::ValLoss => {
                "loss on the validation examples: cross entropy in nats, or the mean squared error of a regression"
            }
            Self::ValMae => "mean absolute error on the validation examples; of a regression",
            Self::ValR2 => {
                "explained variance of the validation targets, R squared in percent; of a regression"
            }
            Self::ValRmse => "root of the mean squared error on the validation examples; of a regression",
            Self::ValTop5 => "share of the validation examples whose class is among five guesses, in percent",
            Self::Flops => "multiply-accumulates of one example, counted as NSGA-Net does",
            Self::Params => "trainable parameters",
        }
    }

    /// Whether it is measured during training; else it follows from the architecture.
    pub fn is_measured(self) -> bool {
        !matches!(self, Self::Flops | Self::Params)
    }

    /// Whether its values are percent, and their differences percentage points.
    pub fn is_percent(self) -> bool {
        match self {
            Self::TrainAccuracy
            | Self::TrainR2
            | Self::TrainTop5
            | Self::ValAccuracy
            | Self::ValAuc
            | Self::ValR2
            | Self::ValTop5 => true,
            Self::TrainLoss | Self::ValLoss | Self::ValMae | Self::ValRmse | Self::Flops | Self::Params => {
                false
            }
        }
    }

    /// Whether networks that tell this have it.
    pub fn suits(self, target: Target) -> bool {
        match (self, target) {
            (Self::TrainLoss | Self::ValLoss | Self::Flops | Self::Params, _)
            | (
                Self::TrainAccuracy | Self::TrainTop5 | Self::ValAccuracy | Self::ValTop5,
                Target::Classes(_),
            )
            | (Self::TrainR2 | Self::ValMae | Self::ValR2 | Self::ValRmse, Target::Values(_)) => true,
            (Self::ValAuc, Target::Classes(classes)) => classes == 2,
            (
                Self::TrainAccuracy | Self::TrainTop5 | Self::ValAccuracy | Self::ValTop5 | Self::ValAuc,
                Target::Values(_),
            )
            | (Self::TrainR2 | Self::ValMae | Self::ValR2 | Self::ValRmse, Target::Classes(_)) => false,
        }
    }

    /// Whether it is a share of the validation examples, so that its standard error follows from their number.
    pub fn is_share_of_validation(self) -> bool {
        match self {
            Self::ValAccuracy | Self::ValTop5 => true,
            Self::ValAuc
            | Self::ValLoss
            | Self::ValMae
            | Self::ValR2
            | Self::ValRmse
            | Self::TrainAccuracy
            | Self::TrainLoss
            | Self::TrainR2
            | Self::TrainTop5
            | Self::Flops
            | Self::Params => false,
        }
    }

    /// The direction in which a network gets better.
    pub fn goal(self) -> Goal {
        if self.is_percent() { Goal::Maximize } else { Goal::Minimize }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Metric {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|m| m.name() == name).ok_or(())
    }
}

/// One objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// The direction.
    pub goal: Goal,
    /// The quantity.
    pub metric: Metric,
}
