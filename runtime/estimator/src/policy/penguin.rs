//! `penguin`: extrapolates the curve after each measurement and stops when the last predictions agree.
//!
//! The rule of PENGUIN's `main` branch (the code of TPDS 33(11), 2022), oddities included: the first fit has
//! two points for three parameters; a failed fit doesn't interrupt a run of predictions, an asymptote on its
//! bound does; only the newest prediction must lie in (0, 100]; and with as many points as lie before the
//! predicted epoch nothing converges any more.

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ParamIssue, PolicyKind, decode, encode};
use crate::curve::{Curve, CurveError, Direction};
use crate::estimator::{Estimator, Needs, Revises, Rule};
use crate::family::exp3;
use crate::trial::{History, TrainingFacts, TrialRecord};
use crate::verdict::{Observation, Verdict};

const NAME: &str = "penguin";
/// The fewest points of which a spacing can be told.
const LEAST_POINTS: u32 = 2;
/// An asymptote from here on counts as lying on its bound of 200.
const ASYMPTOTE_ON_BOUND: f64 = 199.99;

/// The kind.
pub struct PenguinKind;

/// The parameters of `penguin`; the defaults are the papers'.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// How many predictions must agree (the papers' N).
    #[schemars(range(min = 2))]
    pub window: u32,
    /// How far a prediction may lie from their median, in percentage points (the papers' t).
    #[schemars(extend("x-unit" = "pp", "exclusiveMinimum" = 0))]
    pub tolerance: f64,
    /// The epoch whose value is predicted (the papers' `e_pred`), in epochs; default: the last planned one.
    #[schemars(extend("x-unit" = "epochs", "exclusiveMinimum" = 0))]
    pub predict_at: Option<f64>,
    /// How many points the first fit has.
    #[schemars(range(min = 2))]
    pub min_points: u32,
}

impl Default for Params {
    fn default() -> Self {
        Params { window: 3, tolerance: 0.5, predict_at: None, min_points: LEAST_POINTS }
    }
}

impl Params {
    fn fewest_points(&self) -> usize {
        self.min_points as usize + self.window as usize - 1
    }

    fn own_issues(&self) -> Vec<ParamIssue> {
        let mut issues = Vec::new();
        let mut expect = |holds: bool, pointer, message: String, help| {
            if !holds {
                issues.push(ParamIssue::new(pointer, message, help));
            }
        };
        let Params { window, tolerance, predict_at, min_points } = *self;
        expect(
            window >= 2,
            "/window",
            format!("`window` is {window}; expected at least 2"),
            "one prediction always agrees with itself; the papers use 3",
        );
        expect(
            tolerance.is_finite() && tolerance > 0.0,
            "/tolerance",
            format!("`tolerance` is {tolerance} pp; expected more than 0 pp"),
            "the papers use 0.5 pp",
        );
        expect(
            predict_at.is_none_or(|at| at.is_finite() && at > 0.0),
            "/predict_at",
            format!("`predict_at` is {} epochs; expected more than 0 epochs", predict_at.unwrap_or_default()),
            "leave it out to predict the last planned epoch",
        );
        expect(
            min_points >= LEAST_POINTS,
            "/min_points",
            format!("`min_points` is {min_points}; expected at least {LEAST_POINTS}"),
            "leave it out to fit from 2 points on, as published",
        );
        issues
    }

    fn training_issues(&self, facts: &TrainingFacts) -> Vec<ParamIssue> {
        if facts.direction == Direction::Minimize {
            return vec![ParamIssue::new(
                "",
                "`penguin` predicts rising scores from 0 to 100, but this metric is minimized",
                "use an accuracy as its metric, or another estimator",
            )];
        }
        let planned = facts.points;
        let predict_at = self.predict_at.unwrap_or(facts.planned.to_f64());
        let ceiling = points_before(facts.measure_every.divides(predict_at));
        let (needed, usable) = (self.fewest_points(), planned.min(ceiling.saturating_sub(1)));
        if needed <= usable {
            return Vec::new();
        }
        let message = format!(
            "`window` {} needs {needed} points before a training can converge, but at most {usable} count: {planned} are \
             planned, and none converges with all {ceiling} up to epoch {predict_at}",
            self.window
        );
        if self.predict_at.is_some() && ceiling <= planned {
            vec![ParamIssue::new("/predict_at", message, "predict a later epoch, or lower `window`")]
        } else {
            vec![ParamIssue::new(
                "/window",
                message,
                "plan more epochs, measure more often, or lower `window`",
            )]
        }
    }
}

