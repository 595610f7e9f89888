//! `peng replay`: estimators over recorded curves, scored against how the trainings really ended.
//!
//! Here are the arguments and the order of the steps; each step is a file. Everything that is wrong with the arguments is
//! found before the first replay.

mod compare;
mod dataset;
mod decisions;
mod destination;
mod gate;
mod meta;
mod orders;
mod table;
#[cfg(test)]
mod tests;
mod work;

use std::collections::HashSet;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use peng_estimator::replay::HistoryRule;
use peng_estimator::{CostObjective, Direction, TrainingFacts};
use peng_runtime::report::{Comparison, NotReplayed, REPLAY_FORMAT, comparison};
use peng_spec::diag::{did_you_mean, one_of};

use crate::commands::curves::{CURVES, Record};
use crate::commands::estimator::{self, Asked};
use crate::commands::replay::compare::{Given, Task};
use crate::commands::replay::dataset::{Dataset, Population, ScaleArg};
use crate::commands::replay::destination::Destination;
use crate::commands::replay::meta::{META, Wanted};
use crate::commands::replay::orders::{Order, Orders, OrdersArg};
use crate::failure::{Exit, Failure};
use crate::output;
use crate::ui::Ui;

/// Replay estimators over recorded learning curves, and score them
#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// A CSV file with the columns `run_id,epoch,metric,value`, plain or gzip, or a folder with `curves.csv[.gz]`; again for
    /// more data sets
    #[arg(long, value_name = "PATH", required = true)]
    curves: Vec<PathBuf>,
    /// `KIND[:key=value,...]`, such as `penguin:predict_at=20 epochs`, or a file with an `estimator:` section; again for more
    #[arg(long = "estimator", value_name = "E", required = true)]
    estimators: Vec<String>,
    /// The metric; of several, each data set takes the first that it has [default: `val_accuracy`, else the only `val_*`]
    #[arg(long, value_delimiter = ',')]
    metric: Vec<String>,
    /// Small values of the metric are good ones; `--scale loss:X` and `perplexity:X` imply it for their metrics
    #[arg(long)]
    lower_is_better: bool,
    /// How a metric becomes a score from 0 to 100: `percent`, `loss:X` or `perplexity:X`, where X scores 0; for one metric
    /// only: `val_loss=loss:1.386` [default: `percent` where larger is better and all values lie in 0 to 100]
    #[arg(long, value_name = "[METRIC=]SCALE")]
    scale: Vec<ScaleArg>,
    /// A population for each value of this column of `meta.csv`; of several, each data set takes the first that it has
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    group_by: Vec<String>,
    /// Columns of numbers in `meta.csv` that estimators are told of each network
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    covariates: Vec<String>,
    /// Columns of numbers in `meta.csv` of which the search wants small values besides, such as `flops`: estimators that know
    /// them watch the front
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    minimize: Vec<String>,
    /// So many orders of each population, number 0 the file's and the others seeded shuffles; or a CSV file with the columns
    /// `population,order,index,run_id`, which lists runs of each data set
    #[arg(long, value_name = "N|FILE", default_value = "1")]
    orders: OrdersArg,
    /// Runs of a population and order at most, after the shuffle
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    limit: Option<NonZeroUsize>,
    /// Which earlier trainings a decision may use: `sequential` (all), or `generations:N` (those of earlier generations of N)
    #[arg(long, value_name = "RULE", default_value = "sequential", value_parser = history)]
    history: HistoryRule,
    /// Confidence of the intervals
    #[arg(long, default_value_t = TrainingFacts::CONFIDENCE, value_name = "SHARE", value_parser = estimator::share)]
    confidence: f64,
    /// Write every decision to this file, as CSV; one that is there is replaced once all is written
    #[arg(long, value_name = "OUT.csv")]
    decisions: Option<PathBuf>,
    /// Exit with 1 unless this holds for each estimator's means over the data sets: `saved >= 50% and nreg <= 2%`; a mean
    /// that leaves out a population, since the measure is undefined in it, counts as undefined
    #[arg(long, value_name = "EXPR")]
    gate: Option<String>,
    /// Rows of the table [default: `population` for two to four populations, else `estimator`]
    #[arg(long, value_enum)]
    by: Option<By>,
    /// The form of the scores
    #[arg(long, value_enum, default_value_t)]
    format: ReplayFormat,
}

/// The form of the scores.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum ReplayFormat {
    /// A table of the most important measures
    #[default]
    Human,
    /// One JSON object with every measure
    Json,
    /// A page with savings against regret
    Html,
}

