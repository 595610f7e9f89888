//! `a4nn` against what its authors recorded for 300 networks, and every published engine against a second
//! implementation on `SciPy`'s fits, `published_golden.py`.
//!
//! Fits that end near their limit of evaluations hang on the last bit, so a thousandth of them may differ.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use peng_estimator::family::exp3;
use peng_estimator::{
    Curve, History, Observation, Point, Progress, TrainingFacts, TrialRecord, Verdict, policy,
};
use serde_json::{Value, json};

/// The largest difference of predictions that counts as agreement, in percentage points.
const TOLERANCE: f64 = 0.02;

struct Run {
    values: Vec<f64>,
    /// Whether the authors' engine converged; only where that was recorded.
    recorded: Option<bool>,
}

/// What the second implementation does on a run.
struct Golden {
    engine: &'static str,
    run: &'static str,
    /// Where it converges, and what it predicts there.
    stop: Option<(usize, f64)>,
    /// How many points the first fit has.
    first: usize,
    fits: Vec<Option<f64>>,
}

fn lines(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split(',').collect())
}

fn numbers(text: &str) -> Vec<f64> {
    text.split(' ').map(|value| value.parse().unwrap()).collect()
}

fn a4nn_runs() -> BTreeMap<&'static str, Run> {
    let runs = lines(include_str!("data/a4nn_curves.csv"))
        .map(|f| (f[0], Run { recorded: Some(f[1] == "1"), values: numbers(f[2]) }));
    runs.collect()
}

fn other_runs() -> BTreeMap<&'static str, Run> {
    let runs = lines(include_str!("data/scipy_curves.csv"))
        .map(|f| (f[0], Run { recorded: None, values: numbers(f[1]) }));
    runs.collect()
}

fn golden(engine: &str) -> Vec<Golden> {
    let rows = lines(include_str!("data/published_golden.csv")).filter(|f| f[0] == engine).map(|f| {
        let (first, fits) = f[4].split_once(':').unwrap();
        Golden {
            engine: f[0],
            run: f[1],
            stop: f[2].parse().ok().map(|points| (points, f[3].parse().unwrap())),
            first: first.parse().unwrap(),
            fits: fits.split(' ').map(|value| value.parse().ok()).collect(),
        }
    });
    rows.collect()
}

fn observed(kind: &str, params: Value, values: &[f64]) -> Observation {
    let facts = TrainingFacts::percent(Progress::whole(values.len() as u32), Progress::whole(1));
    let estimator = policy::find(kind).unwrap().build(params, &facts).unwrap();
    let point = |(&value, at)| Point { at: Progress::whole(at), value };
    let curve = Curve::try_from(values.iter().zip(1..).map(point).collect::<Vec<_>>()).unwrap();
    estimator.observe(&TrialRecord::new(0, curve), &History::default())
}

/// The share of epochs saved, in percent, and how many runs converge.
fn converges_like(rows: &[Golden], runs: &BTreeMap<&str, Run>, kind: &str, params: &Value) -> (f64, usize) {
    let (mut trained, mut planned, mut converged) = (0, 0, 0);
    for row in rows {
        let run = &runs[row.run];
        let found = observed(kind, params.clone(), &run.values);
        let stops = found.verdict.is_stop();
        if let Some(recorded) = run.recorded {
            assert_eq!(stops, recorded, "{}: {found:?}", row.run);
        }
        match row.stop {
            None => assert_eq!(found.verdict, Verdict::Continue, "{} {}", row.engine, row.run),
            Some((points, predicted)) => {
                assert!(stops, "{} {}: {found:?}", row.engine, row.run);
                assert_eq!(found.points, points, "{} {}: {found:?}", row.engine, row.run);
                let apart = (found.predicted.unwrap() - predicted).abs();
                assert!(apart <= TOLERANCE, "{} {}: {found:?}, {predicted}", row.engine, row.run);
            }
        }
        planned += run.values.len();
        trained += if stops { found.points } else { run.values.len() };
        converged += usize::from(stops);
    }
    (100.0 * (1.0 - trained as f64 / planned as f64), converged)
}

