//! The tables of a study in words: each with its columns, rows and picture.

use peng_estimator::score::{Estimate, Measure, Summary};
use serde::Serialize;

use super::figures;
use crate::report::comparison::number;
use crate::report::quantity::{count, duration, epochs, percent, value};
use crate::study::tables::{ArmRun, ArmTable, BestSets, StudyTables};

/// What the columns mean.
pub(super) const MEASURES: [[&str; 2]; 10] = [
    ["saved", "epochs that the search did not train, of all that its networks would have taken"],
    ["throughput", "epochs planned for each one trained: so many times the networks in the same time"],
    [
        "recall",
        "share of the networks handed over as the best that are truly as good as the worst of the truly best (in brackets the \
         strict share of the same networks)",
    ],
    [
        "regret",
        "mean true value of the truly best networks less that of those handed over as the best, in points",
    ],
    [
        "paper's difference",
        "mean of the values handed over for the predicted best less the mean true value of the truly best, as the papers \
         report it",
    ],
    [
        "Spearman, Kendall",
        "rank correlations of what was handed over with the truth, over all networks of the arm",
    ],
    ["MAE", "mean absolute error of what was handed over, 0 where a network was trained to the end"],
    [
        "KS",
        "largest distance between the distributions of the true values of both best sets, and the probability of one as \
         large in samples of one distribution (Kolmogorov and Smirnov); the sets share networks, so it is too large",
    ],
    [
        "of all",
        "mean true value of as many of the best networks that any arm has met under the seed, less that of the arm's \
         predicted best: what the search lost, too",
    ],
    [
        "time",
        "as if the arm had trained alone on so many slots, at the pace at which its networks were trained: slots, summed, \
         and on the wall",
    ],
];

/// A table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Section {
    pub(super) title: String,
    pub(super) note: String,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Row>,
    /// Pictures above it, as SVG, and what is seen in them.
    figures: Vec<Figure>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Column {
    pub(super) heading: String,
    pub(super) is_number: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Row {
    pub(super) cells: Vec<Cell>,
}

/// A value, and its interval in small print.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Cell {
    pub(super) value: String,
    pub(super) small: String,
    is_number: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Figure {
    pub(super) svg: String,
    pub(super) caption: String,
    /// `wide` or `one-of-many`.
    pub(super) class: &'static str,
}

impl Cell {
    /// The value, with its interval in brackets.
    pub(super) fn on_one_line(&self) -> String {
        if self.small.is_empty() { self.value.clone() } else { format!("{} ({})", self.value, self.small) }
    }
}

fn word(value: impl Into<String>) -> Cell {
    Cell { value: value.into(), ..Cell::default() }
}

fn number_cell(value: Option<String>) -> Cell {
    Cell { value: value.unwrap_or_else(|| "–".to_owned()), small: String::new(), is_number: true }
}

fn columns(names: &[&str]) -> Vec<Column> {
    // The first columns are names.
    let is_number = |name: &str| !matches!(name, "arm" | "estimator" | "seed" | "best" | "of" | "end");
    names.iter().map(|name| Column { heading: (*name).to_owned(), is_number: is_number(name) }).collect()
}

/// All of them, in the order of the page.
pub(super) fn all(tables: &StudyTables) -> Vec<Section> {
    let mut sections = vec![savings(tables), best(tables), time(tables)];
    if tables.seeds.len() > 1 {
        sections.push(by_seed(tables));
    }
    sections.extend([truth(tables), cost(tables)]);
    sections
}

const SAVINGS: [&str; 13] = [
    "arm",
    "estimator",
    "saved, %",
    "throughput",
    "recall 10, %",
    "recall 20, %",
    "recall tenth, %",
    "regret, pp",
    "paper's difference, pp",
    "Spearman",
    "Kendall",
    "MAE, pp",
    "time on the wall",
];

/// What each arm saves, and what that costs.
pub(super) fn savings(tables: &StudyTables) -> Section {
    let rows = tables.arms.iter().map(|arm| {
        let runs: Vec<&ArmRun> = arm.runs.iter().collect();
        let summary = arm.mean.as_ref();
        Row { cells: [vec![word(&arm.name), word(&arm.estimator)], measures(&runs, summary)].concat() }
    });
    let confidence = percent(100.0 * tables.confidence).replace(".0 ", " ");
    let figure = figures::savings(tables).map(|svg| Figure {
        svg,
        caption: "The line joins those that no other one beats in both; the others are paler.".to_owned(),
        class: "wide",
    });
    Section {
        title: "Savings, and what they cost".to_owned(),
        note: format!(
            "Means over the seeds; small: {confidence} bootstrap intervals, over seeds where there are several, else over \
             networks. The tops of regret and of the paper's difference are a tenth."
        ),
        columns: columns(&SAVINGS),
        rows: rows.collect(),
        figures: figure.into_iter().collect(),
    }
}

/// The cells of a row of savings, from `saved` on.
fn measures(runs: &[&ArmRun], summary: Option<&Summary>) -> Vec<Cell> {
    let of = |measure: Measure| estimate(measure, summary.and_then(|summary| summary.get(measure)));
    let recall = |top: &str| {
        let tied = mean(runs, |run| Some(in_top(run, top)?.recall_tied?.value));
        let strict = mean(runs, |run| Some(in_top(run, top)?.recall?.value));
        let number = |value| number(Measure::RecallTied, value);
        let small = strict.map_or(String::new(), &number);
        Cell { small, ..number_cell(tied.map(&number)) }
    };
    vec![
        number_cell(mean(runs, |run| run.saved_percent).map(|value| number(Measure::Saved, value))),
        number_cell(mean(runs, |run| run.throughput).map(|value| number(Measure::SpeedUp, value))),
        recall("10"),
        recall("20"),
        recall("tenth"),
        of(Measure::Regret),
        of(Measure::PaperDifference),
        of(Measure::Spearman),
        of(Measure::Kendall),
        of(Measure::Mae),
        number_cell(mean(runs, |run| Some(run.seconds.wall)).map(duration)),
    ]
}

fn estimate(measure: Measure, estimate: Option<Estimate>) -> Cell {
    let Some(Estimate { value, interval, .. }) = estimate else { return number_cell(None) };
    let small = interval.map_or(String::new(), |[low, high]| {
        format!("{} to {}", number(measure, low), number(measure, high))
    });
    Cell { small, ..number_cell(Some(number(measure, value))) }
}

fn in_top<'a>(run: &'a ArmRun, top: &str) -> Option<&'a BestSets> {
    run.best.iter().find(|best| best.top == top)
}

