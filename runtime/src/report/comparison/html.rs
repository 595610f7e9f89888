//! The comparison as one page that needs nothing else, in the style of the report of a run. This file puts the facts into
//! words; `comparison.html.hbs` has the structure.

use peng_estimator::score::{FEWEST_RESAMPLES, Measure, RESAMPLES, Summary};
use serde::Serialize;

use super::pareto;
use super::{Compared, Comparison, NotReplayed, number, unscored};
use crate::report::html::style;
use crate::report::page::rendered;
use crate::report::quantity::{count, plural};

const TEMPLATE: &str = include_str!("../comparison.html.hbs");

/// The columns of the tables; the other measures are in the JSON form.
const COLUMNS: [Measure; 13] = [
    Measure::Saved,
    Measure::Mae,
    Measure::Nmae,
    Measure::Spearman,
    Measure::RecallTied,
    Measure::Regret,
    Measure::Nreg,
    Measure::RegretBest,
    Measure::Shift,
    Measure::Kendall,
    Measure::Recall,
    Measure::PaperDifference,
    Measure::Coverage,
];

/// The page. Equal comparisons have equal bytes.
pub fn html(comparison: &Comparison) -> String {
    rendered(TEMPLATE, &Page::new(comparison))
}

#[derive(Serialize)]
struct Page {
    style: &'static str,
    intro: String,
    provenance: Vec<[String; 2]>,
    warnings: Vec<String>,
    pareto: Option<String>,
    columns: Vec<Column>,
    means: Vec<Row>,
    datasets: Vec<Group>,
    populations: Vec<Group>,
    coverage: Option<Coverage>,
    confidence: String,
    resampling: String,
}

#[derive(Serialize)]
struct Column {
    heading: &'static str,
    unit: &'static str,
    meaning: &'static str,
}

/// A row of measures.
#[derive(Serialize)]
struct Row {
    name: String,
    cells: Vec<Cell>,
}

#[derive(Serialize)]
struct Cell {
    value: String,
    interval: String,
}

/// Rows under a heading.
#[derive(Serialize)]
struct Group {
    heading: String,
    note: String,
    rows: Vec<Row>,
}

/// Coverage by estimator and data set.
#[derive(Serialize)]
struct Coverage {
    datasets: Vec<String>,
    rows: Vec<Row>,
}

impl Page {
    fn new(comparison: &Comparison) -> Self {
        let Comparison { estimators, confidence, .. } = comparison;
        Self {
            style: style(),
            intro: intro(comparison),
            provenance: provenance(comparison),
            warnings: warnings(estimators),
            pareto: pareto::figure(comparison),
            columns: COLUMNS.into_iter().map(column).collect(),
            means: estimators.iter().map(|e| row(&e.estimator, &e.mean)).collect(),
            datasets: datasets(estimators),
            populations: populations(estimators),
            coverage: coverage(estimators),
            confidence: format!("{} %", rounded(100.0 * confidence)),
            resampling: format!(
                "{} resamples, fewer (at least {FEWEST_RESAMPLES}) for very large populations",
                count(RESAMPLES as u64)
            ),
        }
    }
}

/// A share in percent, without the dust of its binary form.
fn rounded(percent: f64) -> f64 {
    (percent * 1e6).round() / 1e6
}

fn intro(comparison: &Comparison) -> String {
    let widest = comparison.estimators.iter().max_by_key(|e| e.by_population.len());
    let (datasets, populations, runs) = widest.map_or((0, 0, 0), |e| {
        (e.by_dataset.len(), e.by_population.len(), e.by_dataset.iter().map(|d| d.runs).sum())
    });
    format!(
        "{} on {}: {} with {} whose trainings were recorded to the end. For each, what it would have saved, and what that would have cost.",
        plural(comparison.estimators.len() as u64, "estimator"),
        plural(datasets as u64, "data set"),
        plural(populations as u64, "population"),
        plural(runs as u64, "run"),
    )
}

fn provenance(comparison: &Comparison) -> Vec<[String; 2]> {
    let mut rows = vec![
        ["history".to_owned(), comparison.history.clone()],
        ["orders".to_owned(), comparison.orders.clone()],
    ];
    if let Some(limit) = comparison.limit {
        rows.push(["runs at most".to_owned(), format!("{} a population and order", count(limit as u64))]);
    }
    rows.push(["version".to_owned(), format!("peng {}", env!("CARGO_PKG_VERSION"))]);
    rows
}

/// What the means of an estimator leave out, once for each reason.
fn warnings(estimators: &[Compared]) -> Vec<String> {
    let mut warnings = Vec::new();
    for compared in estimators {
        let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
        for NotReplayed { population, reason } in &compared.not_replayed {
            match reasons.iter_mut().find(|(known, _)| known == reason) {
                Some((_, populations)) => populations.push(population),
                None => reasons.push((reason, vec![population])),
            }
        }
        if let Some(unscored) = unscored(compared) {
            warnings.push(format!("{}: {unscored}", compared.estimator));
        }
        for (reason, populations) in reasons {
            warnings.push(format!(
                "{} is not replayed on {}, which its means leave out: {reason} ({})",
                compared.estimator,
                plural(populations.len() as u64, "population"),
                populations.join(", ")
            ));
        }
    }
    warnings
}