/// Rows of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// Means over the data sets only
    Estimator,
    /// Each data set too
    Dataset,
    /// Each population too
    Population,
}

fn at_least_one(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "expected a whole number, at least 1".to_owned())
}

fn history(text: &str) -> Result<HistoryRule, String> {
    let size = text.strip_prefix("generations:").map(str::parse::<NonZeroUsize>);
    match (text, size) {
        ("sequential", _) => Ok(HistoryRule::Sequential),
        (_, Some(Ok(size))) => Ok(HistoryRule::Generations { size: size.get() }),
        (_, Some(Err(_)) | None) => {
            Err("expected `sequential` or `generations:N` with N at least 1".to_owned())
        }
    }
}

/// Replays estimators.
pub(crate) fn run(args: &ReplayArgs, ui: Ui, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let decisions = args.decisions.as_deref().map(|path| Destination::new(path, &read(args))).transpose()?;
    ScaleArg::once(&args.scale)?;
    let gate = args.gate.as_deref().map(gate::read).transpose()?;
    let mut asked = Vec::new();
    for text in &args.estimators {
        match estimator::read(text, ui, out)? {
            Some(estimator) => asked.push(estimator),
            None => return Ok(Exit::Findings),
        }
    }
    let datasets = datasets(args, &asked)?;
    let played_on = populations(&datasets);
    let orders = Orders::new(&args.orders, &played_on)?;
    let limit = args.limit.map_or(usize::MAX, NonZeroUsize::get);
    let orders: Vec<Vec<Vec<Order>>> = datasets
        .iter()
        .map(|(_, dataset)| {
            dataset.populations.iter().map(|population| orders.of(population, limit)).collect()
        })
        .collect();
    let unlisted = datasets.iter().zip(&orders).find(|(_, orders)| orders.iter().all(Vec::is_empty));
    if let (Some(((_, dataset), _)), OrdersArg::File(file)) = (unlisted, &args.orders) {
        let message = format!("`{}` lists no runs of `{}`", file.display(), dataset.name);
        return Err(Failure::new(Exit::Usage, message)
            .help("list some, or leave out these `--curves`")
            .into());
    }
    let mut tasks = Vec::new();
    for (number, estimator) in asked.iter().enumerate() {
        for ((wanted, dataset), orders) in datasets.iter().zip(&orders) {
            let own = dataset.populations.iter().zip(orders);
            let own = own.filter(|(_, orders)| *wanted == metrics(args, estimator) && !orders.is_empty());
            tasks.extend(own.map(|(population, orders)| Task {
                estimator: number,
                asked: estimator,
                dataset,
                population,
                orders,
            }));
        }
    }
    let costs: Vec<_> = args.minimize.iter().cloned().map(CostObjective::minimize).collect();
    let given =
        Given { confidence: args.confidence, history: args.history, costs: &costs, threads: work::cores() };
    let played = compare::play(&tasks, &given);
    let comparison = Comparison {
        format: REPLAY_FORMAT,
        confidence: args.confidence,
        history: match args.history {
            HistoryRule::Sequential => "sequential".to_owned(),
            HistoryRule::Generations { size } => format!("generations:{size}"),
        },
        orders: match &args.orders {
            OrdersArg::Number(number) => number.to_string(),
            OrdersArg::File(file) => file.display().to_string(),
        },
        limit: args.limit.map(NonZeroUsize::get),
        estimators: compare::compare(&asked, &tasks, &played, &given)?,
    };
    for compared in &comparison.estimators {
        if let (true, Some(first)) = (compared.by_population.is_empty(), compared.not_replayed.first()) {
            let NotReplayed { population, reason } = first;
            let message = format!("`{}` cannot be replayed on `{population}`: {reason}", compared.estimator);
            return Err(Failure::new(Exit::Usage, message).into());
        }
    }
    if let Some(destination) = decisions {
        let played: Vec<_> = played.into_iter().filter_map(Result::ok).collect();
        destination.write(|out| decisions::write(out, &played))?;
    }
    match args.format {
        ReplayFormat::Human => write!(out, "{}", table::table(&comparison, args.by))?,
        ReplayFormat::Json => write!(out, "{}", comparison.to_json())?,
        ReplayFormat::Html => write!(out, "{}", comparison::html(&comparison))?,
    }
    out.flush()?;
    let doubts = datasets.iter().flat_map(|(_, dataset)| [dataset.unmeasured(), dataset.doubt()]);
    for doubt in doubts.flatten().chain(compare::doubts_of_watched(&tasks, &given)) {
        ui.warning(&doubt, &mut output::stderr())?;
    }
    warn_of_audits(&asked, ui)?;
    warn(&comparison, ui)?;
    match gate.and_then(|gate| gate::findings(&gate, &comparison)) {
        Some(failure) => Err(failure.into()),
        None => Ok(Exit::Fine),
    }
}

