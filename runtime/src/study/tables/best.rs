//! The best networks by what was handed over, against the best in truth: the papers' comparison.

use peng_estimator::replay::{Decision, RecordedRun};
use peng_estimator::score::{
    Estimate, Measure, SameDistribution, ScoreError, Scored, Top, same_distribution, score, sets,
};
use peng_spec::plan::Metric;
use serde::Serialize;

use super::scoring;

/// How many networks are the best ones, in the order of the tables.
const TOPS: [(&str, Top); 3] = [("10", Top::Count(10)), ("20", Top::Count(20)), ("tenth", Top::Tenth)];

/// The best networks of an arm.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BestSets {
    /// `10`, `20` or `tenth`.
    pub top: &'static str,
    /// How many those are.
    pub size: usize,
    /// Share of the truly best that are among those handed over as the best, percent.
    pub recall: Option<Estimate>,
    /// Share of those handed over as the best that are as good as the worst of the truly best, percent.
    pub recall_tied: Option<Estimate>,
    /// Mean true value of the truly best less that of the predicted best, in points.
    pub regret: Option<Estimate>,
    /// Mean handed-over value of the predicted best less the mean true value of the truly best, as the papers have it.
    pub paper_difference: Option<Estimate>,
    /// Mean true value of the truly best.
    pub true_mean: f64,
    /// Mean true value of the predicted best.
    pub predicted_mean: f64,
    /// Mean of what was handed over of the predicted best.
    pub handed_mean: f64,
    /// True values of the truly best, the best first.
    pub true_values: Vec<f64>,
    /// True values of the predicted best, in the order in which they were handed over as such.
    pub predicted_values: Vec<f64>,
    /// Whether the true values of both sets have one distribution; the sets share networks, so p is too large.
    pub distribution: Option<SameDistribution>,
    /// The same number of the best networks that any arm has met under the seed.
    pub of_all: Option<OfAll>,
}

/// The best networks that any arm has met.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct OfAll {
    /// Their mean true value.
    pub mean: f64,
    /// The same less that of the predicted best of the arm.
    pub regret: f64,
}

/// Compares the best sets; sizes that would be all networks are left out. `all` are the true values of all networks of the
/// seed, the best first.
pub(super) fn best_sets(
    runs: &[RecordedRun],
    decisions: &[Decision],
    metric: Metric,
    all: &[f64],
) -> Result<Vec<BestSets>, ScoreError> {
    let tops = TOPS.into_iter().filter(|(_, top)| match top {
        Top::Count(count) => decisions.len() as u64 > *count,
        Top::Tenth => !decisions.is_empty(),
    });
    tops.map(|(name, top)| of_top(runs, decisions, metric, all, name, top)).collect()
}

fn of_top(
    runs: &[RecordedRun],
    decisions: &[Decision],
    metric: Metric,
    all: &[f64],
    name: &'static str,
    top: Top,
) -> Result<BestSets, ScoreError> {
    let scoring = scoring(metric, top);
    let Scored { summary, .. } = score(runs, &[decisions], &scoring)?;
    let sets = sets(runs, decisions, &scoring)?;
    let truth = |places: &[usize]| -> Vec<f64> {
        let of = |place: usize| {
            let run = runs.iter().find(|run| run.run_id == decisions[place].run_id);
            run.and_then(|run| run.curve.last()).map_or(f64::NAN, |point| point.value)
        };
        places.iter().map(|&place| of(place)).collect()
    };
    let handed: Vec<f64> = sets.predicted.iter().map(|&place| decisions[place].predicted_final).collect();
    let (true_values, predicted_values) = (truth(&sets.truly), truth(&sets.predicted));
    let predicted_mean = mean(&predicted_values);
    let size = sets.truly.len();
    let of_all = (all.len() >= size && size > 0).then(|| {
        let mean = mean(&all[..size]);
        let sign = if scoring.direction == peng_estimator::Direction::Maximize { 1.0 } else { -1.0 };
        OfAll { mean, regret: sign * (mean - predicted_mean) }
    });
    Ok(BestSets {
        top: name,
        size,
        recall: summary.get(Measure::Recall),
        recall_tied: summary.get(Measure::RecallTied),
        regret: summary.get(Measure::Regret),
        paper_difference: summary.get(Measure::PaperDifference),
        true_mean: mean(&true_values),
        predicted_mean,
        handed_mean: mean(&handed),
        distribution: same_distribution(&true_values, &predicted_values),
        true_values,
        predicted_values,
        of_all,
    })
}

/// The mean of the finite values; NaN without any.
fn mean(values: &[f64]) -> f64 {
    let finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    finite.iter().sum::<f64>() / finite.len() as f64
}
