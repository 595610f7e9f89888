//! The learning rate as a function of the batches that are done.

use std::f64::consts::PI;

use peng_spec::plan::{SchedulePlan, TrainingPlan};

/// The rate of the batch after `done` batches, if an epoch has `per_epoch`.
///
/// While the network warms up (Goyal et al. 2017), batch k of n has k/n of the first rate. Then, with e epochs done of E
/// since: `cosine` `lr (1 + cos πe/E) / 2` (Loshchilov and Hutter 2017), `step` `lr factor^⌊e / every⌋`, as `CosineAnnealingLR`
/// and `StepLR` of `PyTorch` with a step an epoch.
pub(super) fn rate(plan: &TrainingPlan, done: u64, per_epoch: u64) -> f64 {
    let lr = plan.optimizer.lr();
    let warm_up = u64::from(plan.warm_up) * per_epoch;
    let Some(after) = done.checked_sub(warm_up) else {
        return lr * (done + 1) as f64 / warm_up as f64;
    };
    let epoch = after / per_epoch;
    match plan.schedule {
        SchedulePlan::Constant => lr,
        SchedulePlan::Cosine => {
            let epochs = f64::from(plan.epochs - plan.warm_up);
            lr * (1.0 + (PI * epoch as f64 / epochs).cos()) / 2.0
        }
        SchedulePlan::Step { every, factor } => {
            let steps = (epoch / u64::from(every)) as i32;
            lr * factor.powi(steps)
        }
    }
}

#[cfg(test)]
mod tests {
    use peng_spec::plan::{Decayed, EpochFraction, OptimizerPlan};

    use super::*;

    fn check(schedule: SchedulePlan, warm_up: u32, expected: &[f64]) {
        let plan = TrainingPlan {
            epochs: 4,
            batch_size: 1,
            optimizer: OptimizerPlan::Sgd {
                lr: 0.8,
                momentum: 0.0,
                nesterov: false,
                weight_decay: 0.0,
                decayed: Decayed::All,
            },
            schedule,
            warm_up,
            label_smoothing: 0.0,
            clip_gradients: None,
            measure_every: EpochFraction::ONE,
        };
        for (batch, expected) in expected.iter().enumerate() {
            let found = rate(&plan, batch as u64, 2);
            assert!((found - expected).abs() < 1e-12, "{schedule:?}, batch {batch}: {found} {expected}");
        }
    }

    /// The sequences are those that `PyTorch`'s schedulers print.
    #[test]
    fn schedules_step_an_epoch_and_warm_up_a_batch() {
        let half = 0.4 * 2_f64.sqrt() / 2.0;
        check(SchedulePlan::Constant, 0, &[0.8; 8]);
        check(SchedulePlan::Cosine, 0, &[0.8, 0.8, 0.4 + half, 0.4 + half, 0.4, 0.4, 0.4 - half, 0.4 - half]);
        let step = SchedulePlan::Step { every: 2, factor: 0.1 };
        check(step, 0, &[0.8, 0.8, 0.8, 0.8, 0.08, 0.08, 0.08, 0.08]);
        check(step, 1, &[0.4, 0.8, 0.8, 0.8, 0.8, 0.8, 0.08, 0.08]);
        check(SchedulePlan::Cosine, 2, &[0.2, 0.4, 0.6, 0.8, 0.8, 0.8, 0.4, 0.4]);
    }
}
