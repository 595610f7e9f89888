//! Recorded learning curves: `run_id,epoch,metric,value` as CSV, plain or gzip, a file or a folder. What else a folder
//! knows of its runs is in `meta.rs`.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use peng_estimator::replay::RecordedRun;
use peng_estimator::{Curve, Point, Progress};

use crate::commands::rows::Rows;
use crate::failure::{Exit, Failure};

/// The file of a folder, and the name of a record that is no folder's.
const CURVES: [&str; 2] = ["curves.csv", "curves.csv.gz"];

/// All metrics of a record, each with its curves in the order of the file.
pub(crate) struct Record {
    /// The folder's name, or the file's without its extensions.
    pub(crate) name: String,
    /// The folder.
    pub(crate) folder: PathBuf,
    /// The file with the curves.
    pub(crate) file: PathBuf,
    /// By metric and run, in the order of the file.
    metrics: IndexMap<String, IndexMap<String, Curve>>,
}

impl Record {
    /// Reads a file, or the `curves.csv[.gz]` of a folder.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let file = locate(path)?;
        let mut rows = Rows::open(&file, ["run_id", "epoch", "metric", "value"])?;
        let mut metrics: IndexMap<String, IndexMap<String, Curve>> = IndexMap::new();
        while rows.step()? {
            let [run, epoch, metric, value] = rows.values();
            let at = self::epoch(epoch).ok_or_else(|| rows.fail(format!("`{epoch}` is no epoch")))?;
            let value = match value {
                "" => f64::NAN,
                text => number(text).map_err(|why| rows.fail(why))?,
            };
            let pushed = entry(entry(&mut metrics, metric), run).push(Point { at, value });
            pushed.map_err(|e| rows.fail(format!("run `{run}`, `{metric}`: {e}")))?;
        }
        if metrics.is_empty() {
            let message = format!("`{}` has no rows below its header", file.display());
            return Err(Failure::new(Exit::Environment, message));
        }
        let folder = file.parent().map(Path::to_owned).unwrap_or_default();
        Ok(Self { name: name(&file), folder, file, metrics })
    }

    /// The metric of which the curves are replayed: the first of those named that there is, else `val_accuracy`, else
    /// the only `val_*`.
    pub(crate) fn metric(&self, names: &[String]) -> Result<&str, Failure> {
        let mut validation = self.metrics.keys().filter(|n| n.starts_with("val_"));
        let only = match (validation.next(), validation.next()) {
            (only, None) => only.map(String::as_str),
            _ => None,
        };
        let known = |name: &str| self.metrics.get_key_value(name).map(|(name, _)| name.as_str());
        let found = if names.is_empty() {
            known("val_accuracy").or(only)
        } else {
            names.iter().find_map(|name| known(name))
        };
        found.ok_or_else(|| {
            let wanted = if names.is_empty() { "val_accuracy".to_owned() } else { names.join("` or `") };
            let known: Vec<String> = self.metrics.keys().map(|n| format!("`{n}`")).collect();
            let message = format!("`{}` has no metric `{wanted}`", self.file.display());
            Failure::new(Exit::Usage, message)
                .help(format!("use `--metric` with one of {}", known.join(", ")))
        })
    }

    /// The curves of a metric, in the order of the file, with the other metrics that were measured at the same epochs.
    pub(crate) fn runs(&self, metric: &str) -> Vec<RecordedRun> {
        let others = |run: &str, curve: &Curve| {
            let others = self.metrics.iter().filter(|(name, _)| *name != metric);
            let others = others.filter_map(|(name, runs)| Some((name, runs.get(run)?)));
            let same = others.filter(|(_, other)| at_the_same_epochs(curve, other));
            same.map(|(name, other)| (name.clone(), other.clone())).collect()
        };
        let run = |(run, curve): (&String, &Curve)| RecordedRun {
            run_id: run.clone(),
            others: others(run, curve),
            curve: curve.clone(),
            ..RecordedRun::default()
        };
        self.metrics.get(metric).map(|runs| runs.iter().map(run).collect()).unwrap_or_default()
    }

    /// Whether any metric of such a run is recorded.
    pub(crate) fn knows(&self, run: &str) -> bool {
        self.metrics.values().any(|runs| runs.contains_key(run))
    }
}

/// A number as it is written. NaN and infinity are written as words: digits that make one don't fit.
pub(crate) fn number(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| format!("`{text}` is no number"))?;
    if number.is_infinite() && text.contains(|c: char| c.is_ascii_digit()) {
        return Err(format!("`{text}` is no number from {:e} to {:e}", f64::MIN, f64::MAX));
    }
    Ok(number)
}

/// Most epochs are whole.
fn epoch(text: &str) -> Option<Progress> {
    let text = text.trim();
    let whole = text.parse().ok().filter(|epochs: &u32| *epochs <= u32::MAX / Progress::FINEST);
    whole
        .map(Progress::whole)
        .or_else(|| text.parse().ok().and_then(|epochs| Progress::from_f64(epochs).ok()))
}

/// The value at a key, which is copied only if it is new.
fn entry<'a, V: Default>(map: &'a mut IndexMap<String, V>, key: &str) -> &'a mut V {
    let place = match map.get_index_of(key) {
        Some(place) => place,
        None => map.insert_full(key.to_owned(), V::default()).0,
    };
    &mut map[place]
}

fn at_the_same_epochs(a: &Curve, b: &Curve) -> bool {
    a.len() == b.len() && a.points().iter().zip(b.points()).all(|(a, b)| a.at == b.at)
}

fn name(file: &Path) -> String {
    let last = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let own = last(file).unwrap_or_default();
    let whole = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let folder = whole.parent().and_then(last).filter(|_| CURVES.contains(&own.as_str()));
    folder.unwrap_or_else(|| own.trim_end_matches(".gz").trim_end_matches(".csv").to_owned())
}

fn locate(path: &Path) -> Result<PathBuf, Failure> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    let mut files = CURVES.into_iter().map(|name| path.join(name)).filter(|file| file.is_file());
    match (files.next(), files.next()) {
        (Some(file), None) => Ok(file),
        (Some(_), Some(_)) => {
            let message = format!("`{}` has both `curves.csv` and `curves.csv.gz`", path.display());
            Err(Failure::new(Exit::Usage, message).help("name the file that is meant, or remove the other"))
        }
        (None, _) => {
            let message = format!("`{}` has neither `curves.csv` nor `curves.csv.gz`", path.display());
            Err(Failure::new(Exit::Environment, message))
        }
    }
}
