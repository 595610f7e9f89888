//! Replays of small searches, with a kind that pauses and revises.

use serde_json::json;

use super::*;
use crate::conformance::half_epochs;
use crate::estimator::Needs;
use crate::policy::find;
use crate::verdict::{Observation, Resumption, Revised, Revision};

fn recorded(run_id: &str, values: &[f64]) -> RecordedRun {
    RecordedRun { run_id: run_id.to_owned(), curve: half_epochs(values), ..RecordedRun::default() }
}

fn saturating() -> Vec<f64> {
    (1..=20).map(|x| 80.0 - 60.0 * 1.4_f64.powi(1 - x)).collect()
}

fn setting() -> Setting {
    Setting {
        direction: Direction::Maximize,
        scale: Some(Scale::Percent),
        confidence: 0.9,
        history: HistoryRule::Sequential,
        costs: Vec::new(),
    }
}

fn replayed(kind: &str, curves: &[RecordedRun]) -> Result<Vec<Decision>, ReplayError> {
    replay(find(kind).unwrap(), &json!({}), &setting(), curves)
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
fn what_is_watched_must_be_measured_somewhere() {
    let params = json!({"watch": "train_loss", "patience": 2});
    let replayed = |runs: &[RecordedRun]| replay(find("patience").unwrap(), &params, &setting(), runs);
    let mut runs = [recorded("a", &[10.0; 20]), recorded("b", &[10.0; 20])];
    let error = replayed(&runs).unwrap_err();
    assert_eq!(error.to_string(), "no run has `train_loss` besides the predicted metric, at its epochs");
    let error = depends_on_order(find("patience").unwrap(), &params, &setting(), &runs).unwrap_err();
    assert!(matches!(error, ReplayError::Unmeasured { .. }));
    runs[1].others.insert("train_loss".to_owned(), half_epochs(&[1.0; 20]));
    let outcomes: Vec<Outcome> = replayed(&runs).unwrap().iter().map(|decision| decision.outcome).collect();
    assert_eq!(outcomes, [Outcome::Completed, Outcome::Converged]);
}

/// Pauses every training after two points; at a revision it predicts 50 for all, and takes the first trial up again,
/// a point a round, until it has finished.
#[derive(Clone, Copy)]
struct Pauses(Revises);

impl PolicyKind for Pauses {
    fn name(&self) -> &'static str {
        "pauses"
    }

    fn summary(&self) -> &'static str {
        "pauses after two points"
    }

    fn params_schema(&self) -> schemars::Schema {
        schemars::schema_for!(())
    }

    fn normalise(&self, params: Value, _: Option<&TrainingFacts>) -> Result<Value, Vec<ParamIssue>> {
        Ok(params)
    }

    fn build(&self, _: Value, _: &TrainingFacts) -> Result<Box<dyn Estimator>, Vec<ParamIssue>> {
        Ok(Box::new(*self))
    }
}

impl Estimator for Pauses {
    fn name(&self) -> &'static str {
        "pauses"
    }

    fn needs(&self) -> Needs {
        Needs { metrics: Vec::new(), fewest_points: 2, fewest_trials: 0, uses_history: true, revises: self.0 }
    }

    fn learn(&self, history: &History) -> Box<dyn Rule> {
        Box::new(Known(history.trials.len()))
    }

    fn revise(&self, history: &History) -> Revision {
        let paused = history.trials.iter().filter(|trial| trial.outcome == Outcome::Converged);
        let predictions = paused.clone().map(|trial| Revised {
            number: trial.record.number,
            predicted: 50.0,
            interval: Some([40.0, 60.0]),
        });
        let first = paused.filter(|trial| trial.record.number == 0);
        let resumptions = first.map(|trial| Resumption {
            number: 0,
            until_points: trial.record.curve.len() + 1,
            reason: "the first".to_owned(),
        });
        Revision { predictions: predictions.collect(), resumptions: resumptions.collect() }
    }
}

/// Predicts how many ended trials it has learned from.
struct Known(usize);

impl Rule for Known {
    fn judge(&self, trial: &TrialRecord, _judged: usize) -> Observation {
        let go_on = Observation::go_on("pauses", 2.min(trial.curve.len()), "two points");
        if trial.curve.len() < 2 {
            return go_on;
        }
        let predicted = self.0 as f64;
        Observation { verdict: Verdict::Converged { predicted }, predicted: Some(predicted), ..go_on }
    }
}

fn paused(revises: Revises, history: HistoryRule) -> Vec<(usize, Outcome, f64)> {
    let curves: Vec<RecordedRun> =
        (0..4_i8).map(|i| recorded(&i.to_string(), &[1.0, 2.0, 3.0, 70.0 + f64::from(i)])).collect();
    let setting = Setting { history, ..setting() };
    let decisions = replay(&Pauses(revises), &json!({}), &setting, &curves).unwrap();
    decisions.iter().map(|d| (d.points_seen, d.outcome, d.predicted_final)).collect()
}

#[test]
fn a_decision_knows_earlier_trials_or_earlier_generations_only() {
    let fitness = |history| paused(Revises::Never, history).iter().map(|d| d.2).collect::<Vec<_>>();
    assert_eq!(fitness(HistoryRule::Sequential), [0.0, 1.0, 2.0, 3.0]);
    assert_eq!(fitness(HistoryRule::Generations { size: 2 }), [0.0, 0.0, 2.0, 2.0]);
}

#[test]
fn paused_runs_are_taken_up_again_and_predicted_anew() {
    let (first, rest) = ((4, Outcome::Completed, 70.0), (2, Outcome::Converged, 50.0));
    for history in [HistoryRule::Sequential, HistoryRule::Generations { size: 2 }] {
        for revises in [Revises::AtEnd, Revises::EachGeneration] {
            assert_eq!(paused(revises, history), [first, rest, rest, rest]);
        }
    }
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
