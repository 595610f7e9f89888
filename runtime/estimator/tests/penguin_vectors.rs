//! The rule against the three curves that its authors published.
//!
//! `data/penguin_cifar100.csv`: github.com/TauferLab/PENGUIN, data-CIFAR100/models, commit a0eb04d,
//! Apache-2.0; validation accuracies (percent) at half epochs, written with 6 significant digits.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use peng_estimator::{Curve, History, Point, Progress, TrainingFacts, TrialRecord, Verdict, policy};
use serde_json::json;

fn curves() -> BTreeMap<String, Curve> {
    let mut curves: BTreeMap<String, Curve> = BTreeMap::new();
    for line in include_str!("data/penguin_cifar100.csv").lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let at = Progress::from_f64(fields[1].parse().unwrap()).unwrap();
        let point = Point { at, value: fields[3].parse().unwrap() };
        curves.entry(fields[0].to_owned()).or_default().push(point).unwrap();
    }
    curves
}

#[test]
fn the_published_curves_converge_where_they_should() {
    let half = Progress::new(1, 2).unwrap();
    let facts = TrainingFacts::percent(Progress::whole(40), half);
    let penguin = policy::find("penguin").unwrap().build(json!({"predict_at": 20}), &facts).unwrap();
    // The last three predictions are those of the points up to the stop.
    let expected = [
        ("13_56_59_917381", 3.0, [1.00426, 1.46258, 1.188_782_157_4]),
        ("13_55_26_539263", 4.0, [24.91690, 25.30174, 25.712_058_819_7]),
        ("14_01_32_105932", 8.5, [23.20443, 22.64979, 22.819_695_014_2]),
    ];
    let curves = curves();
    for (run, epoch, window) in expected {
        let curve = &curves[&format!("penguin_2021_02_15_{run}")];
        let rule = penguin.learn(&History::default());
        let trial = TrialRecord::new(0, curve.clone());
        let stop = rule.judge(&trial, 0);
        assert_eq!(curve.points()[stop.points - 1].at.to_f64(), epoch, "{run}: {stop:?}");
        assert_eq!(stop.verdict, Verdict::Converged { predicted: stop.predicted.unwrap() });
        // A failed fit is skipped, so the window need not be that of the last three points.
        let observed = (1..=stop.points).map(|points| rule.judge(&trial.prefix(points), 0));
        let found: Vec<f64> = observed.filter_map(|observation| observation.predicted).collect();
        assert!(found.len() >= window.len(), "{run}: {found:?}");
        for (found, expected) in found[found.len() - window.len()..].iter().zip(window) {
            assert!((found - expected).abs() < 1e-4, "{run}: {found}, expected {expected}");
        }
    }
}
