//! A data set that is replayed: its curves of one metric, how that becomes a score, its populations and their orders.

use std::str::FromStr;

use indexmap::IndexMap;
use peng_estimator::replay::RecordedRun;
use peng_estimator::{Direction, Scale, ScaleError};

use crate::commands::curves::Record;
use crate::commands::replay::meta::{self, Wanted};
use crate::failure::{Exit, Failure};

/// A scale, and the metric that it is for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ScaleArg {
    /// `None`: every metric.
    metric: Option<String>,
    scale: Scale,
}

impl FromStr for ScaleArg {
    type Err = ScaleError;

    fn from_str(text: &str) -> Result<Self, ScaleError> {
        let (metric, scale) = match text.split_once('=') {
            Some((metric, scale)) => (Some(metric.to_owned()), scale),
            None => (None, text),
        };
        Ok(Self { metric, scale: scale.parse()? })
    }
}

/// Runs that are searched and scored together.
pub(super) struct Population {
    /// The data set's name, and behind a slash the value by which its runs are grouped.
    pub(super) name: String,
    /// In the order of the file.
    pub(super) runs: Vec<RecordedRun>,
}

/// A data set.
pub(super) struct Dataset {
    /// The folder's name.
    pub(super) name: String,
    /// The metric that is predicted.
    pub(super) metric: String,
    /// Which of its values are better.
    pub(super) direction: Direction,
    /// How it becomes a score.
    pub(super) scale: Option<Scale>,
    /// In the order in which they first occur.
    pub(super) populations: Vec<Population>,
}

/// What is asked of every data set.
pub(super) struct Asked<'a> {
    /// Metrics, the first that there is.
    pub(super) metrics: &'a [String],
    /// Which values are better where no scale tells.
    pub(super) direction: Direction,
    /// Scales.
    pub(super) scales: &'a [ScaleArg],
    /// What is asked of `meta.csv`.
    pub(super) meta: Wanted<'a>,
}

impl Dataset {
    /// The curves of a record's metric, in populations.
    pub(super) fn new(record: &Record, asked: &Asked<'_>) -> Result<Self, Failure> {
        let metric = record.metric(asked.metrics)?;
        let runs = record.runs(metric);
        let of_metric = |arg: &&ScaleArg| arg.metric.as_deref() == Some(metric);
        let named = asked.scales.iter().find(of_metric);
        let given =
            named.or_else(|| asked.scales.iter().find(|arg| arg.metric.is_none())).map(|arg| arg.scale);
        let (direction, scale) = match (given, asked.direction) {
            (Some(Scale::Percent), Direction::Minimize) => {
                let message = format!("`{metric}` cannot have the scale `percent` where lower is better");
                return Err(Failure::new(Exit::Usage, message)
                    .help("leave out `--lower-is-better`: the scales `loss:X` and `perplexity:X` imply it"));
            }
            (Some(scale @ (Scale::Loss { .. } | Scale::Perplexity { .. })), _) => {
                (Direction::Minimize, Some(scale))
            }
            (Some(scale @ Scale::Percent), direction) => (direction, Some(scale)),
            (None, Direction::Maximize) => (Direction::Maximize, is_percent(&runs).then_some(Scale::Percent)),
            (None, Direction::Minimize) => (Direction::Minimize, None),
        };
        let populations = populations(record, runs, asked.meta)?;
        Ok(Self { name: record.name.clone(), metric: metric.to_owned(), direction, scale, populations })
    }
}

/// Whether every finite value lies in 0 to 100.
fn is_percent(runs: &[RecordedRun]) -> bool {
    let points = runs.iter().flat_map(|run| run.curve.points());
    points.filter(|point| point.value.is_finite()).all(|point| (0.0..=100.0).contains(&point.value))
}

fn populations(
    record: &Record,
    runs: Vec<RecordedRun>,
    wanted: Wanted<'_>,
) -> Result<Vec<Population>, Failure> {
    if wanted.is_empty() {
        return Ok(vec![Population { name: record.name.clone(), runs }]);
    }
    let facts = meta::read(record, wanted)?;
    let mut populations: IndexMap<String, Vec<RecordedRun>> = IndexMap::new();
    for mut run in runs {
        let Some(own) = facts.get(&run.run_id) else {
            let message =
                format!("`{}` has no row for run `{}`", record.folder.join("meta.csv").display(), run.run_id);
            return Err(Failure::new(Exit::Environment, message).help("add a row, a run has one"));
        };
        run.covariates.clone_from(&own.covariates);
        let name = match own.group.as_deref().map(str::trim) {
            None => record.name.clone(),
            Some("") => format!("{}/none", record.name),
            Some(group) => format!("{}/{group}", record.name),
        };
        populations.entry(name).or_default().push(run);
    }
    Ok(populations.into_iter().map(|(name, runs)| Population { name, runs }).collect())
}
