//! How good a policy's decisions were, against the recorded truth: what `peng replay` reports.

use serde::{Deserialize, Serialize};
use statrs::distribution::{Beta, ContinuousCDF, StudentsT};
use statrs::statistics::{Data, OrderStatistics, RankTieBreaker};

use crate::replay::{Decision, RecordedRun};
use crate::trial::Outcome;

/// The score of a policy on one set of runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Number of runs.
    pub runs: usize,
    /// Number of runs that converged.
    pub converged: usize,
    /// Number of runs that were pruned.
    pub pruned: usize,
    /// Number of runs left out of errors and ranks, since their truth or prediction is NaN or infinite.
    pub unscored: usize,
    /// Share of the runs that converged, 0 to 1.
    pub converged_share: f64,
    /// Its interval after Clopper and Pearson (1934), 0 to 1.
    pub converged_interval: [f64; 2],
    /// Epochs trained, over all runs.
    pub epochs_trained: f64,
    /// Epochs recorded, over all runs.
    pub epochs_planned: f64,
    /// Share of the epochs saved, 0 to 1.
    pub saved_share: f64,
    /// Epochs recorded per epoch trained; `None` where nothing was trained.
    pub speed_up: Option<f64>,
    /// The errors of the converged runs; `None` where there are none.
    pub error: Option<PredictionError>,
    /// Spearman's rank correlation of fitness and truth over all runs, -1 to 1; `None` where all of either
    /// are equal.
    pub spearman: Option<f64>,
    /// Kendall's tau-b of the same, -1 to 1.
    pub kendall: Option<f64>,
    /// The confidence of the intervals, 0 to 1.
    pub confidence: f64,
}

/// Errors of predictions, `predicted - truth`, in the metric's own units (percentage points for an accuracy).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PredictionError {
    /// Number of predictions.
    pub count: usize,
    /// Mean absolute error.
    pub mae: f64,
    /// Its interval after Student, cut at 0; `None` for fewer than two predictions.
    pub mae_interval: Option<[f64; 2]>,
    /// Median absolute error.
    pub median: f64,
    /// Mean error: above 0 where predictions are too high.
    pub bias: f64,
    /// Largest absolute error.
    pub max: f64,
}

/// Why decisions cannot be scored.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ScoreError {
    /// The decisions are not those of these curves, in their order.
    #[error("decision {index} is not that of curve {index}")]
    Mismatch {
        /// The first place where they differ, from 0.
        index: usize,
    },
    /// The confidence is no share between 0 and 1.
    #[error("the confidence is {confidence}; expected more than 0 and less than 1")]
    Confidence {
        /// As given.
        confidence: f64,
    },
}

/// Scores the decisions that a replay made on these curves, both in the same order.
pub fn score(curves: &[RecordedRun], decisions: &[Decision], confidence: f64) -> Result<Score, ScoreError> {
    if !(confidence > 0.0 && confidence < 1.0) {
        return Err(ScoreError::Confidence { confidence });
    }
    let differs = curves.iter().zip(decisions).position(|(curve, decision)| curve.run_id != decision.run_id);
    let index = differs.unwrap_or(curves.len().min(decisions.len()));
    if index < curves.len().max(decisions.len()) {
        return Err(ScoreError::Mismatch { index });
    }
    let ended = |outcome| decisions.iter().filter(|decision| decision.outcome == outcome).count();
    let (runs, converged) = (decisions.len(), ended(Outcome::Converged));
    let epochs_trained: f64 = decisions.iter().map(|decision| decision.stop_epoch.to_f64()).sum();
    let last = |recorded: &RecordedRun| recorded.curve.last();
    let epochs_planned: f64 = curves.iter().filter_map(last).map(|point| point.at.to_f64()).sum();
    let truths = curves.iter().map(|recorded| last(recorded).map_or(f64::NAN, |point| point.value));
    let scored: Vec<(&Decision, f64)> = decisions
        .iter()
        .zip(truths)
        .filter(|(decision, truth)| decision.predicted_final.is_finite() && truth.is_finite())
        .collect();
    let converged_errors = scored.iter().filter(|(decision, _)| decision.outcome == Outcome::Converged);
    let errors: Vec<f64> =
        converged_errors.map(|(decision, truth)| decision.predicted_final - truth).collect();
    let fitness: Vec<f64> = scored.iter().map(|(decision, _)| decision.predicted_final).collect();
    let truth: Vec<f64> = scored.iter().map(|(_, truth)| *truth).collect();
    Ok(Score {
        runs,
        converged,
        pruned: ended(Outcome::Pruned),
        unscored: runs - scored.len(),
        converged_share: if runs == 0 { 0.0 } else { converged as f64 / runs as f64 },
        converged_interval: share_interval(converged, runs, confidence),
        epochs_trained,
        epochs_planned,
        saved_share: if epochs_planned > 0.0 { 1.0 - epochs_trained / epochs_planned } else { 0.0 },
        speed_up: (epochs_trained > 0.0).then(|| epochs_planned / epochs_trained),
        error: prediction_error(&errors, confidence),
        spearman: spearman(&fitness, &truth),
        kendall: kendall(&fitness, &truth),
        confidence,
    })
}

