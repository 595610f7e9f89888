//! `median`: prunes a training whose best value so far is worse than the median of the completed ones at the same epoch.
//!
//! The rule of Optuna's `MedianPruner` (5.0), with its defaults, where a step is an epoch. Vizier's median stopping rule
//! (Golovin et al., 2017, section 3.2.2) compares with running means: `compare_with: running_means`. NNI's Medianstop is that
//! one with the lower of two middle values and no startup trials.
//!
//! What is NaN or infinite is left out: of NaN, Optuna does the same. A training without a finite value is pruned as
//! soon as there is something to compare it with.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ParamIssue;
use super::typed::Typed;
use crate::curve::{Curve, Direction, Point};
use crate::estimator::{Estimator, Needs, Revises, Rule};
use crate::progress::Progress;
use crate::quantile;
use crate::trial::{History, Outcome, TrainingFacts, TrialRecord};
use crate::verdict::{Observation, Verdict};

const NAME: &str = "median";

/// The kind.
pub struct MedianKind;

/// The parameters of `median`; the defaults are Optuna's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// How many trainings must have completed before one is pruned.
    #[schemars(range(min = 1))]
    pub startup_trials: u32,
    /// Before this epoch none is pruned.
    #[schemars(extend("x-unit" = "epochs", "minimum" = 0))]
    pub warmup: f64,
    /// The epochs between two checks, counted from `warmup`; each takes place at the first measurement from there on.
    /// Default: every measurement is a check.
    #[schemars(extend("x-unit" = "epochs", "exclusiveMinimum" = 0))]
    pub every: Option<f64>,
    /// What of the completed trainings is compared with: their `values` at that epoch, or their `running_means` up to it.
    #[schemars(with = "String", extend("enum" = ["values", "running_means"]))]
    pub compare_with: CompareWith,
}

/// What of the completed trainings is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompareWith {
    /// Their values at that epoch, as Optuna does.
    Values,
    /// The means of their values up to that epoch, as Vizier does.
    RunningMeans,
}

impl Default for Params {
    fn default() -> Self {
        Params { startup_trials: 5, warmup: 0.0, every: None, compare_with: CompareWith::Values }
    }
}

impl Params {
    fn own_issues(&self) -> Vec<ParamIssue> {
        let mut issues = Vec::new();
        let Params { startup_trials, warmup, every, .. } = *self;
        if startup_trials == 0 {
            issues.push(ParamIssue::new(
                "/startup_trials",
                "`startup_trials` is 0; expected at least 1",
                "Optuna's default is 5",
            ));
        }
        if Progress::from_f64(warmup).is_err() {
            issues.push(ParamIssue::new(
                "/warmup",
                format!("`warmup` is {warmup} epochs; expected a fraction of epochs from 0 on"),
                "leave it out to check from the first measurement on",
            ));
        }
        if let Some(every) = every
            && !Progress::from_f64(every).is_ok_and(|every| every > Progress::ZERO)
        {
            issues.push(ParamIssue::new(
                "/every",
                format!("`every` is {every} epochs; expected a fraction of epochs from 1/64 on"),
                "leave it out to check at every measurement",
            ));
        }
        issues
    }
}

impl Typed for MedianKind {
    type Params = Params;
    const NAME: &'static str = NAME;
    const SUMMARY: &'static str =
        "prunes what is worse than the median of completed trainings at the same epoch (Vizier, Optuna)";
    const NEEDS_SCORES: bool = false;

    fn complete(params: Params, facts: Option<&TrainingFacts>) -> Result<Params, Vec<ParamIssue>> {
        let issues = params.own_issues();
        if !issues.is_empty() {
            return Err(issues);
        }
        if let Some(facts) = facts
            && (params.warmup >= facts.planned.to_f64() || facts.points < 2)
        {
            let (warmup, planned, points) = (params.warmup, facts.planned, facts.points);
            return Err(vec![ParamIssue::new(
                "/warmup",
                format!(
                    "`warmup` {warmup} epochs leaves no check before the last of {points} measurements, at epoch {planned}"
                ),
                "lower it, plan more epochs, or measure more often",
            )]);
        }
        Ok(params)
    }

