//! A plan in words, for `peng plan`: what will be trained, how long, at what cost.

use peng_spec::catalog::Target;
use peng_spec::expr::Dimension;
use peng_spec::plan::{
    AdamPlan, Augmentation, BudgetPlan, ConfirmWhat, Count, DatasetPlan, Decayed, ExecutionPlan,
    ExecutorPlan, Goal, KindCall, Mode, Normalize, OptimizerPlan, Plan, SchedulePlan, SpacePlan, StepKind,
    TrainingPlan,
};
use serde_json::Value;

/// A part of a plan in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanSection {
    /// What it is about, a word.
    pub title: &'static str,
    /// What is said of it, a line each.
    pub lines: Vec<String>,
}

/// Describes a plan; if the networks of its space were counted, with what was found instead of what the plan knows.
pub fn describe(plan: &Plan, counted: Option<&[String]>) -> Vec<PlanSection> {
    let section = |title, lines| PlanSection { title, lines };
    vec![
        section("name", vec![plan.name.clone()]),
        section("digest", vec![plan.digest.clone()]),
        section("seed", vec![plan.seed.to_string()]),
        section("data", data(&plan.dataset)),
        section("space", space(&plan.space, counted)),
        section("search", search(plan)),
        section("objectives", vec![objectives(plan)]),
        section("training", training(plan)),
        section("estimator", estimator(plan)),
        section("cost", cost(plan)),
        section("execution", execution(&plan.execution)),
        section("steps", vec![steps(plan)]),
        section("output", vec![format!("{}/{}-K, the first free K from 1", plan.output.dir, plan.name)]),
    ]
}

fn data(dataset: &DatasetPlan) -> Vec<String> {
    let [train, validation, test] = dataset.splits;
    let words = changes(dataset);
    let changed = (!words.is_empty()).then(|| words.join(", "));
    let lines = vec![
        call(&dataset.call),
        format!(
            "examples of {}, {}",
            dataset.facts.input,
            match dataset.facts.target {
                Target::Classes(classes) => counted(classes as u64, "class", "classes"),
                Target::Values(targets) => counted(targets as u64, "target", "targets"),
            }
        ),
        format!(
            "{} for training, {} for validation ({} of the training part), {} for testing",
            grouped(train as u64),
            grouped(validation as u64),
            Dimension::Percent.format(dataset.validation_percent),
            grouped(test as u64)
        ),
    ];
    lines.into_iter().chain(changed).collect()
}

/// What is done to training examples.
pub(crate) fn changes(dataset: &DatasetPlan) -> Vec<String> {
    let mut words: Vec<String> = dataset.augment.iter().map(augmentation).collect();
    match dataset.normalize {
        Normalize::None => {}
        Normalize::Channels => words.push("each channel normalised by the training split".to_owned()),
    }
    words
}

fn of_pixels(pixels: usize) -> String {
    counted(pixels as u64, "pixel", "pixels")
}

fn augmentation(augmentation: &Augmentation) -> String {
    match augmentation {
        Augmentation::RandomCrop { pixels } => format!("random crop of {}", of_pixels(*pixels)),
        Augmentation::HorizontalFlip => "horizontal flip".to_owned(),
        Augmentation::VerticalFlip => "vertical flip".to_owned(),
        Augmentation::Cutout { pixels } => format!("cutout of {}", of_pixels(*pixels)),
        Augmentation::Mixup { alpha } => format!("mixup {alpha}"),
    }
}

fn space(space: &SpacePlan, counted: Option<&[String]>) -> Vec<String> {
    let facts = &space.facts;
    let networks = || vec![format!("{} networks", rounded(facts.genomes))];
    let mut size = counted.map_or_else(networks, <[String]>::to_vec);
    if let (false, Some(first)) = (facts.continuous.is_empty(), size.first_mut()) {
        let names = facts.continuous.join(", ");
        *first = format!("infinitely many networks (continuous {names}), else {first}");
    }
    let each = format!(
        "each with {} params and {} flops",
        between(facts.least.params, facts.most.params),
        between(facts.least.flops, facts.most.flops)
    );
    [vec![call(&space.call)], size, vec![each]].concat()
}