/// The files that are read, and some that may not exist.
fn read(args: &ReplayArgs) -> Vec<PathBuf> {
    let mut read: Vec<PathBuf> = args.estimators.iter().map(PathBuf::from).collect();
    for path in &args.curves {
        read.push(path.clone());
        read.extend(CURVES.iter().chain(&[META]).map(|name| path.join(name)));
        read.push(path.with_file_name(META));
    }
    match &args.orders {
        OrdersArg::Number(_) => {}
        OrdersArg::File(file) => read.push(file.clone()),
    }
    read
}

/// The metrics of which an estimator's is the first that there is.
fn metrics<'a>(args: &'a ReplayArgs, asked: &'a Asked) -> &'a [String] {
    if args.metric.is_empty() { &asked.metrics } else { &args.metric }
}

/// Each data set once for each choice of metrics that an estimator makes.
fn datasets<'a>(args: &'a ReplayArgs, asked: &'a [Asked]) -> Result<Vec<(&'a [String], Dataset)>, Failure> {
    let mut choices: Vec<&[String]> = Vec::new();
    for choice in asked.iter().map(|estimator| metrics(args, estimator)) {
        if !choices.contains(&choice) {
            choices.push(choice);
        }
    }
    let known: Vec<String> = args.covariates.iter().chain(&args.minimize).cloned().collect();
    let mut datasets: Vec<(&[String], Dataset)> = Vec::new();
    let mut columns = Vec::new();
    let mut names = HashSet::new();
    for path in &args.curves {
        let record = Record::read(path)?;
        if !names.insert(record.name.clone()) {
            let message = format!("two data sets are called `{}`", record.name);
            return Err(Failure::new(Exit::Usage, message).help("name their folders differently"));
        }
        let wanted = Wanted { groups: &args.group_by, covariates: &known };
        columns.extend(meta::columns(&record, wanted)?);
        for &choice in &choices {
            let asked = dataset::Asked {
                metrics: choice,
                direction: if args.lower_is_better { Direction::Minimize } else { Direction::Maximize },
                scales: &args.scale,
                meta: wanted,
            };
            datasets.push((choice, Dataset::new(&record, &asked)?));
        }
    }
    if let Some(name) = known.iter().find(|name| !columns.contains(name)) {
        return Err(meta::unknown("`meta.csv`", name, &columns));
    }
    let replayed: Vec<&str> = datasets.iter().map(|(_, dataset)| dataset.metric.as_str()).collect();
    match args.scale.iter().find_map(|arg| arg.metric.as_deref().filter(|name| !replayed.contains(name))) {
        Some(name) => {
            let message = format!("`--scale` is for `{name}`, of which no curves are replayed");
            let metrics = replayed.iter().copied();
            let help = did_you_mean(name, metrics.clone()).unwrap_or_else(|| one_of(metrics));
            Err(Failure::new(Exit::Usage, message).help(help))
        }
        None => Ok(datasets),
    }
}

/// The populations, each once whatever the metric.
fn populations<'a>(datasets: &'a [(&[String], Dataset)]) -> Vec<&'a Population> {
    let mut names = HashSet::new();
    let all = datasets.iter().flat_map(|(_, dataset)| &dataset.populations);
    all.filter(|population| names.insert(&population.name)).collect()
}

/// Tells of what only a run does.
fn warn_of_audits(asked: &[Asked], ui: Ui) -> std::io::Result<()> {
    for estimator in asked {
        for key in &estimator.audits {
            let message = format!(
                "`{key}` of `{}` changes nothing here: a replay knows how each training ends, and audits none",
                estimator.name,
            );
            ui.warning(&message, &mut output::stderr())?;
        }
    }
    Ok(())
}

/// Tells on which populations an estimator was not replayed, and why for the first.
fn warn(comparison: &Comparison, ui: Ui) -> std::io::Result<()> {
    for compared in &comparison.estimators {
        if let Some(NotReplayed { population, reason }) = compared.not_replayed.first() {
            let message = format!(
                "`{}` is not replayed on {} of {} populations, which its means leave out; on `{population}`, {reason}",
                compared.estimator,
                compared.not_replayed.len(),
                compared.not_replayed.len() + compared.by_population.len(),
            );
            ui.warning(&message, &mut output::stderr())?;
        }
    }
    Ok(())
}