/// The mean over the runs that have a value; `None` if one has none.
fn mean(runs: &[&ArmRun], of: impl Fn(&ArmRun) -> Option<f64>) -> Option<f64> {
    let values: Option<Vec<f64>> = runs.iter().map(|run| of(run)).collect();
    let values = values.filter(|values| !values.is_empty())?;
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    mean.is_finite().then_some(mean)
}

fn best(tables: &StudyTables) -> Section {
    let metric = tables.setup.metric;
    let shown = |number: f64| if number.is_finite() { Some(value(metric, number)) } else { None };
    let points = |number: f64| if number.is_finite() { Some(format!("{number:.2}")) } else { None };
    let mut rows = Vec::new();
    for arm in &tables.arms {
        for run in &arm.runs {
            for best in &run.best {
                let of = |measure, value| estimate(measure, value);
                let ks = best.distribution.map(|ks| format!("{:.2}, p {:.2}", ks.statistic, ks.p));
                rows.push(Row {
                    cells: vec![
                        word(&arm.name),
                        word(run.seed.to_string()),
                        word(best.top),
                        number_cell(Some(best.size.to_string())),
                        of(Measure::RecallTied, best.recall_tied),
                        of(Measure::Recall, best.recall),
                        number_cell(shown(best.true_mean)),
                        number_cell(shown(best.predicted_mean)),
                        number_cell(shown(best.handed_mean)),
                        of(Measure::Regret, best.regret),
                        of(Measure::PaperDifference, best.paper_difference),
                        number_cell(ks),
                        number_cell(best.of_all.and_then(|all| points(all.regret))),
                    ],
                });
            }
        }
    }
    Section {
        title: "The best networks".to_owned(),
        note: "Those that were handed over as the best, against the truly best of the same arm; sizes that would be all \
               networks are left out."
            .to_owned(),
        columns: columns(&[
            "arm",
            "seed",
            "best",
            "networks",
            "recall, %",
            "strict recall, %",
            "mean of the truly best",
            "of the predicted best",
            "handed over",
            "regret, pp",
            "paper's difference, pp",
            "KS",
            "of all, pp",
        ]),
        rows,
        figures: [figures::pairs(tables), figures::distributions(tables)].concat(),
    }
}

