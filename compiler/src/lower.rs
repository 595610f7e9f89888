//! A checked spec to a plan: nothing is left open, and nothing remembers how it was written.

use peng_spec::catalog::{Moves, SpaceFacts};
use peng_spec::model::{OptimizerKind, OptimizerSpec, ScheduleKind, TrainingSpec, augmentation};
use peng_spec::plan::{
    AdamPlan, Augmentation, BudgetPlan, ConfirmWhat, DatasetPlan, EstimatorPlan, ExecutionPlan, Limit,
    Objective, OptimizerPlan, OutputPlan, PLAN_FORMAT, Plan, PlannedCost, ReusePlan, SchedulePlan,
    SearchPlan, SpacePlan, Step, StepKind, TrainingPlan,
};
use peng_spec::source::Spanned;

use crate::check::least_side;
use crate::checked::CheckedSpec;

/// Lowers a checked spec; this cannot fail.
pub(crate) fn lower(checked: &CheckedSpec) -> Plan {
    let spec = &checked.spec;
    let limit = |written: &Option<Spanned<u64>>| written.as_ref().map(|l| l.value as usize);
    Plan {
        format: PLAN_FORMAT.to_owned(),
        digest: String::new(),
        name: spec.name.value.clone(),
        seed: spec.seed.value,
        dataset: DatasetPlan {
            call: checked.dataset.clone(),
            validation_percent: spec.dataset.validation.value.0,
            limit: Limit {
                train: limit(&spec.dataset.limit.train),
                validation: limit(&spec.dataset.limit.validation),
                test: limit(&spec.dataset.limit.test),
            },
            augment: augment(checked),
            normalize: spec.dataset.normalize.value.0,
            facts: checked.dataset_facts.clone(),
            splits: checked.splits,
        },
        space: SpacePlan { call: checked.space.clone(), facts: space_facts(&checked.space_facts) },
        objectives: checked.objectives.iter().map(|o| Objective { goal: o.goal, metric: o.metric }).collect(),
        search: SearchPlan {
            mode: spec.search.mode.value.0,
            reuse: ReusePlan { similar_within: spec.search.reuse.similar_within.value },
            ..SearchPlan::new(checked.search.clone())
        },
        training: training(&spec.training),
        estimator: EstimatorPlan {
            call: checked.estimator.clone(),
            metric: checked.estimator_metric,
            fewest_points: checked.estimator_needs.fewest_points,
            audit_percent: spec.estimator.audit.value.0,
            max_regret: spec.estimator.max_regret.as_ref().map(|p| p.value.0),
        },
        execution: ExecutionPlan {
            executor: spec.execution.executor.value.0,
            device: spec.gpu_budget.devices.value.0,
            workers: spec.execution.workers.value.0,
            max_failed_percent: spec.execution.max_failed.value.0,
            budget: BudgetPlan {
                slot_secs: spec.gpu_budget.gpu_hours.as_ref().map(|d| d.value.0),
                wall_secs: spec.gpu_budget.wall_time.as_ref().map(|d| d.value.0),
                memory: spec.gpu_budget.memory.as_ref().map(|bytes| bytes.value.0 as u64),
            },
        },
        output: OutputPlan { dir: spec.output.dir.value.clone() },
        cost: cost(checked),
        steps: steps(spec.finally.confirm.value.0),
    }
    .sealed()
}

/// What a plan keeps of a space: what its genomes look like is no part of it.
fn space_facts(facts: &SpaceFacts) -> SpaceFacts {
    SpaceFacts { moves: Moves { bits: false, ..facts.moves }, ..facts.clone() }
}

fn augment(checked: &CheckedSpec) -> Vec<Augmentation> {
    let side = least_side(checked.dataset_facts.input);
    let read = |text: &Spanned<String>| augmentation(&text.value, side).expect("it was checked");
    checked.spec.dataset.augment.iter().map(read).collect()
}

fn training(spec: &TrainingSpec) -> TrainingPlan {
    let schedule = match spec.schedule.kind.value {
        ScheduleKind::Cosine => SchedulePlan::Cosine,
        ScheduleKind::Step => SchedulePlan::Step {
            every: known(spec.schedule.every.as_ref()),
            factor: known(spec.schedule.factor.as_ref()),
        },
        ScheduleKind::Constant => SchedulePlan::Constant,
    };
    TrainingPlan {
        epochs: spec.epochs.value,
        batch_size: spec.batch_size.value as usize,
        optimizer: optimizer(&spec.optimizer),
        schedule,
        warm_up: spec.schedule.warm_up.value,
        label_smoothing: spec.label_smoothing.value,
        clip_gradients: spec.clip_gradients.as_ref().map(|length| length.value),
        measure_every: spec.measure_every.value.0,
    }
}

fn optimizer(spec: &OptimizerSpec) -> OptimizerPlan {
    let (lr, weight_decay, decayed) = (spec.lr.value, spec.weight_decay.value, spec.decayed.value);
    let adam = || AdamPlan {
        lr,
        beta1: known(spec.beta1.as_ref()),
        beta2: known(spec.beta2.as_ref()),
        epsilon: known(spec.epsilon.as_ref()),
        weight_decay,
        decayed,
    };
    match spec.kind.value {
        OptimizerKind::Sgd => OptimizerPlan::Sgd {
            lr,
            momentum: known(spec.momentum.as_ref()),
            nesterov: known(spec.nesterov.as_ref()),
            weight_decay,
            decayed,
        },
        OptimizerKind::Adam => OptimizerPlan::Adam(adam()),
        OptimizerKind::AdamW => OptimizerPlan::AdamW(adam()),
    }
}

/// A value of a kind that has it: written, or filled in when the spec was decoded.
fn known<T: Copy>(value: Option<&Spanned<T>>) -> T {
    value.expect("the checks admit no kind without its values").value
}

/// What the plan costs if no training is stopped, and what is left if every one is stopped as early as possible.
fn cost(checked: &CheckedSpec) -> PlannedCost {
    let needs = &checked.search_needs;
    let epochs = checked.spec.training.epochs.value;
    let every = checked.spec.training.measure_every.value.0;
    let shortest = match checked.estimator_needs.fewest_points {
        None => f64::from(epochs),
        Some(points) => {
            let stop = points as f64 * f64::from(every.numerator) / f64::from(every.denominator);
            stop.min(f64::from(epochs))
        }
    };
    let epochs_at_most = needs.trials.saturating_mul(u64::from(epochs));
    let images_at_most = epochs_at_most.saturating_mul(checked.splits[0] as u64);
    let flops = |of_one: u64| of_one as f64 * images_at_most as f64;
    PlannedCost {
        trials: needs.trials,
        generations: needs.generations,
        epochs_at_most,
        epochs_at_least: needs.trials as f64 * shortest,
        images_at_most,
        forward_flops: [flops(checked.space_facts.least.flops), flops(checked.space_facts.most.flops)],
    }
}

fn steps(confirm: Option<ConfirmWhat>) -> Vec<Step> {
    let step = |id: &str, needs: &[&str], kind| Step {
        id: id.to_owned(),
        needs: needs.iter().map(|id| (*id).to_owned()).collect(),
        kind,
    };
    let mut steps =
        vec![step("prepare", &[], StepKind::Prepare), step("search", &["prepare"], StepKind::Search)];
    if let Some(what) = confirm {
        steps.push(step("confirm", &["search"], StepKind::Confirm(what)));
    }
    steps
}