    fn estimator(params: &Params, facts: &TrainingFacts) -> Box<dyn Estimator> {
        Box::new(median(params, facts))
    }
}

fn median(params: &Params, facts: &TrainingFacts) -> Median {
    let progress = |epochs| Progress::from_f64(epochs).expect("the parameters were checked");
    Median {
        startup_trials: params.startup_trials as usize,
        warmup: progress(params.warmup),
        every: params.every.map(progress),
        compare_with: params.compare_with,
        planned: facts.points,
        fewest: (facts.measure_every.divides(params.warmup).ceil() as usize).max(1),
        direction: facts.direction,
    }
}

/// The rule.
#[derive(Clone, Copy, Debug)]
pub struct Median {
    startup_trials: usize,
    warmup: Progress,
    every: Option<Progress>,
    compare_with: CompareWith,
    planned: usize,
    fewest: usize,
    direction: Direction,
}

/// What is known of the completed trainings at one epoch.
#[derive(Clone, Copy, Debug)]
struct Middle {
    median: f64,
    trials: usize,
}

/// The rule with the medians of a history.
struct Learned {
    rule: Median,
    completed: usize,
    /// Empty as long as too few trainings have completed.
    middles: BTreeMap<Progress, Middle>,
}

impl Median {
    /// Whether the measurement is the first one of its interval.
    fn is_check(&self, before: Option<Point>, at: Progress) -> bool {
        if at < self.warmup {
            return false;
        }
        let Some(every) = self.every else { return true };
        let interval = |at| self.warmup.steps_until(at, every);
        before.is_none_or(|before| interval(before.at) < interval(at))
    }
}

impl Estimator for Median {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        Needs {
            metrics: Vec::new(),
            fewest_points: self.fewest,
            fewest_trials: self.startup_trials,
            uses_history: true,
            revises: Revises::Never,
        }
    }

    fn learn(&self, history: &History) -> Box<dyn Rule> {
        let completed: Vec<&Curve> = history
            .trials
            .iter()
            .filter(|trial| trial.outcome == Outcome::Completed)
            .map(|trial| &trial.record.curve)
            .collect();
        let mut values: BTreeMap<Progress, Vec<f64>> = BTreeMap::new();
        if completed.len() >= self.startup_trials {
            for curve in &completed {
                for point in compared(curve, self.compare_with) {
                    values.entry(point.at).or_default().push(point.value);
                }
            }
        }
        let middle = |mut values: Vec<f64>| {
            Some(Middle { median: quantile::median(&mut values)?, trials: values.len() })
        };
        let middles = values.into_iter().filter_map(|(at, values)| Some((at, middle(values)?))).collect();
        Box::new(Learned { rule: *self, completed: completed.len(), middles })
    }
}

impl Rule for Learned {
    /// The last planned measurement is no check: the training has ended.
    fn judge(&self, trial: &TrialRecord, _judged: usize) -> Observation {
        let curve = &trial.curve;
        if self.completed < self.rule.startup_trials {
            let reason = format!("{} of {} completed trials", self.completed, self.rule.startup_trials);
            return Observation::go_on(NAME, curve.len(), reason);
        }
        let mut newest =
            Observation::go_on(NAME, curve.len(), "no check: no completed trial was measured here");
        let (mut before, mut best) = (None, None::<f64>);
        for (index, &point) in curve.points().iter().enumerate().take(self.rule.planned.saturating_sub(1)) {
            let is_check = self.rule.is_check(before, point.at);
            before = Some(point);
            if point.value.is_finite()
                && best.is_none_or(|best| self.rule.direction.is_better(point.value, best))
            {
                best = Some(point.value);
            }
            let Some(&middle) = self.middles.get(&point.at).filter(|_| is_check) else { continue };
            newest = compare(self.rule.direction, index + 1, best, middle);
            if newest.verdict.is_stop() {
                return newest;
            }
        }
        Observation { points: curve.len(), ..newest }
    }
}

