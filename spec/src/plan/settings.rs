//! Settings of a training that a network may bring along, in place of those of the plan.

use serde::{Deserialize, Serialize};

use super::TrainingPlan;

/// A setting that a space may let vary with the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// Learning rate at the start.
    Lr,
    /// Examples a step.
    BatchSize,
    /// Momentum.
    Momentum,
    /// Weight decay.
    WeightDecay,
}

impl Setting {
    /// All settings.
    pub const ALL: [Self; 4] = [Self::Lr, Self::BatchSize, Self::Momentum, Self::WeightDecay];

    /// The name in specs and genomes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lr => "lr",
            Self::BatchSize => "batch_size",
            Self::Momentum => "momentum",
            Self::WeightDecay => "weight_decay",
        }
    }
}

/// What a network brings along, a value a setting.
pub type Settings = Vec<(Setting, f64)>;

impl TrainingPlan {
    /// The training of a network that brings settings along. What the optimizer has not is left out.
    #[must_use]
    pub fn with(&self, settings: &Settings) -> Self {
        let mut training = self.clone();
        for &(setting, value) in settings {
            if setting == Setting::BatchSize {
                training.batch_size = value as usize;
            } else if let Some(place) = training.optimizer.setting(setting) {
                *place = value;
            }
        }
        training
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Decayed, EpochFraction, OptimizerPlan, SchedulePlan};

    fn sgd(lr: f64, momentum: f64, weight_decay: f64) -> OptimizerPlan {
        OptimizerPlan::Sgd { lr, momentum, nesterov: false, weight_decay, decayed: Decayed::All }
    }

    #[test]
    fn what_a_network_brings_along_takes_the_place_of_the_plan() {
        let plan = TrainingPlan {
            epochs: 4,
            batch_size: 128,
            optimizer: sgd(0.1, 0.9, 0.0),
            schedule: SchedulePlan::Cosine,
            warm_up: 0,
            label_smoothing: 0.0,
            clip_gradients: None,
            measure_every: EpochFraction::ONE,
        };
        assert_eq!(plan.with(&Vec::new()), plan);
        let all = Setting::ALL.into_iter().zip([0.5, 32.0, 0.25, 0.125]).collect();
        let optimizer = sgd(0.5, 0.25, 0.125);
        assert_eq!(plan.with(&all), TrainingPlan { batch_size: 32, optimizer, ..plan });
    }
}
