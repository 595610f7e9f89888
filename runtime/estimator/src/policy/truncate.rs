//! `truncate`: stops every training after the same share of its measurements.
//!
//! The baseline that a rule which looks at the curve must beat: what it hands over ranks networks well wherever
//! learning curves seldom cross.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ParamIssue;
use super::typed::Typed;
use crate::curve::Direction;
use crate::estimator::{Estimator, Needs, Revises, Rule};
use crate::handed::Handed;
use crate::scale::Scale;
use crate::trial::{History, TrainingFacts, TrialRecord};
use crate::verdict::{Observation, Verdict};

const NAME: &str = "truncate";

/// The kind.
pub struct TruncateKind;

/// The parameters of `truncate`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// The share of the planned measurements after which a training stops, in percent, rounded to the nearest one; of
    /// two as near, the even one.
    #[schemars(extend("x-unit" = "%", "minimum" = 1, "exclusiveMaximum" = 100))]
    pub after: f64,
    /// What is handed over: the `last` value, or the `best` so far.
    #[schemars(with = "String", extend("enum" = ["last", "best"]))]
    pub value: Handed,
}

impl Default for Params {
    fn default() -> Self {
        Params { after: 50.0, value: Handed::Last }
    }
}

impl Params {
    /// How many measurements a training has when it stops, at least 1.
    fn stop(&self, planned: usize) -> usize {
        ((self.after * planned as f64 / 100.0).round_ties_even() as usize).max(1)
    }
}

impl Typed for TruncateKind {
    type Params = Params;
    const NAME: &'static str = NAME;
    const SUMMARY: &'static str = "stops every training after the same share of its epochs";

    fn complete(params: Params, facts: Option<&TrainingFacts>) -> Result<Params, Vec<ParamIssue>> {
        let after = params.after;
        if !(1.0..100.0).contains(&after) {
            return Err(vec![ParamIssue::new(
                "/after",
                format!("`after` is {after} %; expected at least 1 % and less than 100 %"),
                "write a quarter of the epochs as `25%`",
            )]);
        }
        if let Some(facts) = facts
            && params.stop(facts.points) >= facts.points
        {
            let (stop, points) = (params.stop(facts.points), facts.points);
            return Err(vec![ParamIssue::new(
                "/after",
                format!(
                    "`after` {after} % is after measurement {stop} of {points}, which ends the training anyway"
                ),
                "stop earlier, plan more epochs, or measure more often",
            )]);
        }
        Ok(params)
    }

    fn estimator(params: &Params, facts: &TrainingFacts) -> Box<dyn Estimator> {
        Box::new(truncate(params, facts))
    }
}

fn truncate(params: &Params, facts: &TrainingFacts) -> Truncate {
    Truncate {
        stop: params.stop(facts.points),
        planned: facts.points,
        value: params.value,
        direction: facts.direction,
        scale: facts.scale,
    }
}

/// The rule.
#[derive(Clone, Copy, Debug)]
pub struct Truncate {
    stop: usize,
    planned: usize,
    value: Handed,
    direction: Direction,
    scale: Option<Scale>,
}

impl Estimator for Truncate {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        Needs {
            metrics: Vec::new(),
            fewest_points: self.stop,
            fewest_trials: 0,
            uses_history: false,
            revises: Revises::Never,
        }
    }

    fn learn(&self, _history: &History) -> Box<dyn Rule> {
        Box::new(*self)
    }
}

