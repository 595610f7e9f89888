//! `population` as a whole: on populations that behave, and on all that a training can do.

use serde_json::{Value, json};

use super::*;
use crate::conformance::{conforms, half_epochs};
use crate::curve::Direction;
use crate::progress::Progress;
use crate::replay::{HistoryRule, RecordedRun, Setting, replay};
use crate::scale::Scale;
use crate::trial::{CostObjective, EndedTrial, Outcome, TrialRecord};
use crate::verdict::Verdict;

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
        conforms(&*built(params, &facts()));
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

/// What trainings do.
fn hostile() -> Vec<Vec<f64>> {
    let curve = |value: fn(usize) -> f64| (0..POINTS).map(value).collect::<Vec<f64>>();
    vec![
        vec![f64::NAN; POINTS],
        vec![f64::INFINITY; POINTS],
        vec![f64::NEG_INFINITY; POINTS],
        vec![1e300; POINTS],
        vec![-1e300; POINTS],
        vec![0.0; POINTS],
        vec![100.0; POINTS],
        vec![10.0; POINTS],
        curve(|x| if x == 5 { f64::NAN } else { 50.0 + x as f64 }),
        curve(|x| if x < 8 { 60.0 + x as f64 } else { f64::NAN }),
        curve(|x| if x < 12 { 70.0 } else { 10.0 }),
        curve(|x| if x < 15 { 10.0 } else { 85.0 }),
        curve(|x| if x < 12 { 60.0 } else { 75.0 + x as f64 / 10.0 }),
        curve(|x| (40 + x * 37 % 41) as f64),
        curve(|x| (5 * x).min(100) as f64),
    ]
}

#[test]
fn whatever_a_training_does_answers_are_possible_values() {
    let ordinary = networks(12);
    let mixed = finished(&hostile());
    let twins = finished(&vec![network(3, POINTS); 12]);
    let constant = finished(&vec![vec![10.0; POINTS]; 12]);
    let broken = finished(&vec![vec![f64::NAN; POINTS]; 12]);
    for history in [ordinary, mixed, twins, constant, broken] {
        let estimator = built(json!({}), &facts());
        for values in hostile() {
            judged(&*estimator, &history, &values);
        }
    }
}

#[test]
fn a_network_that_takes_off_late_is_not_paused_while_others_did_so() {
    let late = |number: usize| -> Vec<f64> {
        (0..POINTS).map(|x| if x < 10 { 10.0 } else { 60.0 + (number % 5) as f64 * 5.0 }).collect()
    };
    let history = finished(&(0..12).map(late).collect::<Vec<_>>());
    let observation = judged(&*built(json!({"profile": "careful"}), &facts()), &history, &late(3)[..9]);
    assert_eq!(observation.verdict, Verdict::Continue, "{observation:?}");
}

#[test]
fn histories_of_other_lengths_and_of_few_points_are_learned_from() {
    let curves: Vec<Vec<f64>> =
        (0..15).map(|number| network(number, [20, 40, 1, 2, 3][number % 5])).collect();
    let mut history = finished(&curves);
    history.trials.push(ended(15, &network(15, 6), 40, Outcome::Converged));
    history.trials.push(ended(16, &[], POINTS, Outcome::Completed));
    history.trials.push(ended(17, &[], POINTS, Outcome::Failed));
    let estimator = built(json!({}), &facts());
    let observation = judged(&*estimator, &history, &network(20, POINTS));
    assert!(observation.predicted.is_some(), "{observation:?}");
    let revision = estimator.revise(&history);
    assert_eq!(revision.predictions.iter().map(|revised| revised.number).collect::<Vec<_>>(), [15]);
}