/// How many fits there are with at least `fewest` points, and how many differ.
fn fits_apart(
    rows: &[Golden],
    runs: &BTreeMap<&str, Run>,
    setup: &exp3::Setup,
    fewest: usize,
) -> (usize, usize) {
    let (mut all, mut apart) = (0, 0);
    for row in rows {
        let values = &runs[row.run].values;
        for (points, expected) in (row.first..).zip(&row.fits).filter(|&(points, _)| points >= fewest) {
            let found = exp3::fit_as(&values[..points], setup).ok().map(|fit| {
                if *setup == exp3::PENG4NN { fit.x[0] } else { exp3::value(&fit.x, values.len() as f64) }
            });
            all += 1;
            apart += usize::from(match (found.filter(|found| found.is_finite()), expected) {
                (None, None) => false,
                (Some(found), Some(expected)) => (found - expected).abs() > TOLERANCE,
                (None, Some(_)) | (Some(_), None) => true,
            });
        }
    }
    (all, apart)
}

#[test]
fn a4nn_converges_where_its_authors_recorded_it() {
    let (rows, runs) = (golden("a4nn"), a4nn_runs());
    for (beam, saved, converged) in [("1e14", 15.6, 68), ("1e15", 35.2, 73), ("1e16", 34.8, 61)] {
        let of_beam = |row: &Golden| row.run.starts_with(&format!("1gpu_{beam}"));
        let rows: Vec<Golden> = golden("a4nn").into_iter().filter(of_beam).collect();
        assert_eq!(rows.len(), 100);
        let found = converges_like(&rows, &runs, "a4nn", &json!({}));
        assert!((found.0 - saved).abs() < 0.05, "{beam}: {} % saved, expected {saved}", found.0);
        assert_eq!(found.1, converged, "{beam}");
    }
    let (all, apart) = fits_apart(&rows, &runs, &exp3::A4NN, 4);
    assert_eq!(all, 300 * 22);
    assert!(apart * 1000 <= all, "{apart} of {all} differ");
}

#[test]
fn variants_of_penguin_converge_where_they_do_with_scipy() {
    let runs = other_runs();
    // `scipy_golden.rs` has `main`.
    for variant in ["modular", "asymptote"] {
        let rows = golden(variant);
        assert_eq!(rows.len(), runs.len());
        let (_, converged) = converges_like(&rows, &runs, "penguin", &json!({"variant": variant}));
        assert!(converged > runs.len() / 2, "{variant}: {converged}");
        assert!(converged < runs.len(), "{variant}: {converged}");
    }
}

/// Under a <= 102.5 more fits hang on the last bit than a thousandth: three do. `SciPy` itself, on data multiplied by
/// 1 - 4e-16 to 1 + 9e-16, finds no fit or 102.4997 to 102.4999 for one of them, 79.8 to 82.0 for another, and for the
/// third no fit but without a factor.
#[test]
fn asymptotes_agree() {
    let (all, apart) = fits_apart(&golden("asymptote"), &other_runs(), &exp3::PENG4NN, 3);
    assert!(all > 2000);
    assert!(apart * 1000 <= 2 * all, "{apart} of {all} differ");
}

/// How many converge was counted by a second implementation of the rule, on the same exact fits.
#[test]
fn corrected_engines_are_one_rule() {
    for (beam, expected) in [("1e14", 49), ("1e15", 83), ("1e16", 84)] {
        let mut converged = 0;
        for (name, run) in a4nn_runs().iter().filter(|(name, _)| name.starts_with(&format!("1gpu_{beam}"))) {
            let of =
                |kind, params| Observation { rule: String::new(), ..observed(kind, params, &run.values) };
            let penguin = of("penguin", json!({"corrected": true}));
            assert_eq!(penguin, of("penguin", json!({"corrected": true, "variant": "modular"})), "{name}");
            assert_eq!(penguin, of("a4nn", json!({"corrected": true})), "{name}");
            converged += usize::from(penguin.verdict.is_stop());
        }
        assert_eq!(converged, expected, "{beam}");
    }
}
