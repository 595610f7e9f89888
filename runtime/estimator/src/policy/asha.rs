//! `asha`: asynchronous successive halving; prunes at a few epochs all but the best of those that have come so far.
//!
//! Li et al., "A system for massively parallel hyperparameter tuning", 2020 (`MLSys`), algorithm 2, in the form that needs
//! no paused trainings, which is that of Optuna's `SuccessiveHalvingPruner` (5.0): at a rung, a training goes on if its value
//! there is among the best floor(n / reduction) of the n trainings that have reached the rung, itself included, or the best one
//! while n < reduction. In the paper it would be paused instead, and taken up again once it is.
//!
//! Different from Optuna: only trainings that have ended compete, not those that are running, since decisions must not
//! depend on speed; rungs lie at shares of the epochs unless `first_rung` is given (Optuna: a hundredth of the epochs of the
//! first that completes); and an infinite value is treated like NaN: such a training is pruned and competes no further.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ParamIssue;
use super::typed::Typed;
use crate::curve::{Curve, Direction};
use crate::estimator::{Estimator, Needs, Revises, Rule};
use crate::progress::Progress;
use crate::trial::{History, TrainingFacts, TrialRecord};
use crate::verdict::{Observation, Verdict};

const NAME: &str = "asha";

/// The kind.
pub struct AshaKind;

/// The parameters of `asha`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// One training in so many passes a rung (the paper's eta).
    #[schemars(range(min = 2))]
    pub reduction: u32,
    /// How many rungs there are: epochs at which trainings are compared.
    #[schemars(range(min = 1, max = 16))]
    pub rungs: u32,
    /// The epochs of the first rung, each further one being `reduction` times as far (the paper's r); default: the last
    /// rung is a `reduction`-th of the planned epochs, each before it as much of the next.
    #[schemars(extend("x-unit" = "epochs", "exclusiveMinimum" = 0))]
    pub first_rung: Option<f64>,
}

impl Default for Params {
    fn default() -> Self {
        Params { reduction: 3, rungs: 3, first_rung: None }
    }
}

impl Params {
    const MOST_RUNGS: u32 = 16;

    fn own_issues(&self) -> Vec<ParamIssue> {
        let mut issues = Vec::new();
        let Params { reduction, rungs, first_rung } = *self;
        if reduction < 2 {
            issues.push(ParamIssue::new(
                "/reduction",
                format!("`reduction` is {reduction}; expected at least 2"),
                "the paper uses 4, the default is 3",
            ));
        }
        if !(1..=Self::MOST_RUNGS).contains(&rungs) {
            issues.push(ParamIssue::new(
                "/rungs",
                format!("`rungs` is {rungs}; expected 1 to {}", Self::MOST_RUNGS),
                "leave it out for 3 rungs",
            ));
        }
        if let Some(first) = first_rung
            && !Progress::from_f64(first).is_ok_and(|first| first > Progress::ZERO)
        {
            issues.push(ParamIssue::new(
                "/first_rung",
                format!("`first_rung` is {first} epochs; expected a fraction of epochs from 1/64 on"),
                "leave it out for rungs at shares of the planned epochs",
            ));
        }
        issues
    }

    /// The rungs, the earliest first.
    fn all_rungs(&self) -> Vec<Rung> {
        match self.first_rung {
            None => (1..=self.rungs)
                .rev()
                .map(|power| Rung::Share { divisor: (0..power).map(|_| f64::from(self.reduction)).product() })
                .collect(),
            Some(first) => {
                let first = Progress::from_f64(first).expect("the parameters were checked");
                let epochs = |power| self.reduction.checked_pow(power).and_then(|factor| first.times(factor));
                (0..self.rungs).map_while(epochs).map(|at| Rung::Epoch { at }).collect()
            }
        }
    }
}

impl Typed for AshaKind {
    type Params = Params;
    const NAME: &'static str = NAME;
    const SUMMARY: &'static str =
        "prunes at a few epochs, its rungs, all but the best of those that have come so far (ASHA, 2020)";
    const NEEDS_SCORES: bool = false;

    fn complete(params: Params, facts: Option<&TrainingFacts>) -> Result<Params, Vec<ParamIssue>> {
        let issues = params.own_issues();
        if !issues.is_empty() {
            return Err(issues);
        }
        if let Some(facts) = facts
            && asha(&params, facts).fewest >= facts.points
        {
            let (points, planned) = (facts.points, facts.planned);
            let pointer = if params.first_rung.is_some() { "/first_rung" } else { "/rungs" };
            return Err(vec![ParamIssue::new(
                pointer,
                format!("no rung lies before the last of {points} measurements, at epoch {planned}"),
                "put the first rung earlier, plan more epochs, or measure more often",
            )]);
        }
        Ok(params)
    }

