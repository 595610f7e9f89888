//! Recorded learning curves: `run_id,epoch,metric,value` as CSV, plain or gzip, a file or a folder. What else a folder
//! knows of its runs is in `meta.rs`.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use peng_estimator::replay::RecordedRun;
use peng_estimator::{Curve, Point, Progress};

use crate::commands::gaps::Gaps;
use crate::commands::rows::Rows;
use crate::failure::{Exit, Failure};

/// The file of a folder, and the name of a record that is no folder's.
pub(crate) const CURVES: [&str; 2] = ["curves.csv", "curves.csv.gz"];

/// Epochs that are farther from a fraction than that, with all their digits, are others.
const NOISE: f64 = 1e-6;

/// What an epoch may be.
const EPOCHS: &str = "write whole epochs or fractions such as `0.5` and `0.333`; where an epoch has more than 64 measurements, \
                      number these instead";

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
            let at = self::epoch(epoch).map_err(|why| rows.fail(why).help(EPOCHS))?;
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

    /// The curves of a metric, in the order of the file, with the other metrics at their epochs; and what that leaves out.
    pub(crate) fn runs(&self, metric: &str) -> (Vec<RecordedRun>, Gaps) {
        let Some(own) = self.metrics.get(metric) else { return Default::default() };
        let mut gaps = Gaps::default();
        let mut known: HashSet<&String> = own.keys().collect();
        for run in self.metrics.values().flat_map(IndexMap::keys) {
            if known.insert(run) {
                gaps.unmeasured.add(run);
            }
        }
        let mut run = |(run, curve): (&String, &Curve)| {
            let mut others = BTreeMap::new();
            for (name, runs) in self.metrics.iter().filter(|(name, _)| *name != metric) {
                let gap = entry(&mut gaps.others, name);
                if let Some(other) = gap.at_epochs_of(run, curve, runs.get(run)) {
                    others.insert(name.clone(), other);
                }
            }
            RecordedRun { run_id: run.clone(), others, curve: curve.clone(), ..RecordedRun::default() }
        };
        (own.iter().map(&mut run).collect(), gaps)
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

/// Most epochs are whole. Others are the fractions that their digits stand for: `0.333` is a third, and `0.001` is not 0.
fn epoch(text: &str) -> Result<Progress, String> {
    let whole = text.parse().ok().filter(|epochs: &u32| *epochs <= u32::MAX / Progress::FINEST);
    if let Some(whole) = whole {
        return Ok(Progress::whole(whole));
    }
    let wrong = |why: String| format!("`{text}` is no epoch: {why}");
    let epochs: f64 = text.parse().map_err(|_| wrong("expected a number".to_owned()))?;
    let nearest = Progress::from_f64(epochs).map_err(|error| wrong(error.to_string()))?;
    // A whole unit lies beyond, also where its binary form is a little smaller.
    if (epochs - nearest.to_f64()).abs() < 0.999 * unit(text) {
        return Ok(nearest);
    }
    let nearest = match (nearest.numerator(), nearest.denominator()) {
        (whole, 1) => whole.to_string(),
        (above, below) => format!("{above}/{below}"),
    };
    Err(wrong(format!("the nearest fraction with a denominator up to {} is {nearest}", Progress::FINEST)))
}

/// What the last written digit counts, but no less than the noise of single precision.
fn unit(text: &str) -> f64 {
    let decimals = match text.split_once('.') {
        Some((_, decimals)) if decimals.bytes().all(|digit| digit.is_ascii_digit()) => decimals.len(),
        // With an exponent all digits count.
        _ => usize::MAX,
    };
    0.1_f64.powi(i32::try_from(decimals).unwrap_or(i32::MAX)).max(NOISE)
}

/// The value at a key, which is copied only if it is new.
fn entry<'a, V: Default>(map: &'a mut IndexMap<String, V>, key: &str) -> &'a mut V {
    let place = match map.get_index_of(key) {
        Some(place) => place,
        None => map.insert_full(key.to_owned(), V::default()).0,
    };
    &mut map[place]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_are_the_fractions_that_their_digits_stand_for() {
        for (text, numerator, denominator) in [
            ("3", 3, 1),
            ("3.0", 3, 1),
            ("0.5", 1, 2),
            ("0.333", 1, 3),
            ("0.3333", 1, 3),
            ("0.666", 2, 3),
            ("0.667", 2, 3),
            ("0.33333334", 1, 3),
            ("2.3333333333333335", 7, 3),
            ("0.30000000000000004", 3, 10),
            ("5e-1", 1, 2),
            ("0.015625", 1, 64),
            ("0", 0, 1),
        ] {
            assert_eq!(epoch(text), Ok(Progress::new(numerator, denominator).unwrap()), "{text}");
        }
        let range = "is no fraction from 0 to 67108863 with a denominator from 1 to 64";
        for (text, why) in [
            ("much", "expected a number".to_owned()),
            ("0.01", format!("0.01 epochs {range}")),
            ("-1", format!("-1 epochs {range}")),
            ("1e9", format!("1000000000 epochs {range}")),
            ("0.001", "the nearest fraction with a denominator up to 64 is 0".to_owned()),
            ("0.0005", "the nearest fraction with a denominator up to 64 is 0".to_owned()),
            ("1e-3", "the nearest fraction with a denominator up to 64 is 0".to_owned()),
            ("4.9995", "the nearest fraction with a denominator up to 64 is 5".to_owned()),
            ("0.3335", "the nearest fraction with a denominator up to 64 is 1/3".to_owned()),
        ] {
            assert_eq!(epoch(text), Err(format!("`{text}` is no epoch: {why}")));
        }
    }
}