fn compare(direction: Direction, points: usize, best: Option<f64>, middle: Middle) -> Observation {
    let Middle { median, trials } = middle;
    let mut fit =
        BTreeMap::from([("median".to_owned(), median), ("completed_trials".to_owned(), trials as f64)]);
    fit.extend(best.map(|best| ("best".to_owned(), best)));
    let (verdict, reason) = match best {
        None => (Verdict::Pruned, "no finite value so far".to_owned()),
        Some(best) if direction.is_better(median, best) => (
            Verdict::Pruned,
            format!("the best value {best} is worse than the median {median} of {trials} completed trials"),
        ),
        Some(best) => (
            Verdict::Continue,
            format!(
                "the best value {best} is no worse than the median {median} of {trials} completed trials"
            ),
        ),
    };
    Observation { verdict, fit, ..Observation::go_on(NAME, points, reason) }
}

/// The finite values, or the means of those up to each.
fn compared(curve: &Curve, with: CompareWith) -> Vec<Point> {
    let finite = curve.points().iter().copied().filter(|point| point.value.is_finite());
    match with {
        CompareWith::Values => finite.collect(),
        CompareWith::RunningMeans => {
            let mut mean = 0.0;
            let running = finite.zip(1..).map(|(point, count)| {
                mean += (point.value - mean) / f64::from(count);
                Point { value: mean, ..point }
            });
            running.filter(|point| point.value.is_finite()).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::PolicyKind;
    use super::super::typed::completed;
    use super::*;
    use crate::conformance::{conforms, conforms_after, ended, half_epochs, odd_curves, odd_history};

    /// Ten epochs, measured twice each.
    fn facts() -> TrainingFacts {
        TrainingFacts::percent(Progress::whole(10), Progress::new(1, 2).unwrap())
    }

    fn built(params: Value) -> Median {
        median(&completed::<MedianKind>(params, Some(&facts())).unwrap(), &facts())
    }

    fn history(curves: &[&[f64]]) -> History {
        let completed = |(number, values): (usize, &&[f64])| ended(number, Outcome::Completed, values);
        History { trials: curves.iter().enumerate().map(completed).collect() }
    }

    fn judged(params: Value, history: &History, values: &[f64]) -> Observation {
        built(params).observe(&TrialRecord::new(9, half_epochs(values)), history)
    }

    /// After how many points a training is pruned.
    fn pruned(params: Value, history: &History, values: &[f64]) -> Option<usize> {
        let found = judged(params, history, values);
        found.verdict.is_stop().then_some(found.points)
    }

    fn one() -> Value {
        json!({"startup_trials": 1})
    }

    #[test]
    fn it_conforms() {
        let broken =
            history(&[&[50.0; 30], &[f64::NAN; 30], &[f64::INFINITY; 30], &[100.0; 30], &[90.0; 30]]);
        for params in [
            json!({}),
            json!({"startup_trials": 1, "warmup": 2}),
            json!({"startup_trials": 2, "every": 1.5, "compare_with": "running_means"}),
        ] {
            let rule = built(params);
            conforms(&rule);
            conforms_after(&rule, &broken);
            conforms_after(&rule, &odd_history());
            conforms_after(&Median { direction: Direction::Minimize, ..rule }, &broken);
        }
    }

    #[test]
    fn the_best_value_is_compared_with_the_median_at_that_epoch() {
        let before = history(&[&[10.0, 40.0, 70.0], &[20.0, 30.0, 60.0], &[0.0, 90.0, 50.0]]);
        let params = json!({"startup_trials": 3});
        assert_eq!(pruned(params.clone(), &before, &[10.0, 40.0, 60.0]), None, "equal is no worse");
        assert_eq!(pruned(params.clone(), &before, &[9.0, 99.0, 99.0]), Some(1));
        assert_eq!(pruned(params.clone(), &before, &[65.0, 1.0, 1.0]), None, "the best so far counts");
        let found = judged(params, &before, &[10.0, 39.0, 99.0]);
        assert_eq!(found.verdict, Verdict::Pruned);
        assert_eq!(found.reason, "the best value 39 is worse than the median 40 of 3 completed trials");
        assert_eq!(
            (found.fit["best"], found.fit["median"], found.fit["completed_trials"]),
            (39.0, 40.0, 3.0)
        );
        let even = history(&[&[10.0], &[20.0]]);
        assert_eq!(pruned(json!({"startup_trials": 2}), &even, &[14.9]), Some(1));
        assert_eq!(pruned(json!({"startup_trials": 2}), &even, &[15.0]), None);
    }

    #[test]
    fn only_completed_trials_count() {
        let mut before = history(&[[10.0; 20].as_slice(); 4]);
        before.trials.push(ended(4, Outcome::Pruned, &[90.0; 20]));
        before.trials.push(ended(5, Outcome::Failed, &[90.0; 20]));
        before.trials.push(ended(6, Outcome::Converged, &[90.0; 20]));
        let found = judged(json!({}), &before, &[1.0; 20]);
        assert_eq!((found.verdict, found.reason.as_str()), (Verdict::Continue, "4 of 5 completed trials"));
        assert_eq!(pruned(json!({"startup_trials": 4}), &before, &[9.0; 20]), Some(1));
        assert_eq!(pruned(json!({"startup_trials": 4}), &before, &[10.0; 20]), None);
    }

    #[test]
    fn checks_are_the_first_measurements_of_intervals() {
        let before = history(&[&[50.0; 20]]);
        let at = |params: Value| pruned(params, &before, &[1.0; 20]);
        assert_eq!(at(one()), Some(1));
        assert_eq!(at(json!({"startup_trials": 1, "warmup": 3})), Some(6));
        // Measurements 2, 5 and 8 are checks: the first from epoch 0.75, 2.25 and 3.75 on.
        let intervals = json!({"startup_trials": 1, "warmup": 0.75, "every": 1.5});
        assert_eq!(at(intervals.clone()), Some(2));
        let pruned_by = |bar: &[f64]| pruned(intervals.clone(), &history(&[bar]), &[1.0; 20]);
        assert_eq!(pruned_by(&[9.0, 0.0, 9.0, 9.0, 0.0, 9.0, 9.0, 0.0]), None);
        assert_eq!(pruned_by(&[9.0, 0.0, 9.0, 9.0, 9.0]), Some(5));
        assert_eq!(pruned_by(&[9.0, 0.0, 9.0, 9.0, 0.0, 9.0, 9.0, 9.0]), Some(8));
    }

    #[test]
    fn unequal_lengths_meet_at_epochs() {
        let before = history(&[&[50.0; 4], &[50.0; 4], &[10.0; 12]]);
        assert_eq!(pruned(one(), &before, &[20.0; 3]), Some(1));
        let rising = [50.0, 50.0, 50.0, 50.0, 1.0];
        let falling_behind = judged(one(), &before, &rising);
        assert_eq!((falling_behind.verdict, falling_behind.fit["median"]), (Verdict::Continue, 10.0));
        let beyond = judged(one(), &history(&[&[50.0]]), &[60.0, 60.0, 1.0]);
        assert_eq!((beyond.verdict, beyond.points), (Verdict::Continue, 3), "nothing to compare with");
    }

    #[test]
    fn the_last_measurement_is_no_check() {
        let mut before = vec![0.0; 19];
        before.push(50.0);
        let before = history(&[&before]);
        assert_eq!(pruned(one(), &before, &[1.0; 20]), None);
    }

    #[test]
    fn what_is_not_finite_is_left_out() {
        for broken in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let before = history(&[&[10.0, broken], &[broken; 2], &[30.0, broken]]);
            let found = judged(json!({"startup_trials": 3}), &before, &[19.0]);
            assert_eq!((found.verdict, found.fit["median"]), (Verdict::Pruned, 20.0));
            let found = judged(json!({"startup_trials": 3}), &before, &[broken]);
            assert_eq!((found.verdict, found.reason.as_str()), (Verdict::Pruned, "no finite value so far"));
            let gap = judged(json!({"startup_trials": 3}), &before, &[40.0, broken]);
            assert_eq!(gap.verdict, Verdict::Continue, "one gap costs nothing");
        }
        let huge = history(&[&[f64::MAX], &[f64::MAX], &[-f64::MAX], &[-f64::MAX]]);
        assert_eq!(judged(json!({"startup_trials": 4}), &huge, &[-1.0]).fit["median"], 0.0);
    }

    #[test]
    fn constants_ceilings_and_late_take_offs() {
        let ceiling = history(&[[100.0; 20].as_slice(); 5]);
        assert_eq!(pruned(json!({}), &ceiling, &[100.0; 20]), None);
        assert_eq!(pruned(json!({}), &ceiling, &[99.99; 20]), Some(1));
        let good = history(&[[60.0, 70.0, 75.0].as_slice(); 5]);
        assert_eq!(pruned(json!({}), &good, &[10.0, 10.0, 95.0]), Some(1), "the price of this rule");
        assert_eq!(pruned(json!({"warmup": 1.5}), &good, &[10.0, 10.0, 95.0]), None);
        assert_eq!(pruned(json!({}), &good, &[80.0, f64::NAN, 1.0]), None, "a collapse goes unseen");
    }

    /// The rule once more, by its definition.
    #[test]
    fn every_odd_curve_is_pruned_by_the_definition() {
        let before = history(&[&[50.0; 30]]);
        for (name, values) in odd_curves() {
            let best =
                |points: usize| values[..points].iter().copied().filter(|v| v.is_finite()).reduce(f64::max);
            let expected = (10..=values.len().min(19)).find(|points| best(*points).is_none_or(|b| b < 50.0));
            let params = json!({"startup_trials": 1, "warmup": 5});
            assert_eq!(pruned(params, &before, &values), expected, "{name}");
        }
    }

    #[test]
    fn a_falling_metric_is_mirrored() {
        let rule = Median { direction: Direction::Minimize, ..built(one()) };
        let before = history(&[&[2.0, 1.0]]);
        let verdict =
            |values: &[f64]| rule.observe(&TrialRecord::new(1, half_epochs(values)), &before).verdict;
        assert_eq!(verdict(&[2.0, 1.5]), Verdict::Pruned);
        assert_eq!(verdict(&[2.0, 1.0]), Verdict::Continue);
        assert_eq!(verdict(&[1.0, 9.0]), Verdict::Continue);
    }

    #[test]
    fn running_means_are_viziers() {
        let before = history(&[&[10.0, 50.0, 90.0], &[20.0, f64::NAN, 60.0], &[0.0, 0.0, 0.0]]);
        let params = json!({"startup_trials": 3, "compare_with": "running_means"});
        let medians: Vec<f64> =
            (1..=3).map(|n| judged(params.clone(), &before, &[99.0; 3][..n]).fit["median"]).collect();
        assert_eq!(medians, [10.0, 15.0, 40.0]);
    }

    #[test]
    fn parameters_that_prune_nothing_are_issues() {
        let wrong = json!({"startup_trials": 0, "warmup": -1, "every": 0});
        let issues = MedianKind.normalise(wrong, None).unwrap_err();
        let pointers: Vec<&str> = issues.iter().map(|issue| issue.pointer.as_str()).collect();
        assert_eq!(pointers, ["/startup_trials", "/warmup", "/every"]);
        let late = MedianKind.build(json!({"warmup": 10}), &facts()).err().unwrap();
        assert_eq!(
            late[0].message,
            "`warmup` 10 epochs leaves no check before the last of 20 measurements, at epoch 10"
        );
        let filled = MedianKind.normalise(Value::Null, Some(&facts())).unwrap();
        let defaults = json!({"startup_trials": 5, "warmup": 0.0, "every": null, "compare_with": "values"});
        assert_eq!(filled, defaults);
    }
}
