//! The contract of [`Estimator`] as a test, which every kind's tests call with one of its estimators.

use crate::curve::{Curve, Point};
use crate::estimator::Estimator;
use crate::progress::Progress;
use crate::trial::{EndedTrial, History, Outcome, TrialRecord};
use crate::verdict::{Observation, Verdict};

/// A curve with these values at every half epoch.
pub(crate) fn half_epochs(values: &[f64]) -> Curve {
    let at = |index: u32| Progress::new(index, 2).unwrap();
    let points = values.iter().zip(1..).map(|(&value, index)| Point { at: at(index), value });
    Curve::try_from(points.collect::<Vec<_>>()).unwrap()
}

/// A trial of thirty planned points that ended with these values at half epochs, the last being its fitness.
pub(crate) fn ended(number: usize, outcome: Outcome, values: &[f64]) -> EndedTrial {
    let record = TrialRecord::new(number, half_epochs(values));
    let fitness = record.curve.last().map_or(f64::NAN, |point| point.value);
    EndedTrial { record, points_planned: 30, outcome, fitness }
}

/// Trials with all odd curves, of unequal lengths and completed; half of them again, pruned.
pub(crate) fn odd_history() -> History {
    let curves = odd_curves().into_iter().enumerate();
    let completed = curves.clone().map(|(number, (_, values))| ended(number, Outcome::Completed, &values));
    let pruned = curves.map(|(number, (_, values))| {
        ended(100 + number, Outcome::Pruned, &values[..values.len().min(number)])
    });
    History { trials: completed.chain(pruned.step_by(2)).collect() }
}

/// Panics where `estimator` breaks the contract without a history.
pub(crate) fn conforms(estimator: &dyn Estimator) {
    conforms_after(estimator, &History::default());
}

/// Panics where `estimator` breaks the contract after the trials of `history`.
pub(crate) fn conforms_after(estimator: &dyn Estimator, history: &History) {
    for (name, values) in odd_curves() {
        conforms_on(estimator, history, name, &half_epochs(&values));
    }
    let uneven =
        [1.0, 2.0, 4.0, 4.5, 9.0].map(|at| Point { at: Progress::from_f64(at).unwrap(), value: 10.0 });
    conforms_on(estimator, history, "uneven epochs", &Curve::try_from(uneven.to_vec()).unwrap());
}

/// What curves may look like besides rising to a level, by name, thirty points where nothing else is said. Each is judged
/// at every length.
pub(crate) fn odd_curves() -> Vec<(&'static str, Vec<f64>)> {
    // `top` less what is left of `gap` after each measurement at `rate`.
    let rising = |count: usize, top: f64, gap: f64, rate: f64| {
        std::iter::successors(Some(gap / rate), move |gap| Some(gap / rate))
            .take(count)
            .map(move |gap| top - gap)
    };
    let saturating: Vec<f64> = rising(30, 70.0, 70.0, 1.5).collect();
    let with = |place: usize, value: f64| {
        let mut values = saturating.clone();
        values[place] = value;
        values
    };
    let after = |place: usize, value: f64| {
        let mut values = saturating.clone();
        values[place..].fill(value);
        values
    };
    let growing = std::iter::successors(Some(2.3), |value| Some(value * 8.0)).take(30);
    vec![
        ("no point", Vec::new()),
        ("a single point", vec![12.5]),
        ("two points", vec![12.5, 20.0]),
        ("slow", rising(30, 90.0, 90.0, 1.2).collect()),
        ("fast", rising(30, 40.0, 40.0, 2.0).collect()),
        ("longer than planned", rising(44, 90.0, 80.0, 1.05).collect()),
        ("noise", (0..30).map(|x| 50.0 + f64::from(x * 7 % 11)).collect()),
        ("a straight line", (0..30).map(|x| 3.0 * f64::from(x)).collect()),
        ("a steady fall", (0..30).map(|x| 90.0 - 3.0 * f64::from(x)).collect()),
        ("NaN from the start", vec![f64::NAN; 30]),
        ("infinite from the start", vec![f64::INFINITY; 30]),
        ("minus infinity from the start", vec![f64::NEG_INFINITY; 30]),
        ("NaN in between", with(4, f64::NAN)),
        ("infinite in between", with(7, f64::INFINITY)),
        ("minus infinity in between", with(7, f64::NEG_INFINITY)),
        ("constant zero", vec![0.0; 30]),
        ("constant", vec![10.0; 30]),
        ("constant and huge", vec![1e300; 30]),
        ("constant, huge and negative", vec![-1e300; 30]),
        ("divergence to NaN", after(9, f64::NAN)),
        ("divergence to infinity", after(9, f64::INFINITY)),
        ("divergence by growth", growing.collect()),
        ("a collapse", after(12, 1.0)),
        ("a late take-off", std::iter::repeat_n(10.0, 14).chain(rising(16, 90.0, 80.0, 1.3)).collect()),
        ("a constant ceiling of 100 %", vec![100.0; 30]),
        ("a ceiling of 100 %", rising(30, 100.3, 40.0, 1.5).map(|value| value.min(100.0)).collect()),
        (
            "a drop of the learning rate",
            rising(15, 60.0, 60.0, 1.6).chain(rising(15, 80.0, 20.0, 1.6)).collect(),
        ),
        ("a step", [[10.0; 15], [80.0; 15]].concat()),
    ]
}

fn conforms_on(estimator: &dyn Estimator, history: &History, name: &str, curve: &Curve) {
    let rule = estimator.learn(history);
    let trial = TrialRecord::new(history.trials.len(), curve.clone());
    let whole = rule.judge(&trial, 0);
    assert_eq!(estimator.observe(&trial, history), whole, "{name}: the same curve has the same answer");
    let mut stop: Option<Observation> = None;
    for points in 0..=curve.len() {
        let prefix = trial.prefix(points);
        let step = rule.judge(&prefix, 0);
        if stop.is_none() {
            for judged in 1..points {
                assert_eq!(
                    rule.judge(&prefix, judged),
                    step,
                    "{name}: what was judged before changes nothing"
                );
            }
        }
        assert_eq!(step.rule, estimator.name(), "{name}");
        assert!(!step.reason.is_empty(), "{name}");
        if let Some(stop) = &stop {
            assert_eq!(&step, stop, "{name}: an answer after the stop repeats it");
        } else if step.verdict.is_stop() {
            assert_eq!(step.points, points, "{name}: it stops at the newest point");
            let has_even_points = curve.spacing().is_ok();
            assert!(
                !has_even_points || points >= estimator.needs().fewest_points,
                "{name}: stopped with {points} points"
            );
            let ended = history.trials.len();
            assert!(ended >= estimator.needs().fewest_trials, "{name}: stopped after {ended} others");
            stop = Some(step);
        }
    }
    match whole.verdict {
        Verdict::Converged { predicted } => {
            assert!(predicted.is_finite(), "{name}");
            assert_eq!(whole.predicted, Some(predicted), "{name}");
        }
        Verdict::Pruned | Verdict::Continue => {}
    }
    assert_eq!(whole.verdict.is_stop(), stop.is_some(), "{name}: at once and step by step agree");
}