impl PolicyKind for PenguinKind {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "stops when successive extrapolations of the curve agree (PENGUIN, 2022)"
    }

    fn params_schema(&self) -> schemars::Schema {
        schemars::schema_for!(Params)
    }

    fn normalise(&self, params: Value, facts: Option<&TrainingFacts>) -> Result<Value, Vec<ParamIssue>> {
        checked(params, facts).map(|params| encode(&params))
    }

    fn build(&self, params: Value, facts: &TrainingFacts) -> Result<Box<dyn Estimator>, Vec<ParamIssue>> {
        let params = checked(params, Some(facts))?;
        let predict_at = params.predict_at.unwrap_or(facts.planned.to_f64());
        Ok(Box::new(Penguin { params, predict_at }))
    }
}

fn checked(params: Value, facts: Option<&TrainingFacts>) -> Result<Params, Vec<ParamIssue>> {
    let mut params: Params = decode(params)?;
    let mut issues = params.own_issues();
    if let Some(facts) = facts {
        if issues.is_empty() {
            issues = params.training_issues(facts);
        }
        params.predict_at.get_or_insert(facts.planned.to_f64());
    }
    if issues.is_empty() { Ok(params) } else { Err(issues) }
}

/// How many measurements lie up to the place `x` of the predicted epoch.
fn points_before(x: f64) -> usize {
    x.floor() as usize
}

/// The rule.
#[derive(Clone, Copy, Debug)]
pub struct Penguin {
    params: Params,
    predict_at: f64,
}

/// What one more point led to.
enum Attempt {
    /// No fit, or one that is not finite: the list of predictions stays.
    Nothing(String),
    /// The asymptote on its bound: the list is emptied.
    OnBound,
    /// A prediction.
    Predicted(f64),
}

impl Penguin {
    fn attempt(values: &[f64], x: f64) -> Attempt {
        let fit = match exp3::fit(values) {
            Ok(fit) => fit,
            Err(error) => return Attempt::Nothing(error.to_string()),
        };
        let predicted = exp3::value(&fit.x, x);
        if !predicted.is_finite() {
            Attempt::Nothing("the fitted curve is not finite at the predicted epoch".to_owned())
        } else if fit.x[0] >= ASYMPTOTE_ON_BOUND {
            Attempt::OnBound
        } else {
            Attempt::Predicted(predicted)
        }
    }

    /// Judges the newest of the predictions, of which there are at most as many as the window holds.
    fn weigh(&self, predictions: &VecDeque<f64>, predicted: f64, points: usize) -> Observation {
        let Params { window, tolerance, .. } = self.params;
        let go_on = |reason: String| Observation {
            predicted: Some(predicted),
            ..Observation::go_on(NAME, points, reason)
        };
        if predictions.len() < window as usize {
            return go_on(format!("{} of {window} predictions", predictions.len()));
        }
        let median = median(predictions);
        let spread = predictions.iter().map(|p| (p - median).abs()).fold(0.0, f64::max);
        if spread > tolerance {
            return go_on(format!("{window} predictions lie up to {spread:.2} pp from their median"));
        }
        if predicted > 100.0 || predicted <= 0.0 {
            return go_on(format!("the prediction {predicted:.2} lies outside 0 to 100"));
        }
        Observation {
            verdict: Verdict::Converged { predicted },
            ..go_on(format!("{window} predictions within {tolerance} pp of their median"))
        }
    }
}

impl Estimator for Penguin {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        Needs {
            metrics: Vec::new(),
            fewest_points: self.params.fewest_points(),
            uses_history: false,
            revises: Revises::Never,
        }
    }

    fn admits(&self, curve: &Curve) -> Result<(), CurveError> {
        curve.spacing().map(drop)
    }

    fn learn(&self, _history: &History) -> Box<dyn Rule> {
        Box::new(*self)
    }
}

impl Rule for Penguin {
    /// A value that is NaN or infinite makes every later fit fail, as in the published code: no prediction.
    fn judge(&self, trial: &TrialRecord, _judged: usize) -> Observation {
        let curve = &trial.curve;
        let regular = curve.prefix(curve.regular_points());
        let spacing = match regular.spacing() {
            Ok(Some(spacing)) => spacing,
            Ok(None) => {
                return Observation::go_on(
                    NAME,
                    curve.len(),
                    format!("{} of {LEAST_POINTS} points", curve.len()),
                );
            }
            Err(error) => return Observation::go_on(NAME, curve.len(), error.to_string()),
        };
        let x = spacing.divides(self.predict_at);
        let ceiling = points_before(x);
        let values: Vec<f64> = regular.points().iter().map(|point| point.value).collect();
        let mut predictions = VecDeque::new();
        let first = self.params.min_points as usize;
        let mut newest =
            Observation::go_on(NAME, values.len(), format!("{} of {first} points", values.len()));
        for points in first..=values.len().min(ceiling.saturating_sub(1)) {
            newest = match Self::attempt(&values[..points], x) {
                Attempt::Nothing(reason) => {
                    Observation::go_on(NAME, points, format!("no prediction: {reason}"))
                }
                Attempt::OnBound => {
                    predictions.clear();
                    Observation::go_on(NAME, points, "no prediction: the asymptote lies on its bound of 200")
                }
                Attempt::Predicted(predicted) => {
                    predictions.push_back(predicted);
                    let observation = self.weigh(&predictions, predicted, points);
                    if predictions.len() >= self.params.window as usize {
                        predictions.pop_front();
                    }
                    observation
                }
            };
            if newest.verdict.is_stop() {
                return newest;
            }
        }
        if let Err(error) = curve.spacing() {
            return Observation::go_on(NAME, curve.len(), error.to_string());
        }
        if values.len() >= ceiling {
            return Observation::go_on(NAME, curve.len(), format!("all {ceiling} points are measured"));
        }
        newest
    }
}

