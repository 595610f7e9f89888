//! A trial as scores from 0 to 100, higher is better, and the features of its first points.

use crate::curve::{Curve, Direction};
use crate::scale::Scale;
use crate::trial::{TrainingFacts, TrialRecord};

/// The loss that scores 0 where the metric names none, in nats: the perplexity of guessing among 22,000 words.
const WORST_LOSS: f64 = 10.0;
/// The most points over which the newest value is smoothed.
const SMOOTHED: usize = 10;

/// A metric of the training data that says how far the fit has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Training {
    Accuracy,
    Explained,
    Loss,
}

impl Training {
    /// In the order in which they are preferred.
    pub(super) const ALL: [Training; 3] = [Training::Accuracy, Training::Explained, Training::Loss];

    fn name(self) -> &'static str {
        match self {
            Training::Accuracy => "train_accuracy",
            Training::Explained => "train_r2",
            Training::Loss => "train_loss",
        }
    }

    /// The trial's curve of it, if it was measured wherever the predicted metric was.
    fn of(self, trial: &TrialRecord) -> Option<&Curve> {
        trial.others.get(self.name()).filter(|curve| curve.len() == trial.curve.len())
    }

    pub(super) fn is_in(self, trial: &TrialRecord) -> bool {
        self.of(trial).is_some()
    }
}

/// How the metric becomes a score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Metric {
    scale: Scale,
    direction: Direction,
}

impl Metric {
    /// `None` for a metric without a scale.
    pub(super) fn new(facts: &TrainingFacts) -> Option<Self> {
        facts.scale.map(|scale| Metric { scale, direction: facts.direction })
    }

    /// The score of a value; 0 for one that is NaN or infinite.
    pub(super) fn score(self, value: f64) -> f64 {
        match (self.scale, self.direction) {
            (Scale::Percent, Direction::Minimize) if value.is_finite() => 100.0 - Scale::Percent.score(value),
            (scale, _) => scale.score(value),
        }
    }

    /// The value with that score.
    pub(super) fn value(self, score: f64) -> f64 {
        match (self.scale, self.direction) {
            (Scale::Percent, Direction::Minimize) => 100.0 - score,
            (scale, _) => scale.value(score),
        }
    }

    /// The values with these two scores, the lower value first.
    pub(super) fn interval(self, scores: [f64; 2]) -> [f64; 2] {
        let [a, b] = scores.map(|score| self.value(score));
        [a.min(b), a.max(b)]
    }

    fn training(self, training: Training) -> Scale {
        match (training, self.scale) {
            (Training::Accuracy | Training::Explained, _) => Scale::Percent,
            (Training::Loss, Scale::Loss { worst }) => Scale::Loss { worst },
            (Training::Loss, Scale::Perplexity { worst }) => Scale::Loss { worst: libm::log(worst) },
            (Training::Loss, Scale::Percent) => Scale::Loss { worst: WORST_LOSS },
        }
    }
}

/// The scores of a trial, prepared so that the features of any number of first points take constant time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Series {
    scores: Vec<f64>,
    /// Of the first 0, 1, 2, ... scores.
    sums: Vec<f64>,
    /// The best of the first 1, 2, ... scores.
    best: Vec<f64>,
    /// The absolute steps up to each score, added up.
    steps: Vec<f64>,
    /// The scores of the training data.
    training: Option<Vec<f64>>,
    /// What was known before the training, as features.
    covariates: Vec<f64>,
    /// How many measurements the whole training makes.
    pub(super) planned: usize,
}

/// Which features a model has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Those of a metric of the training data.
    pub(super) training: Option<Training>,
    /// The length of the training, where lengths differ.
    pub(super) length: bool,
    /// How many things that were known before the training.
    pub(super) covariates: usize,
}

impl Layout {
    /// How many features there are.
    pub(super) fn len(self) -> usize {
        9 + if self.training.is_some() { 3 } else { 0 } + usize::from(self.length) + self.covariates
    }

