//! What the extrapolating engines do on curves that are no rising exponentials, as published and corrected. Some of
//! it is wrong, and is here so that it is known: the family cannot fall, and takes every plateau for the end.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "tests need not give the same bits everywhere")]

use peng_estimator::{
    Curve, History, Observation, Point, Progress, TrainingFacts, TrialRecord, Verdict, policy,
};
use serde_json::json;

const PLANNED: u32 = 25;

/// The engines by the names that [`observed`] knows.
const PUBLISHED: [&str; 4] = ["main", "modular", "asymptote", "a4nn"];
const CORRECTED: [&str; 3] = ["corrected", "corrected asymptote", "corrected a4nn"];

fn observed_at(engine: &str, values: &[f64], first: u32) -> Observation {
    let (kind, params) = match engine {
        "a4nn" => ("a4nn", json!({})),
        "corrected a4nn" => ("a4nn", json!({"corrected": true})),
        "corrected" => ("penguin", json!({"corrected": true})),
        "corrected asymptote" => ("penguin", json!({"corrected": true, "variant": "asymptote"})),
        variant => ("penguin", json!({"variant": variant})),
    };
    let facts = TrainingFacts::percent(Progress::whole(PLANNED), Progress::whole(1));
    let estimator = policy::find(kind).unwrap().build(params, &facts).unwrap();
    let point = |(&value, at)| Point { at: Progress::whole(at), value };
    let curve = Curve::try_from(values.iter().zip(first..).map(point).collect::<Vec<_>>()).unwrap();
    estimator.observe(&TrialRecord::new(0, curve), &History::default())
}

fn observed(engine: &str, values: &[f64]) -> Observation {
    observed_at(engine, values, 1)
}

fn all() -> impl Iterator<Item = &'static str> {
    PUBLISHED.into_iter().chain(CORRECTED)
}

/// `top` less what is left of it after x measurements at `rate`.
fn rising(count: i32, top: f64, rate: f64) -> Vec<f64> {
    (1..=count).map(|x| top - top * rate.powi(-x)).collect()
}

/// The engine stops with as many points and such a prediction.
fn stops(engine: &str, values: &[f64], points: usize, predicted: f64) {
    let found = observed(engine, values);
    let Verdict::Converged { predicted: value } = found.verdict else { panic!("{engine}: {found:?}") };
    assert_eq!(found.points, points, "{engine}: {found:?}");
    assert!((value - predicted).abs() < 0.01, "{engine}: {found:?}, expected {predicted}");
}

/// The fewest points with which an engine converges.
fn fewest(engine: &str) -> usize {
    if engine.contains("a4nn") || engine.starts_with("corrected") { 6 } else { 4 }
}

#[test]
fn a_value_that_is_not_finite_ends_all_predictions() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for place in [0, 2, 3] {
            let mut once = rising(24, 80.0, 1.4);
            once[place] = bad;
            let mut diverged = once.clone();
            diverged[place..].fill(bad);
            for (engine, values) in all().flat_map(|engine| [(engine, &once), (engine, &diverged)]) {
                let found = observed(engine, values);
                assert_eq!((found.verdict, found.predicted), (Verdict::Continue, None), "{engine}");
                assert!(found.reason.contains("not finite"), "{engine}: {found:?}");
            }
        }
    }
}

#[test]
fn a_constant_is_its_own_prediction() {
    for constant in [0.0, 10.0, 50.0] {
        // Where PEng4NN's asymptote ends on a flat line is up to the search: 1 above it for small values.
        for engine in all().filter(|&engine| engine != "asymptote") {
            stops(engine, &[constant; 24], fewest(engine), constant);
        }
    }
    stops("asymptote", &[10.0; 24], 4, 11.0);
}

#[test]
fn at_100_percent_only_the_corrected_engines_converge() {
    let reached: Vec<f64> = (1..=24).map(|x| (100.3 - 40.0 * 1.5_f64.powi(-x)).min(100.0)).collect();
    for values in [[100.0; 24].to_vec(), reached] {
        for engine in PUBLISHED {
            assert_eq!(observed(engine, &values).verdict, Verdict::Continue, "{engine}");
        }
        for engine in CORRECTED {
            stops(engine, &values, 6, 100.0);
        }
    }
    let below: Vec<f64> = (1..=24).map(|x| 100.0 - 40.0 * 1.5_f64.powi(-x)).collect();
    for engine in all() {
        let found = observed(engine, &below);
        assert!((found.predicted.unwrap() - 100.0).abs() < 0.01, "{engine}: {found:?}");
        assert!(found.verdict.is_stop(), "{engine}: {found:?}");
    }
}

