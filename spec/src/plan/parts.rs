//! The parts of a plan.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Augmentation, Count, Device, KindCall, Metric, Normalize, OptimizerPlan};
use crate::catalog::{DatasetFacts, SpaceFacts};

/// A data set, and what is made of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetPlan {
    /// Kind and parameters.
    pub call: KindCall,
    /// Share of the training part that is split off for validation, stratified; percent, above 0 and below 100.
    pub validation_percent: f64,
    /// Sizes to which the splits are cut, after the split.
    pub limit: Limit,
    /// Changes of the training images, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub augment: Vec<Augmentation>,
    /// Whether the values of images are shifted and scaled.
    #[serde(default, skip_serializing_if = "Normalize::is_none")]
    pub normalize: Normalize,
    /// What the data must be.
    pub facts: DatasetFacts,
    /// Sizes of the splits: training, validation, test.
    pub splits: [usize; 3],
}

/// Sizes to which the splits are cut; `None`: not cut.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Training examples.
    pub train: Option<usize>,
    /// Validation examples.
    pub validation: Option<usize>,
    /// Test examples.
    pub test: Option<usize>,
}

/// A search space and what is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpacePlan {
    /// Kind and parameters.
    pub call: KindCall,
    /// Size and bounds.
    pub facts: SpaceFacts,
}

/// A positive rational number of epochs, in lowest terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpochFraction {
    /// Above the line.
    pub numerator: u32,
    /// Below the line; not zero.
    pub denominator: u32,
}

impl EpochFraction {
    /// One epoch.
    pub const ONE: Self = Self { numerator: 1, denominator: 1 };

    /// The fraction in lowest terms; `None` if a part is zero.
    pub fn new(numerator: u32, denominator: u32) -> Option<Self> {
        let (mut a, mut b) = (numerator, denominator);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        (numerator > 0 && denominator > 0)
            .then(|| Self { numerator: numerator / a, denominator: denominator / a })
    }

    /// How many of it are in `epochs`, if that is a whole number.
    pub fn count_in(self, epochs: u32) -> Option<u32> {
        let parts = u64::from(epochs) * u64::from(self.denominator);
        let count = parts / u64::from(self.numerator);
        (parts % u64::from(self.numerator) == 0).then(|| u32::try_from(count).ok()).flatten()
    }
}

impl fmt::Display for EpochFraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.numerator, self.denominator) {
            (n, 1) => write!(f, "{n}"),
            (n, d) => write!(f, "{n}/{d}"),
        }
    }
}

/// How one network is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingPlan {
    /// Epochs of a whole training.
    pub epochs: u32,
    /// Examples a step.
    pub batch_size: usize,
    /// The optimizer.
    pub optimizer: OptimizerPlan,
    /// The learning rate over the training.
    pub schedule: SchedulePlan,
    /// Epochs at the beginning in which the learning rate rises linearly; the schedule begins after them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub warm_up: u32,
    /// Share of each target that is spread evenly over all classes.
    #[serde(default, skip_serializing_if = "is_none")]
    pub label_smoothing: f64,
    /// Length to which the gradient of all parameters together is shortened; `None`: it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_gradients: Option<f64>,
    /// Epochs between two measurements; `epochs` is a multiple of it.
    pub measure_every: EpochFraction,
}

// What is as it was before there was a choice, is left out, so that a plan keeps its digest.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands in references")]
fn is_zero(epochs: &u32) -> bool {
    *epochs == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands in references")]
fn is_none(share: &f64) -> bool {
    *share == 0.0
}

/// The learning rate over the training.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum SchedulePlan {
    /// Half a cosine from the start value to zero, a step an epoch.
    Cosine,
    /// Smaller in steps.
    Step {
        /// Epochs between two steps.
        every: u32,
        /// What a step multiplies by.
        factor: f64,
    },
    /// The start value throughout.
    Constant,
}

/// When a training may stop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EstimatorPlan {
    /// Kind and parameters.
    pub call: KindCall,
    /// The metric whose curve it observes.
    pub metric: Metric,
    /// Measurements before which it never stops a training; `None`: it never stops one.
    pub fewest_points: Option<usize>,
    /// Share of the trainings that run to the end although it would have stopped them, percent.
    pub audit_percent: f64,
    /// Regret above which it is switched off, in the metric's units; `None`: never.
    pub max_regret: Option<f64>,
}

/// How workers are started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExecutorPlan {
    /// Processes on this machine.
    Local,
}

/// What may be spent; enforced between measurements, across resumes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BudgetPlan {
    /// Seconds of device slots in use, summed over slots (a CPU slot counts alike).
    pub slot_secs: Option<f64>,
    /// Seconds of the run, without the time between a stop and its resume.
    pub wall_secs: Option<f64>,
    /// Bytes that trainings may hold on a device at once; the processor's are the machine's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
}

/// Where and within which budget.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExecutionPlan {
    /// How workers are started.
    pub executor: ExecutorPlan,
    /// Where trainings run.
    pub device: Device,
    /// Number of worker processes.
    pub workers: Count,
    /// Share of the trials that may fail before the run counts as failed, percent.
    pub max_failed_percent: f64,
    /// What may be spent.
    pub budget: BudgetPlan,
}

/// What is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputPlan {
    /// Directory under which run directories are made.
    pub dir: String,
}

/// What a plan costs at most, known before anything is trained.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedCost {
    /// Networks that the search asks for.
    pub trials: u64,
    /// Generations in which it does.
    pub generations: u64,
    /// Epochs, if no training is stopped.
    pub epochs_at_most: u64,
    /// Epochs, if every training is stopped at the first measurement at which the estimator may.
    pub epochs_at_least: f64,
    /// Training images of `epochs_at_most`.
    pub images_at_most: u64,
    /// Bounds of the multiply-accumulates of all forward passes of training, least and most.
    pub forward_flops: [f64; 2],
}