    /// The places of the few features that suffice where there are few examples.
    pub(super) fn few(self) -> Vec<usize> {
        let last = self.len() - 1;
        let mut few = vec![0, 2, 3, last];
        few.extend_from_slice(if self.training.is_some() { &[8, 10] } else { &[7] });
        if self.length {
            few.push(last - self.covariates - 1);
        }
        few
    }
}

impl Series {
    pub(super) fn new(
        trial: &TrialRecord,
        planned: usize,
        metric: Metric,
        training: Option<Training>,
        covariates: Vec<f64>,
    ) -> Self {
        let scores: Vec<f64> = trial.curve.points().iter().map(|point| metric.score(point.value)).collect();
        let mut sums = vec![0.0];
        let (mut best, mut steps) = (Vec::with_capacity(scores.len()), Vec::with_capacity(scores.len()));
        let (mut sum, mut highest, mut walked, mut before) = (0.0, 0.0_f64, 0.0, None);
        for &score in &scores {
            sum += score;
            highest = highest.max(score);
            walked += (score - before.unwrap_or(score)).abs();
            before = Some(score);
            sums.push(sum);
            best.push(highest);
            steps.push(walked);
        }
        let training = training.and_then(|training| {
            let scale = metric.training(training);
            Some(training.of(trial)?.points().iter().map(|point| scale.score(point.value)).collect())
        });
        Series { scores, sums, best, steps, training, covariates, planned }
    }

    /// How many points there are.
    pub(super) fn len(&self) -> usize {
        self.scores.len()
    }

    /// Whether all features of the layout are known.
    pub(super) fn has(&self, layout: Layout) -> bool {
        self.covariates.len() >= layout.covariates && self.training.is_some() == layout.training.is_some()
    }

    /// The newest value, smoothed: the mean of the last fifth of the first `points`, which are at least 1.
    pub(super) fn smoothed(&self, points: usize) -> f64 {
        let width = points.div_ceil(5).clamp(1, SMOOTHED).min(points);
        (self.sums[points] - self.sums[points - width]) / width as f64
    }

    /// The features of the first `points`, which are at least 1.
    pub(super) fn features(&self, points: usize, layout: Layout, into: &mut Vec<f64>) {
        into.clear();
        let (scores, sums) = (&self.scores, &self.sums);
        let (last, smoothed, best) = (scores[points - 1], self.smoothed(points), self.best[points - 1]);
        let before = points - points.div_ceil(2);
        let second_half = (sums[points] - sums[before]) / (points - before) as f64;
        let first_half = if before > 0 { sums[before] / before as f64 } else { scores[0] };
        into.extend([
            last,
            smoothed,
            best,
            median_of_last(&scores[..points]),
            second_half - first_half,
            smoothed - second_half,
            self.steps[points - 1] / (points - 1).max(1) as f64,
            remaining(best),
        ]);
        if let (Some(training), true) = (&self.training, layout.training.is_some()) {
            let recent = &training[points.saturating_sub(3)..points];
            let mean = recent.iter().sum::<f64>() / recent.len() as f64;
            into.extend([mean, mean - smoothed, remaining(training[points - 1])]);
        }
        if layout.length {
            into.push(10.0 * libm::log(self.planned as f64));
        }
        into.extend(self.covariates.iter().take(layout.covariates));
        let leading = self.training.as_ref().filter(|_| layout.training.is_some()).unwrap_or(scores);
        into.push(leading[points - 1] - leading[points.saturating_sub(4)]);
    }
}

/// The logarithm of what is missing to 100.
fn remaining(score: f64) -> f64 {
    10.0 * libm::log(1.0 + (100.0 - score).max(0.0))
}

/// The median of the last three scores, or of as many as there are.
fn median_of_last(scores: &[f64]) -> f64 {
    match *scores {
        [.., a, b, c] => a.min(b).max(a.max(b).min(c)),
        [a, b] => f64::midpoint(a, b),
        [a] => a,
        [] => 0.0,
    }
}
