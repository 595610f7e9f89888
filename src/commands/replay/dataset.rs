//! A data set that is replayed: its curves of one metric, how that becomes a score, its populations and their orders.

use std::str::FromStr;

use indexmap::IndexMap;
use peng_estimator::replay::RecordedRun;
use peng_estimator::{Direction, Scale, ScaleError};

use crate::commands::curves::Record;
use crate::commands::gaps::{Counted, Gap, Gaps};
use crate::commands::replay::meta::{self, Wanted};
use crate::failure::{Exit, Failure};
use crate::ui::findings::plural;

/// A scale, and the metric that it is for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ScaleArg {
    /// `None`: every metric.
    pub(super) metric: Option<String>,
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

impl ScaleArg {
    /// Refuses two scales for one metric.
    pub(super) fn once(args: &[ScaleArg]) -> Result<(), Failure> {
        for (place, arg) in args.iter().enumerate() {
            let Some(first) = args[..place].iter().find(|first| first.metric == arg.metric) else { continue };
            let of = arg.metric.as_ref().map_or("every metric".to_owned(), |metric| format!("`{metric}`"));
            let message = format!("`--scale` is `{}` and `{}` for {of}", first.scale, arg.scale);
            return Err(Failure::new(Exit::Usage, message).help("leave out one of them"));
        }
        Ok(())
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
    /// What of the record that leaves out.
    pub(super) gaps: Gaps,
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
        let (runs, gaps) = record.runs(metric);
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
        Ok(Self { name: record.name.clone(), metric: metric.to_owned(), direction, scale, populations, gaps })
    }
}

impl Dataset {
    /// What is read as it is hardly meant.
    pub(super) fn doubt(&self) -> Option<String> {
        let Self { name, metric, .. } = self;
        let is_falling = Direction::suggested_by(metric) == Direction::Minimize;
        if is_falling && self.direction == Direction::Maximize {
            return Some(format!(
                "`{name}`: larger values of `{metric}` count as better ones; `--lower-is-better` turns that round"
            ));
        }
        let values = || self.populations.iter().flat_map(|population| finite(&population.runs));
        let largest = values().fold(0.0, f64::max);
        let scale = self.scale?;
        let doubt = if scale.takes_for_shares(largest) {
            Scale::doubt_of_shares(metric)
        } else if values().any(|value| scale.takes_for_another(value)) {
            scale.doubt_of_others(metric)
        } else {
            return None;
        };
        Some(format!("`{name}`: {doubt}"))
    }
}

impl Dataset {
    /// How many runs have the metric.
    fn size(&self) -> usize {
        self.populations.iter().map(|population| population.runs.len()).sum()
    }

    /// Which runs are left out, since they lack the metric.
    pub(super) fn unmeasured(&self) -> Option<String> {
        let Counted { count, first } = &self.gaps.unmeasured;
        let runs = plural(count + self.size(), "run");
        (*count > 0).then(|| {
            format!(
                "`{}`: {count} of {runs} have no `{}` and are left out, such as `{first}`",
                self.name, self.metric
            )
        })
    }

    /// What is not there, or left out, of a metric that an estimator watches besides.
    pub(super) fn watched(&self, name: &str) -> Option<String> {
        let Gap { absent, partial, elsewhere } = self.gaps.others.get(name)?;
        let runs = |counted: &Counted| format!("{} of {}", counted.count, plural(self.size(), "run"));
        let mut said = Vec::new();
        if absent.count > 0 {
            said.push(format!(
                "{} have none and are judged without it, such as `{}`",
                runs(absent),
                absent.first
            ));
        }
        if partial.count > 0 {
            said.push(format!(
                "{} lack points, which count as NaN, such as `{}`",
                runs(partial),
                partial.first
            ));
        }
        if *elsewhere > 0 {
            said.push(format!("{} at other epochs are left out", plural(*elsewhere, "point")));
        }
        let of = format!("`{}`, `{name}` at the epochs of `{}`: ", self.name, self.metric);
        (!said.is_empty()).then(|| of + &said.join("; "))
    }
}

