//! `patience`: stops a training whose watched metric has had no new best for some epochs.
//!
//! With `watch: train_loss, patience: 10 epochs, value: last` it is MENNDL's rule as PENGUIN's code has it
//! (`stopsDecreasing`, 2021): it stops at the first measurement that is no strict new minimum of the training loss and
//! lies 10 epochs or more behind the newest minimum, or behind epoch 0 as long as there is none. Only a loss of minus
//! infinity, a minimum there, is treated differently.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ParamIssue;
use super::typed::Typed;
use crate::curve::{Curve, Direction, Point};
use crate::estimator::{Estimator, Needs, Revises, Rule};
use crate::handed::Handed;
use crate::progress::Progress;
use crate::scale::Scale;
use crate::trial::{History, TrainingFacts, TrialRecord};
use crate::verdict::{Observation, Verdict};

const NAME: &str = "patience";

/// The kind.
pub struct PatienceKind;

/// The parameters of `patience`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// For how many epochs a training may be without a new best.
    #[schemars(extend("x-unit" = "epochs", "exclusiveMinimum" = 0))]
    pub patience: f64,
    /// The metric that is watched, such as `train_loss`; default: the predicted one.
    pub watch: Option<String>,
    /// Which of its values are better: `maximize` the larger, `minimize` the smaller; default: the smaller where its name
    /// contains loss, perplexity, error, mae or mse.
    #[schemars(with = "Option<String>", extend("enum" = ["maximize", "minimize", null]))]
    pub watch_direction: Option<Direction>,
    /// By how much a new best must exceed the one before, in the watched metric's own units.
    #[schemars(range(min = 0.0))]
    pub min_delta: f64,
    /// What is handed over of the predicted metric: the `last` value, or the `best` so far.
    #[schemars(with = "String", extend("enum" = ["last", "best"]))]
    pub value: Handed,
}

impl Default for Params {
    fn default() -> Self {
        Params { patience: 5.0, watch: None, watch_direction: None, min_delta: 0.0, value: Handed::Best }
    }
}

impl Params {
    fn own_issues(&self) -> Vec<ParamIssue> {
        let mut issues = Vec::new();
        let Params { patience, min_delta, .. } = *self;
        if !Progress::from_f64(patience).is_ok_and(|epochs| epochs > Progress::ZERO) {
            issues.push(ParamIssue::new(
                "/patience",
                format!("`patience` is {patience} epochs; expected a fraction of epochs from 1/64 on"),
                "MENNDL waits for `10 epochs`",
            ));
        }
        if !(min_delta.is_finite() && min_delta >= 0.0) {
            issues.push(ParamIssue::new(
                "/min_delta",
                format!("`min_delta` is {min_delta}; expected at least 0"),
                "leave it out to count every new best",
            ));
        }
        if self.watch.is_none() && self.watch_direction.is_some() {
            issues.push(ParamIssue::new(
                "/watch_direction",
                "`watch_direction` is given, but no `watch`; the predicted metric has its direction",
                "leave it out, or name the metric with `watch`",
            ));
        }
        issues
    }

    /// The direction of the watched metric.
    fn direction(&self, predicted: Direction) -> Direction {
        let Some(watch) = &self.watch else { return predicted };
        self.watch_direction.unwrap_or(Direction::suggested_by(watch))
    }
}

impl Typed for PatienceKind {
    type Params = Params;
    const NAME: &'static str = NAME;
    const SUMMARY: &'static str = "stops when a metric has had no new best for some epochs";

    fn complete(mut params: Params, facts: Option<&TrainingFacts>) -> Result<Params, Vec<ParamIssue>> {
        let issues = params.own_issues();
        if !issues.is_empty() {
            return Err(issues);
        }
        if params.watch.is_some() {
            params.watch_direction = Some(params.direction(Direction::Maximize));
        }
        if let Some(facts) = facts
            && params.patience + facts.measure_every.to_f64() >= facts.planned.to_f64()
        {
            let (patience, planned) = (params.patience, facts.planned);
            return Err(vec![ParamIssue::new(
                "/patience",
                format!(
                    "`patience` {patience} epochs is no shorter than from the first to the last of {planned} epochs"
                ),
                "lower it, or plan more epochs",
            )]);
        }
        Ok(params)
    }