fn median(values: &VecDeque<f64>) -> f64 {
    let mut sorted: Vec<f64> = values.iter().copied().collect();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::conformance::{conforms, half_epochs};
    use crate::progress::Progress;

    fn facts() -> TrainingFacts {
        TrainingFacts::percent(Progress::whole(20), Progress::whole(1))
    }

    fn penguin(params: Value) -> Penguin {
        let params = checked(params, Some(&facts())).unwrap();
        Penguin { params, predict_at: params.predict_at.unwrap() }
    }

    fn observe(values: &[f64]) -> Observation {
        penguin(json!({"predict_at": 10})).judge(&TrialRecord::new(0, half_epochs(values)), 0)
    }

    #[test]
    fn it_conforms() {
        for params in
            [json!({}), json!({"predict_at": 10}), json!({"window": 2, "tolerance": 9, "min_points": 4})]
        {
            conforms(&penguin(params));
        }
    }

    #[test]
    fn a_saturating_curve_converges_to_its_asymptote() {
        let values: Vec<f64> = (1..=19).map(|x| 80.0 - 60.0 * 1.4_f64.powi(1 - x)).collect();
        let observation = observe(&values);
        let Verdict::Converged { predicted } = observation.verdict else { panic!("{observation:?}") };
        assert!((predicted - 80.0).abs() < 0.5, "{predicted}");
        assert!(observation.reason.starts_with("3 predictions within 0.5 pp"), "{}", observation.reason);
    }

    #[test]
    fn a_straight_line_has_its_asymptote_on_the_bound() {
        let observation = observe(&[10.0, 14.0, 18.0, 22.0, 26.0, 30.0]);
        assert_eq!(
            (observation.verdict, observation.predicted),
            (Verdict::Continue, None),
            "{observation:?}"
        );
    }

    #[test]
    fn a_value_that_is_not_finite_ends_all_predictions() {
        let mut values: Vec<f64> = (1..=15).map(|x| 80.0 - 60.0 * 1.4_f64.powi(1 - x)).collect();
        values[1] = f64::NAN;
        let observation = observe(&values);
        assert_eq!(observation.reason, "no prediction: the data or the curve's derivatives are not finite");
    }

    #[test]
    fn with_all_points_nothing_converges() {
        let mut values = vec![f64::NAN; 2];
        values.extend([50.0; 18]);
        assert_eq!(observe(&values).reason, "all 20 points are measured");
    }

    #[test]
    fn the_newest_prediction_decides_on_the_range() {
        let judge = |predictions: [f64; 3]| {
            penguin(json!({})).weigh(&VecDeque::from(predictions), predictions[2], 9).verdict
        };
        assert_eq!(judge([100.4, 100.2, 100.0]), Verdict::Converged { predicted: 100.0 });
        assert_eq!(judge([100.0, 100.2, 100.1]), Verdict::Continue);
        assert_eq!(judge([0.2, 0.1, 0.0]), Verdict::Continue);
        assert_eq!(judge([50.0, 50.5, 51.0]), Verdict::Converged { predicted: 51.0 });
        assert_eq!(judge([50.0, 50.5, 51.1]), Verdict::Continue);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn any_curve_is_judged_alike_whole_and_in_steps(values in prop::collection::vec(0.0..100.0_f64, 0..14)) {
            let rule = penguin(json!({"predict_at": 10, "tolerance": 5}));
            let whole = rule.judge(&TrialRecord::new(0, half_epochs(&values)), 0);
            let mut steps = (0..=values.len()).map(|n| rule.judge(&TrialRecord::new(0, half_epochs(&values[..n])), 0));
            if let Some(stop) = steps.find(|step| step.verdict.is_stop()) {
                prop_assert_eq!(whole, stop);
            } else {
                prop_assert_eq!(whole.verdict, Verdict::Continue);
            }
        }
    }
}
