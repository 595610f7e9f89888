//! The curves of a study in the form that `peng replay` reads: `curves.csv.gz` with all networks of the truth, and
//! `meta.csv` with a row each.

use std::io::Write;

use flate2::{Compression, GzBuilder};
use peng_spec::plan::Setting;

use super::dir::{RunRecord, StudyRun};
use crate::report::{exact, written};
use crate::space;
use crate::state::{RunState, TrialState};

/// The curves of the truth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Curves {
    /// `curves.csv`, compressed; equal curves have equal bytes.
    pub curves: Vec<u8>,
    /// `meta.csv`.
    pub meta: String,
}

impl Curves {
    /// Those of the truths among the runs of a study; `Err`: a plan cannot be run by this version.
    pub fn new(records: &[RunRecord]) -> Result<Self, String> {
        let truths = records.iter().filter(|record| matches!(record.run, StudyRun::Truth { .. }));
        let truths: Vec<(&RunRecord, RunState)> =
            truths.map(|record| (record, RunState::fold(&record.events))).collect();
        let mut rows = Vec::new();
        for (record, state) in &truths {
            let space = space::of_plan(&record.plan)?;
            for trial in &state.trials {
                let settings = space.settings(&trial.genome).map_err(|e| e.to_string())?;
                let of = |wanted| settings.iter().find(|(setting, _)| *setting == wanted).map(|(_, v)| *v);
                rows.push((run_id(record, trial), record.plan.seed, trial, Setting::ALL.map(of)));
            }
        }
        let is_used = |at: usize| rows.iter().any(|(.., settings)| settings[at].is_some());
        let used: Vec<usize> = (0..Setting::ALL.len()).filter(|&at| is_used(at)).collect();
        let meta = written(|table| {
            let mut header: Vec<&str> =
                ["run_id", "seed", "genome", "params", "flops", "activation_bytes", "outcome"].to_vec();
            header.extend(used.iter().map(|&at| Setting::ALL[at].name()));
            table.write_record(header)?;
            for (run_id, seed, trial, settings) in &rows {
                let cost = trial.cost;
                let mut row = vec![run_id.clone(), seed.to_string(), trial.genome.to_string()];
                row.extend([cost.params, cost.flops, cost.activation_bytes].map(|n| n.to_string()));
                row.push(trial.outcome.as_ref().map_or("", |outcome| outcome.word()).to_owned());
                row.extend(used.iter().map(|&at| exact(settings[at])));
                table.write_record(row)?;
            }
            Ok(())
        });
        let curves = written(|table| {
            table.write_record(["run_id", "epoch", "metric", "value"])?;
            for (run_id, _, trial, _) in &rows {
                for point in &trial.points {
                    for (metric, value) in &point.metrics {
                        let value = if value.is_nan() { String::new() } else { value.to_string() };
                        table.write_record([run_id, &point.at.to_string(), metric.name(), &value])?;
                    }
                }
            }
            Ok(())
        });
        // Without a time stamp.
        let mut file = GzBuilder::new().write(Vec::new(), Compression::best());
        let compressed = file.write_all(curves.as_bytes()).and_then(|()| file.finish());
        Ok(Self { curves: compressed.expect("memory can be written to"), meta })
    }
}

fn run_id(record: &RunRecord, trial: &TrialState) -> String {
    format!("seed{}-{:04}", record.plan.seed, trial.id.0)
}
