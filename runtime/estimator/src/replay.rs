//! A policy over recorded curves: where it would have stopped each training, and with which fitness. Pure; no
//! file is read.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::curve::{Curve, CurveError, Direction};
use crate::policy::{ParamIssue, PolicyKind};
use crate::progress::Progress;
use crate::verdict::{EndedTrial, History, Outcome, TrainingFacts, Verdict};

/// A training that was recorded to its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordedCurve {
    /// Its name in the record.
    pub run_id: String,
    /// All that was measured; the last point is the truth, and its epoch the planned one.
    pub curve: Curve,
}

/// Which earlier trainings a decision may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryRule {
    /// Every earlier one.
    Sequential,
    /// Those of earlier generations, as in a search.
    Generations {
        /// Trainings a generation, at least 1.
        size: usize,
    },
}

/// What a policy did with one training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The training's name in the record.
    pub run_id: String,
    /// How many points had been measured when it ended.
    pub points_seen: usize,
    /// How many points were recorded.
    pub points_planned: usize,
    /// The epoch at which it ended.
    pub stop_epoch: Progress,
    /// Completed, converged or pruned.
    pub outcome: Outcome,
    /// The fitness handed to the search, in the metric's own units: the prediction where it converged, else
    /// the last value.
    #[serde(with = "crate::extended")]
    pub predicted_final: f64,
    /// Lower and upper end of the prediction's interval, in the metric's own units.
    pub interval: Option<[f64; 2]>,
    /// The value measured last before it ended, in the metric's own units.
    #[serde(with = "crate::extended")]
    pub last_value: f64,
    /// Whether it was trained to the end to check the policy; a replay knows the truth and audits nothing.
    pub audit: bool,
}

/// Why curves cannot be replayed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ReplayError {
    /// A curve without points.
    #[error("run `{run_id}` has no points")]
    Empty {
        /// The run's name.
        run_id: String,
    },
    /// The policy is not defined on a curve.
    #[error("run `{run_id}` cannot be judged")]
    Curve {
        /// The run's name.
        run_id: String,
        /// What is wrong with its curve.
        source: CurveError,
    },
    /// The policy cannot be built even for the curve with the most points.
    #[error("the estimator does not fit curves of {points} points")]
    Params {
        /// The most points that a curve has.
        points: usize,
        /// What is wrong.
        issues: Vec<ParamIssue>,
    },
}

/// Replays a policy over curves in the given order.
///
/// It is built anew for each curve, since the planned epochs are those of the curve. Where it cannot be built
/// for a curve, though it can for the one with the most points, the curve is too short to be stopped and
/// counts as completed. The curve is shown whole: by the contract of an [`Estimator`](crate::Estimator) that
/// is the same as showing it point by point.
pub fn replay(
    kind: &dyn PolicyKind,
    params: &Value,
    direction: Direction,
    curves: &[RecordedCurve],
    rule: HistoryRule,
) -> Result<Vec<Decision>, ReplayError> {
    if let Some(longest) = curves.iter().max_by_key(|recorded| recorded.curve.len()) {
        let points = longest.curve.len();
        kind.build(params.clone(), &facts(&longest.curve, direction))
            .map_err(|issues| ReplayError::Params { points, issues })?;
    }
    let mut history = History::default();
    let mut generation = Vec::new();
    let mut decisions = Vec::with_capacity(curves.len());
    for recorded in curves {
        let decision = decide(kind, params, direction, recorded, &history)?;
        generation.push(EndedTrial {
            curve: recorded.curve.prefix(decision.points_seen),
            outcome: decision.outcome,
            fitness: decision.predicted_final,
            covariates: std::collections::BTreeMap::new(),
        });
        decisions.push(decision);
        let is_over = match rule {
            HistoryRule::Sequential => true,
            HistoryRule::Generations { size } => generation.len() >= size,
        };
        if is_over {
            history.trials.append(&mut generation);
        }
    }
    Ok(decisions)
}

