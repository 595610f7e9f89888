//! `population` as a whole on populations that behave, and what the tests beside this one share: networks, histories, and
//! judging in steps.

use serde_json::{Value, json};

use super::super::PolicyKind;
use super::*;
use crate::conformance::{conforms, conforms_after, half_epochs};
use crate::curve::Direction;
use crate::progress::Progress;
use crate::replay::{Decision, HistoryRule, RecordedRun, Setting, replay};
use crate::scale::Scale;
use crate::trial::{CostObjective, EndedTrial, Outcome, TrialRecord};
use crate::verdict::Verdict;

mod confirming;
mod histories;
mod intervals;
mod trainings;

const POINTS: usize = 20;

fn facts() -> TrainingFacts {
    TrainingFacts::percent(Progress::whole(10), Progress::new(1, 2).unwrap())
}

fn built(params: Value, facts: &TrainingFacts) -> Box<dyn Estimator> {
    PopulationKind.build(params, facts).unwrap()
}

/// The network with that number: it saturates, the higher its rate the sooner, and has some noise.
fn network(number: usize, points: usize) -> Vec<f64> {
    let top = 60.0 + (number * 7 % 23) as f64;
    let rate = 1.15 + (number * 5 % 11) as f64 / 40.0;
    let value = |x: usize| top - 40.0 * rate.powi(-(x as i32)) + (x * 13 % 7) as f64 / 30.0;
    (1..=points).map(value).collect()
}

fn ended(number: usize, values: &[f64], points_planned: usize, outcome: Outcome) -> EndedTrial {
    let record = TrialRecord::new(number, half_epochs(values));
    EndedTrial { record, points_planned, outcome, fitness: values.last().copied().unwrap_or(f64::NAN) }
}

fn finished(curves: &[Vec<f64>]) -> History {
    let trials = curves.iter().enumerate();
    History {
        trials: trials
            .map(|(number, values)| ended(number, values, values.len(), Outcome::Completed))
            .collect(),
    }
}

fn networks(count: usize) -> History {
    finished(&(0..count).map(|number| network(number, POINTS)).collect::<Vec<_>>())
}

/// Judges a curve whole and in steps, which must agree, and checks that all numbers are possible.
fn judged(estimator: &dyn Estimator, history: &History, values: &[f64]) -> crate::Observation {
    let rule = estimator.learn(history);
    let trial = TrialRecord::new(history.trials.len(), half_epochs(values));
    let whole = rule.judge(&trial, 0);
    let mut stopped = None;
    for points in 0..=values.len() {
        let step = rule.judge(&trial.prefix(points), 0);
        for before in 0..points {
            if stopped.is_none() {
                assert_eq!(
                    rule.judge(&trial.prefix(points), before),
                    step,
                    "what was judged changes nothing"
                );
            }
        }
        assert!(step.fit.values().all(|term| term.is_finite()), "{step:?}");
        let [low, high] = step.interval.unwrap_or([0.0, 0.0]);
        assert!(0.0 <= low && low <= high && high <= 100.0, "{step:?}");
        assert!(step.predicted.is_none_or(|predicted| (low..=high).contains(&predicted)), "{step:?}");
        match &stopped {
            Some(stop) => assert_eq!(&step, stop, "an answer after the stop repeats it"),
            None if step.verdict.is_stop() => {
                assert!(points >= estimator.needs().fewest_points && step.points == points, "{step:?}");
                stopped = Some(step);
            }
            None => {}
        }
    }
    assert_eq!(stopped.is_some(), whole.verdict.is_stop());
    assert_eq!(stopped.unwrap_or_else(|| whole.clone()), whole);
    whole
}

#[test]
fn it_conforms() {
    for params in [json!({}), json!({"profile": "thrifty", "resolution": 0.5}), json!({"confirm": "none"})] {
        let estimator = built(params, &facts());
        conforms(&*estimator);
        conforms_after(&*estimator, &networks(12));
        conforms_after(&*estimator, &networks(35));
    }
}

#[test]
fn a_network_like_those_before_pauses_early_with_a_good_prediction() {
    let values = network(10, POINTS);
    let observation = judged(&*built(json!({}), &facts()), &networks(10), &values);
    let Verdict::Converged { predicted } = observation.verdict else { panic!("{observation:?}") };
    assert!(observation.points <= POINTS / 2, "{observation:?}");
    assert!((predicted - values[POINTS - 1]).abs() < 2.0, "{observation:?}");
    assert!(
        observation.reason.starts_with("no more training is worth its cost: predicted"),
        "{observation:?}"
    );
}

#[test]
fn nothing_pauses_before_three_have_finished_and_some_never_do() {
    let estimator = built(json!({}), &facts());
    let observation = judged(&*estimator, &networks(2), &network(10, POINTS));
    assert_eq!((observation.verdict, observation.predicted), (Verdict::Continue, None));
    for number in [0, 4, 13, 27] {
        let trial = TrialRecord::new(number, half_epochs(&network(10, POINTS)));
        let observation = estimator.observe(&trial, &networks(10));
        assert_eq!(observation.verdict, Verdict::Continue);
        assert!(observation.predicted.is_some() && observation.reason.ends_with(|c: char| c.is_alphabetic()));
    }
}

#[test]
fn the_more_careful_profile_trains_longer() {
    let points = |profile: &str| {
        let estimator = built(json!({"profile": profile}), &facts());
        let networks =
            (20..40).map(|number| judged(&*estimator, &networks(12), &network(number, POINTS)).points);
        networks.sum::<usize>()
    };
    let all = ["thrifty", "default", "balanced", "careful"].map(points);
    assert!(all.is_sorted() && all[0] < all[3], "{all:?}");
}
