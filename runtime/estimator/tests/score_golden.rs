//! The measures against SciPy and NumPy: `score_golden.py` wrote the golden file.

#![allow(clippy::unwrap_used)]

use peng_estimator::score::{Measure, Scoring, Top, score};
use peng_estimator::{Curve, Decision, Direction, Outcome, Point, Progress, RecordedRun, Scale};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    truth: Vec<Option<f64>>,
    fitness: Vec<f64>,
    seen: Vec<usize>,
    planned: Vec<usize>,
    measures: serde_json::Map<String, serde_json::Value>,
}

fn recorded(case: &Case, run: usize) -> RecordedRun {
    let last = case.planned[run];
    let point = |epoch: usize| Point {
        at: Progress::whole(u32::try_from(epoch).unwrap()),
        value: if epoch == last { case.truth[run].unwrap_or(f64::NAN) } else { 0.0 },
    };
    let curve = Curve::try_from((1..=last).map(point).collect::<Vec<_>>()).unwrap();
    RecordedRun { run_id: run.to_string(), curve, ..RecordedRun::default() }
}

fn decided(case: &Case, run: usize) -> Decision {
    let (seen, planned) = (case.seen[run], case.planned[run]);
    Decision {
        run_id: run.to_string(),
        points_seen: seen,
        points_planned: planned,
        stop_epoch: Progress::whole(u32::try_from(seen).unwrap()),
        outcome: if seen < planned { Outcome::Converged } else { Outcome::Completed },
        predicted_final: case.fitness[run],
        interval: None,
        last_value: 0.0,
        audit: false,
    }
}

#[test]
fn every_measure_is_scipys() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("data/score_golden.json")).unwrap();
    assert!(cases.len() > 5);
    for (number, case) in cases.iter().enumerate() {
        let runs: Vec<RecordedRun> = (0..case.truth.len()).map(|run| recorded(case, run)).collect();
        let decisions: Vec<Decision> = (0..case.truth.len()).map(|run| decided(case, run)).collect();
        let scoring = Scoring {
            direction: Direction::Maximize,
            scale: Some(Scale::Percent),
            confidence: 0.9,
            seed: 0,
            top: Top::Tenth,
        };
        let scored = score(&runs, &[&decisions], &scoring).unwrap();
        assert!(case.measures.len() > 15);
        for (name, expected) in &case.measures {
            let found = scored.summary.get(Measure::find(name).unwrap()).map(|estimate| estimate.value);
            let (Some(expected), Some(found)) = (expected.as_f64(), found) else {
                assert!(
                    expected.is_null() && found.is_none(),
                    "case {number}, {name}: {found:?}, expected {expected}"
                );
                continue;
            };
            let slack = 1e-10 * expected.abs().max(1.0);
            assert!((found - expected).abs() <= slack, "case {number}, {name}: {found}, expected {expected}");
        }
    }
}