    fn estimator(params: &Params, facts: &TrainingFacts) -> Box<dyn Estimator> {
        Box::new(asha(params, facts))
    }
}

fn asha(params: &Params, facts: &TrainingFacts) -> Asha {
    let rungs = params.all_rungs();
    let fewest = match rungs[0] {
        Rung::Share { divisor } => nearest(facts.points, divisor),
        Rung::Epoch { at } => (facts.measure_every.divides(at.to_f64()).ceil() as usize).max(1),
    };
    Asha {
        rungs,
        reduction: params.reduction as usize,
        planned: facts.points,
        fewest,
        direction: facts.direction,
    }
}

/// Where trainings compete.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rung {
    /// At the measurement nearest to a share of each training's own planned ones.
    Share { divisor: f64 },
    /// At the first measurement from an epoch on.
    Epoch { at: Progress },
}

impl Rung {
    /// How many measurements a training has when it reaches the rung; `None` if it doesn't.
    fn reached(self, curve: &Curve, planned: usize) -> Option<usize> {
        match self {
            Rung::Share { divisor } => {
                Some(nearest(planned, divisor)).filter(|&points| points <= curve.len())
            }
            Rung::Epoch { at } => {
                curve.points().iter().position(|point| point.at >= at).map(|index| index + 1)
            }
        }
    }
}

/// The measurement nearest to one `divisor`-th of them, of two as near the even one; at least the first.
fn nearest(planned: usize, divisor: f64) -> usize {
    ((planned as f64 / divisor).round_ties_even() as usize).max(1)
}

/// The rule.
#[derive(Clone, Debug)]
pub struct Asha {
    rungs: Vec<Rung>,
    reduction: usize,
    planned: usize,
    fewest: usize,
    direction: Direction,
}

/// The rule with what the trainings of a history had at each rung.
struct Learned {
    rule: Asha,
    /// For each rung the finite values of the trainings that reached it.
    competitors: Vec<Vec<f64>>,
}

impl Estimator for Asha {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        Needs {
            metrics: Vec::new(),
            fewest_points: self.fewest,
            fewest_trials: 0,
            uses_history: true,
            revises: Revises::Never,
        }
    }

    fn learn(&self, history: &History) -> Box<dyn Rule> {
        let mut competitors = vec![Vec::new(); self.rungs.len()];
        // Trial by trial: of long histories, each curve is looked up in memory once.
        for trial in &history.trials {
            let curve = &trial.record.curve;
            for (rung, values) in self.rungs.iter().zip(&mut competitors) {
                let Some(points) = rung.reached(curve, trial.points_planned) else { break };
                values.extend(Some(curve.points()[points - 1].value).filter(|value| value.is_finite()));
            }
        }
        Box::new(Learned { rule: self.clone(), competitors })
    }
}

impl Rule for Learned {
    /// A rung at the last planned measurement is none: the training has ended.
    fn judge(&self, trial: &TrialRecord, _judged: usize) -> Observation {
        let curve = &trial.curve;
        let mut newest = Observation::go_on(NAME, curve.len(), "no rung is reached");
        for ((index, rung), competitors) in self.rule.rungs.iter().enumerate().zip(&self.competitors) {
            let Some(points) = rung.reached(curve, self.rule.planned) else { break };
            if points >= self.rule.planned {
                break;
            }
            let value = curve.points()[points - 1].value;
            newest = self.rule.compete(index + 1, points, value, competitors);
            if newest.verdict.is_stop() {
                return newest;
            }
        }
        Observation { points: curve.len(), ..newest }
    }
}

