//! What an estimator knows of trials: the one that is watched and those that have ended.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::curve::{Curve, Direction};
use crate::progress::Progress;
use crate::scale::Scale;

/// What was measured of one trial, and what else is known of its network.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrialRecord {
    /// Its place in the order of the search, from 0.
    pub number: usize,
    /// The metric that is predicted.
    pub curve: Curve,
    /// Other metrics by name, such as `train_accuracy`; each is measured where the predicted one is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub others: BTreeMap<String, Curve>,
    /// What is known of the network before its training, by name: `flops`, `params`, a learning rate.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub covariates: BTreeMap<String, f64>,
}

impl TrialRecord {
    /// A trial of which nothing but a curve is known.
    pub fn new(number: usize, curve: Curve) -> Self {
        TrialRecord { number, curve, ..TrialRecord::default() }
    }

    /// The trial as it was after `points` measurements.
    #[must_use]
    pub fn prefix(&self, points: usize) -> TrialRecord {
        let others = self.others.iter().map(|(name, curve)| (name.clone(), curve.prefix(points)));
        TrialRecord {
            number: self.number,
            curve: self.curve.prefix(points),
            others: others.collect(),
            covariates: self.covariates.clone(),
        }
    }
}

/// How a training ended, as far as estimators care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Trained for all planned epochs.
    Completed,
    /// Stopped with a prediction as its fitness. For an estimator that revises its predictions, a stop is a
    /// pause.
    Converged,
    /// Stopped as hopeless.
    Pruned,
    /// Ended without a result.
    Failed,
}

/// A training that ended before the one that is observed began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EndedTrial {
    /// All that was measured of it.
    #[serde(flatten)]
    pub record: TrialRecord,
    /// How many measurements its whole training makes.
    pub points_planned: usize,
    /// How it ended.
    pub outcome: Outcome,
    /// What the search was told, in the metric's own units.
    #[serde(with = "crate::extended")]
    pub fitness: f64,
}

/// What a decision may know of other trials, in trial order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct History {
    /// The ended trials.
    pub trials: Vec<EndedTrial>,
}

/// An objective of the search whose value is known before a training: a covariate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostObjective {
    /// The covariate.
    pub covariate: String,
    /// Which of its values are better.
    pub direction: Direction,
}

impl CostObjective {
    /// Of a covariate that is better the lower it is.
    pub fn minimize(covariate: String) -> Self {
        CostObjective { covariate, direction: Direction::Minimize }
    }
}

/// What is known of a training before it begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingFacts {
    /// The planned epochs.
    pub planned: Progress,
    /// The epochs between two measurements.
    pub measure_every: Progress,
    /// How many measurements the planned training makes.
    pub points: usize,
    /// Which values of the metric are better.
    pub direction: Direction,
    /// How the metric becomes a score; `None` for an unbounded one.
    pub scale: Option<Scale>,
    /// The confidence of intervals, above 0 and below 1.
    pub confidence: f64,
    /// On how many examples the metric is measured, if that is known. Parameters that depend on it are completed with it,
    /// so that it is no part of the facts when they are written.
    #[serde(skip)]
    pub examples: Option<u64>,
    /// The search's other objectives, as far as they are known before a training.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub costs: Vec<CostObjective>,
}

impl TrainingFacts {
    /// The confidence of intervals where nobody asks for another one.
    pub const CONFIDENCE: f64 = 0.9;

    /// A training for an accuracy in percent, the first measurement after `measure_every`, with no other
    /// objectives.
    pub fn percent(planned: Progress, measure_every: Progress) -> Self {
        TrainingFacts {
            planned,
            measure_every,
            points: planned.steps_of(measure_every),
            direction: Direction::Maximize,
            scale: Some(Scale::Percent),
            confidence: Self::CONFIDENCE,
            examples: None,
            costs: Vec::new(),
        }
    }
}