fn search(plan: &Plan) -> Vec<String> {
    let cost = &plan.cost;
    let networks = counted(cost.trials, "network", "networks");
    let generations = counted(cost.generations, "generation", "generations");
    let when = match plan.search.mode {
        Mode::Generations => "",
        Mode::Asynchronous => ", the next network whenever a worker is free",
    };
    let mut lines = vec![call(&plan.search.call()), format!("{networks} in {generations}{when}")];
    if !plan.search.reuse.is_identical() {
        let edits = counted(plan.search.reuse.similar_within.into(), "edit", "edits");
        lines.push(format!("no training within {edits} of a trained network, whose fitness is copied"));
    }
    lines
}

fn objectives(plan: &Plan) -> String {
    let words = plan.objectives.iter().map(|objective| {
        let goal = match objective.goal {
            Goal::Maximize => "maximize",
            Goal::Minimize => "minimize",
        };
        format!("{goal} {}", objective.metric)
    });
    words.collect::<Vec<_>>().join(", ")
}

fn training(plan: &Plan) -> Vec<String> {
    let training = &plan.training;
    let every = training.measure_every;
    let unit = if every.numerator > every.denominator { "epochs" } else { "epoch" };
    let measured = every.count_in(training.epochs).unwrap_or_default();
    let own = own_settings(plan).join(", ");
    let own = (!own.is_empty()).then(|| format!("but {own} as the space says for each network"));
    let lines = vec![
        format!(
            "{}, measured every {every} {unit} ({})",
            counted(training.epochs.into(), "epoch", "epochs"),
            counted(measured.into(), "measurement", "measurements")
        ),
        format!("{}, batch size {}", optimizer(training), training.batch_size),
    ];
    let smoothed = gradients(training).join(", ");
    let smoothed = (!smoothed.is_empty()).then_some(smoothed);
    lines.into_iter().chain(smoothed).chain(own).collect()
}

/// Settings of the training that each network brings along.
pub(crate) fn own_settings(plan: &Plan) -> Vec<String> {
    plan.space.facts.settings.iter().map(|setting| setting.name().replace('_', " ")).collect()
}

/// What is done to targets and gradients.
pub(crate) fn gradients(training: &TrainingPlan) -> Vec<String> {
    let smoothed =
        (training.label_smoothing > 0.0).then(|| format!("label smoothing {}", training.label_smoothing));
    let cut = training.clip_gradients.map(|length| format!("gradients cut to a length of {length}"));
    smoothed.into_iter().chain(cut).collect()
}

/// The optimizer, with its schedule.
pub(crate) fn optimizer(training: &TrainingPlan) -> String {
    let mut schedule = match training.schedule {
        SchedulePlan::Cosine => "cosine".to_owned(),
        SchedulePlan::Step { every, factor } => {
            format!("times {factor} every {}", counted(every.into(), "epoch", "epochs"))
        }
        SchedulePlan::Constant => "constant".to_owned(),
    };
    if training.warm_up > 0 {
        let epochs = counted(training.warm_up.into(), "epoch", "epochs");
        schedule = format!("{schedule} after {epochs} of warm-up");
    }
    let decays = |weight_decay: f64, decayed: Decayed| match decayed {
        Decayed::All => format!("weight decay {weight_decay}"),
        Decayed::Weights => format!("weight decay {weight_decay} of weights alone"),
    };
    let of_adam = |name: &str, adam: &AdamPlan| {
        let AdamPlan { lr, beta1, beta2, epsilon, weight_decay, decayed } = *adam;
        let decay = decays(weight_decay, decayed);
        format!("{name}, lr {lr} ({schedule}), betas {beta1} and {beta2}, epsilon {epsilon}, {decay}")
    };
    match &training.optimizer {
        OptimizerPlan::Sgd { lr, momentum, nesterov, weight_decay, decayed } => {
            let nesterov = if *nesterov { "Nesterov " } else { "" };
            let decay = decays(*weight_decay, *decayed);
            format!("sgd, lr {lr} ({schedule}), {nesterov}momentum {momentum}, {decay}")
        }
        OptimizerPlan::Adam(adam) => of_adam("adam", adam),
        OptimizerPlan::AdamW(adam) => of_adam("adamw", adam),
    }
}

fn estimator(plan: &Plan) -> Vec<String> {
    let estimator = &plan.estimator;
    let mut lines = vec![format!("{} on {}", call(&estimator.call), estimator.metric)];
    let every = plan.training.measure_every;
    lines.push(match estimator.fewest_points {
        None => "every training runs to its end".to_owned(),
        Some(points) => {
            let epochs = points as f64 * f64::from(every.numerator) / f64::from(every.denominator);
            if epochs >= f64::from(plan.training.epochs) {
                "no training can be stopped early".to_owned()
            } else {
                format!(
                    "a training may stop from epoch {epochs} on ({})",
                    counted(points as u64, "measurement", "measurements")
                )
            }
        }
    });
    if estimator.audit_percent > 0.0 {
        lines.push(format!(
            "{} of the trainings run to the end all the same, to measure its regret",
            Dimension::Percent.format(estimator.audit_percent)
        ));
    }
    if let Some(limit) = estimator.max_regret {
        lines.push(format!("switched off when its regret is above {}", Dimension::Points.format(limit)));
    }
    lines
}

