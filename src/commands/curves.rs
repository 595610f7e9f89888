//! Recorded learning curves: `run_id,epoch,metric,value` as CSV, plain or gzip, a file or a folder.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use indexmap::IndexMap;
use peng_estimator::replay::RecordedRun;
use peng_estimator::{Curve, Point, Progress};

use crate::failure::{Exit, Failure};

/// All metrics of a record, each with its curves in the order of the file.
pub(crate) struct Record {
    path: PathBuf,
    /// By metric and run, in the order of the file.
    metrics: IndexMap<String, IndexMap<String, Curve>>,
}

impl Record {
    /// Reads a file, or the `curves.csv[.gz]` of a folder.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let file = locate(path)?;
        let fail = |what: String| Failure::new(Exit::Environment, format!("`{}`: {what}", file.display()));
        let raw = BufReader::new(File::open(&file).map_err(|e| fail(e.to_string()))?);
        let text: Box<dyn Read> = if file.extension().is_some_and(|e| e == "gz") {
            Box::new(MultiGzDecoder::new(raw))
        } else {
            Box::new(raw)
        };
        let mut csv = csv::Reader::from_reader(text);
        let header = csv.headers().map_err(|e| fail(e.to_string()))?.clone();
        let columns =
            ["run_id", "epoch", "metric", "value"].map(|name| header.iter().position(|h| h == name));
        let [Some(run), Some(epoch), Some(metric), Some(value)] = columns else {
            let found = header.iter().collect::<Vec<_>>().join(",");
            return Err(fail(format!("found the columns `{found}`, expected `run_id,epoch,metric,value`")));
        };
        let mut record = Self { path: file.clone(), metrics: IndexMap::new() };
        for row in csv.records() {
            let row = row.map_err(|e| fail(e.to_string()))?;
            let line = row.position().map_or(0, csv::Position::line);
            let at = row[epoch].trim().parse().ok().and_then(|e| Progress::from_f64(e).ok());
            let at = at.ok_or_else(|| fail(format!("line {line}: `{}` is no epoch", &row[epoch])))?;
            let text = row[value].trim();
            let value = if text.is_empty() { Ok(f64::NAN) } else { text.parse() };
            let value = value.map_err(|_| fail(format!("line {line}: `{text}` is no number")))?;
            record
                .curve(&row[metric], &row[run])
                .push(Point { at, value })
                .map_err(|e| fail(format!("line {line}: {e}")))?;
        }
        Ok(record)
    }

    fn curve(&mut self, metric: &str, run: &str) -> &mut Curve {
        self.metrics.entry(metric.to_owned()).or_default().entry(run.to_owned()).or_default()
    }

    /// The curves of a metric: the one that is named, else `val_accuracy`, else the only `val_*`.
    pub(crate) fn metric(&self, name: Option<&str>) -> Result<(&str, Vec<RecordedRun>), Failure> {
        let mut validation = self.metrics.keys().filter(|n| n.starts_with("val_"));
        let only = match (validation.next(), validation.next()) {
            (only, None) => only.map(String::as_str),
            _ => None,
        };
        let wanted = name.unwrap_or("val_accuracy");
        let found = self
            .metrics
            .get_key_value(wanted)
            .or_else(|| only.filter(|_| name.is_none()).and_then(|only| self.metrics.get_key_value(only)));
        let Some((name, runs)) = found else {
            let names: Vec<String> = self.metrics.keys().map(|n| format!("`{n}`")).collect();
            let message = format!("`{}` has no metric `{wanted}`", self.path.display());
            return Err(Failure::new(Exit::Usage, message)
                .help(format!("use `--metric` with one of {}", names.join(", "))));
        };
        let curve = |(run, curve): (&String, &Curve)| RecordedRun {
            run_id: run.clone(),
            curve: curve.clone(),
            ..RecordedRun::default()
        };
        Ok((name, runs.iter().map(curve).collect()))
    }
}

fn locate(path: &Path) -> Result<PathBuf, Failure> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    let candidates = ["curves.csv", "curves.csv.gz"].map(|name| path.join(name));
    candidates.into_iter().find(|file| file.is_file()).ok_or_else(|| {
        let message = format!("`{}` has neither `curves.csv` nor `curves.csv.gz`", path.display());
        Failure::new(Exit::Environment, message)
    })
}
