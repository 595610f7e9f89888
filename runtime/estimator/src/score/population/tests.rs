//! Tests of the measures by hand; `tests/score_golden.rs` compares them with SciPy.

use super::*;
use crate::conformance::half_epochs;
use crate::progress::Progress;

const PERCENT: Scoring = Scoring {
    direction: Direction::Maximize,
    scale: Some(Scale::Percent),
    confidence: 0.9,
    seed: 1,
    top: Top::Tenth,
};

/// Two points a run; a run stops after one of them where it has a prediction.
fn replayed(runs: &[(Option<f64>, f64)]) -> (Vec<RecordedRun>, Vec<Decision>) {
    let named = |index: usize| format!("run-{index}");
    let recorded = |(i, &(_, truth)): (usize, &(Option<f64>, f64))| RecordedRun {
        run_id: named(i),
        curve: half_epochs(&[0.0, truth]),
        ..RecordedRun::default()
    };
    let decided = |(i, &(predicted, truth)): (usize, &(Option<f64>, f64))| Decision {
        run_id: named(i),
        points_seen: if predicted.is_some() { 1 } else { 2 },
        points_planned: 2,
        stop_epoch: Progress::new(if predicted.is_some() { 1 } else { 2 }, 2).unwrap(),
        outcome: if predicted.is_some() { Outcome::Converged } else { Outcome::Completed },
        predicted_final: predicted.unwrap_or(truth),
        interval: predicted.map(|p| [p - 2.0, p + 2.0]),
        last_value: 0.0,
        audit: false,
    };
    (runs.iter().enumerate().map(recorded).collect(), runs.iter().enumerate().map(decided).collect())
}

fn scored(runs: &[(Option<f64>, f64)], scoring: &Scoring) -> Scored {
    let (runs, decisions) = replayed(runs);
    score(&runs, &[&decisions], scoring).unwrap()
}

fn value(scored: &Scored, measure: Measure) -> f64 {
    scored.summary.get(measure).unwrap().value
}

#[test]
fn errors_and_effort_are_those_of_the_decisions() {
    let scored = scored(&[(Some(11.0), 10.0), (Some(17.0), 20.0), (None, 30.0), (None, f64::NAN)], &PERCENT);
    let Counts { runs, converged, completed, unscored, epochs_trained, epochs_planned, .. } = scored.counts;
    assert_eq!((runs, converged, completed, unscored), (4, 2, 2, 0));
    assert_eq!((epochs_trained, epochs_planned), (3.0, 4.0));
    for (measure, expected) in [
        (Measure::Saved, 25.0),
        (Measure::SpeedUp, 4.0 / 3.0),
        (Measure::Mae, 1.0),
        (Measure::Shift, -0.5),
        (Measure::MaeStopped, 2.0),
        (Measure::Max, 3.0),
        (Measure::Spearman, 1.0),
        (Measure::Kendall, 1.0),
        (Measure::Completed, 50.0),
        (Measure::Coverage, 50.0),
        // NaN scores 0: percentiles of 0, 10, 20, 30.
        (Measure::Spread, 27.0),
        (Measure::Nmae, 100.0 / 27.0),
        (Measure::Recall, 100.0),
        (Measure::Regret, 0.0),
    ] {
        assert!(
            (value(&scored, measure) - expected).abs() < 1e-9,
            "{measure:?}: {}",
            value(&scored, measure)
        );
    }
}

#[test]
fn without_a_scale_what_is_no_number_ranks_worst_and_has_no_error() {
    let losses = Scoring { direction: Direction::Minimize, scale: None, ..PERCENT };
    let scored =
        scored(&[(Some(1.0), 1.5), (None, 2.0), (Some(f64::NAN), 0.5), (None, f64::INFINITY)], &losses);
    assert_eq!(scored.counts.unscored, 2);
    // A loss that is predicted too low is a score that is predicted too high.
    assert_eq!((value(&scored, Measure::Shift), value(&scored, Measure::Mae)), (0.25, 0.25));
    // The best run was lost: 1.5 is chosen where 0.5 is to be had.
    assert_eq!((value(&scored, Measure::RegretBest), value(&scored, Measure::Recall)), (1.0, 0.0));
    // Truth: 0.5, 1.5, 2, infinity; fitness: 1, 2, and two that are worst.
    assert_eq!(value(&scored, Measure::Spearman), 0.0 + value(&scored, Measure::Spearman));
    assert!(value(&scored, Measure::Kendall).abs() < 0.3);
}

