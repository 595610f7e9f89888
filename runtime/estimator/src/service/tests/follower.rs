//! A kind of estimator for these tests, which does whatever its history says.

use std::cell::Cell;

use serde_json::{Value, json};

use crate::estimator::{Estimator, Needs, Revises, Rule};
use crate::policy::{ParamIssue, PolicyKind};
use crate::trial::{History, TrainingFacts, TrialRecord};
use crate::verdict::{Observation, Verdict};

thread_local! {
    /// How often a history was learned from.
    pub(super) static LEARNED: Cell<usize> = const { Cell::new(0) };
}

pub(super) struct FollowerKind;

struct Follower {
    points: usize,
}

/// The mean fitness, and a sum in which the order and all the numbers of the history count.
struct Learned {
    mean: Option<f64>,
    mixed: f64,
    points: usize,
}

impl PolicyKind for FollowerKind {
    fn name(&self) -> &'static str {
        "follower"
    }

    fn summary(&self) -> &'static str {
        "follows the others"
    }

    fn params_schema(&self) -> schemars::Schema {
        schemars::json_schema!({})
    }

    fn normalise(&self, _: Value, _: Option<&TrainingFacts>) -> Result<Value, Vec<ParamIssue>> {
        Ok(json!({}))
    }

    fn build(&self, _: Value, facts: &TrainingFacts) -> Result<Box<dyn Estimator>, Vec<ParamIssue>> {
        if facts.points < 3 {
            return Err(vec![ParamIssue::new("", "too short", "train longer")]);
        }
        Ok(Box::new(Follower { points: facts.points }))
    }
}

impl Estimator for Follower {
    fn name(&self) -> &'static str {
        "follower"
    }

    fn needs(&self) -> Needs {
        Needs {
            metrics: Vec::new(),
            fewest_points: 1,
            fewest_trials: 0,
            uses_history: true,
            revises: Revises::Never,
        }
    }

    fn learn(&self, history: &History) -> Box<dyn Rule> {
        LEARNED.set(LEARNED.get() + 1);
        let fitness: Vec<f64> =
            history.trials.iter().map(|trial| trial.fitness).filter(|fitness| fitness.is_finite()).collect();
        let mean = fitness.iter().sum::<f64>() / fitness.len() as f64;
        let mixed = history.trials.iter().fold(0.0, |mixed: f64, trial| {
            let values: f64 = trial.record.curve.points().iter().map(|point| point.value).sum();
            mixed / 3.0 + trial.record.number as f64 + values / trial.points_planned as f64
        });
        let mean = (!fitness.is_empty()).then_some(mean);
        Box::new(Learned { mean, mixed: if mixed.is_finite() { mixed } else { 0.0 }, points: self.points })
    }
}

impl Rule for Learned {
    /// Prunes what is worse than half of the others; what is as good as they are has converged after a third.
    fn judge(&self, trial: &TrialRecord, judged: usize) -> Observation {
        let Some(mean) = self.mean else {
            return Observation::go_on("follower", trial.curve.len(), "nobody to follow");
        };
        for points in 1..=trial.curve.len() {
            let value = trial.curve.points()[points - 1].value;
            let verdict = if value < mean / 2.0 {
                Verdict::Pruned
            } else if 3 * points > self.points && value > mean {
                let covariates: f64 = trial.covariates.values().sum();
                Verdict::Converged { predicted: value + self.mixed.sin() + covariates }
            } else {
                continue;
            };
            assert!(judged < points, "told that it went on with {judged} points");
            let predicted = match verdict {
                Verdict::Converged { predicted } => Some(predicted),
                Verdict::Continue | Verdict::Pruned => None,
            };
            return Observation {
                verdict,
                predicted,
                interval: predicted.map(|predicted| [predicted - 1.0, predicted + 1.0]),
                ..Observation::go_on("follower", points, format!("the mean is {mean}"))
            };
        }
        Observation::go_on("follower", trial.curve.len(), format!("the mean is {mean}"))
    }
}