fn prediction_error(errors: &[f64], confidence: f64) -> Option<PredictionError> {
    if errors.is_empty() {
        return None;
    }
    let absolute: Vec<f64> = errors.iter().map(|error| error.abs()).collect();
    let mae = mean(&absolute);
    Some(PredictionError {
        count: errors.len(),
        mae,
        mae_interval: mean_interval(&absolute, confidence).map(|[low, high]| [low.max(0.0), high]),
        median: Data::new(absolute.clone()).median(),
        bias: mean(errors),
        max: absolute.iter().copied().fold(0.0, f64::max),
    })
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Student's interval of a mean.
fn mean_interval(values: &[f64], confidence: f64) -> Option<[f64; 2]> {
    if values.len() < 2 {
        return None;
    }
    let (count, mean) = (values.len() as f64, mean(values));
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let standard_error = (squares / (count - 1.0) / count).sqrt();
    let student = StudentsT::new(0.0, 1.0, count - 1.0).expect("scale and freedom are positive");
    let reach = student.inverse_cdf(f64::midpoint(1.0, confidence)) * standard_error;
    Some([mean - reach, mean + reach])
}

/// The exact interval of a share.
fn share_interval(hits: usize, of: usize, confidence: f64) -> [f64; 2] {
    let tail = (1.0 - confidence) / 2.0;
    let (hit, missed) = (hits as f64, (of - hits) as f64);
    let quantile = |a, b, share| Beta::new(a, b).expect("both counts are positive").inverse_cdf(share);
    let low = if hits == 0 { 0.0 } else { quantile(hit, missed + 1.0, tail) };
    let high = if hits == of { 1.0 } else { quantile(hit + 1.0, missed, 1.0 - tail) };
    [low, high]
}

/// Spearman's rank correlation, ties getting their mean rank.
fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    let ranks = |values: &[f64]| Data::new(values.to_vec()).ranks(RankTieBreaker::Average);
    if a.len() < 2 { None } else { correlation(&ranks(a), &ranks(b)) }
}

fn correlation(a: &[f64], b: &[f64]) -> Option<f64> {
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut both, mut in_a, mut in_b) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        both += (x - mean_a) * (y - mean_b);
        in_a += (x - mean_a).powi(2);
        in_b += (y - mean_b).powi(2);
    }
    (in_a > 0.0 && in_b > 0.0).then(|| both / (in_a * in_b).sqrt())
}

