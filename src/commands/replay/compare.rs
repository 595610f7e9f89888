//! Every estimator over every population in every order, and the scores of what they decided.

use std::num::NonZeroUsize;

use peng_estimator::CostObjective;
use peng_estimator::replay::{self, Decision, HistoryRule, RecordedRun, ReplayError, Setting};
use peng_estimator::score::{self, Scored, Scoring, Summary, Top};
use peng_runtime::report::{Compared, ComparedDataset, ComparedPopulation, NotReplayed};
use peng_runtime::seed::SeedTree;

use crate::commands::estimator::Asked;
use crate::commands::replay::dataset::{Dataset, Population};
use crate::commands::replay::orders::Order;
use crate::commands::replay::work;

/// Runs that one thread takes at a time where each can be judged alone.
const CHUNK: usize = 200;
/// The seed of resamples.
const SEED: u64 = 1;

/// What every replay takes as given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given<'a> {
    /// The confidence of intervals.
    pub(super) confidence: f64,
    /// Which earlier trainings a decision may use.
    pub(super) history: HistoryRule,
    /// The search's other objectives, by covariate.
    pub(super) costs: &'a [CostObjective],
    /// On how many threads.
    pub(super) threads: NonZeroUsize,
}

/// A population that an estimator is to be replayed on.
pub(super) struct Task<'a> {
    /// Which of the estimators.
    pub(super) estimator: usize,
    /// What it is.
    pub(super) asked: &'a Asked,
    /// The data set.
    pub(super) dataset: &'a Dataset,
    /// The population.
    pub(super) population: &'a Population,
    /// The orders.
    pub(super) orders: &'a [Order],
}

/// What an estimator decided on a population.
pub(super) struct Played<'a> {
    /// The estimator, as it was written.
    pub(super) estimator: &'a str,
    /// The population.
    pub(super) population: &'a Population,
    /// By the number of the order.
    pub(super) orders: Vec<(u64, Vec<Decision>)>,
    task: usize,
}

/// A part of a task that one thread does.
enum Piece {
    /// Runs of which each is judged alone, by their places.
    Alone { task: usize, runs: Vec<usize> },
    /// An order of the task.
    Order { task: usize, order: usize },
}

impl Piece {
    fn task(&self) -> usize {
        match self {
            Piece::Alone { task, .. } | Piece::Order { task, .. } => *task,
        }
    }
}

fn setting(task: &Task<'_>, given: &Given<'_>) -> Setting {
    Setting {
        direction: task.dataset.direction,
        scale: task.dataset.scale,
        confidence: given.confidence,
        history: given.history,
        costs: given.costs.to_vec(),
    }
}

/// The decisions of each task, or why there are none.
pub(super) fn play<'a>(tasks: &[Task<'a>], given: &Given<'_>) -> Vec<Result<Played<'a>, ReplayError>> {
    let mut failed: Vec<Option<ReplayError>> = tasks.iter().map(|_| None).collect();
    let mut pieces = Vec::new();
    for (number, task) in tasks.iter().enumerate() {
        let used = used(task);
        let runs: Vec<&RecordedRun> = used.iter().map(|&place| &task.population.runs[place]).collect();
        let (kind, params) = (task.asked.kind, &task.asked.params);
        match replay::depends_on_order(kind, params, &setting(task, given), &runs) {
            Err(error) => failed[number] = Some(error),
            Ok(true) => {
                pieces.extend((0..task.orders.len()).map(|order| Piece::Order { task: number, order }));
            }
            Ok(false) => {
                let chunks = used.chunks(CHUNK);
                pieces.extend(chunks.map(|runs| Piece::Alone { task: number, runs: runs.to_vec() }));
            }
        }
    }
    let done = work::each(pieces.len(), given.threads, &|piece| {
        let piece = &pieces[piece];
        let task = &tasks[piece.task()];
        let (kind, params, setting) = (task.asked.kind, &task.asked.params, setting(task, given));
        let runs =
            |places: &[usize]| places.iter().map(|&place| &task.population.runs[place]).collect::<Vec<_>>();
        match piece {
            Piece::Alone { runs: places, .. } => replay::replay_each(kind, params, &setting, &runs(places)),
            Piece::Order { order, .. } => {
                replay::replay(kind, params, &setting, &runs(&task.orders[*order].runs))
            }
        }
    });
    let mut decided: Vec<Vec<Option<Decision>>> =
        tasks.iter().map(|task| vec![None; task.population.runs.len()]).collect();
    let mut ordered: Vec<Vec<(u64, Vec<Decision>)>> = tasks.iter().map(|_| Vec::new()).collect();
    for (piece, done) in pieces.iter().zip(done) {
        match (piece, done) {
            // The first failure of a task is its own.
            (piece, Err(error)) => {
                failed[piece.task()].get_or_insert(error);
            }
            (Piece::Alone { task, runs }, Ok(decisions)) => {
                for (&place, decision) in runs.iter().zip(decisions) {
                    decided[*task][place] = Some(decision);
                }
            }
            (Piece::Order { task, order }, Ok(decisions)) => {
                ordered[*task].push((tasks[*task].orders[*order].number, decisions));
            }
        }
    }
    let results = tasks.iter().zip(failed).zip(decided).zip(ordered).enumerate();
    results
        .map(|(number, (((task, failed), decided), ordered))| {
            if let Some(error) = failed {
                return Err(error);
            }
            let orders = if ordered.is_empty() { in_orders(task, &decided) } else { ordered };
            Ok(Played { estimator: &task.asked.name, population: task.population, orders, task: number })
        })
        .collect()
}

