//! The fitter, and the rule on top of it, against `SciPy`'s `curve_fit` on prefixes of real curves.
//!
//! `scipy_golden.py` makes the expected file. Fits end at a tolerance or at a limit of evaluations, so some
//! of them hang on the last bit: `SciPy`'s own answers change by more than here when the data are multiplied
//! by 1 + 2e-16. Two points do not determine three parameters; their fits are bounded loosely.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use peng_estimator::family::exp3;
use peng_estimator::{Curve, History, Point, Progress, TrainingFacts, TrialRecord, Verdict, policy};
use serde_json::json;

const CURVES: &str = include_str!("data/scipy_curves.csv");
const GOLDEN: &str = include_str!("data/scipy_golden.csv");

/// Asymptotes from here on count as lying on their bound.
const ON_BOUND: f64 = 199.99;
/// The largest difference of predictions that counts as agreement, in percentage points.
const TOLERANCE: f64 = 0.02;

/// What a fit gave.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Ok,
    Bound,
    Fail,
}

/// `SciPy`'s fit of the first `points` values of a run.
struct Row {
    run: &'static str,
    points: usize,
    state: State,
    predicted: f64,
}

fn curves() -> BTreeMap<&'static str, Vec<f64>> {
    let lines = CURVES.lines().filter(|line| !line.starts_with('#'));
    let parsed = lines.map(|line| {
        let (run, values) = line.split_once(',').unwrap();
        (run, values.split(' ').map(|value| value.parse().unwrap()).collect())
    });
    parsed.collect()
}

fn golden() -> Vec<Row> {
    let rows = GOLDEN.lines().skip(1).map(|row| {
        let fields: Vec<&str> = row.split(',').collect();
        let state = match fields[2] {
            "ok" => State::Ok,
            "bound" => State::Bound,
            "fail" => State::Fail,
            other => panic!("{other}"),
        };
        let predicted = fields[3].parse().unwrap_or(f64::NAN);
        Row { run: fields[0], points: fields[1].parse().unwrap(), state, predicted }
    });
    rows.collect()
}

fn fitted(values: &[f64], at: usize) -> (State, f64) {
    let Ok(fit) = exp3::fit(values) else { return (State::Fail, f64::NAN) };
    let predicted = exp3::value(&fit.x, at as f64);
    match (predicted.is_finite(), fit.x[0] >= ON_BOUND) {
        (false, _) => (State::Fail, f64::NAN),
        (true, true) => (State::Bound, predicted),
        (true, false) => (State::Ok, predicted),
    }
}

/// Counts of prefixes, of other states, and of predictions in the same state that are too far apart.
#[derive(Debug, Default)]
struct Tally {
    prefixes: usize,
    other_failure: usize,
    other_bound: usize,
    used: usize,
    used_apart: usize,
    bound_apart: usize,
}

fn tally(rows: &[Row], keep: impl Fn(&Row) -> bool) -> Tally {
    let curves = curves();
    let mut tally = Tally::default();
    for row in rows.iter().filter(|row| keep(row)) {
        let values = &curves[row.run];
        let (state, predicted) = fitted(&values[..row.points], values.len());
        let is_apart = (predicted - row.predicted).abs() > TOLERANCE;
        tally.prefixes += 1;
        match (row.state, state) {
            (State::Fail, State::Fail) => {}
            (State::Fail, _) | (_, State::Fail) => tally.other_failure += 1,
            (State::Ok, State::Ok) => {
                tally.used += 1;
                tally.used_apart += usize::from(is_apart);
            }
            (State::Bound, State::Bound) => tally.bound_apart += usize::from(is_apart),
            (State::Ok, State::Bound) | (State::Bound, State::Ok) => tally.other_bound += 1,
        }
    }
    tally
}

#[test]
fn fits_of_three_points_and_more_agree() {
    let tally = tally(&golden(), |row| row.points > 2);
    assert!(tally.prefixes > 2000);
    assert!(tally.other_failure * 1000 <= tally.prefixes, "{tally:?}");
    assert!(tally.other_bound * 1000 <= tally.prefixes, "{tally:?}");
    assert!(tally.used_apart * 1000 <= tally.used, "{tally:?}");
    // The rule doesn't use predictions whose asymptote lies on its bound.
    assert!(tally.bound_apart * 1000 <= 3 * tally.prefixes, "{tally:?}");
}

#[test]
fn fits_of_two_points_mostly_agree() {
    let tally = tally(&golden(), |row| row.points == 2);
    assert!((tally.other_failure + tally.other_bound) * 8 <= tally.prefixes, "{tally:?}");
    assert!((tally.used_apart + tally.bound_apart) * 8 <= tally.prefixes, "{tally:?}");
}

/// The rule as the published loop has it, on `SciPy`'s fits: the points at which it converges, and the
/// prediction.
fn published(fits: &[&Row]) -> Option<(usize, f64)> {
    let mut window: Vec<f64> = Vec::new();
    for fit in fits {
        match fit.state {
            State::Fail => continue,
            State::Bound => {
                window.clear();
                continue;
            }
            State::Ok => window.push(fit.predicted),
        }
        if let [a, b, c] = window[..] {
            let median = a.max(b).min(a.min(b).max(c));
            let agree = window.iter().all(|predicted| (predicted - median).abs() <= 0.5);
            window.remove(0);
            if agree && fit.predicted > 0.0 && fit.predicted <= 100.0 {
                return Some((fit.points, fit.predicted));
            }
        }
    }
    None
}

#[test]
fn every_curve_converges_where_it_does_with_scipy() {
    let (curves, golden) = (curves(), golden());
    let mut converged = 0;
    for (run, values) in &curves {
        let fits: Vec<&Row> = golden.iter().filter(|row| row.run == *run).collect();
        let planned = Progress::whole(values.len() as u32);
        let facts = TrainingFacts::percent(planned, Progress::whole(1));
        let penguin = policy::find("penguin").unwrap().build(json!({}), &facts).unwrap();
        let point = |(&value, at)| Point { at: Progress::whole(at), value };
        let curve = Curve::try_from(values.iter().zip(1..).map(point).collect::<Vec<_>>()).unwrap();
        let found = penguin.observe(&TrialRecord::new(0, curve), &History::default());
        match published(&fits) {
            None => assert_eq!(found.verdict, Verdict::Continue, "{run}"),
            Some((points, predicted)) => {
                converged += 1;
                assert!(found.verdict.is_stop(), "{run}: {found:?}, expected {points} points, {predicted}");
                assert_eq!(found.points, points, "{run}");
                assert!(
                    (found.predicted.unwrap() - predicted).abs() <= TOLERANCE,
                    "{run}: {found:?}, {predicted}"
                );
            }
        }
    }
    assert!(converged > curves.len() / 2);
}
