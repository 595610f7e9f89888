//! The page of a comparison: complete, self-contained, and safe with hostile names.

use peng_estimator::score::{Scoring, Top, score};
use peng_estimator::{Curve, Decision, Outcome, Point, Progress, RecordedRun};

use super::*;

/// An estimator on one population of runs, of which it stops those in `stopped` at half, `off` points too high.
fn compared(name: &str, stopped: std::ops::Range<u32>, off: f64) -> Compared {
    let runs: Vec<RecordedRun> = (0..20)
        .map(|number| {
            let points = [1, 2]
                .map(|epoch| Point { at: Progress::whole(epoch), value: f64::from(number * epoch) * 2.0 });
            let curve = Curve::try_from(points.to_vec()).unwrap();
            RecordedRun { run_id: number.to_string(), curve, ..RecordedRun::default() }
        })
        .collect();
    let decide = |(number, run): (u32, &RecordedRun)| {
        let last = run.curve.last().unwrap();
        let is_stopped = stopped.contains(&number);
        let predicted_final = if is_stopped { last.value + off * f64::from(number % 5) } else { last.value };
        Decision {
            run_id: run.run_id.clone(),
            points_seen: if is_stopped { 1 } else { 2 },
            points_planned: 2,
            stop_epoch: if is_stopped { Progress::whole(1) } else { last.at },
            outcome: if is_stopped { Outcome::Converged } else { Outcome::Completed },
            predicted_final,
            interval: is_stopped.then_some([predicted_final - 1.0, predicted_final + 1.0]),
            last_value: last.value,
            audit: false,
        }
    };
    let decisions: Vec<Decision> = (0..).zip(&runs).map(decide).collect();
    let scoring = Scoring {
        direction: Direction::Maximize,
        scale: Some(Scale::Percent),
        confidence: 0.9,
        seed: 3,
        top: Top::Tenth,
    };
    let scored = score(&runs, &[&decisions], &scoring).unwrap();
    let summary = scored.summary.clone();
    Compared {
        estimator: name.to_owned(),
        mean: summary.clone(),
        median: *summary.values(),
        by_dataset: vec![ComparedDataset {
            dataset: "curves".to_owned(),
            metric: "val_accuracy".to_owned(),
            direction: Direction::Maximize,
            scale: Some(Scale::Percent),
            populations: 1,
            runs: 20,
            unmeasured: 5,
            summary,
        }],
        by_population: vec![ComparedPopulation {
            dataset: "curves".to_owned(),
            population: "curves".to_owned(),
            recorded: 20,
            scored,
        }],
        not_replayed: Vec::new(),
    }
}

fn comparison(estimators: Vec<Compared>) -> Comparison {
    Comparison {
        format: REPLAY_FORMAT,
        confidence: 0.9,
        history: "sequential".to_owned(),
        orders: "1".to_owned(),
        limit: None,
        estimators,
    }
}

#[test]
fn the_page_needs_nothing_else() {
    let page = html(&comparison(vec![compared("half", 0..10, 1.0), compared("never", 0..0, 0.0)]));
    for outside in ["http", "src=", "href=", "url(", "@import", "<script", "NaN"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("prefers-color-scheme: dark") && page.contains("figure-pareto"));
    assert!(page.contains("20 runs in 1 population, 5 runs without the metric left out"));
}

#[test]
fn hostile_names_are_escaped() {
    let hostile = "</title><script>alert('x')</script>";
    let mut one = compared(hostile, 0..10, 1.0);
    one.not_replayed.push(NotReplayed { population: hostile.to_owned(), reason: hostile.to_owned() });
    one.by_dataset[0].dataset = hostile.to_owned();
    let page = html(&comparison(vec![one]));
    assert!(!page.contains("<script"));
    assert!(page.contains("&lt;script&gt;"));
}

#[test]
fn those_that_another_one_beats_are_paler() {
    let page = html(&comparison(vec![
        compared("good", 0..10, 0.0),
        compared("bad", 10..15, -9.0),
        compared("never", 0..0, 0.0),
    ]));
    assert_eq!(page.matches(r#"class="observed faint""#).count(), 2);
    assert_eq!(page.matches(r#"class="observed""#).count(), 1);
}

#[test]
fn nothing_to_compare_is_a_page_too() {
    let page = html(&comparison(Vec::new()));
    assert!(page.contains("0 estimators on 0 data sets") && !page.contains("figure-pareto"));
}

#[test]
fn numbers_have_the_digits_of_their_unit() {
    assert_eq!(measured(Measure::Saved, 28.149), "28.1 %");
    assert_eq!(measured(Measure::Mae, -0.001), "0.00");
    assert_eq!(number(Measure::Spearman, 0.5), "0.500");
}
