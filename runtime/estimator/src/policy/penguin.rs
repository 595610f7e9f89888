//! `penguin`: extrapolates the curve after each measurement and stops when the last predictions agree.
//!
//! The rules of PEng4NN (2021) and of both branches of PENGUIN (TPDS 33(11), 2022), oddities included; which they are
//! is told at [`Variant`], and what becomes of them at [`Params::corrected`]. The rule is in `extrapolation`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ParamIssue;
use super::typed::Typed;
use crate::estimator::Estimator;
use crate::extrapolation::{ASYMPTOTE, CORRECTED, Common, MAIN, MODULAR, Method, Target, checked};
use crate::trial::TrainingFacts;

const NAME: &str = "penguin";

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
    /// The curve that is fitted: `exp3` is a - b^(c - x).
    #[schemars(with = "String", extend("enum" = ["exp3"]))]
    pub family: Family,
    /// Whose rule: `main` and `modular` are branches of PENGUIN (2022), `asymptote` is PEng4NN (2021), which predicts
    /// the highest value.
    #[schemars(with = "String", extend("enum" = ["main", "modular", "asymptote"]))]
    pub variant: Variant,
    /// Repairs the rule. Fits are exact, without a start and without the limit of 300 evaluations, so they fail for
    /// values that are not finite only. The first has at least 3 points, one a parameter; by default 4. The prediction
    /// is taken at the epoch that was asked for, wherever the first measurement lies. No fit, an asymptote on its bound
    /// of 200, and a prediction outside 0 to 100 each make the window begin anew, so the predictions that agree are
    /// those of successive points; one above 100 by no more than the tolerance counts as 100. `main` and `modular`
    /// are then the same rule.
    pub corrected: bool,
    /// How many points the first fit has; default: 2, or 4 if `corrected`, which needs at least 3.
    #[schemars(range(min = 2))]
    pub min_points: Option<u32>,
}

/// The curve that is fitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// [`exp3`](crate::family::exp3).
    #[default]
    Exp3,
}

/// Whose rule. All begin with two points for three parameters, and in all a fit that fails is passed over: the
/// predictions around it are compared as if it were not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// PENGUIN's `main` branch. An asymptote of 199.99 or more, which is its bound, is no prediction and makes the
    /// window begin anew; only the newest prediction must lie in (0, 100]; and with as many points as lie up to the
    /// predicted epoch nothing converges any more.
    #[default]
    Main,
    /// PENGUIN's `modular-development` branch. A prediction outside 0 to 100 makes the window begin anew; an asymptote
    /// on its bound doesn't; the last point is that of `main`.
    Modular,
    /// The original PEng4NN. The prediction is the asymptote, at most 102.5; the newest must lie in (0, 100]; all
    /// points up to the predicted epoch count. (Its code takes the best observed value of a training that does not
    /// converge; here such a training completes and has its last value, as with any estimator.)
    Asymptote,
}

impl Default for Params {
    fn default() -> Self {
        Params {
            window: 3,
            tolerance: 0.5,
            predict_at: None,
            family: Family::default(),
            variant: Variant::default(),
            corrected: false,
            min_points: None,
        }
    }
}

impl Params {
    fn method(&self) -> Method {
        let Family::Exp3 = self.family;
        match (self.variant, self.corrected) {
            (Variant::Main, false) => MAIN,
            (Variant::Modular, false) => MODULAR,
            (Variant::Asymptote, false) => ASYMPTOTE,
            (Variant::Main | Variant::Modular, true) => CORRECTED,
            (Variant::Asymptote, true) => Method { target: Target::Asymptote, ..CORRECTED },
        }
    }

    fn common(&self) -> Common {
        let (points, least_points, least_help) = if self.corrected {
            (4, 3, "leave it out to fit from 4 points on; the curve has 3 parameters")
        } else {
            (2, 2, "leave it out to fit from 2 points on, as published")
        };
        Common {
            name: NAME,
            window: self.window,
            tolerance: self.tolerance,
            predict_at: self.predict_at,
            min_points: self.min_points.unwrap_or(points),
            least_points,
            least_help,
        }
    }
}

impl Typed for PenguinKind {
    type Params = Params;
    const NAME: &'static str = NAME;
    const SUMMARY: &'static str = "stops when successive extrapolations of the curve agree (PENGUIN, 2022)";

    fn complete(params: Params, facts: Option<&TrainingFacts>) -> Result<Params, Vec<ParamIssue>> {
        let common = params.common();
        checked(&common, &params.method(), facts)?;
        Ok(Params {
            predict_at: params.predict_at.or(facts.map(|facts| facts.planned.to_f64())),
            min_points: Some(common.min_points),
            ..params
        })
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
    use crate::verdict::{Observation, Verdict};

    fn penguin(params: Value) -> Box<dyn Estimator> {
        let facts = TrainingFacts::percent(Progress::whole(20), Progress::whole(1));
        PenguinKind.build(params, &facts).unwrap()
    }

    fn observe(values: &[f64]) -> Observation {
        let trial = TrialRecord::new(0, half_epochs(values));
        penguin(json!({"predict_at": 10})).observe(&trial, &History::default())
    }

    #[test]
    fn it_conforms() {
        for params in [
            json!({}),
            json!({"predict_at": 10}),
            json!({"window": 2, "tolerance": 9, "min_points": 4}),
            json!({"variant": "modular", "predict_at": 10}),
            json!({"variant": "asymptote", "predict_at": 10}),
            json!({"corrected": true, "predict_at": 10}),
            json!({"corrected": true, "variant": "asymptote", "window": 2, "tolerance": 9}),
        ] {
            conforms(&*penguin(params));
        }
    }

    #[test]
    fn a_saturating_curve_converges_to_its_asymptote() {
        let values: Vec<f64> = (1..=19).map(|x| 80.0 - 60.0 * 1.4_f64.powi(1 - x)).collect();
        let observation = observe(&values);
        let Verdict::Converged { predicted } = observation.verdict else { panic!("{observation:?}") };
        assert!((predicted - 80.0).abs() < 0.5, "{predicted}");
        assert!(observation.reason.starts_with("3 predictions within 0.5 pp"), "{}", observation.reason);
        let [a, b] = [observation.fit["a"], observation.fit["b"]];
        assert!((a - 80.0).abs() < 0.5 && (b - 1.4).abs() < 0.1, "{:?}", observation.fit);
        let names: Vec<_> = observation.fit.keys().map(String::as_str).collect();
        assert_eq!(names, ["a", "b", "c", "cost", "median", "spread"]);
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
        assert!(observation.fit.is_empty());
    }

    #[test]
    fn with_all_points_nothing_converges() {
        let mut values = vec![f64::NAN; 2];
        values.extend([50.0; 18]);
        assert_eq!(observe(&values).reason, "all 20 points are measured");
    }
}
