//! `a4nn`: extrapolates the curve after each measurement and stops when the last predictions agree.
//!
//! The rule of A4NN's engine `penguino` (ICPP 2023), oddities included: x counts measurements from 0, yet the
//! prediction is taken at `predict_at` over the spacing, one step past the place of that epoch; the fit begins where
//! `SciPy` begins of itself; a fit that fails, like a prediction outside 0 to 100, keeps the window it lies in from
//! agreeing; an asymptote on its bound does not; and fits go on to the last point and beyond the predicted epoch.
//! What the published engine cannot do, fit values that are not finite, is a failed fit here.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ParamIssue;
use super::typed::Typed;
use crate::estimator::Estimator;
use crate::extrapolation::{A4NN, CORRECTED, Common, Method, checked};
use crate::trial::TrainingFacts;

const NAME: &str = "a4nn";

/// The kind.
pub struct A4nnKind;

/// The parameters of `a4nn`; the defaults are the published ones.
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
    /// Repairs the rule. Fits are exact, without a start and without the limit of 300 evaluations, so they fail for
    /// values that are not finite only. The first has at least 3 points, one a parameter; by default 4. The prediction
    /// is taken at the epoch that was asked for, wherever the first measurement lies. No fit, an asymptote on its bound
    /// of 200, and a prediction outside 0 to 100 each make the window begin anew, so the predictions that agree are
    /// those of successive points; one above 100 by no more than the tolerance counts as 100. All
    /// this is what `penguin` does when it is corrected, too.
    pub corrected: bool,
    /// How many points the first fit has; at least 3 if `corrected`.
    #[schemars(range(min = 2))]
    pub min_points: u32,
}

impl Default for Params {
    fn default() -> Self {
        Params { window: 3, tolerance: 0.5, predict_at: None, corrected: false, min_points: 4 }
    }
}

impl Params {
    fn method(&self) -> Method {
        if self.corrected { CORRECTED } else { A4NN }
    }

    fn common(&self) -> Common {
        Common {
            name: NAME,
            window: self.window,
            tolerance: self.tolerance,
            predict_at: self.predict_at,
            min_points: self.min_points,
            least_points: if self.corrected { 3 } else { 2 },
            least_help: "leave it out to fit from 4 points on, as published",
        }
    }
}

impl Typed for A4nnKind {
    type Params = Params;
    const NAME: &'static str = NAME;
    const SUMMARY: &'static str = "stops when successive extrapolations of the curve agree (A4NN, 2023)";

    fn complete(params: Params, facts: Option<&TrainingFacts>) -> Result<Params, Vec<ParamIssue>> {
        checked(&params.common(), &params.method(), facts)?;
        Ok(Params { predict_at: params.predict_at.or(facts.map(|facts| facts.planned.to_f64())), ..params })
    }

    fn estimator(params: &Params, facts: &TrainingFacts) -> Box<dyn Estimator> {
        Box::new(params.common().rule(params.method(), facts))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::PolicyKind;
    use super::*;
    use crate::conformance::{conforms, half_epochs};
    use crate::progress::Progress;
    use crate::trial::{History, TrialRecord};
    use crate::verdict::Verdict;

    fn a4nn(params: Value) -> Box<dyn Estimator> {
        let facts = TrainingFacts::percent(Progress::whole(10), Progress::new(1, 2).unwrap());
        A4nnKind.build(params, &facts).unwrap()
    }

    #[test]
    fn it_conforms() {
        for params in
            [json!({}), json!({"window": 2, "tolerance": 9, "min_points": 2}), json!({"corrected": true})]
        {
            conforms(&*a4nn(params));
        }
    }

    #[test]
    fn the_prediction_lies_a_step_past_the_predicted_epoch() {
        // The twentieth measurement, at epoch 10, has x = 19; the prediction is taken at 20.
        let values: Vec<f64> = (0..20).map(|x| 90.0 - 60.0 * 1.05_f64.powi(-x)).collect();
        let stop = a4nn(json!({})).observe(&TrialRecord::new(0, half_epochs(&values)), &History::default());
        let Verdict::Converged { predicted } = stop.verdict else { panic!("{stop:?}") };
        assert_eq!(stop.points, 6, "{stop:?}");
        assert!((predicted - (90.0 - 60.0 * 1.05_f64.powi(-20))).abs() < 1e-3, "{stop:?}");
    }

    #[test]
    fn defaults_are_the_published_ones() {
        let filled = A4nnKind.normalise(Value::Null, None).unwrap();
        let expected =
            json!({"window": 3, "tolerance": 0.5, "predict_at": null, "corrected": false, "min_points": 4});
        assert_eq!(filled, expected);
    }

    #[test]
    fn a_predicted_epoch_that_is_measured_before_any_stop_is_an_issue() {
        let facts = TrainingFacts::percent(Progress::whole(10), Progress::whole(1));
        let issues = A4nnKind.build(json!({"predict_at": 3}), &facts).err().unwrap();
        assert_eq!(
            (issues[0].pointer.as_str(), issues[0].message.as_str()),
            (
                "/predict_at",
                "`predict_at` 3 epochs is measured before a training can converge, which needs 6 points"
            )
        );
        assert!(A4nnKind.build(json!({"predict_at": 6}), &facts).is_ok());
    }

    #[test]
    fn all_points_count() {
        let short = |epochs| TrainingFacts::percent(Progress::whole(epochs), Progress::whole(1));
        assert!(A4nnKind.build(json!({}), &short(6)).is_ok());
        let issues = A4nnKind.build(json!({}), &short(5)).err().unwrap();
        assert_eq!(
            issues[0].message,
            "`window` 3 needs 6 points before a training can converge, but only 5 are planned"
        );
    }
}
