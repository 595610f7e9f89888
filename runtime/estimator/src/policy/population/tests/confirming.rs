//! Pause and confirmation: when paused trainings are taken up again, how far they go, and the front at a trial's own cost.

use super::*;

const RUNS: usize = 60;

/// A network that changes at half of its training by an amount that nobody can foresee.
fn restless(number: usize) -> Vec<f64> {
    let luck = (number * 11 % 17) as f64 - 8.0;
    let value = |(x, value): (usize, f64)| if x < POINTS / 2 { value } else { value + luck };
    network(number * 3, POINTS).into_iter().enumerate().map(value).collect()
}

/// What becomes of sixty such networks, ten a generation.
fn replayed(params: &Value) -> Vec<Decision> {
    let run = |number: usize| RecordedRun {
        run_id: number.to_string(),
        curve: half_epochs(&restless(number)),
        ..RecordedRun::default()
    };
    replay(&PopulationKind, params, &setting(), &(0..RUNS).map(run).collect::<Vec<_>>()).unwrap()
}

fn setting() -> Setting {
    Setting {
        direction: Direction::Maximize,
        scale: Some(Scale::Percent),
        confidence: 0.9,
        history: HistoryRule::Generations { size: 10 },
        costs: Vec::new(),
    }
}

fn points(decisions: &[Decision]) -> usize {
    decisions.iter().map(|decision| decision.points_seen).sum()
}

#[test]
fn without_confirmation_a_stop_is_final() {
    let none = replayed(&json!({"confirm": "none"}));
    assert_eq!(built(json!({"confirm": "none"}), &facts()).needs().revises, Revises::Never);
    assert!(points(&none) < RUNS * POINTS * 9 / 10, "{}", points(&none));
}

#[test]
fn at_the_end_paused_contenders_are_taken_up_where_they_stopped() {
    let end = replayed(&json!({"confirm": "end"}));
    let none = replayed(&json!({"confirm": "none"}));
    assert_eq!(built(json!({"confirm": "end"}), &facts()).needs().revises, Revises::AtEnd);
    assert!(end.iter().zip(&none).all(|(end, none)| end.points_seen >= none.points_seen));
    let [all, before] = [points(&end), points(&none)];
    assert!(all > before && all < RUNS * POINTS, "{all} {before}");
    let finite = |decision: &Decision| decision.predicted_final.is_finite();
    assert!(end.iter().all(finite));
}

#[test]
fn after_each_generation_the_next_one_knows_what_was_confirmed() {
    let generation = replayed(&json!({"confirm": "generation"}));
    assert_eq!(generation, replayed(&json!({})), "the default");
    assert_eq!(built(json!({}), &facts()).needs().revises, Revises::EachGeneration);
    let end = replayed(&json!({"confirm": "end"}));
    let first = |decisions: &[Decision]| decisions[..10].to_vec();
    assert_eq!(first(&generation), first(&end), "the first generation trains to the end");
    assert_ne!(generation, end);
    assert!(points(&generation) < RUNS * POINTS);
}

#[test]
fn the_coarser_the_resolution_the_less_is_trained() {
    let resolved =
        |resolution: f64| points(&replayed(&json!({"profile": "careful", "resolution": resolution})));
    let all = [0.0, 2.0, 10.0].map(resolved);
    assert!(all[0] > all[1] && all[1] > all[2], "{all:?}");
}

/// Networks that are as good as each other: what tells them apart is the noise of 359 images near 98 %.
fn alike(number: usize) -> Vec<f64> {
    let chance = |x: usize| {
        let wave = 43_758.5 * libm::sin((number * 78 + x * 13) as f64);
        2.0 * (wave - wave.floor()) - 1.0
    };
    let value = |x: usize| 98.0 - 60.0 * 1.6_f64.powi(-(x as i32)) + chance(40) + 0.5 * chance(x);
    (1..=POINTS).map(value).collect()
}

#[test]
fn noise_that_the_examples_explain_is_not_trained_away() {
    let run = |number: usize| RecordedRun {
        run_id: number.to_string(),
        curve: half_epochs(&alike(number)),
        ..RecordedRun::default()
    };
    let runs: Vec<_> = (0..RUNS).map(run).collect();
    let trained = |params: &Value| points(&replay(&PopulationKind, params, &setting(), &runs).unwrap());
    let [all, told, many] =
        [json!({}), json!({"examples": 359}), json!({"examples": 1_000_000})].map(|params| trained(&params));
    assert!(told * 4 < all * 3, "{told} {all}");
    assert!(many.abs_diff(all) < all / 20, "{many} {all}: the noise of so many examples is nothing");
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
    let flops = CostObjective::minimize("flops".to_owned());
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
