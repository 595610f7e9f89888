//! Confirmation: paused trainings whose further training is worth its cost with what is known by now go on to their next
//! decision point, all of them in one round, so that the result does not depend on the number of workers.

use super::Population;
use super::answer;
use super::knowledge::Knowledge;
use super::waiting::{Scales, Standing};
use crate::verdict::{Resumption, Revised, Revision};

/// A value of waiting up to this is none.
const WORTH: f64 = 1e-9;

/// Newest predictions of all paused trials, and which of them go on.
pub(super) fn revise(knowledge: &Knowledge, estimator: &Population) -> Revision {
    let Population { params, metric, confidence, .. } = *estimator;
    let mut scores: Vec<f64> = knowledge.trials.iter().map(|trial| trial.score).collect();
    let mut paused = Vec::new();
    for (place, (trial, series)) in knowledge.known().enumerate().filter(|(_, (trial, _))| trial.is_paused) {
        let reached = knowledge.grid.reached(series.len(), series.planned);
        let (Some(predictor), 1..) = (knowledge.predictor(series), reached) else { continue };
        for prediction in knowledge.predictions(&predictor.model, series, reached - 1, reached) {
            scores[place] = prediction.belief.score;
            paused.push((trial, series, predictor, prediction));
        }
    }
    let Some(standing) = Standing::new(scores.clone()) else { return Revision::default() };
    let mut revision = Revision::default();
    let mut wanted = Vec::new();
    for (trial, series, predictor, prediction) in paused {
        let (number, own) = (trial.number, trial.costs.as_deref());
        let standing = knowledge.standing_at(own, standing, scores.iter().copied(), Some(number));
        let scales = Scales {
            grid: &knowledge.grid,
            errors: predictor.model.errors(),
            prices: params.profile.confirming(),
            standing,
            resolution: params.resolves(),
        };
        let interval = predictor.interval(&prediction, confidence);
        let predicted = metric.value(prediction.belief.score);
        revision.predictions.push(Revised { number, predicted, interval: Some(metric.interval(interval)) });
        let value = scales.value_of_waiting(prediction.decision, prediction.belief);
        if value > WORTH {
            let points = |decision| knowledge.grid.points(decision, series.planned);
            let next = (prediction.decision + 1..knowledge.grid.len())
                .map(points)
                .find(|&points| points > series.len());
            let reason =
                format!("more training is worth its cost: {}", answer::words(&prediction, &scales, metric));
            wanted.push((value, Resumption { number, until_points: next.unwrap_or(series.planned), reason }));
        }
    }
    wanted.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    revision.resumptions = wanted.into_iter().map(|(_, resumption)| resumption).collect();
    revision
}
