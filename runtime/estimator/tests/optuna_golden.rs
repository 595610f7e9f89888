//! The pruning rules against Optuna's pruners on recorded curves; `optuna_golden.py` makes the expected file.
//!
//! Curves have 20, 25 or 40 epochs. Nothing may differ: both rules only compare.
#![allow(clippy::unwrap_used)]

use peng_estimator::{
    Curve, Direction, EndedTrial, History, Outcome, Point, Progress, TrainingFacts, TrialRecord, Verdict,
    policy,
};
use serde_json::{Value, json};

const CURVES: &str = include_str!("data/scipy_curves.csv");
const GOLDEN: &str = include_str!("data/optuna_golden.csv");

/// Which of the recorded values are shown.
#[derive(Clone, Copy)]
enum Shown {
    All,
    /// Some are NaN.
    WithGaps,
}

fn curves(direction: Direction, shown: Shown) -> Vec<(&'static str, Curve)> {
    let lines = CURVES.lines().filter(|line| !line.starts_with('#'));
    let parsed = lines.enumerate().map(|(index, line)| {
        let (run, values) = line.split_once(',').unwrap();
        let points = values.split(' ').zip(1..).map(|(value, epoch)| {
            let value: f64 = value.parse().unwrap();
            let value = match direction {
                Direction::Maximize => value,
                Direction::Minimize => 100.0 - value,
            };
            let value = match shown {
                Shown::WithGaps if (7 * index + 3 * (epoch as usize - 1)).is_multiple_of(11) => f64::NAN,
                Shown::WithGaps | Shown::All => value,
            };
            Point { at: Progress::whole(epoch), value }
        });
        (run, Curve::try_from(points.collect::<Vec<_>>()).unwrap())
    });
    parsed.collect()
}

fn check(case: &str, kind: &str, params: &Value, direction: Direction, shown: Shown) {
    let mut history = History::default();
    let (mut pruned, mut seen) = (0, 0);
    let rows = GOLDEN.lines().filter_map(|row| row.strip_prefix(case)?.strip_prefix(','));
    for (row, (run, curve)) in rows.zip(curves(direction, shown)) {
        let (name, expected) = row.split_once(',').unwrap();
        assert_eq!(name, run);
        let planned = curve.len();
        let facts = TrainingFacts {
            direction,
            ..TrainingFacts::percent(Progress::whole(planned as u32), Progress::whole(1))
        };
        let estimator = policy::find(kind).unwrap().build(params.clone(), &facts).unwrap();
        let record = TrialRecord::new(seen, curve);
        let found = estimator.observe(&record, &history);
        let (points, outcome) = match found.verdict {
            Verdict::Continue => (planned, Outcome::Completed),
            Verdict::Pruned => (found.points, Outcome::Pruned),
            Verdict::Converged { .. } => panic!("{case}, {run}: {found:?}"),
        };
        let pruned_at = if outcome == Outcome::Pruned { points } else { 0 };
        assert_eq!(pruned_at, expected.parse::<usize>().unwrap(), "{case}, {run}: {found:?}");
        let record = record.prefix(points);
        let fitness = record.curve.last().unwrap().value;
        history.trials.push(EndedTrial { record, points_planned: planned, outcome, fitness });
        pruned += usize::from(outcome == Outcome::Pruned);
        seen += 1;
    }
    assert_eq!(seen, 122, "{case}");
    assert!(pruned > 30 && pruned < 122, "{case}: {pruned} pruned");
}

#[test]
fn median_prunes_where_optuna_does() {
    let rising = Direction::Maximize;
    check("median", "median", &json!({}), rising, Shown::All);
    check("median_falling", "median", &json!({"startup_trials": 1}), Direction::Minimize, Shown::All);
    let intervals = json!({"startup_trials": 2, "warmup": 5, "every": 3});
    check("median_interval", "median", &intervals, rising, Shown::All);
    check("median_gaps", "median", &json!({"warmup": 2}), rising, Shown::WithGaps);
}

#[test]
fn asha_prunes_where_optuna_does() {
    let rungs = |reduction, first| json!({"reduction": reduction, "first_rung": first, "rungs": 9});
    check("asha_3", "asha", &rungs(3, 1), Direction::Maximize, Shown::All);
    check("asha_4_falling", "asha", &rungs(4, 2), Direction::Minimize, Shown::All);
    check("asha_2_gaps", "asha", &rungs(2, 1), Direction::Maximize, Shown::WithGaps);
}