fn column(measure: Measure) -> Column {
    let (heading, unit, meaning) = match measure {
        Measure::Saved => ("saved", "%", "measurements not made, of all planned ones"),
        Measure::Mae => {
            ("MAE", "pp", "mean absolute error of the fitness over all runs, 0 where trained to the end")
        }
        Measure::Nmae => {
            ("nMAE", "%", "MAE in percent of the spread (5th to 95th percentile of the true final scores)")
        }
        Measure::Shift => ("shift", "pp", "mean error over all runs: above 0 where predictions are too high"),
        Measure::Spearman => ("Spearman", "", "rank correlation of fitness and truth over all runs"),
        Measure::Kendall => ("Kendall", "", "Kendall's tau-b of the same"),
        Measure::Recall => ("recall", "%", "share of the true top tenth in the predicted top tenth"),
        Measure::RecallTied => (
            "recall, ties",
            "%",
            "share of the predicted top tenth that is as good as the worst of the true one",
        ),
        Measure::Regret => {
            ("regret", "pp", "mean true score of the true top tenth less that of the predicted one")
        }
        Measure::Nreg => ("nReg", "%", "regret in percent of the spread"),
        Measure::RegretBest => {
            ("regret of best", "pp", "best true score less that of the run predicted to be best")
        }
        Measure::PaperDifference => (
            "paper's difference",
            "pp",
            "mean fitness of the predicted top tenth less the mean true score of the true one, as the papers report it",
        ),
        Measure::Coverage => ("coverage", "%", "share of the prediction intervals that hold the truth"),
        Measure::SpeedUp
        | Measure::MaeStopped
        | Measure::P90
        | Measure::Max
        | Measure::Spread
        | Measure::Completed => (measure.name(), "", ""),
    };
    Column { heading, unit, meaning }
}

fn cell(measure: Measure, summary: &Summary) -> Cell {
    let Some(estimate) = summary.get(measure) else {
        return Cell { value: "–".to_owned(), interval: String::new() };
    };
    let interval = estimate.interval.map_or(String::new(), |[low, high]| {
        format!("{} to {}", number(measure, low), number(measure, high))
    });
    let mark = if estimate.undefined > 0 { "*" } else { "" };
    Cell { value: number(measure, estimate.value) + mark, interval }
}

fn row(name: &str, summary: &Summary) -> Row {
    Row { name: name.to_owned(), cells: COLUMNS.into_iter().map(|measure| cell(measure, summary)).collect() }
}

fn datasets(estimators: &[Compared]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for compared in estimators {
        for dataset in &compared.by_dataset {
            let scale = dataset.scale.map_or("in its own units".to_owned(), |scale| format!("scale {scale}"));
            let note = format!(
                "{}, {scale}, {} in {}{}",
                dataset.metric,
                plural(dataset.runs as u64, "run"),
                plural(dataset.populations as u64, "population"),
                match dataset.unmeasured {
                    0 => String::new(),
                    without => format!(", {} without the metric left out", plural(without as u64, "run")),
                }
            );
            place(&mut groups, &dataset.dataset, note, row(&compared.estimator, &dataset.summary));
        }
    }
    groups
}

fn populations(estimators: &[Compared]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for compared in estimators {
        for population in &compared.by_population {
            let counts = &population.scored.counts;
            let note = format!(
                "{} of {} recorded, {}",
                plural(counts.runs as u64, "run"),
                count(population.recorded as u64),
                plural(counts.orders as u64, "order")
            );
            place(
                &mut groups,
                &population.population,
                note,
                row(&compared.estimator, &population.scored.summary),
            );
        }
    }
    // One population a data set says the same again.
    let is_finer = estimators.iter().any(|compared| compared.by_population.len() > compared.by_dataset.len());
    if is_finer { groups } else { Vec::new() }
}

fn place(groups: &mut Vec<Group>, heading: &str, note: String, row: Row) {
    match groups.iter_mut().find(|group| group.heading == heading) {
        Some(group) => group.rows.push(row),
        None => groups.push(Group { heading: heading.to_owned(), note, rows: vec![row] }),
    }
}

fn coverage(estimators: &[Compared]) -> Option<Coverage> {
    let with_intervals: Vec<&Compared> =
        estimators.iter().filter(|compared| compared.mean.get(Measure::Coverage).is_some()).collect();
    let mut datasets: Vec<String> = Vec::new();
    for dataset in with_intervals.iter().flat_map(|compared| &compared.by_dataset) {
        if !datasets.contains(&dataset.dataset) {
            datasets.push(dataset.dataset.clone());
        }
    }
    let cells = |compared: &Compared| {
        let of = |name: &String| {
            let found = compared.by_dataset.iter().find(|dataset| dataset.dataset == *name);
            found.map_or(Cell { value: "–".to_owned(), interval: String::new() }, |dataset| {
                cell(Measure::Coverage, &dataset.summary)
            })
        };
        let mean = cell(Measure::Coverage, &compared.mean);
        std::iter::once(mean).chain(datasets.iter().map(of)).collect()
    };
    let rows: Vec<Row> = with_intervals
        .iter()
        .map(|compared| Row { name: compared.estimator.clone(), cells: cells(compared) })
        .collect();
    (!rows.is_empty()).then_some(Coverage { datasets, rows })
}
