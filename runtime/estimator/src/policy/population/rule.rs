//! The rule: a training pauses at the first decision point from which no amount of further training is worth its cost.

use super::grid;
use super::knowledge::{Knowledge, Prediction};
use super::model::FEWEST_FINISHED;
use super::params::Params;
use super::series::Metric;
use super::waiting::Scales;
use super::{NAME, answer};
use crate::estimator::Rule;
use crate::trial::TrialRecord;
use crate::verdict::{Observation, Verdict};

/// The first trials are trained to the end.
const WARM_UP: usize = 5;
/// And so is the last of every so many, so that what has finished is not only what the rule found hard.
const EVERY: usize = 14;

/// The rule with what it has learned.
pub(super) struct Learned {
    pub(super) params: Params,
    pub(super) metric: Metric,
    pub(super) planned: usize,
    pub(super) confidence: f64,
    pub(super) knowledge: Knowledge,
}

impl Rule for Learned {
    fn judge(&self, trial: &TrialRecord, judged: usize) -> Observation {
        let (knowledge, points) = (&self.knowledge, trial.curve.len());
        let finished = knowledge.finished();
        if finished < FEWEST_FINISHED {
            let reason =
                format!("{finished} of {FEWEST_FINISHED} trainings have finished that predictions rest on");
            return Observation::go_on(NAME, points, reason);
        }
        let series = knowledge.series(trial, self.planned);
        let reached = knowledge.grid.reached(points, self.planned);
        let (Some(model), Some(standing), 1..) = (knowledge.model(&series), knowledge.standing(), reached)
        else {
            return Observation::go_on(NAME, points, format!("{points} points are too few for a prediction"));
        };
        let scales = Scales {
            grid: &knowledge.grid,
            errors: model.errors(),
            prices: self.params.profile.watching(),
            standing,
            resolution: self.params.resolution,
        };
        let known = knowledge.grid.reached(judged, self.planned).min(reached - 1);
        let from = if must_finish(trial.number).is_some() { reached - 1 } else { known };
        let mut newest = Observation::go_on(NAME, points, "nothing was predicted");
        for prediction in knowledge.predictions(model, &series, from, reached) {
            let value = scales.value_of_waiting(prediction.decision, prediction.belief);
            newest = self.observe(trial, &prediction, &scales, value);
            if newest.verdict.is_stop() {
                break;
            }
        }
        newest
    }
}

impl Learned {
    fn observe(
        &self,
        trial: &TrialRecord,
        prediction: &Prediction,
        scales: &Scales<'_>,
        value: f64,
    ) -> Observation {
        let predicted = self.metric.value(prediction.belief.score);
        let go_on = |reason: String| Observation {
            predicted: Some(predicted),
            interval: Some(answer::interval(prediction, self.confidence, self.metric)),
            fit: answer::terms(prediction, scales, value),
            ..Observation::go_on(NAME, trial.curve.len(), reason)
        };
        if let Some(reason) = must_finish(trial.number) {
            return go_on(reason);
        }
        if prediction.decision < grid::FIRST {
            return go_on(format!("{} of {} predictions", prediction.decision + 1, grid::FIRST + 1));
        }
        let words = answer::words(prediction, scales, self.metric);
        if value > answer::WORTH {
            return go_on(format!("more training is worth its cost: {words}"));
        }
        let points = self.knowledge.grid.points(prediction.decision, self.planned);
        Observation {
            verdict: Verdict::Converged { predicted },
            points,
            ..go_on(format!("no more training is worth its cost: {words}"))
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