fn time(tables: &StudyTables) -> Section {
    let row = |arm: &ArmTable, run: &ArmRun| {
        let full = run.in_full;
        let times = |a: f64, b: f64| (b > 0.0).then(|| format!("{:.2}", a / b));
        let secs = |secs: f64| number_cell(Some(duration(secs)));
        Row {
            cells: vec![
                word(&arm.name),
                word(run.seed.to_string()),
                number_cell(Some(count(run.savings.trainings))),
                number_cell(Some(epochs(run.savings.search_epochs))),
                number_cell(Some(epochs(run.savings.reconsider_epochs))),
                number_cell(Some(epochs(run.savings.confirm_epochs))),
                secs(run.seconds.slots),
                number_cell(full.map(|full| duration(full.slots))),
                secs(run.seconds.wall),
                number_cell(full.map(|full| duration(full.wall))),
                number_cell(full.and_then(|full| times(full.wall, run.seconds.wall))),
            ],
        }
    };
    Section {
        title: "Epochs and time".to_owned(),
        note: format!(
            "Counted as if each arm had trained alone, on {}; in full: all of its networks to the end.",
            crate::report::quantity::plural(tables.slots as u64, "slot")
        ),
        columns: columns(&[
            "arm",
            "seed",
            "trainings",
            "epochs of the search",
            "of pauses taken up",
            "of confirmation",
            "slots",
            "in full",
            "wall",
            "in full",
            "times faster",
        ]),
        rows: tables.arms.iter().flat_map(|arm| arm.runs.iter().map(move |run| row(arm, run))).collect(),
        figures: Vec::new(),
    }
}

fn by_seed(tables: &StudyTables) -> Section {
    let row = |arm: &ArmTable, run: &ArmRun| {
        let summary = run.scored.as_ref().map(|scored| &scored.summary);
        let names = vec![word(&arm.name), word(run.seed.to_string())];
        Row { cells: [names, measures(&[run], summary)].concat() }
    };
    let mut names = SAVINGS;
    names[1] = "seed";
    Section {
        title: "By seed".to_owned(),
        note: String::new(),
        columns: columns(&names),
        rows: tables.arms.iter().flat_map(|arm| arm.runs.iter().map(move |run| row(arm, run))).collect(),
        figures: Vec::new(),
    }
}

fn truth(tables: &StudyTables) -> Section {
    let metric = tables.setup.metric;
    let shown = |number: Option<f64>| number_cell(number.map(|number| value(metric, number)));
    let rows = tables.truth.iter().map(|truth| Row {
        cells: vec![
            word(truth.seed.to_string()),
            number_cell(Some(count(truth.networks as u64))),
            number_cell(Some(count(truth.failed as u64))),
            number_cell(Some(epochs(truth.epochs))),
            number_cell(Some(duration(truth.slot_secs))),
            shown(truth.best),
            shown(truth.mean),
        ],
    });
    Section {
        title: "The truth".to_owned(),
        note: "Every network that was trained to the end, under each seed.".to_owned(),
        columns: columns(&["seed", "networks", "failed", "epochs", "slots", "best", "mean"])
            .into_iter()
            .map(|column| Column { is_number: column.heading != "seed", ..column })
            .collect(),
        rows: rows.collect(),
        figures: Vec::new(),
    }
}

fn cost(tables: &StudyTables) -> Section {
    let cost = tables.cost;
    let row = |what: &str, value: String| Row { cells: vec![word(what), number_cell(Some(value))] };
    Section {
        title: "What the study cost".to_owned(),
        note: "A network that several runs met was trained once, as far as the longest of them needed it."
            .to_owned(),
        columns: vec![
            Column { heading: "epochs".to_owned(), is_number: false },
            Column { heading: String::new(), is_number: true },
        ],
        rows: vec![
            row("counted by its runs", epochs(cost.counted_epochs)),
            row("of the union", epochs(cost.union_epochs)),
            row("really trained", epochs(cost.trained_epochs)),
            row("slots for these", duration(cost.trained_secs)),
        ],
        figures: Vec::new(),
    }
}