/// What runs are called whose group is empty.
const NONE: &str = "none";

/// Whether every finite value is a percentage.
fn is_percent(runs: &[RecordedRun]) -> bool {
    finite(runs).all(|value| !Scale::Percent.takes_for_another(value))
}

fn finite(runs: &[RecordedRun]) -> impl Iterator<Item = f64> {
    let points = runs.iter().flat_map(|run| run.curve.points());
    points.map(|point| point.value).filter(|value| value.is_finite())
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
    let (mut is_empty, mut is_none) = (false, false);
    let mut populations: IndexMap<String, Vec<RecordedRun>> = IndexMap::new();
    for mut run in runs {
        let Some(own) = facts.get(&run.run_id) else {
            let message =
                format!("`{}` has no row for run `{}`", record.folder.join("meta.csv").display(), run.run_id);
            return Err(Failure::new(Exit::Environment, message).help("add a row, a run has one"));
        };
        run.covariates.clone_from(&own.covariates);
        let name = match own.group.as_deref() {
            None => record.name.clone(),
            Some(group) => {
                is_empty |= group.is_empty();
                is_none |= group == NONE;
                format!("{}/{}", record.name, if group.is_empty() { NONE } else { group })
            }
        };
        populations.entry(name).or_default().push(run);
    }
    if is_empty && is_none {
        let file = record.folder.join("meta.csv");
        let message = format!("`{}`: some runs have the group `{NONE}`, and others none", file.display());
        return Err(Failure::new(Exit::Environment, message)
            .help("write another word: runs without a group are the population `none`"));
    }
    Ok(populations.into_iter().map(|(name, runs)| Population { name, runs }).collect())
}

#[cfg(test)]
mod tests {
    use peng_estimator::{Curve, Point, Progress};

    use super::*;

    fn dataset(metric: &str, scale: Option<Scale>, values: &[f64]) -> Dataset {
        let points = (1..).zip(values).map(|(epoch, &value)| Point { at: Progress::whole(epoch), value });
        let curve = Curve::try_from(points.collect::<Vec<_>>()).unwrap();
        let runs = vec![RecordedRun { run_id: "a".to_owned(), curve, ..RecordedRun::default() }];
        Dataset {
            name: "set".to_owned(),
            metric: metric.to_owned(),
            direction: Direction::Maximize,
            scale,
            populations: vec![Population { name: "set".to_owned(), runs }],
            gaps: Gaps::default(),
        }
    }

    #[test]
    fn what_is_hardly_meant_is_doubted() {
        let percent = Some(Scale::Percent);
        let doubt =
            |metric, scale, values: &[f64]| dataset(metric, scale, values).doubt().unwrap_or_default();
        assert!(doubt("val_loss", None, &[250.0]).contains("`--lower-is-better` turns that round"));
        assert!(
            doubt("val_accuracy", percent, &[0.1, 0.98, f64::INFINITY]).contains("write shares as 0 to 100")
        );
        assert!(doubt("val_accuracy", percent, &[10.0, 101.0]).contains("above 100"));
        for values in [&[0.0, 0.0][..], &[0.5, 1.5], &[f64::NAN], &[100.0]] {
            assert_eq!(doubt("val_accuracy", percent, values), "");
        }
        assert_eq!(doubt("val_reward", None, &[0.5]), "");
        let falls = |scale: &str, value| {
            let scale = Some(scale.parse().unwrap());
            let falling = Dataset { direction: Direction::Minimize, ..dataset("val_loss", scale, &[value]) };
            falling.doubt()
        };
        assert!(falls("loss:2", -0.1).unwrap().contains("below 0 count as 0, as `--scale loss:2` has it"));
        assert!(falls("perplexity:9", 0.5).unwrap().contains("below 1 count as 1"));
        assert_eq!(
            (falls("loss:2", 0.0), falls("loss:2", 9.0), falls("perplexity:9", 1.0)),
            (None, None, None)
        );
        let falling = Dataset { direction: Direction::Minimize, ..dataset("val_loss", None, &[0.5]) };
        assert_eq!(falling.doubt(), None);
    }
}
