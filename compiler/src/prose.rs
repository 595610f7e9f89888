//! A plan as a paragraph, as for the methods of a paper: all that another group would need to know.

use peng_spec::catalog::Target;
use peng_spec::expr::Dimension;
use peng_spec::plan::{ConfirmWhat, Goal, Metric, Mode, Plan, StepKind};

use crate::explain::{call, changes, counted, gradients, grouped, optimizer, own_settings, rounded};

/// The paragraph.
pub fn prose(plan: &Plan) -> String {
    let sentences = [
        data(plan),
        space(plan),
        search(plan),
        training(plan),
        estimator(plan),
        confirming(plan),
        vec![format!("The seed is {}; the plan has the digest {}.", plan.seed, plan.digest)],
    ];
    sentences.concat().join(" ")
}

fn data(plan: &Plan) -> Vec<String> {
    let dataset = &plan.dataset;
    let facts = &dataset.facts;
    let [train, validation, test] = dataset.splits.map(|size| grouped(size as u64));
    let (have, how) = match facts.target {
        Target::Classes(_) => ("belong to", ", stratified by class"),
        Target::Values(_) => ("have", ""),
    };
    let mut sentences = vec![
        format!(
            "Networks are trained on the data set {}, whose examples of {} {have} {}.",
            in_parentheses(&call(&dataset.call)),
            facts.input,
            facts.target
        ),
        format!(
            "Of its training part, {train} examples are learned from and {validation} ({}{how}) are held out for \
             validation; the {test} test examples are not seen by the search.",
            Dimension::Percent.format(dataset.validation_percent)
        ),
    ];
    let changes = changes(dataset);
    if !changes.is_empty() {
        sentences.push(format!("Training examples are changed by {}.", listed(&changes)));
    }
    sentences
}

fn space(plan: &Plan) -> Vec<String> {
    let facts = &plan.space.facts;
    let size = if facts.continuous.is_empty() {
        format!("holds {} architectures by genome", rounded(facts.genomes))
    } else {
        format!("varies continuously in {}", listed(&facts.continuous))
    };
    let conditions = plan.space.call.params.get("where").and_then(|list| list.as_array());
    let conditions: Vec<String> = conditions
        .into_iter()
        .flatten()
        .filter_map(|condition| Some(format!("`{}`", condition.as_str()?)))
        .collect();
    let but = if conditions.is_empty() {
        String::new()
    } else {
        format!(", before the conditions {} on its networks", listed(&conditions))
    };
    let mut space = plan.space.call.clone();
    if let Some(params) = space.params.as_object_mut() {
        params.shift_remove("where");
    }
    vec![format!("The search space {} {size}{but}.", in_parentheses(&call(&space)))]
}

fn search(plan: &Plan) -> Vec<String> {
    let cost = &plan.cost;
    let objectives: Vec<String> = plan
        .objectives
        .iter()
        .map(|objective| {
            let goal = match objective.goal {
                Goal::Maximize => "maximizes",
                Goal::Minimize => "minimizes",
            };
            format!("{goal} {}", named(objective.metric))
        })
        .collect();
    let when = match plan.search.mode {
        Mode::Generations => "",
        Mode::Asynchronous => ", the next network whenever a worker is free,",
    };
    let mut sentences = vec![format!(
        "The search {} proposes {} in {}{when} and {}.",
        in_parentheses(&call(&plan.search.call())),
        counted(cost.trials, "network", "networks"),
        counted(cost.generations, "generation", "generations"),
        listed(&objectives)
    )];
    if !plan.search.reuse.is_identical() {
        let edits = counted(plan.search.reuse.similar_within.into(), "edit", "edits");
        sentences.push(format!(
            "A network within {edits} of a trained one is not trained, but has the fitness of that one."
        ));
    }
    sentences
}

fn training(plan: &Plan) -> Vec<String> {
    let training = &plan.training;
    let every = training.measure_every;
    let unit = if every.numerator > every.denominator { "epochs" } else { "epoch" };
    let mut sentences = vec![format!(
        "Each network is trained for {} with {} and a batch size of {}, and measured every {every} {unit}.",
        counted(training.epochs.into(), "epoch", "epochs"),
        optimizer(training),
        grouped(training.batch_size as u64)
    )];
    let further = gradients(training);
    if !further.is_empty() {
        sentences.push(format!("The training has {}.", listed(&further)));
    }
    let own = own_settings(plan);
    if !own.is_empty() {
        sentences.push(format!("Each network brings along its own {}.", listed(&own)));
    }
    sentences
}

fn estimator(plan: &Plan) -> Vec<String> {
    let (estimator, cost) = (&plan.estimator, &plan.cost);
    let most = format!("{} epochs in all", grouped(cost.epochs_at_most));
    let Some(points) = estimator.fewest_points else {
        return vec![format!("Every training runs to its end, {most}.")];
    };
    let mut sentences = vec![format!(
        "A training may be stopped by the estimator {} on the curve of {}, after {} at the earliest; without it the \
         trainings would take {most}.",
        in_parentheses(&call(&estimator.call)),
        named(estimator.metric),
        counted(points as u64, "measurement", "measurements")
    )];
    if estimator.audit_percent > 0.0 {
        let off = estimator.max_regret.map_or_else(String::new, |limit| {
            let limit = Dimension::Points.format(limit);
            format!(", and the estimator is switched off once the lower end of its regret's interval is above {limit}")
        });
        sentences.push(format!(
            "To measure its regret, {} of the trainings, chosen by a hash, run to the end all the same{off}.",
            Dimension::Percent.format(estimator.audit_percent)
        ));
    }
    sentences
}

fn confirming(plan: &Plan) -> Vec<String> {
    let confirmed = plan.steps.iter().find_map(|step| match step.kind {
        StepKind::Confirm(what) => Some(what),
        StepKind::Prepare | StepKind::Search => None,
    });
    let what = match confirmed {
        None => return Vec::new(),
        Some(ConfirmWhat::Front) => "members of the final front whose fitness is a prediction are",
        Some(ConfirmWhat::Best) => {
            "network that is best in the first objective is, if its fitness is a prediction,"
        }
    };
    vec![format!("At last the {what} trained to the end.")]
}

/// A metric as it is called in a text.
fn named(metric: Metric) -> &'static str {
    match metric {
        Metric::TrainAccuracy => "training accuracy",
        Metric::TrainLoss => "training loss",
        Metric::TrainR2 => "explained variance of the training targets",
        Metric::TrainTop5 => "top-5 training accuracy",
        Metric::ValAccuracy => "validation accuracy",
        Metric::ValAuc => "validation AUC",
        Metric::ValLoss => "validation loss",
        Metric::ValMae => "mean absolute validation error",
        Metric::ValR2 => "explained variance of the validation targets",
        Metric::ValRmse => "root mean squared validation error",
        Metric::ValTop5 => "top-5 validation accuracy",
        Metric::Flops => "multiply-accumulates",
        Metric::Params => "parameters",
    }
}

/// `penguin, window 3, tolerance 0.5` as `penguin (window 3, tolerance 0.5)`.
fn in_parentheses(call: &str) -> String {
    call.split_once(", ").map_or_else(|| call.to_owned(), |(kind, params)| format!("{kind} ({params})"))
}

/// "a", "a and b", "a, b and c".
fn listed<T: AsRef<str>>(words: &[T]) -> String {
    match words {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}
