//! The comparison of estimators over recorded curves: facts, JSON form, and in [`html()`] its page. How it is computed is in
//! `peng_estimator::score` and the command `replay`.

mod html;
mod pareto;
#[cfg(test)]
mod tests;

use peng_estimator::score::{Measure, Scored, Summary, Unit, Values};
use peng_estimator::{Direction, Scale};
use serde::Serialize;

use super::quantity::{count, plural};

pub use html::html;
pub(in crate::report) use pareto::figure as savings_against_regret;

/// From here on only four digits of a number are told to people.
const LARGE: f64 = 1e6;

/// The version of the comparison's JSON form.
pub const REPLAY_FORMAT: &str = "peng.replay/1";

/// Estimators on the same curves.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// [`REPLAY_FORMAT`].
    pub format: &'static str,
    /// The confidence of all intervals, 0 to 1.
    pub confidence: f64,
    /// Which earlier trainings a decision could use: `sequential` or `generations:N`.
    pub history: String,
    /// Where the orders come from.
    pub orders: String,
    /// Runs of a population and an order at most; `None`: all.
    pub limit: Option<usize>,
    /// The estimators, in the order in which they were asked for.
    pub estimators: Vec<Compared>,
}

/// An estimator.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// As it was written.
    pub estimator: String,
    /// Means over the data sets.
    pub mean: Summary,
    /// Medians over the data sets.
    pub median: Values,
    /// Means over the populations of each data set.
    pub by_dataset: Vec<ComparedDataset>,
    /// Means over the orders of each population.
    pub by_population: Vec<ComparedPopulation>,
    /// Populations that it could not be replayed on; they are in no mean.
    pub not_replayed: Vec<NotReplayed>,
}

/// An estimator on a data set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComparedDataset {
    /// Its name.
    pub dataset: String,
    /// The metric that was predicted.
    pub metric: String,
    /// Which of its values are better.
    pub direction: Direction,
    /// How it became a score; `None`: measures are in the metric's own units.
    pub scale: Option<Scale>,
    /// Number of populations.
    pub populations: usize,
    /// Number of runs, over all populations.
    pub runs: usize,
    /// Runs that are recorded without the metric, and left out.
    pub unmeasured: usize,
    /// Means over the populations.
    #[serde(flatten)]
    pub summary: Summary,
}

/// An estimator on a population.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComparedPopulation {
    /// The data set.
    pub dataset: String,
    /// The population.
    pub population: String,
    /// Runs that are recorded of it.
    pub recorded: usize,
    /// Means over the orders.
    #[serde(flatten)]
    pub scored: Scored,
}

/// A population that an estimator could not be replayed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotReplayed {
    /// The population.
    pub population: String,
    /// Why.
    pub reason: String,
}

impl Comparison {
    /// Indented JSON with a final line break.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a comparison has string keys");
        text.push('\n');
        text
    }
}

/// How many decisions have no error, and why; `None` if all have one.
pub fn unscored(compared: &Compared) -> Option<String> {
    let counts = || compared.by_population.iter().map(|population| &population.scored.counts);
    let unscored: usize = counts().map(|counts| counts.unscored).sum();
    let all: usize = counts().map(|counts| counts.decisions).sum();
    let (count, all) = (count(unscored as u64), plural(all as u64, "decision"));
    (unscored > 0).then(|| {
        format!("{count} of {all} count in no error, since the truth or the prediction is NaN or infinite")
    })
}

/// A measure's value as people read it, with its unit.
pub fn measured(measure: Measure, value: f64) -> String {
    let number = number(measure, value);
    match measure.unit() {
        Unit::Percent => format!("{number} %"),
        Unit::Points | Unit::Number => number,
    }
}

/// The same without its unit.
pub fn number(measure: Measure, value: f64) -> String {
    let decimals = match measure.unit() {
        Unit::Percent => 1,
        Unit::Points => 2,
        Unit::Number => 3,
    };
    let decimals = match measure {
        Measure::Nreg | Measure::Nmae | Measure::SpeedUp => 2,
        _ => decimals,
    };
    // The error of a loss that explodes has a hundred digits.
    if value.abs() >= LARGE {
        return format!("{value:.3e}");
    }
    let text = format!("{value:.decimals$}");
    // What rounds to nothing has no sign.
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| c == '0' || c == '.') => rest.to_owned(),
        _ => text,
    }
}