#[test]
fn an_infinite_winner_counts_as_the_worst_run() {
    let plain = Scoring { scale: None, ..PERCENT };
    let scored = scored(&[(Some(99.0), f64::NAN), (None, 10.0), (None, 50.0)], &plain);
    assert_eq!(value(&scored, Measure::RegretBest), 40.0);
    let nothing = score(&[], &[], &plain).unwrap();
    assert_eq!(nothing.summary.get(Measure::Saved), None);
}

#[test]
fn ties_of_the_top_are_told_apart_by_the_order_only_in_strict_recall() {
    let mut runs = vec![(None, 90.0); 2];
    runs.extend(vec![(None, 10.0); 8]);
    runs[0] = (Some(80.0), 90.0);
    let scored = scored(&runs, &PERCENT);
    assert_eq!((value(&scored, Measure::Recall), value(&scored, Measure::RecallTied)), (0.0, 100.0));
    assert_eq!((value(&scored, Measure::Regret), value(&scored, Measure::PaperDifference)), (0.0, 0.0));
}

#[test]
fn without_a_spread_nothing_is_a_share_of_it() {
    let one = scored(&[(Some(60.0), 50.0)], &PERCENT);
    let equal = scored(&[(Some(60.0), 50.0), (None, 50.0), (Some(50.0), 50.0)], &PERCENT);
    for scored in [one, equal] {
        assert_eq!([Measure::Nmae, Measure::Nreg].map(|measure| scored.summary.get(measure)), [None, None]);
        assert_eq!((value(&scored, Measure::Spread), value(&scored, Measure::Regret)), (0.0, 0.0));
        assert!(value(&scored, Measure::Mae) > 3.0);
    }
    // Of few runs, some resamples are one run drawn again and again: they are in no interval of a share.
    let few = scored(&[(Some(60.0), 50.0), (None, 70.0), (None, 90.0)], &PERCENT);
    let [_, high] = few.summary.get(Measure::Nmae).unwrap().interval.unwrap();
    assert!(high < 1000.0, "{high}");
}

#[test]
fn orders_are_averaged_and_resampled_together() {
    let runs: Vec<(Option<f64>, f64)> =
        (0..20).map(|i| (Some(f64::from(i * 7 % 20)), f64::from(i))).collect();
    let (recorded, decisions) = replayed(&runs);
    let once = score(&recorded, &[&decisions], &PERCENT).unwrap();
    let twice = score(&recorded, &[&decisions, &decisions], &PERCENT).unwrap();
    assert_eq!(once.summary, twice.summary);
    assert_eq!((twice.counts.runs, twice.counts.decisions), (20, 40));
    let estimate = once.summary.get(Measure::Mae).unwrap();
    let [low, high] = estimate.interval.unwrap();
    assert!(low < estimate.value && estimate.value < high);
    let unknown = score(&recorded[1..], &[&decisions], &PERCENT);
    assert_eq!(unknown.unwrap_err().to_string(), "no run `run-0` is recorded");
    assert!(score(&[], &[], &Scoring { confidence: 1.0, ..PERCENT }).is_err());
}

#[test]
fn the_top_can_be_a_number_of_runs() {
    let runs = [(Some(40.0), 10.0), (Some(15.0), 20.0), (None, 30.0), (Some(25.0), 30.0), (None, 5.0)];
    let (recorded, decisions) = replayed(&runs);
    let of = |count| Scoring { top: Top::Count(count), ..PERCENT };
    let best = |count| sets(&recorded, &decisions, &of(count)).unwrap();
    assert_eq!(best(2), Sets { truly: vec![2, 3], predicted: vec![0, 2] });
    assert_eq!(best(3), Sets { truly: vec![2, 3, 1], predicted: vec![0, 2, 3] });
    assert_eq!(best(9).truly.len(), 5);
    let scored = |count| scored(&runs, &of(count));
    assert_eq!(
        [1, 2, 3, 9].map(|count| value(&scored(count), Measure::Recall).round()),
        [0.0, 50.0, 67.0, 100.0]
    );
    // The means of the best two in truth, 30, less that of the predicted two, 10 and 30.
    assert_eq!(value(&scored(2), Measure::Regret), 10.0);
    assert_eq!(value(&scored(2), Measure::PaperDifference), 35.0 - 30.0);
}