/// What is not there of metrics that estimators watch besides the predicted one.
pub(super) fn doubts_of_watched(tasks: &[Task<'_>], given: &Given<'_>) -> Vec<String> {
    let mut doubts = Vec::new();
    for task in tasks {
        let Asked { kind, params, .. } = task.asked;
        // Why one cannot be replayed is told elsewhere.
        let watched = replay::watched(*kind, params, &setting(task, given), &task.population.runs);
        for doubt in watched.unwrap_or_default().iter().filter_map(|name| task.dataset.watched(name)) {
            if !doubts.contains(&doubt) {
                doubts.push(doubt);
            }
        }
    }
    doubts
}

/// The places of the runs that occur in an order, rising.
fn used(task: &Task<'_>) -> Vec<usize> {
    let mut used = vec![false; task.population.runs.len()];
    for &place in task.orders.iter().flat_map(|order| &order.runs) {
        used[place] = true;
    }
    (0..used.len()).filter(|&place| used[place]).collect()
}

fn in_orders(task: &Task<'_>, decided: &[Option<Decision>]) -> Vec<(u64, Vec<Decision>)> {
    let one = |order: &Order| {
        let decisions = order.runs.iter().filter_map(|&place| decided[place].clone());
        (order.number, decisions.collect())
    };
    task.orders.iter().map(one).collect()
}

/// The scores of every estimator.
pub(super) fn compare(
    estimators: &[Asked],
    tasks: &[Task<'_>],
    played: &[Result<Played<'_>, ReplayError>],
    given: &Given<'_>,
) -> anyhow::Result<Vec<Compared>> {
    let played_well: Vec<&Played<'_>> = played.iter().filter_map(|played| played.as_ref().ok()).collect();
    let scored: Vec<Scored> = work::each(played_well.len(), given.threads, &|place| {
        let Played { population, orders, task, .. } = played_well[place];
        let dataset = tasks[*task].dataset;
        // The same resamples for each estimator, so that their differences have less noise than they.
        let scoring = Scoring {
            direction: dataset.direction,
            scale: dataset.scale,
            confidence: given.confidence,
            seed: seed(&population.name),
            top: Top::Tenth,
        };
        let orders: Vec<&[Decision]> = orders.iter().map(|(_, decisions)| decisions.as_slice()).collect();
        score::score(&population.runs, &orders, &scoring)
    })
    .into_iter()
    .collect::<Result<_, _>>()?;
    let of = |estimator: usize| {
        let scored = played_well.iter().zip(&scored);
        scored.filter(move |(played, _)| tasks[played.task].estimator == estimator)
    };
    Ok(estimators
        .iter()
        .enumerate()
        .map(|(number, asked)| {
            let mut by_population = Vec::new();
            for (played, scored) in of(number) {
                by_population.push(ComparedPopulation {
                    dataset: tasks[played.task].dataset.name.clone(),
                    population: played.population.name.clone(),
                    recorded: played.population.runs.len(),
                    scored: scored.clone(),
                });
            }
            let failures = tasks.iter().zip(played).filter(|(task, _)| task.estimator == number);
            let not_replayed = failures.filter_map(|(task, played)| {
                let reason = reason(played.as_ref().err()?);
                Some(NotReplayed { population: task.population.name.clone(), reason })
            });
            let not_replayed = not_replayed.collect();
            let by_dataset = by_dataset(number, tasks, &by_population, given);
            let summaries: Vec<&Summary> = by_dataset.iter().map(|dataset| &dataset.summary).collect();
            let values: Vec<_> = summaries.iter().map(|summary| *summary.values()).collect();
            Compared {
                estimator: asked.name.clone(),
                mean: Summary::mean(&summaries, given.confidence, seed("")),
                median: score::median(&values),
                by_dataset,
                by_population,
                not_replayed,
            }
        })
        .collect())
}

fn by_dataset(
    estimator: usize,
    tasks: &[Task<'_>],
    by_population: &[ComparedPopulation],
    given: &Given<'_>,
) -> Vec<ComparedDataset> {
    let mut datasets: Vec<&Dataset> = Vec::new();
    for task in tasks.iter().filter(|task| task.estimator == estimator) {
        if datasets.last().is_none_or(|last| last.name != task.dataset.name) {
            datasets.push(task.dataset);
        }
    }
    let compared = datasets.into_iter().filter_map(|dataset| {
        let own: Vec<&ComparedPopulation> =
            by_population.iter().filter(|p| p.dataset == dataset.name).collect();
        let summaries: Vec<&Summary> = own.iter().map(|population| &population.scored.summary).collect();
        (!own.is_empty()).then(|| ComparedDataset {
            dataset: dataset.name.clone(),
            metric: dataset.metric.clone(),
            direction: dataset.direction,
            scale: dataset.scale,
            populations: own.len(),
            runs: own.iter().map(|population| population.scored.counts.runs).sum(),
            unmeasured: dataset.gaps.unmeasured.count,
            summary: Summary::mean(&summaries, given.confidence, seed(&dataset.name)),
        })
    });
    compared.collect()
}

fn seed(name: &str) -> u64 {
    SeedTree::new(SEED).child(name, 0).number()
}

/// Why there are no decisions, with what the estimator finds wrong.
fn reason(error: &ReplayError) -> String {
    match error {
        ReplayError::Params { issues, .. } if !issues.is_empty() => {
            issues.iter().map(|issue| issue.message.clone()).collect::<Vec<_>>().join("; ")
        }
        ReplayError::Curve { source, .. } => format!("{error}: {source}"),
        ReplayError::Params { .. } | ReplayError::Empty { .. } | ReplayError::Unmeasured { .. } => {
            error.to_string()
        }
    }
}
