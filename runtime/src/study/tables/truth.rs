//! What the networks of a seed come to when they are trained to the end.

use std::collections::BTreeMap;

use peng_estimator::{Curve, Point, Progress};
use peng_spec::plan::{Goal, Metric, Plan};
use serde::Serialize;

use super::Pace;
use crate::event::TrialOutcome;
use crate::fitness::is_observed;
use crate::space::{self, SearchSpace};
use crate::state::{RunState, TrialState};
use crate::study::StudyRun;
use crate::study::truth::key_of;

/// The truth of a seed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TruthTable {
    /// The seed.
    pub seed: u64,
    /// Networks that were trained to the end.
    pub networks: usize,
    /// Networks that failed on the way there.
    pub failed: usize,
    /// Epochs of all of them.
    pub epochs: f64,
    /// Seconds of device slots of all of them.
    pub slot_secs: f64,
    /// The best final value.
    pub best: Option<f64>,
    /// The mean of the finite final values.
    pub mean: Option<f64>,
}

/// A network to its end.
pub(super) struct Ended {
    /// Its curve; of a failed one until it failed.
    pub(super) curve: Curve,
    /// The last value; not finite for one that failed.
    pub(super) value: f64,
    /// Seconds of its whole training.
    pub(super) secs: f64,
}

/// All networks that were trained to the end under a seed.
pub(super) struct Truth {
    space: Box<dyn SearchSpace>,
    metric: Metric,
    ended: BTreeMap<String, Ended>,
}

impl Truth {
    /// From the runs of a seed: whatever one of them has trained to the end is known.
    pub(super) fn new<'a>(
        plan: &Plan,
        runs: impl Iterator<Item = (StudyRun, &'a RunState, &'a Pace)>,
    ) -> Result<Self, String> {
        let metric = plan.estimator.metric;
        let mut truth = Self { space: space::of_plan(plan)?, metric, ended: BTreeMap::new() };
        for (_, state, pace) in runs {
            for trial in &state.trials {
                let is_failed = matches!(trial.outcome, Some(TrialOutcome::Failed { .. }));
                if (is_observed(trial) || is_failed) && !trial.points.is_empty() {
                    let ended = ended(trial, metric, is_failed, pace);
                    truth.ended.entry(truth.key(trial)?).or_insert(ended);
                }
            }
        }
        Ok(truth)
    }

    fn key(&self, trial: &TrialState) -> Result<String, String> {
        key_of(&*self.space, &trial.genome)
    }

    /// The network of a trial to its end; `None`: it is not known.
    pub(super) fn of(&self, trial: &TrialState) -> Result<Option<&Ended>, String> {
        Ok(self.ended.get(&self.key(trial)?))
    }

    /// The finite final values, the best first.
    pub(super) fn values(&self) -> Vec<f64> {
        let mut values: Vec<f64> =
            self.ended.values().map(|ended| ended.value).filter(|value| value.is_finite()).collect();
        values.sort_by(|a, b| match self.metric.goal() {
            Goal::Maximize => b.total_cmp(a),
            Goal::Minimize => a.total_cmp(b),
        });
        values
    }

    pub(super) fn table(&self, seed: u64) -> TruthTable {
        let values = self.values();
        let last = |ended: &Ended| ended.curve.last().map_or(0.0, |point| point.at.to_f64());
        TruthTable {
            seed,
            networks: self.ended.len(),
            failed: self.ended.len() - values.len(),
            epochs: self.ended.values().map(last).sum(),
            slot_secs: self.ended.values().map(|ended| ended.secs).sum(),
            best: values.first().copied(),
            mean: (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64),
        }
    }
}

fn ended(trial: &TrialState, metric: Metric, is_failed: bool, pace: &Pace) -> Ended {
    let mut curve = Curve::default();
    for point in &trial.points {
        let value = point.metrics.get(&metric).copied().unwrap_or(f64::NAN);
        // The points of a trial lie one behind the other.
        let _ = curve.push(Point { at: point.at, value });
    }
    let value = if is_failed { f64::NAN } else { curve.last().map_or(f64::NAN, |point| point.value) };
    let secs = pace.between(trial.id, Progress::ZERO, trial.trained());
    Ended { curve, value, secs }
}
