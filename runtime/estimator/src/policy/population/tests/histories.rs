//! Histories of all kinds: unequal lengths, losses and error rates, training curves, covariates, and what does not fit.

use super::*;

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
    check(json!({"examples": 0}), &facts(), "/examples", "`examples` is 0");
    check(json!({"examples": 9, "resolution": 1}), &facts(), "/examples", "`resolution` sets too");
    let loss = TrainingFacts { direction: Direction::Minimize, ..loss };
    check(json!({"examples": 9}), &loss, "/examples", "this metric is none");
    let full = json!({"profile": "default", "confirm": "generation", "covariates": false});
    assert_eq!(PopulationKind.normalise(Value::Null, None), Ok(full));
}

#[test]
fn the_number_of_examples_is_filled_in_where_it_tells_the_resolution() {
    let known = TrainingFacts { examples: Some(359), ..facts() };
    let completed = |params: Value, facts: &TrainingFacts| {
        PopulationKind.normalise(params, Some(facts)).unwrap().get("examples").cloned()
    };
    assert_eq!(completed(json!({}), &known), Some(json!(359)));
    assert_eq!(completed(json!({"examples": 100}), &known), Some(json!(100)));
    assert_eq!(completed(json!({"resolution": 0}), &known), None, "every difference matters");
    assert_eq!(completed(json!({}), &facts()), None);
    let direction = Direction::Minimize;
    let loss = TrainingFacts { scale: Some(Scale::Loss { worst: 2.0 }), direction, ..known.clone() };
    assert_eq!(completed(json!({}), &loss), None);
}

#[test]
fn networks_of_a_generation_may_be_judged_in_any_order() {
    let rule = built(json!({}), &facts()).learn(&networks(12));
    let judge = |number| rule.judge(&TrialRecord::new(number, half_epochs(&network(number, POINTS))), 0);
    let forwards: Vec<_> = (14..24).map(judge).collect();
    let backwards: Vec<_> = (14..24).rev().map(judge).collect();
    assert_eq!(forwards, backwards.into_iter().rev().collect::<Vec<_>>());
}

/// A long history in which some have paused.
fn with_paused() -> History {
    let mut history = networks(180);
    for (number, trial) in history.trials.iter_mut().enumerate() {
        if number % 3 != 0 {
            *trial = ended(number, &network(number, 3 + number % 15), POINTS, Outcome::Converged);
        }
    }
    history.trials.extend((180..400).map(|number| {
        let points = if number % 2 == 0 { POINTS } else { 5 + number % 11 };
        let outcome = if points == POINTS { Outcome::Completed } else { Outcome::Converged };
        ended(number, &network(number, points), POINTS, outcome)
    }));
    history
}

fn population() -> Population {
    Population {
        params: Params::default(),
        metric: Metric::new(&facts()).unwrap(),
        planned: POINTS,
        confidence: 0.9,
        costs: Vec::new(),
        memory: Memory::default(),
    }
}

#[test]
fn what_lies_far_back_is_left_out_without_a_difference() {
    let (history, estimator) = (with_paused(), population());
    let [whole, newest] = [Knowledge::new(&history, &estimator), Knowledge::newest(&history, &estimator)];
    assert_eq!((whole.known().count(), newest.known().count()), (400, 200));
    let all = whole.model_of_all().unwrap();
    for number in 400..440 {
        let trial = newest.series(&TrialRecord::new(number, half_epochs(&network(number, 17))), POINTS);
        for decision in 0..newest.grid.len() {
            let [all, taught] = [&all, &*newest.predictor(&trial).unwrap().model]
                .map(|model| model.predict(&newest.grid, decision, &trial));
            assert_eq!(all, taught, "{number} at {decision}");
        }
    }
}

#[test]
fn what_is_remembered_changes_no_decision() {
    let (history, remembers) = (with_paused(), population());
    for count in (10..400).step_by(7).chain([24, 25, 24, 399, 26]) {
        let history = History { trials: history.trials[..count].to_vec() };
        let trial = TrialRecord::new(count, half_epochs(&network(count, 3 + count % 17)));
        let [judged, fresh] =
            [&remembers, &population()].map(|estimator| estimator.learn(&history).judge(&trial, 0));
        assert_eq!(judged, fresh, "{count}");
        assert_eq!(remembers.revise(&history), population().revise(&history), "{count}");
    }
}