#[test]
fn error_rates_are_accuracies_upside_down_and_losses_come_back_in_nats() {
    let flipped = |history: &History, flip: fn(f64) -> f64| {
        let curves = history
            .trials
            .iter()
            .map(|trial| trial.record.curve.points().iter().map(|point| flip(point.value)).collect());
        finished(&curves.collect::<Vec<Vec<f64>>>())
    };
    let (history, values) = (networks(10), network(10, POINTS));
    let trial = |flip: fn(f64) -> f64| {
        TrialRecord::new(10, half_epochs(&values.iter().map(|&value| flip(value)).collect::<Vec<_>>()))
    };
    let accuracy = built(json!({}), &facts()).observe(&trial(|value| value), &history);
    let errors = TrainingFacts { direction: Direction::Minimize, ..facts() };
    let error = built(json!({}), &errors)
        .observe(&trial(|value| 100.0 - value), &flipped(&history, |value| 100.0 - value));
    assert_eq!(error.points, accuracy.points);
    assert!((error.predicted.unwrap() + accuracy.predicted.unwrap() - 100.0).abs() < 1e-6);
    let losses =
        TrainingFacts { direction: Direction::Minimize, scale: Some(Scale::Loss { worst: 2.0 }), ..facts() };
    let loss = |value: f64| 2.0 - value / 50.0;
    let loss = built(json!({}), &losses).observe(&trial(loss), &flipped(&history, loss));
    assert_eq!(loss.points, accuracy.points);
    assert!((loss.predicted.unwrap() - (2.0 - accuracy.predicted.unwrap() / 50.0)).abs() < 1e-6);
    let [low, high] = loss.interval.unwrap();
    assert!((low..=high).contains(&loss.predicted.unwrap()));
}

#[test]
fn a_training_curve_is_used_only_where_all_have_one() {
    let with = |number: usize| {
        let values = network(number, POINTS);
        let training = half_epochs(&values.iter().map(|value| value + 3.0).collect::<Vec<_>>());
        let mut record = TrialRecord::new(number, half_epochs(&values));
        record.others.insert("train_accuracy".to_owned(), training);
        record
    };
    let mut history = networks(10);
    for trial in &mut history.trials {
        trial.record = with(trial.record.number);
    }
    let (estimator, bare) =
        (built(json!({}), &facts()), TrialRecord::new(10, half_epochs(&network(10, POINTS))));
    assert_eq!(estimator.observe(&bare, &history), estimator.observe(&bare, &networks(10)));
    assert_ne!(estimator.observe(&with(10), &history), estimator.observe(&bare, &history));
    history.trials[3].record.others.clear();
    assert_eq!(estimator.observe(&with(10), &history), estimator.observe(&bare, &history));
}

#[test]
fn paused_contenders_are_taken_up_again_until_the_rest_may_be_left() {
    let runs: Vec<RecordedRun> = (0..40)
        .map(|number| RecordedRun {
            run_id: number.to_string(),
            curve: half_epochs(&network(number * 3, POINTS)),
            ..RecordedRun::default()
        })
        .collect();
    let setting = Setting {
        direction: Direction::Maximize,
        scale: Some(Scale::Percent),
        confidence: 0.9,
        history: HistoryRule::Generations { size: 10 },
        costs: Vec::new(),
    };
    let seen = |params: Value| -> usize {
        let decisions = replay(&PopulationKind, &params, &setting, &runs).unwrap();
        assert!(decisions.iter().all(|decision| decision.predicted_final.is_finite()));
        decisions.iter().map(|decision| decision.points_seen).sum()
    };
    let [none, end, generation] =
        ["none", "end", "generation"].map(|confirm| seen(json!({"confirm": confirm})));
    assert!(none <= end && none <= generation && generation < 40 * POINTS, "{none} {end} {generation}");
    assert_eq!(built(json!({"confirm": "none"}), &facts()).needs().revises, Revises::Never);
    assert_eq!(built(json!({"confirm": "end"}), &facts()).needs().revises, Revises::AtEnd);
}