/// Kendall's tau-b (1945), which corrects for ties.
fn kendall(a: &[f64], b: &[f64]) -> Option<f64> {
    let sign = |x: f64, y: f64| i64::from(x > y) - i64::from(x < y);
    let (mut agreeing, mut untied_a, mut untied_b) = (0_i64, 0_i64, 0_i64);
    for i in 0..a.len() {
        for j in 0..i {
            let (in_a, in_b) = (sign(a[i], a[j]), sign(b[i], b[j]));
            agreeing += in_a * in_b;
            untied_a += in_a.abs();
            untied_b += in_b.abs();
        }
    }
    (untied_a > 0 && untied_b > 0).then(|| agreeing as f64 / (untied_a as f64 * untied_b as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::half_epochs;
    use crate::progress::Progress;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-6, "{found}, expected {expected}");
    }

    /// Two points a run; a run stops after one of them where it has a prediction.
    fn scored(runs: &[(Option<f64>, f64)]) -> Score {
        let named = |index: usize| format!("run-{index}");
        let curves: Vec<RecordedRun> = runs
            .iter()
            .enumerate()
            .map(|(i, &(_, truth))| RecordedRun {
                run_id: named(i),
                curve: half_epochs(&[0.0, truth]),
                ..RecordedRun::default()
            })
            .collect();
        let decide = |(i, &(predicted, truth)): (usize, &(Option<f64>, f64))| Decision {
            run_id: named(i),
            points_seen: if predicted.is_some() { 1 } else { 2 },
            points_planned: 2,
            stop_epoch: Progress::new(if predicted.is_some() { 1 } else { 2 }, 2).unwrap(),
            outcome: if predicted.is_some() { Outcome::Converged } else { Outcome::Completed },
            predicted_final: predicted.unwrap_or(truth),
            interval: None,
            last_value: 0.0,
            audit: false,
        };
        let decisions: Vec<Decision> = runs.iter().enumerate().map(decide).collect();
        assert!(matches!(score(&curves, &decisions[1..], 0.9), Err(ScoreError::Mismatch { index: 0 })));
        score(&curves, &decisions, 0.9).unwrap()
    }

    #[test]
    fn errors_and_epochs_are_those_of_the_decisions() {
        let score = scored(&[(Some(11.0), 10.0), (Some(17.0), 20.0), (None, 30.0), (None, f64::NAN)]);
        assert_eq!((score.runs, score.converged, score.unscored), (4, 2, 1));
        assert_eq!((score.epochs_trained, score.epochs_planned, score.saved_share), (3.0, 4.0, 0.25));
        near(score.speed_up.unwrap(), 4.0 / 3.0);
        let error = score.error.unwrap();
        assert_eq!((error.count, error.mae, error.median, error.bias, error.max), (2, 2.0, 2.0, -1.0, 3.0));
        // Student's 0.95 quantile for one degree of freedom is 6.313752.
        near(error.mae_interval.unwrap()[1], 2.0 + 6.313_751_514_675_04);
        assert_eq!((score.spearman, score.kendall), (Some(1.0), Some(1.0)));
    }

    #[test]
    fn shares_have_exact_intervals() {
        // R: binom.test(2, 4, conf.level = 0.9)
        let [low, high] = share_interval(2, 4, 0.9);
        near(low, 0.097_611_4);
        near(high, 0.902_388_6);
        assert_eq!(share_interval(0, 0, 0.9), [0.0, 1.0]);
        near(share_interval(0, 10, 0.95)[1], 0.308_497_1);
    }

    #[test]
    fn ranks_count_ties() {
        // SciPy: spearmanr and kendalltau of the same lists.
        let (a, b) = ([1.0, 2.0, 2.0, 4.0, 5.0], [3.0, 1.0, 4.0, 4.0, 9.0]);
        near(spearman(&a, &b).unwrap(), 0.763_157_894_7);
        near(kendall(&a, &b).unwrap(), 0.666_666_666_7);
        assert_eq!((spearman(&[1.0, 1.0], &[1.0, 2.0]), kendall(&[], &[])), (None, None));
    }

    #[test]
    fn nothing_to_score_is_no_error() {
        let score = scored(&[(None, 5.0)]);
        assert_eq!((score.error, score.spearman, score.saved_share), (None, None, 0.0));
    }
}
