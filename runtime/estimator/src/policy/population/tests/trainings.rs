//! What trainings do, one case each: they break, stand still, diverge, collapse, take off late, reach the ceiling, drop.

use super::*;

/// The value at a measurement, from 0.
type Course = fn(usize) -> f64;

/// Trainings that go wrong or look odd, by name.
const ODD: [(&str, Course); 17] = [
    ("NaN throughout", |_| f64::NAN),
    ("infinite", |_| f64::INFINITY),
    ("minus infinite", |_| f64::NEG_INFINITY),
    ("huge", |_| 1e300),
    ("huge and negative", |_| -1e300),
    ("nothing", |_| 0.0),
    ("perfect", |_| 100.0),
    ("at chance", |_| 10.0),
    ("one NaN", |x| if x == 5 { f64::NAN } else { 50.0 + x as f64 }),
    ("one infinity", |x| if x == 5 { f64::INFINITY } else { 50.0 + x as f64 }),
    ("diverges", |x| if x < 8 { 60.0 + x as f64 } else { f64::NAN }),
    ("collapses", |x| if x < 12 { 70.0 } else { 10.0 }),
    ("takes off late", |x| if x < 15 { 10.0 } else { 85.0 }),
    ("rises where the learning rate drops", |x| if x < 12 { 60.0 } else { 75.0 + x as f64 / 10.0 }),
    ("noise", |x| (40 + x * 37 % 41) as f64),
    ("reaches the ceiling", |x| (5 * x).min(100) as f64),
    ("falls", |x| 90.0 - 4.0 * x as f64),
];

fn curve(value: Course) -> Vec<f64> {
    (0..POINTS).map(value).collect()
}

/// Twelve networks that all do this, at levels of their own.
fn all(value: fn(usize, f64) -> f64) -> Vec<Vec<f64>> {
    let level = |number: usize| (number * 5 % 12) as f64;
    (0..12).map(|number| (0..POINTS).map(|x| value(x, level(number))).collect()).collect()
}

fn default() -> Box<dyn Estimator> {
    built(json!({}), &facts())
}

#[test]
fn whatever_a_training_does_answers_are_possible_values() {
    let mixed = finished(&ODD.map(|(_, value)| curve(value)));
    let twins = finished(&vec![network(3, POINTS); 12]);
    let constant = finished(&vec![vec![10.0; POINTS]; 12]);
    let broken = finished(&vec![vec![f64::NAN; POINTS]; 12]);
    for history in [networks(12), mixed, twins, constant, broken] {
        for (_, value) in ODD {
            judged(&*default(), &history, &curve(value));
        }
    }
}

#[test]
fn each_odd_training_may_be_among_those_that_are_learned_from() {
    for (name, value) in ODD {
        let mut curves: Vec<Vec<f64>> = (0..12).map(|number| network(number, POINTS)).collect();
        curves[7] = curve(value);
        let mut history = finished(&curves);
        history.trials.push(ended(12, &curve(value)[..6], POINTS, Outcome::Converged));
        let values = network(20, POINTS);
        let observation = judged(&*default(), &history, &values);
        let predicted = observation.predicted.unwrap();
        assert!((predicted - values[POINTS - 1]).abs() < 10.0, "{name}: {observation:?}");
        let revision = default().revise(&history);
        assert!(revision.predictions.iter().all(|revised| revised.predicted.is_finite()), "{name}");
    }
}

#[test]
fn a_broken_training_is_predicted_below_the_others() {
    let worst = (0..12).map(|number| network(number, POINTS)[POINTS - 1]).fold(100.0, f64::min);
    for (name, value) in ODD.into_iter().filter(|(name, _)| ["NaN throughout", "diverges"].contains(name)) {
        let rule = default().learn(&networks(12));
        let observation = rule.judge(&TrialRecord::new(13, half_epochs(&curve(value))), 0);
        assert!(observation.predicted.is_some_and(|predicted| predicted < worst), "{name}: {observation:?}");
    }
}

#[test]
fn a_collapse_is_seen() {
    let rule = default().learn(&networks(12));
    let values = curve(|x| if x < 12 { 70.0 } else { 10.0 });
    // Trained to the end, so that there are predictions before and after.
    let at = |points| rule.judge(&TrialRecord::new(13, half_epochs(&values[..points])), 0).predicted.unwrap();
    assert!(at(12) > 60.0 && at(19) < 40.0, "{} {}", at(12), at(19));
}

#[test]
fn a_network_that_takes_off_late_is_not_paused_while_others_did_so() {
    let history = finished(&all(|x, level| if x < 10 { 10.0 } else { 60.0 + level }));
    let values: Vec<f64> = curve(|x| if x < 10 { 10.0 } else { 66.0 });
    let observation = judged(&*built(json!({"profile": "careful"}), &facts()), &history, &values[..9]);
    assert_eq!(observation.verdict, Verdict::Continue, "{observation:?}");
}

#[test]
fn a_rise_where_the_learning_rate_drops_is_foreseen() {
    let history = finished(&all(|x, level| level + if x < 14 { 60.0 } else { 75.0 }));
    let observation = judged(&*default(), &history, &curve(|x| if x < 14 { 64.5 } else { 79.5 }));
    assert!(observation.verdict.is_stop() && observation.points < 14, "{observation:?}");
    assert!((observation.predicted.unwrap() - 79.5).abs() < 2.0, "{observation:?}");
}

#[test]
fn at_the_ceiling_predictions_stay_there() {
    let history = finished(&all(|x, level| (30.0 * x as f64 + 3.0 * level).min(100.0)));
    let observation = judged(&*default(), &history, &curve(|x| (28 * x).min(100) as f64));
    assert!(observation.verdict.is_stop(), "{observation:?}");
    assert!((99.0..=100.0).contains(&observation.predicted.unwrap()), "{observation:?}");
}

#[test]
fn networks_that_stand_still_pause_as_soon_as_they_may() {
    let observation = judged(&*default(), &finished(&vec![vec![10.0; POINTS]; 12]), &curve(|_| 10.0));
    assert_eq!(observation.points, default().needs().fewest_points, "{observation:?}");
    assert!((observation.predicted.unwrap() - 10.0).abs() < 0.1, "{observation:?}");
}