#[test]
fn a_resumption_goes_to_the_next_decision_point() {
    let mut history = networks(10);
    let top = (0..POINTS).map(|x| 95.0 - 90.0 * 1.2_f64.powi(-(x as i32))).collect::<Vec<_>>();
    history.trials.push(ended(10, &top[..4], POINTS, Outcome::Converged));
    let revision = built(json!({"profile": "careful"}), &facts()).revise(&history);
    let [resumption] = &revision.resumptions[..] else { panic!("{revision:?}") };
    assert_eq!((resumption.number, resumption.until_points), (10, 5));
    let [low, high] = revision.predictions[0].interval.unwrap();
    assert!((low..=high).contains(&revision.predictions[0].predicted));
    assert_eq!(built(json!({"confirm": "none"}), &facts()).revise(&history), Revision::default());
}

#[test]
fn a_network_that_may_enter_the_front_by_its_low_cost_trains_longer() {
    let flops = CostObjective { covariate: "flops".to_owned(), direction: Direction::Minimize };
    let two = TrainingFacts { costs: vec![flops], ..facts() };
    let mut history = networks(12);
    for trial in &mut history.trials {
        trial.record.covariates.insert("flops".to_owned(), 100.0);
    }
    let judge = |facts: &TrainingFacts, flops: f64| {
        let mut trial = TrialRecord::new(16, half_epochs(&network(23, POINTS)));
        trial.covariates.insert("flops".to_owned(), flops);
        built(json!({"profile": "careful"}), facts).observe(&trial, &history)
    };
    let [alone, dear, cheap] = [judge(&facts(), 1.0), judge(&two, 500.0), judge(&two, 1.0)];
    assert_eq!(alone, dear, "nobody needs less than the best tenth to be in the front");
    assert!(cheap.points > dear.points && cheap.fit["threshold"] == 0.0, "{dear:?} {cheap:?}");
}

#[test]
fn covariates_are_used_where_asked_for_and_known() {
    let mut history = networks(12);
    for trial in &mut history.trials {
        let number = trial.record.number as f64;
        trial.record.covariates.insert("lr".to_owned(), 0.001 * (1.0 + number));
    }
    let trial = |lr: Option<f64>| {
        let mut trial = TrialRecord::new(16, half_epochs(&network(16, POINTS)));
        trial.covariates.extend(lr.map(|lr| ("lr".to_owned(), lr)));
        trial
    };
    let (with, without) = (built(json!({"covariates": true}), &facts()), built(json!({}), &facts()));
    let plain = without.observe(&trial(Some(0.01)), &history);
    assert_eq!(without.observe(&trial(None), &history), plain);
    assert_eq!(with.observe(&trial(None), &history), plain, "a trial without it is judged as ever");
    assert_ne!(with.observe(&trial(Some(0.01)), &history).predicted, plain.predicted);
    let nan = trial(Some(f64::NAN));
    assert_eq!(with.observe(&nan, &history), plain);
}

#[test]
fn what_does_not_fit_is_an_issue_with_a_way_out() {
    let check = |params: Value, facts: &TrainingFacts, pointer: &str, words: &str| {
        let issues = PopulationKind.build(params, facts).err().unwrap();
        assert_eq!(issues.len(), 1, "{issues:?}");
        assert_eq!(issues[0].pointer, pointer);
        assert!(issues[0].message.contains(words) && issues[0].help.is_some(), "{issues:?}");
    };
    check(json!({}), &TrainingFacts { scale: None, ..facts() }, "", "has no scale");
    check(json!({}), &TrainingFacts { points: 3, ..facts() }, "", "only 3 are planned; expected at least 4");
    let loss = TrainingFacts { scale: Some(Scale::Loss { worst: 2.0 }), ..facts() };
    check(json!({}), &loss, "", "is of a metric that is minimized");
    check(json!({"resolution": -1}), &facts(), "/resolution", "`resolution` is -1 pp");
    assert_eq!(
        PopulationKind.normalise(json!({"profile": "bold"}), None).unwrap_err()[0].pointer,
        "/profile"
    );
    let full = json!({"profile": "default", "resolution": 0.0, "confirm": "generation", "covariates": false});
    assert_eq!(PopulationKind.normalise(Value::Null, None), Ok(full));
}
