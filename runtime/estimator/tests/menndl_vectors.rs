//! `patience` with MENNDL's parameters, on the three curves that PENGUIN's authors published.
//!
//! `data/penguin_cifar100_train_loss.csv` has the training losses of the networks of `penguin_cifar100.csv`, from the same
//! files. Where `stopsDecreasing(trainLoss, epoch, 10)` of PENGUIN's code stops: at the end (40), 20 and 22.5 epochs.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use peng_estimator::{Curve, History, Point, Progress, TrainingFacts, TrialRecord, Verdict, policy};
use serde_json::json;

fn curves(text: &str) -> BTreeMap<&str, Curve> {
    let mut curves: BTreeMap<&str, Curve> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let at = Progress::from_f64(fields[1].parse().unwrap()).unwrap();
        let point = Point { at, value: fields[3].parse().unwrap() };
        curves.entry(fields[0]).or_default().push(point).unwrap();
    }
    curves
}

#[test]
fn menndls_rule_stops_where_it_does() {
    let facts = TrainingFacts::percent(Progress::whole(40), Progress::new(1, 2).unwrap());
    let params = json!({"watch": "train_loss", "patience": 10, "value": "last"});
    let menndl = policy::find("patience").unwrap().build(params, &facts).unwrap();
    assert_eq!(menndl.needs().metrics, ["train_loss"]);
    let losses = curves(include_str!("data/penguin_cifar100_train_loss.csv"));
    let mut stops = Vec::new();
    for (run, curve) in curves(include_str!("data/penguin_cifar100.csv")) {
        let mut trial = TrialRecord::new(0, curve);
        trial.others.insert("train_loss".to_owned(), losses[run].clone());
        let found = menndl.observe(&trial, &History::default());
        let last = trial.curve.points()[found.points - 1];
        if found.verdict.is_stop() {
            assert_eq!(found.verdict, Verdict::Converged { predicted: last.value });
            assert!(last.at.to_f64() - found.fit["best_epoch"] >= 10.0);
        }
        stops.push((found.verdict.is_stop(), last.at.to_f64()));
    }
    assert_eq!(stops, [(false, 40.0), (true, 20.0), (true, 22.5)]);
}