    fn estimator(params: &Params, facts: &TrainingFacts) -> Box<dyn Estimator> {
        Box::new(patience(params, facts))
    }
}

fn patience(params: &Params, facts: &TrainingFacts) -> Patience {
    let patience = Progress::from_f64(params.patience).expect("the parameters were checked");
    Patience {
        wait: patience,
        fewest: (facts.measure_every.divides(patience.to_f64()).ceil() as usize).max(1),
        watch: params.watch.clone(),
        watch_direction: params.direction(facts.direction),
        min_delta: params.min_delta,
        value: params.value,
        direction: facts.direction,
        scale: facts.scale,
    }
}

/// The rule.
#[derive(Clone, Debug)]
pub struct Patience {
    wait: Progress,
    /// How many measurements as many epochs have.
    fewest: usize,
    watch: Option<String>,
    watch_direction: Direction,
    min_delta: f64,
    value: Handed,
    direction: Direction,
    scale: Option<Scale>,
}

impl Patience {
    fn is_new_best(&self, value: f64, best: Option<Point>) -> bool {
        let Some(best) = best else { return value.is_finite() };
        let bar = match self.watch_direction {
            Direction::Maximize => best.value + self.min_delta,
            Direction::Minimize => best.value - self.min_delta,
        };
        value.is_finite() && self.watch_direction.is_better(value, bar)
    }

    fn watched_name(&self) -> &str {
        self.watch.as_deref().unwrap_or("the metric")
    }

    fn stop(&self, predicted: f64, points: usize, since: Progress, best: Option<Point>) -> Observation {
        let (waited, patience) = (since.to_f64(), self.wait.to_f64());
        let reason = match best {
            Some(_) => format!("no new best of `{}` since epoch {waited}", self.watched_name()),
            None => format!("no finite value of `{}` in {patience} epochs", self.watched_name()),
        };
        let mut fit =
            BTreeMap::from([("best_epoch".to_owned(), waited), ("patience_epochs".to_owned(), patience)]);
        fit.extend(best.map(|best| ("best".to_owned(), best.value)));
        Observation {
            verdict: Verdict::Converged { predicted },
            predicted: Some(predicted),
            fit,
            ..Observation::go_on(NAME, points, reason)
        }
    }
}

impl Estimator for Patience {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        Needs {
            metrics: self.watch.iter().cloned().collect(),
            fewest_points: self.fewest,
            fewest_trials: 0,
            uses_history: false,
            revises: Revises::Never,
        }
    }

    fn learn(&self, _history: &History) -> Box<dyn Rule> {
        Box::new(self.clone())
    }
}

impl Rule for Patience {
    /// A value that is NaN or infinite is never a new best. Where the watched metric is not measured, nothing happens.
    fn judge(&self, trial: &TrialRecord, _judged: usize) -> Observation {
        let curve = &trial.curve;
        let watched = match &self.watch {
            None => Some(curve),
            Some(name) => trial.others.get(name),
        };
        let Some(watched) = watched else {
            let reason = format!("`{}` is not measured", self.watched_name());
            return Observation::go_on(NAME, curve.len(), reason);
        };
        let mut best: Option<Point> = None;
        for (index, point) in curve.points().iter().enumerate() {
            let Some(value) = value_at(watched, point.at) else { continue };
            if self.is_new_best(value, best) {
                best = Some(Point { at: point.at, value });
                continue;
            }
            let (points, since) = (index + 1, best.map_or(Progress::ZERO, |best| best.at));
            if since.steps_until(point.at, self.wait).is_some_and(|steps| steps > 0)
                && let Some(predicted) = self.value.of(&curve.prefix(points), self.direction, self.scale)
            {
                return self.stop(predicted, points, since, best);
            }
        }
        let reason = match best {
            Some(best) => format!("the newest best of `{}` is of epoch {}", self.watched_name(), best.at),
            None => format!("no finite value of `{}`", self.watched_name()),
        };
        Observation::go_on(NAME, curve.len(), reason)
    }
}