fn decide(
    kind: &dyn PolicyKind,
    params: &Value,
    direction: Direction,
    recorded: &RecordedCurve,
    history: &History,
) -> Result<Decision, ReplayError> {
    let RecordedCurve { run_id, curve } = recorded;
    let Some(last) = curve.last() else { return Err(ReplayError::Empty { run_id: run_id.clone() }) };
    let completed = Decision {
        run_id: run_id.clone(),
        points_seen: curve.len(),
        points_planned: curve.len(),
        stop_epoch: last.at,
        outcome: Outcome::Completed,
        predicted_final: last.value,
        interval: None,
        last_value: last.value,
        audit: false,
    };
    let Ok(policy) = kind.build(params.clone(), &facts(curve, direction)) else { return Ok(completed) };
    policy.admits(curve).map_err(|source| ReplayError::Curve { run_id: run_id.clone(), source })?;
    let observation = policy.observe(curve, history);
    let points_seen = observation.points.clamp(1, curve.len());
    let stop = curve.points()[points_seen - 1];
    let (outcome, predicted_final) = match observation.verdict {
        Verdict::Continue => return Ok(completed),
        Verdict::Converged { predicted } => (Outcome::Converged, predicted),
        Verdict::Pruned => (Outcome::Pruned, stop.value),
    };
    Ok(Decision {
        points_seen,
        stop_epoch: stop.at,
        outcome,
        predicted_final,
        interval: observation.interval,
        last_value: stop.value,
        ..completed
    })
}

/// What would have been known of a recorded training before it began.
fn facts(curve: &Curve, direction: Direction) -> TrainingFacts {
    let planned = curve.last().map_or(Progress::ZERO, |last| last.at);
    let apart = match curve.points() {
        [first, second, ..] => first.at.until(second.at),
        [] | [_] => None,
    };
    TrainingFacts { planned, measure_every: apart.unwrap_or(planned), direction }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::conformance::half_epochs;
    use crate::policy::find;

    fn recorded(run_id: &str, values: &[f64]) -> RecordedCurve {
        RecordedCurve { run_id: run_id.to_owned(), curve: half_epochs(values) }
    }

    fn saturating() -> Vec<f64> {
        (1..=20).map(|x| 80.0 - 60.0 * 1.4_f64.powi(1 - x)).collect()
    }

    fn replayed(kind: &str, curves: &[RecordedCurve]) -> Result<Vec<Decision>, ReplayError> {
        replay(find(kind).unwrap(), &json!({}), Direction::Maximize, curves, HistoryRule::Sequential)
    }

    #[test]
    fn never_completes_every_run() {
        let decisions = replayed("never", &[recorded("a", &[1.0, f64::NAN]), recorded("b", &[3.0])]).unwrap();
        assert!(decisions.iter().all(|decision| decision.outcome == Outcome::Completed));
        assert_eq!((decisions[1].predicted_final, decisions[1].stop_epoch.to_f64()), (3.0, 0.5));
    }

    #[test]
    fn a_converged_run_has_its_prediction_and_a_short_one_completes() {
        let decisions =
            replayed("penguin", &[recorded("long", &saturating()), recorded("short", &[1.0, 2.0])]).unwrap();
        assert_eq!(decisions[0].outcome, Outcome::Converged);
        assert!(decisions[0].points_seen < 20 && decisions[0].stop_epoch < Progress::whole(10));
        assert!((decisions[0].predicted_final - 80.0).abs() < 0.5);
        assert_eq!(decisions[0].last_value, saturating()[decisions[0].points_seen - 1]);
        assert_eq!((decisions[1].outcome, decisions[1].points_seen), (Outcome::Completed, 2));
    }

    #[test]
    fn what_cannot_be_replayed_is_an_error() {
        assert!(matches!(replayed("never", &[recorded("a", &[])]), Err(ReplayError::Empty { .. })));
        assert!(matches!(
            replayed("penguin", &[recorded("a", &[1.0])]),
            Err(ReplayError::Params { points: 1, .. })
        ));
        let mut uneven = recorded("a", &saturating());
        uneven.curve.push(crate::Point { at: Progress::whole(40), value: 1.0 }).unwrap();
        assert!(matches!(replayed("penguin", &[uneven]), Err(ReplayError::Curve { .. })));
    }
}
