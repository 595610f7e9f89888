//! `trials.csv` and the curves as CSV: for programs, so numbers are exact and equal runs have equal bytes.

use peng_spec::plan::Plan;

use super::{Status, TrialReport};
use crate::state::RunState;

const COLUMNS: [&str; 13] = [
    "trial",
    "generation",
    "genome",
    "params",
    "flops",
    "outcome",
    "cause",
    "epochs_trained",
    "epochs_planned",
    "predicted",
    "observed",
    "best_observed",
    "audit",
];

/// `trials.csv`: one row a trial, in trial order. No times, attempts or workers are in it.
///
/// `predicted` is the newest prediction with which a training was stopped, also if it was taken up again later, `observed`
/// the last measured value, both of the estimator's metric. A copy has the values of the trial that it is a copy of, and
/// no epochs. A trial that has not ended has no outcome. `audit` tells the trainings that would have run to the end even
/// if the estimator had stopped them.
pub fn trials_csv(plan: &Plan, state: &RunState) -> String {
    written(|table| {
        table.write_record(COLUMNS)?;
        for trial in &state.trials {
            let row = TrialReport::new(plan, state, trial);
            table.write_record([
                row.trial.to_string(),
                row.generation.to_string(),
                row.genome.to_string(),
                row.params.to_string(),
                row.flops.to_string(),
                match row.status {
                    Status::Running | Status::Waiting => String::new(),
                    ended => ended.word().to_owned(),
                },
                row.cause.unwrap_or_default(),
                row.epochs_trained.to_string(),
                row.epochs_planned.to_string(),
                exact(row.predicted),
                exact(row.observed),
                exact(row.best_observed),
                row.audited.to_string(),
            ])?;
        }
        Ok(())
    })
}

/// All measurements as `replay` reads them: `run_id,epoch,metric,value`, the trial's number as `run_id`, an empty value
/// for NaN.
pub fn curves_csv(state: &RunState) -> String {
    written(|table| {
        table.write_record(["run_id", "epoch", "metric", "value"])?;
        for trial in &state.trials {
            for point in &trial.points {
                for (metric, value) in &point.metrics {
                    let value = if value.is_nan() { String::new() } else { value.to_string() };
                    table.write_record([
                        &trial.id.to_string(),
                        &point.at.to_string(),
                        metric.name(),
                        &value,
                    ])?;
                }
            }
        }
        Ok(())
    })
}

/// The shortest text that reads back as the same number.
pub(crate) fn exact(value: Option<f64>) -> String {
    value.map(|v| v.to_string()).unwrap_or_default()
}

pub(crate) fn written(rows: impl FnOnce(&mut csv::Writer<Vec<u8>>) -> csv::Result<()>) -> String {
    let mut table = csv::Writer::from_writer(Vec::new());
    rows(&mut table).expect("rows have the header's length, and memory can be written to");
    let bytes = table.into_inner().expect("memory can be written to");
    String::from_utf8(bytes).expect("what was written is text")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn every_outcome_has_its_row() {
        let state = RunState::fold(&samples::every_outcome());
        assert_eq!(
            trials_csv(&samples::plan(), &state),
            "\
trial,generation,genome,params,flops,outcome,cause,epochs_trained,epochs_planned,predicted,observed,best_observed,audit
0,0,\"[[0,0,0],[1]]\",1000,5000000,completed,,8,8,,88,88,false
1,0,\"[[1,0,0],[1]]\",1100,4000000,converged,,8,8,93.1,90.5,91,false
2,0,\"[[2,0,0],[1]]\",1200,3000000,converged,,5,8,89.25,80,80,false
3,0,\"[[3,0,0],[1]]\",1300,2000000,pruned,,2,8,,40,40,false
4,1,\"[[1,0,0],[1]]\",1100,4000000,copied,same network as trial 1,0,8,93.1,90.5,91,false
5,1,\"[[5,0,0],[1]]\",1500,7000000,failed,out of memory,1,8,,NaN,,false
6,1,\"[[6,0,0],[1]]\",1600,6000000,cancelled,,2,8,,55,55,false
7,1,\"[[7,0,0],[1]]\",1700,6500000,,,0,8,,,,false
"
        );
    }

    #[test]
    fn without_trials_there_is_the_header() {
        let text = trials_csv(&samples::plan(), &RunState::default());
        assert_eq!(text.lines().count(), 1);
        assert_eq!(curves_csv(&RunState::default()), "run_id,epoch,metric,value\n");
    }

    #[test]
    fn curves_hold_every_metric_and_write_nan_as_nothing() {
        let text = curves_csv(&RunState::fold(&samples::every_outcome()));
        assert!(text.contains("\n1,4,val_accuracy,91\n"), "{text}");
        assert!(text.contains("\n5,1,val_accuracy,\n"), "{text}");
        assert!(text.contains("\n5,1,val_loss,inf\n"), "{text}");
    }
}
