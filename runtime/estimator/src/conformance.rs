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

/// Panics where `estimator` breaks the contract without a history.
pub(crate) fn conforms(estimator: &dyn Estimator) {
    conforms_after(estimator, &History::default());
}

/// Panics where `estimator` breaks the contract after the trials of `history`.
pub(crate) fn conforms_after(estimator: &dyn Estimator, history: &History) {
    let rising = |top: f64, rate: f64| (1..=30).map(|x| top - top * rate.powi(-x)).collect::<Vec<_>>();
    let mut broken = rising(70.0, 1.5);
    broken[4] = f64::NAN;
    let mut infinite = rising(60.0, 1.3);
    infinite[7] = f64::INFINITY;
    let noisy = (0..30).map(|x| 50.0 + f64::from(x * 7 % 11)).collect();
    let curves = [
        Vec::new(),
        vec![12.5],
        vec![f64::NAN; 30],
        vec![f64::INFINITY; 30],
        vec![f64::NEG_INFINITY; 30],
        vec![0.0; 30],
        vec![10.0; 30],
        vec![100.0; 30],
        vec![1e300; 30],
        rising(90.0, 1.2),
        rising(40.0, 2.0),
        broken,
        infinite,
        noisy,
    ];
    for values in &curves {
        conforms_on(estimator, history, &half_epochs(values));
    }
    let uneven =
        [1.0, 2.0, 4.0, 4.5, 9.0].map(|at| Point { at: Progress::from_f64(at).unwrap(), value: 10.0 });
    conforms_on(estimator, history, &Curve::try_from(uneven.to_vec()).unwrap());
}

fn conforms_on(estimator: &dyn Estimator, history: &History, curve: &Curve) {
    let rule = estimator.learn(history);
    let trial = TrialRecord::new(0, curve.clone());
    let whole = rule.judge(&trial, 0);
    assert_eq!(estimator.observe(&trial, history), whole, "the same curve has the same answer");
    let mut stop: Option<Observation> = None;
    for points in 0..=curve.len() {
        let prefix = trial.prefix(points);
        let step = rule.judge(&prefix, 0);
        if stop.is_none() {
            for judged in 1..points {
                assert_eq!(rule.judge(&prefix, judged), step, "what was judged before changes nothing");
            }
        }
        assert_eq!(step.rule, estimator.name());
        assert!(!step.reason.is_empty());
        if let Some(stop) = &stop {
            assert_eq!(&step, stop, "an answer after the stop repeats it");
        } else if step.verdict.is_stop() {
            assert_eq!(step.points, points, "it stops at the newest point");
            let has_even_points = curve.spacing().is_ok();
            assert!(
                !has_even_points || points >= estimator.needs().fewest_points,
                "stopped with {points} points"
            );
            stop = Some(step);
        }
    }
    match whole.verdict {
        Verdict::Converged { predicted } => {
            assert!(predicted.is_finite());
            assert_eq!(whole.predicted, Some(predicted));
        }
        Verdict::Pruned | Verdict::Continue => {}
    }
    assert_eq!(whole.verdict.is_stop(), stop.is_some(), "at once and step by step agree");
}