#[test]
fn a_straight_line_has_no_end_in_sight() {
    let line: Vec<f64> = (1..=24).map(|x| 4.0 * f64::from(x)).collect();
    for engine in all() {
        assert_eq!(observed(engine, &line).verdict, Verdict::Continue, "{engine}");
    }
    for engine in ["main", "corrected", "corrected asymptote", "corrected a4nn"] {
        let found = observed(engine, &line);
        assert_eq!(found.reason, "no prediction: the asymptote lies on its bound of 200", "{engine}");
    }
}

#[test]
fn a_steady_fall_does_not_converge() {
    let falling: Vec<f64> = (0..24).map(|x| 90.0 - 3.0 * f64::from(x)).collect();
    for engine in all() {
        let found = observed(engine, &falling);
        assert_eq!(found.verdict, Verdict::Continue, "{engine}: {found:?}");
    }
}

/// A curve that cannot fall goes through the mean, which is wrong here; it settles only when the fall is long past.
#[test]
fn a_collapse_is_taken_for_its_mean() {
    let collapse: Vec<f64> = (1..=24).map(|x| if x < 4 { 30.0 * f64::from(x) } else { 10.0 }).collect();
    let mean = collapse[..19].iter().sum::<f64>() / 19.0;
    for engine in all().filter(|&engine| engine != "asymptote") {
        stops(engine, &collapse, 19, mean);
    }
    assert_eq!(observed("asymptote", &collapse).points, 19);
}

#[test]
fn a_plateau_before_a_late_take_off_is_taken_for_the_end() {
    let late: Vec<f64> =
        (0..24).map(|x| if x < 10 { 10.0 } else { 90.0 - 80.0 * 1.3_f64.powi(9 - x) }).collect();
    for engine in all().filter(|&engine| engine != "asymptote") {
        stops(engine, &late, fewest(engine), 10.0);
    }
}

#[test]
fn what_a_lower_learning_rate_will_bring_is_not_foreseen() {
    let first = rising(12, 60.0, 1.6);
    let second = (1..=12).map(|x| 80.0 - 20.0 * 1.6_f64.powi(-x));
    let values: Vec<f64> = first.into_iter().chain(second).collect();
    for engine in all() {
        let found = observed(engine, &values);
        assert!(found.points <= 6 && (found.predicted.unwrap() - 60.0).abs() < 0.01, "{engine}: {found:?}");
    }
}

#[test]
fn values_that_are_no_percentages_are_data() {
    for value in [1e300, -1e300, 1e12, -1e12] {
        for engine in all() {
            let found = observed(engine, &[value; 24]);
            assert!(found.predicted.is_none_or(f64::is_finite), "{engine}: {found:?}");
            assert!(found.fit.values().all(|term| term.is_finite()), "{engine}: {found:?}");
        }
    }
    for engine in CORRECTED {
        assert_eq!(observed(engine, &[1e12; 24]).verdict, Verdict::Continue, "{engine}");
    }
}

#[test]
fn any_length_is_judged() {
    let values = rising(60, 80.0, 1.05);
    for engine in all() {
        for length in 0..=values.len() {
            let found = observed(engine, &values[..length]);
            assert!(found.points <= length, "{engine}: {found:?}");
            assert!(length >= fewest(engine) || !found.verdict.is_stop(), "{engine}: {found:?}");
        }
    }
}

/// With the first measurement before training, the published engines take the prediction a step too early: they
/// count measurements.
#[test]
fn only_the_corrected_place_of_the_prediction_is_that_of_the_epoch() {
    let at = |epoch: i32| 90.0 - 60.0 * 1.05_f64.powi(-epoch);
    let values: Vec<f64> = (0..20).map(at).collect();
    let predicted = |engine| observed_at(engine, &values, 0).predicted.unwrap();
    assert!((predicted("corrected") - at(25)).abs() < 1e-6, "{}", predicted("corrected"));
    assert!((predicted("corrected a4nn") - at(25)).abs() < 1e-6);
    assert!((predicted("main") - at(24)).abs() < 1e-3, "{}", predicted("main"));
}
