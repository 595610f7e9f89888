//! The rule: a training pauses at the first decision point from which no amount of further training is worth its cost.

use super::grid;
use super::knowledge::Knowledge;
use super::model::FEWEST_FINISHED;
use super::waiting::Scales;
use super::{NAME, Population, answer, front};
use crate::estimator::Rule;
use crate::trial::TrialRecord;
use crate::verdict::{Observation, Verdict};

/// The first trials are trained to the end.
const WARM_UP: usize = 5;
/// And so is the last of every so many, so that what has finished is not only what the rule found hard.
const EVERY: usize = 14;
/// A value of waiting up to this is none.
const WORTH: f64 = 1e-12;

/// The rule with what it has learned.
pub(super) struct Learned {
    pub(super) estimator: Population,
    pub(super) knowledge: Knowledge,
}

impl Rule for Learned {
    fn judge(&self, trial: &TrialRecord, judged: usize) -> Observation {
        let Population { params, metric, planned, confidence, ref costs, .. } = self.estimator;
        let (knowledge, points) = (&self.knowledge, trial.curve.len());
        let finished = knowledge.finished();
        if finished < FEWEST_FINISHED {
            let reason =
                format!("{finished} of {FEWEST_FINISHED} trainings have finished that predictions rest on");
            return Observation::go_on(NAME, points, reason);
        }
        let series = knowledge.series(trial, planned);
        let reached = knowledge.grid.reached(points, planned);
        let (Some(predictor), Some(standing), 1..) =
            (knowledge.predictor(&series), knowledge.standing, reached)
        else {
            return Observation::go_on(NAME, points, format!("{points} points are too few for a prediction"));
        };
        let own = front::costs(trial, costs);
        let scores = knowledge.trials.iter().map(|trial| trial.score);
        let standing = knowledge.standing_at(own.as_deref(), standing, scores, Some(trial.number));
        let scales = Scales {
            grid: &knowledge.grid,
            errors: predictor.model.errors(),
            prices: params.profile.watching(),
            standing,
            resolution: params.resolves(),
        };
        let must_finish = must_finish(trial.number);
        let judged = knowledge.grid.reached(judged, planned);
        let from = if must_finish.is_some() { reached } else { judged.max(grid::FIRST) }.min(reached - 1);
        let mut newest = None;
        for prediction in knowledge.predictions(&predictor.model, &series, from, reached) {
            let value = scales.value_of_waiting(prediction.decision, prediction.belief);
            let pauses = must_finish.is_none() && prediction.decision >= grid::FIRST && value <= WORTH;
            newest = Some((prediction, value, pauses));
            if pauses {
                break;
            }
        }
        let (prediction, value, pauses) = newest.expect("a decision point is reached");
        let predicted = metric.value(prediction.belief.score);
        let words = answer::words(&prediction, &scales, metric);
        let reason = match must_finish {
            Some(reason) => reason,
            None if pauses => format!("no more training is worth its cost: {words}"),
            None if value <= WORTH => format!("{reached} of {} predictions", grid::FIRST + 1),
            None => format!("more training is worth its cost: {words}"),
        };
        let interval = predictor.interval(&prediction, confidence);
        Observation {
            verdict: if pauses { Verdict::Converged { predicted } } else { Verdict::Continue },
            predicted: Some(predicted),
            interval: Some(metric.interval(interval)),
            reason,
            rule: NAME.to_owned(),
            points: if pauses { knowledge.grid.points(prediction.decision, planned) } else { points },
            fit: answer::terms(&prediction, &scales, value),
        }
    }
}

/// Why a trial is trained to the end whatever is predicted.
fn must_finish(number: usize) -> Option<String> {
    if number < WARM_UP {
        Some(format!("the first {WARM_UP} trainings run to the end"))
    } else if number % EVERY == EVERY - 1 {
        Some(format!(
            "every {EVERY}th training runs to the end, so that predictions rest on all kinds of networks"
        ))
    } else {
        None
    }
}