impl Rule for Truncate {
    /// A training without a finite value to hand over goes on until it has one, if the metric has no worst value.
    fn judge(&self, trial: &TrialRecord, _judged: usize) -> Observation {
        let Truncate { stop, planned, value, .. } = *self;
        let points = trial.curve.len();
        for seen in stop..=points {
            let Some(predicted) = value.of(&trial.curve.prefix(seen), self.direction, self.scale) else {
                continue;
            };
            let reason = format!("the {} value after {seen} of {planned} measurements", value.name());
            return Observation {
                verdict: Verdict::Converged { predicted },
                predicted: Some(predicted),
                fit: BTreeMap::from([("stop_points".to_owned(), stop as f64)]),
                ..Observation::go_on(NAME, seen, reason)
            };
        }
        let reason = if points < stop {
            format!("{points} of {stop} measurements")
        } else {
            "no finite value to hand over".to_owned()
        };
        Observation::go_on(NAME, points, reason)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::PolicyKind;
    use super::super::typed::completed;
    use super::*;
    use crate::conformance::{conforms, half_epochs, odd_curves};
    use crate::progress::Progress;

    fn facts(points: u32) -> TrainingFacts {
        let half = Progress::new(1, 2).unwrap();
        TrainingFacts::percent(half.times(points).unwrap(), half)
    }

    fn built(params: Value, facts: &TrainingFacts) -> Truncate {
        truncate(&completed::<TruncateKind>(params, Some(facts)).unwrap(), facts)
    }

    fn judged(params: Value, facts: &TrainingFacts, values: &[f64]) -> Observation {
        built(params, facts).judge(&TrialRecord::new(0, half_epochs(values)), 0)
    }

    #[test]
    fn it_conforms() {
        for params in [json!({}), json!({"after": 10, "value": "best"}), json!({"after": 1})] {
            conforms(&built(params.clone(), &facts(20)));
            let loss = TrainingFacts { direction: Direction::Minimize, scale: None, ..facts(20) };
            conforms(&built(params, &loss));
        }
    }

    #[test]
    fn it_stops_after_the_nearest_measurement() {
        for (points, after, stop) in
            [(20, 25.0, 5), (50, 25.0, 12), (25, 25.0, 6), (25, 50.0, 12), (3, 1.0, 1), (100, 99.0, 99)]
        {
            let rule = built(json!({"after": after}), &facts(points));
            assert_eq!(rule.needs().fewest_points, stop, "{after} % of {points}");
        }
    }

    #[test]
    fn it_hands_over_the_last_or_the_best_value() {
        let noisy = [10.0, 60.0, 50.0, 40.0, 99.0, 1.0];
        let verdict = |params| judged(params, &facts(8), &noisy);
        let last = verdict(json!({}));
        assert_eq!((last.verdict, last.points), (Verdict::Converged { predicted: 40.0 }, 4));
        assert_eq!(last.reason, "the last value after 4 of 8 measurements");
        assert_eq!(verdict(json!({"value": "best"})).verdict, Verdict::Converged { predicted: 60.0 });
        let loss = TrainingFacts { direction: Direction::Minimize, ..facts(8) };
        let best = judged(json!({"value": "best"}), &loss, &noisy);
        assert_eq!(best.verdict, Verdict::Converged { predicted: 10.0 });
    }

    #[test]
    fn a_diverged_training_has_the_worst_value() {
        for broken in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let values = [10.0, 20.0, broken, broken, 30.0];
            let found = judged(json!({}), &facts(6), &values);
            assert_eq!((found.verdict, found.points), (Verdict::Converged { predicted: 0.0 }, 3));
            let unbounded = TrainingFacts { scale: None, ..facts(6) };
            let found = judged(json!({}), &unbounded, &values);
            assert_eq!((found.verdict, found.points), (Verdict::Converged { predicted: 30.0 }, 5));
            let found = judged(json!({}), &unbounded, &values[..4]);
            assert_eq!(found.reason, "no finite value to hand over");
            let found = judged(json!({"value": "best"}), &unbounded, &values[..4]);
            assert_eq!(found.verdict, Verdict::Converged { predicted: 20.0 });
        }
    }

    #[test]
    fn no_curve_is_so_odd_that_it_stops_elsewhere() {
        for (name, values) in odd_curves() {
            let found = judged(json!({}), &facts(30), &values);
            let value = values.get(14).map(|&value| if value.is_finite() { value } else { 0.0 });
            let expected = value.map_or(Verdict::Continue, |predicted| Verdict::Converged { predicted });
            assert_eq!((found.verdict, found.points), (expected, values.len().min(15)), "{name}");
        }
    }

    #[test]
    fn shares_that_stop_nothing_are_issues() {
        for after in [json!(0), json!(0.25), json!(100), json!(-1), json!(1e300)] {
            let issues = TruncateKind.normalise(json!({"after": after}), None).unwrap_err();
            assert_eq!(issues[0].pointer, "/after");
        }
        let late = TruncateKind.build(json!({"after": 99}), &facts(20)).err().unwrap();
        assert_eq!(
            late[0].message,
            "`after` 99 % is after measurement 20 of 20, which ends the training anyway"
        );
        assert!(TruncateKind.normalise(json!({"value": "mean"}), None).is_err());
        let filled = TruncateKind.normalise(json!({"after": 25}), Some(&facts(20))).unwrap();
        assert_eq!(filled, json!({"after": 25.0, "value": "last"}));
    }
}