fn value_at(curve: &Curve, at: Progress) -> Option<f64> {
    let points = curve.points();
    points.binary_search_by_key(&at, |point| point.at).ok().map(|place| points[place].value)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::PolicyKind;
    use super::super::typed::completed;
    use super::*;
    use crate::conformance::{conforms, half_epochs, odd_curves};

    /// Ten epochs, measured twice each.
    fn facts() -> TrainingFacts {
        TrainingFacts::percent(Progress::whole(10), Progress::new(1, 2).unwrap())
    }

    fn built(params: Value) -> Patience {
        patience(&completed::<PatienceKind>(params, Some(&facts())).unwrap(), &facts())
    }

    fn judged(params: Value, values: &[f64]) -> Observation {
        built(params).judge(&TrialRecord::new(0, half_epochs(values)), 0)
    }

    fn stop(params: Value, values: &[f64]) -> Option<(usize, f64)> {
        let found = judged(params, values);
        match found.verdict {
            Verdict::Converged { predicted } => Some((found.points, predicted)),
            Verdict::Continue | Verdict::Pruned => None,
        }
    }

    #[test]
    fn it_conforms() {
        for params in [
            json!({}),
            json!({"patience": 1, "min_delta": 0.5, "value": "last"}),
            json!({"patience": 0.5}),
            json!({"watch": "train_loss"}),
        ] {
            conforms(&built(params.clone()));
            let loss = TrainingFacts { direction: Direction::Minimize, scale: None, ..facts() };
            conforms(&patience(&completed::<PatienceKind>(params, Some(&loss)).unwrap(), &loss));
        }
    }

    #[test]
    fn epochs_count_from_the_newest_best() {
        let values = [10.0, 20.0, 20.0, 19.0, 20.0, 18.0, 30.0];
        assert_eq!(stop(json!({"patience": 1.5}), &values), Some((5, 20.0)));
        assert_eq!(stop(json!({"patience": 1.5, "value": "last"}), &values[..5]), Some((5, 20.0)));
        assert_eq!(stop(json!({"patience": 2, "value": "last"}), &values), Some((6, 18.0)));
        assert_eq!(stop(json!({"patience": 2.5}), &values), None, "a late take-off is in time");
        let found = judged(json!({"patience": 2}), &values);
        assert_eq!(found.reason, "no new best of `the metric` since epoch 1");
        assert_eq!(
            (found.fit["best"], found.fit["best_epoch"], found.fit["patience_epochs"]),
            (20.0, 1.0, 2.0)
        );
    }

    #[test]
    fn a_new_best_exceeds_the_old_one_by_min_delta() {
        let creeping: Vec<f64> = (0..12).map(|i| 50.0 + 0.25 * f64::from(i)).collect();
        assert_eq!(stop(json!({"patience": 1}), &creeping), None);
        assert_eq!(stop(json!({"patience": 1, "min_delta": 0.25}), &creeping), None, "two steps are more");
        assert_eq!(stop(json!({"patience": 1, "min_delta": 0.5}), &creeping), Some((3, 50.5)));
    }

    #[test]
    fn constants_and_ceilings_are_no_new_best() {
        assert_eq!(stop(json!({"patience": 2}), &[100.0; 20]), Some((5, 100.0)));
        assert_eq!(stop(json!({"patience": 2}), &[0.0; 20]), Some((5, 0.0)));
        assert_eq!(
            stop(json!({"patience": 2}), &[90.0, 100.0, 100.0, 100.0, 100.0, 100.0]),
            Some((6, 100.0))
        );
    }

    #[test]
    fn what_is_not_finite_is_no_new_best() {
        for broken in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let diverged = [30.0, broken, broken, broken, broken, broken];
            assert_eq!(stop(json!({"patience": 2}), &diverged), Some((5, 30.0)));
            assert_eq!(stop(json!({"patience": 2, "value": "last"}), &diverged), Some((5, 0.0)));
            assert_eq!(stop(json!({"patience": 2}), &[broken; 20]), Some((4, 0.0)), "counted from epoch 0");
            let one_gap = [30.0, 31.0, broken, 32.0, 33.0, 34.0];
            assert_eq!(stop(json!({"patience": 1}), &one_gap), None);
        }
        let found = judged(json!({"patience": 2}), &[f64::NAN; 20]);
        assert_eq!(found.reason, "no finite value of `the metric` in 2 epochs");
    }

    #[test]
    fn a_collapse_or_a_drop_of_the_learning_rate_is_seen_only_in_time() {
        let mut collapse = vec![60.0, 70.0, 80.0];
        collapse.extend([1.0; 10]);
        assert_eq!(stop(json!({"patience": 2, "value": "last"}), &collapse), Some((7, 1.0)));
        assert_eq!(stop(json!({"patience": 2}), &collapse), Some((7, 80.0)));
        let mut drop = vec![60.0; 4];
        drop.extend([75.0; 3]);
        assert_eq!(stop(json!({"patience": 2}), &drop), None);
        assert_eq!(stop(json!({"patience": 1}), &drop), Some((3, 60.0)), "before the drop");
    }

    /// The rule once more, by its definition.
    #[test]
    fn every_odd_curve_stops_by_the_definition() {
        for (name, values) in odd_curves() {
            let newest_best = |points: usize| {
                let is_best = |place: &usize| {
                    let mut before = values[..*place].iter().filter(|value| value.is_finite());
                    values[*place].is_finite() && before.all(|value| *value < values[*place])
                };
                (0..points).rfind(is_best).map_or(0, |place| place + 1)
            };
            let expected = (1..=values.len()).find(|points| points - newest_best(*points) >= 4);
            let found = judged(json!({"patience": 2}), &values);
            assert_eq!(found.verdict.is_stop().then_some(found.points), expected, "{name}");
        }
    }

    #[test]
    fn a_falling_metric_improves_downwards() {
        let loss = TrainingFacts { direction: Direction::Minimize, scale: None, ..facts() };
        let rule = patience(&completed::<PatienceKind>(json!({"patience": 1}), Some(&loss)).unwrap(), &loss);
        let trial = |values: &[f64]| TrialRecord::new(0, half_epochs(values));
        assert!(!rule.judge(&trial(&[4.0, 3.0, 2.0, 1.0, 0.5]), 0).verdict.is_stop());
        let diverging = rule.judge(&trial(&[1.0, 2.0, 4.0, 1e300]), 0);
        assert_eq!((diverging.points, diverging.predicted), (3, Some(1.0)));
    }

    #[test]
    fn another_metric_can_be_watched() {
        let mut trial = TrialRecord::new(0, half_epochs(&[10.0, 20.0, 30.0, 40.0, 50.0]));
        let rule = built(json!({"patience": 1, "watch": "train_loss", "value": "last"}));
        assert_eq!(rule.needs().metrics, ["train_loss"]);
        assert_eq!(rule.judge(&trial, 0).reason, "`train_loss` is not measured");
        trial.others.insert("train_loss".to_owned(), half_epochs(&[3.0, 2.0, 2.5, 2.0, 1.0]));
        let found = rule.judge(&trial, 0);
        assert_eq!((found.points, found.predicted), (4, Some(40.0)));
        let rising = built(json!({"patience": 1, "watch": "train_loss", "watch_direction": "maximize"}));
        assert_eq!(rising.judge(&trial, 0).points, 3);
    }

    #[test]
    fn parameters_that_stop_nothing_are_issues() {
        let pointers = |params: Value| {
            let issues = PatienceKind.normalise(params, None).unwrap_err();
            issues.into_iter().map(|issue| issue.pointer).collect::<Vec<_>>()
        };
        assert_eq!(pointers(json!({"patience": 0, "min_delta": -1})), ["/patience", "/min_delta"]);
        assert_eq!(pointers(json!({"patience": 1e12})), ["/patience"]);
        assert_eq!(pointers(json!({"watch_direction": "minimize"})), ["/watch_direction"]);
        let long = PatienceKind.build(json!({"patience": 9.5}), &facts()).err().unwrap();
        assert_eq!(
            long[0].message,
            "`patience` 9.5 epochs is no shorter than from the first to the last of 10 epochs"
        );
        assert!(PatienceKind.build(json!({"patience": 9}), &facts()).is_ok());
        let filled = PatienceKind.normalise(json!({"watch": "val_loss"}), None).unwrap();
        assert_eq!(filled["watch_direction"], "minimize");
    }
}