impl Asha {
    fn compete(&self, rung: usize, points: usize, value: f64, competitors: &[f64]) -> Observation {
        let count = competitors.len() + 1;
        let passing = (count / self.reduction).max(1);
        let better = competitors.iter().filter(|&&other| self.direction.is_better(other, value)).count();
        let mut fit = BTreeMap::from([
            ("rung".to_owned(), rung as f64),
            ("competitors".to_owned(), count as f64),
            ("passing".to_owned(), passing as f64),
        ]);
        let (verdict, reason) = if value.is_finite() {
            fit.insert("value".to_owned(), value);
            fit.insert("better".to_owned(), better as f64);
            let place = format!("place {} of {count} at rung {rung}, of which {passing} pass", better + 1);
            (if better < passing { Verdict::Continue } else { Verdict::Pruned }, place)
        } else {
            (Verdict::Pruned, format!("the value at rung {rung} is not finite"))
        };
        Observation { verdict, fit, ..Observation::go_on(NAME, points, reason) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::PolicyKind;
    use super::super::typed::completed;
    use super::*;
    use crate::conformance::{conforms, conforms_after, ended, half_epochs, odd_curves, odd_history};
    use crate::trial::{EndedTrial, Outcome};

    /// That many half epochs.
    fn facts(points: u32) -> TrainingFacts {
        let half = Progress::new(1, 2).unwrap();
        TrainingFacts::percent(half.times(points).unwrap(), half)
    }

    fn built(params: Value, facts: &TrainingFacts) -> Asha {
        asha(&completed::<AshaKind>(params, Some(facts)).unwrap(), facts)
    }

    fn history(curves: &[&[f64]], planned: usize) -> History {
        let trials = curves.iter().enumerate().map(|(number, values)| {
            let outcome = if values.len() < planned { Outcome::Pruned } else { Outcome::Completed };
            EndedTrial { points_planned: planned, ..ended(number, outcome, values) }
        });
        History { trials: trials.collect() }
    }

    fn judged(rule: &Asha, history: &History, values: &[f64]) -> Observation {
        rule.observe(&TrialRecord::new(9, half_epochs(values)), history)
    }

    /// Values at the rungs 1, 3 and 9 of 27; the rest are zeros.
    fn at_rungs(first: f64, second: f64, third: f64) -> Vec<f64> {
        let mut values = vec![0.0; 27];
        (values[0], values[2], values[8]) = (first, second, third);
        values
    }

    #[test]
    fn it_conforms() {
        let curves = [[50.0; 30], [f64::NAN; 30], [f64::INFINITY; 30], [100.0; 30], [90.0; 30]];
        let curves: Vec<&[f64]> = curves.iter().map(|curve| &curve[..]).collect();
        for params in [json!({}), json!({"reduction": 2, "rungs": 4}), json!({"first_rung": 0.5})] {
            let rule = built(params, &facts(30));
            conforms(&rule);
            conforms_after(&rule, &history(&curves, 30));
            conforms_after(&rule, &odd_history());
            conforms_after(&Asha { direction: Direction::Minimize, ..rule }, &history(&curves, 30));
        }
    }

    #[test]
    fn rungs_lie_at_shares_or_epochs() {
        let points = |params, planned: u32| {
            let rule = built(params, &facts(planned));
            let curve = half_epochs(&vec![0.0; planned as usize]);
            rule.rungs
                .iter()
                .map(|rung| rung.reached(&curve, planned as usize).unwrap_or(0))
                .collect::<Vec<_>>()
        };
        assert_eq!(points(json!({}), 50), [2, 6, 17]);
        assert_eq!(points(json!({}), 25), [1, 3, 8]);
        assert_eq!(points(json!({}), 6), [1, 1, 2], "short trainings have fewer rungs");
        assert_eq!(points(json!({"first_rung": 1}), 50), [2, 6, 18]);
        assert_eq!(points(json!({"first_rung": 4, "reduction": 4}), 50), [8, 32, 0]);
    }

    #[test]
    fn the_best_third_passes() {
        let rule = built(json!({}), &facts(27));
        let before: Vec<Vec<f64>> = [10.0, 20.0, 30.0, 40.0, 50.0].map(|v| at_rungs(v, v, v)).to_vec();
        let before: Vec<&[f64]> = before.iter().map(Vec::as_slice).collect();
        let before = history(&before, 27);
        for (value, verdict) in
            [(41.0, Verdict::Continue), (40.0, Verdict::Continue), (39.0, Verdict::Pruned)]
        {
            let found = judged(&rule, &before, &at_rungs(value, 60.0, 60.0));
            assert_eq!(found.verdict, verdict, "{value}: two of six pass, equals both");
        }
        let found = judged(&rule, &before, &at_rungs(45.0, 45.0, 5.0));
        assert_eq!((found.verdict, found.points), (Verdict::Pruned, 9));
        assert_eq!(found.reason, "place 6 of 6 at rung 3, of which 2 pass");
        let fit = ["rung", "competitors", "passing", "better", "value"].map(|name| found.fit[name]);
        assert_eq!(fit, [3.0, 6.0, 2.0, 5.0, 5.0]);
    }

    #[test]
    fn pruned_trainings_compete_where_they_were() {
        let rule = built(json!({}), &facts(27));
        let before = history(&[&[50.0], &[60.0, 60.0, 60.0], &at_rungs(70.0, 70.0, 70.0)], 27);
        let found = judged(&rule, &before, &at_rungs(65.0, 65.0, 65.0)[..1]);
        assert_eq!((found.verdict, found.fit["competitors"]), (Verdict::Pruned, 4.0));
        let found = judged(&rule, &before, &at_rungs(75.0, 65.0, 65.0)[..3]);
        assert_eq!((found.verdict, found.fit["competitors"]), (Verdict::Pruned, 3.0));
        let found = judged(&rule, &before, &at_rungs(75.0, 75.0, 75.0));
        assert_eq!((found.verdict, found.points, found.fit["competitors"]), (Verdict::Continue, 27, 2.0));
    }

    #[test]
    fn the_first_training_passes_and_then_the_best_does() {
        let rule = built(json!({}), &facts(27));
        assert_eq!(judged(&rule, &History::default(), &[1.0; 27]).verdict, Verdict::Continue);
        let one = history(&[&[50.0; 27]], 27);
        assert_eq!(judged(&rule, &one, &[50.0; 27]).verdict, Verdict::Continue, "equal is no worse");
        assert_eq!(judged(&rule, &one, &[49.0; 27]).verdict, Verdict::Pruned);
        assert_eq!(judged(&rule, &one, &[100.0; 27]).verdict, Verdict::Continue);
    }

    #[test]
    fn unequal_lengths_meet_at_shares() {
        let rule = built(json!({}), &facts(27));
        let longer = EndedTrial { points_planned: 54, ..ended(0, Outcome::Pruned, &[10.0, 80.0]) };
        let before = History { trials: vec![longer] };
        let found = judged(&rule, &before, &[79.0]);
        assert_eq!((found.verdict, found.fit["better"]), (Verdict::Pruned, 1.0), "its rung is at point 2");
        let by_epoch = built(json!({"first_rung": 0.5}), &facts(27));
        assert_eq!(judged(&by_epoch, &before, &[79.0]).verdict, Verdict::Continue);
    }

    #[test]
    fn what_is_not_finite_is_pruned_at_the_next_rung_and_never_competes() {
        let rule = built(json!({}), &facts(27));
        for broken in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for direction in [Direction::Maximize, Direction::Minimize] {
                let rule = Asha { direction, ..rule.clone() };
                let diverged = judged(&rule, &History::default(), &at_rungs(50.0, broken, 50.0));
                assert_eq!((diverged.verdict, diverged.points), (Verdict::Pruned, 3));
                assert_eq!(diverged.reason, "the value at rung 2 is not finite");
                let before = history(&[&[broken; 27], &[broken; 27]], 27);
                let found = judged(&rule, &before, &[50.0; 27]);
                assert_eq!((found.verdict, found.fit["competitors"]), (Verdict::Continue, 1.0));
            }
        }
    }

    #[test]
    fn between_rungs_nothing_is_seen() {
        let rule = built(json!({}), &facts(27));
        let before = history(&[&at_rungs(50.0, 50.0, 50.0), &at_rungs(60.0, 60.0, 60.0)], 27);
        let mut collapse = at_rungs(70.0, 70.0, 70.0);
        collapse[9..].fill(f64::NAN);
        assert_eq!(judged(&rule, &before, &collapse).verdict, Verdict::Continue, "after the last rung");
        let late = at_rungs(59.0, 99.0, 99.0);
        assert_eq!(judged(&rule, &before, &late).points, 1, "a late take-off is pruned at the first");
    }

    /// The rule once more, by its definition: against a single other training the better one passes.
    #[test]
    fn every_odd_curve_is_pruned_by_the_definition() {
        let rule = built(json!({}), &facts(30));
        let before = history(&[&[50.0; 30]], 30);
        for (name, values) in odd_curves() {
            let fails = |points: &usize| {
                values.get(*points - 1).is_some_and(|value| !(value.is_finite() && *value >= 50.0))
            };
            let found = judged(&rule, &before, &values);
            let pruned_at = found.verdict.is_stop().then_some(found.points);
            assert_eq!(pruned_at, [1, 3, 10].into_iter().find(fails), "{name}");
        }
    }

    #[test]
    fn parameters_that_prune_nothing_are_issues() {
        let wrong = json!({"reduction": 1, "rungs": 0, "first_rung": -1});
        let issues = AshaKind.normalise(wrong, None).unwrap_err();
        let pointers: Vec<&str> = issues.iter().map(|issue| issue.pointer.as_str()).collect();
        assert_eq!(pointers, ["/reduction", "/rungs", "/first_rung"]);
        let late = AshaKind.build(json!({"first_rung": 10}), &facts(20)).err().unwrap();
        assert_eq!(late[0].pointer, "/first_rung");
        assert_eq!(late[0].message, "no rung lies before the last of 20 measurements, at epoch 10");
        assert_eq!(AshaKind.build(json!({}), &facts(1)).err().unwrap()[0].pointer, "/rungs");
        assert!(AshaKind.build(json!({"reduction": u32::MAX, "rungs": 16}), &facts(20)).is_ok());
        let huge = json!({"reduction": u32::MAX, "rungs": 16, "first_rung": 1});
        assert!(AshaKind.build(huge, &facts(20)).is_ok());
    }
}
