//! Memory of trainings: an estimate from the architecture, what was measured, and the batch size that would have fitted.

use peng_spec::arch::{ArchGraph, Cost};
use peng_spec::plan::{OptimizerPlan, TrainingPlan};

/// What a training is likely to hold: the outputs of all layers, for its backward pass, and its parameters.
///
/// On a processor, trainings were seen to hold .75 times that (deep chains, of which some outputs are not kept) to 1.3 times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// Bytes whatever the batch size: weights, their gradients, and what the optimizer remembers of them.
    pub fixed: u64,
    /// Bytes an example: the image and the outputs of all nodes, in 32-bit floats.
    pub per_example: u64,
    /// Examples a batch.
    pub batch_size: usize,
}

/// A training holds, or would hold, more than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfMemory {
    /// Bytes that it held when it was ended; `None`: it could not be measured, or was not even begun.
    pub held: Option<u64>,
}

impl Need {
    /// The need of a network that costs `cost`.
    pub fn new(arch: &ArchGraph, cost: Cost, training: &TrainingPlan) -> Self {
        let remembered = match &training.optimizer {
            OptimizerPlan::Sgd { momentum, .. } => u64::from(*momentum > 0.0),
            OptimizerPlan::Adam(_) | OptimizerPlan::AdamW(_) => 2,
        };
        let fixed = 4 * (2 + remembered) * cost.params;
        let per_example = cost.activation_bytes + 4 * arch.input.numel();
        Self { fixed, per_example, batch_size: training.batch_size }
    }

    /// Bytes of it all.
    pub fn bytes(&self) -> u64 {
        self.fixed.saturating_add(self.of_examples())
    }

    /// Bytes that a training holds at the least: of two outputs, its backward pass reads one.
    pub fn least(&self) -> u64 {
        self.fixed.saturating_add(self.of_examples() / 2)
    }

    fn of_examples(&self) -> u64 {
        self.per_example.saturating_mul(self.batch_size as u64)
    }

    /// The greatest power of two that, as a batch size, fits into `allowed` bytes: by what was measured an example, else by
    /// this estimate. `None`: no batch does.
    ///
    /// A power of two, since two measurements differ in their last digits, and equal runs shall say the same.
    pub fn fitting(&self, allowed: u64, out_of_memory: OutOfMemory) -> Option<usize> {
        let batch = self.batch_size as u64;
        let measured = out_of_memory.held.map(|held| held.saturating_sub(self.fixed).div_ceil(batch));
        let per_example = measured.unwrap_or(0).max(self.per_example);
        let fits = (allowed.checked_sub(self.fixed)? / per_example.max(1)).min(batch - 1);
        (fits > 0).then(|| 1 << fits.ilog2())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEED: Need = Need { fixed: 1000, per_example: 100, batch_size: 64 };

    #[test]
    fn the_batch_that_fits_is_a_power_of_two_below_the_one_that_does_not() {
        let fitting = |allowed, held| NEED.fitting(allowed, OutOfMemory { held });
        assert_eq!((NEED.bytes(), NEED.least()), (7400, 4200));
        // 1000 and 26 times 100 are 3600.
        assert_eq!(fitting(3600, None), Some(16));
        assert_eq!(fitting(4200, None), Some(32));
        // 300 bytes an example were measured.
        assert_eq!(fitting(4200, Some(20_200)), Some(8));
        // What was measured while a batch was under way says too little.
        assert_eq!(fitting(4200, Some(1100)), Some(32));
        assert_eq!(fitting(1 << 40, None), Some(32));
        assert_eq!([fitting(1099, None), fitting(999, None)], [None, None]);
        assert_eq!(Need { batch_size: 1, ..NEED }.fitting(5000, OutOfMemory { held: None }), None);
    }
}