fn cost(plan: &Plan) -> Vec<String> {
    let cost = &plan.cost;
    let [least, most] = cost.forward_flops;
    let mut lines = vec![format!(
        "at most {} epochs, {} training images, {} to {} multiply-accumulates forward",
        grouped(cost.epochs_at_most),
        grouped(cost.images_at_most),
        rounded(least),
        rounded(most)
    )];
    if cost.epochs_at_least < cost.epochs_at_most as f64 {
        let share = 100.0 * (1.0 - cost.epochs_at_least / cost.epochs_at_most as f64);
        lines.push(format!(
            "at least {} epochs ({share:.0}% fewer), if every training stops as early as it may",
            rounded(cost.epochs_at_least)
        ));
    }
    lines
}

fn execution(execution: &ExecutionPlan) -> Vec<String> {
    let ExecutorPlan::Local = execution.executor;
    let workers = match execution.workers {
        Count::Auto => "as many workers as fit".to_owned(),
        Count::Exactly(n) => counted(n as u64, "worker", "workers"),
        Count::PerDevice(n) => format!("{} a device", counted(n as u64, "worker", "workers")),
    };
    vec![
        format!("{workers} on this machine, device {}", execution.device),
        budget(execution.budget),
        format!(
            "failed, if more than {} of the trainings fail",
            Dimension::Percent.format(execution.max_failed_percent)
        ),
    ]
}

fn budget(budget: BudgetPlan) -> String {
    let time = |secs: f64| Dimension::Time.format(secs);
    let slots = budget.slot_secs.map(|secs| format!("{} of device slots", time(secs)));
    let wall = budget.wall_secs.map(|secs| format!("{} of time", time(secs)));
    let memory = budget.memory.map(|bytes| format!("{} a device", Dimension::Memory.format(bytes as f64)));
    let parts: Vec<String> = slots.into_iter().chain(wall).chain(memory).collect();
    if parts.is_empty() { "no budget".to_owned() } else { format!("at most {}", parts.join(" and ")) }
}

fn steps(plan: &Plan) -> String {
    let names = plan.steps.iter().map(|step| match step.kind {
        StepKind::Prepare | StepKind::Search => step.id.clone(),
        StepKind::Confirm(ConfirmWhat::Front) => format!("{} the front", step.id),
        StepKind::Confirm(ConfirmWhat::Best) => format!("{} the best", step.id),
    });
    names.collect::<Vec<_>>().join(", then ")
}

/// A kind with its parameters: `penguin, window 3, tolerance 0.5`.
pub(crate) fn call(call: &KindCall) -> String {
    let params = call.params.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    let words = params.map(|(key, value)| match value.as_array() {
        Some(list) if list.iter().all(Value::is_object) => format!("{} {key}", list.len()),
        Some(_) | None => format!("{} {}", key.replace('_', " "), in_words(value)),
    });
    std::iter::once(call.kind.clone()).chain(words).collect::<Vec<_>>().join(", ")
}

/// A value of a parameter.
fn in_words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => number.as_f64().unwrap_or_default().to_string(),
        Value::Array(list) if list.iter().all(Value::is_string) => {
            list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; ")
        }
        Value::Object(map) => {
            let words =
                map.iter().map(|(key, value)| format!("{} {}", key.replace('_', " "), in_words(value)));
            words.collect::<Vec<_>>().join("; ")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => value.to_string(),
    }
}

/// "1 class", "1,000 classes".
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

fn between(least: u64, most: u64) -> String {
    if least == most { grouped(least) } else { format!("{} to {}", grouped(least), grouped(most)) }
}

/// A count with its thousands set apart.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number that may be huge or have a fraction.
pub(crate) fn rounded(number: f64) -> String {
    if number >= 1e12 {
        format!("{number:.2e}")
    } else if number.fract() == 0.0 {
        grouped(number as u64)
    } else {
        number.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1234), "1,234");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(rounded(2.5), "2.5");
        assert_eq!(rounded(3.2e14), "3.20e14");
    }
}
