//! How long `population` takes on synthetic networks of 50 points, of 30 decision points each: a refit after a training has
//! finished, what is learned after one has paused, a decision at a new measurement, and a round of confirmation, by how many trainings have finished.
//!
//! `cargo bench -p peng-estimator --bench population` prints medians, one thread.
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark reads the clock and prints")]

use std::hint::black_box;
use std::time::Instant;

use peng_estimator::{
    Curve, EndedTrial, Estimator, History, Outcome, Point, Progress, TrainingFacts, TrialRecord, policy,
};

const POINTS: u32 = 50;
/// Trainings that have ended; those that have not finished are paused.
const ENDED: usize = 100;

fn main() {
    let facts = TrainingFacts::percent(Progress::whole(POINTS), Progress::whole(1));
    let kind = policy::find("population").expect("the kind is built in");
    let fresh = || kind.build(serde_json::json!({}), &facts).expect("the defaults fit");
    println!("medians, one thread; {ENDED} trainings of {POINTS} points, of which so many have finished");
    for finished in [5, 10, 20, 30, 60] {
        report(fresh, &history(finished));
    }
}

/// A fresh estimator remembers no model.
fn report(fresh: impl Fn() -> Box<dyn Estimator>, history: &History) {
    let estimator = fresh();
    let trial = TrialRecord::new(ENDED + 1, curve(ENDED + 1, POINTS));
    let early = trial.prefix(1);
    let learn =
        |estimator: Box<dyn Estimator>| drop(black_box(estimator.learn(black_box(history)).judge(&early, 0)));
    let refit = median_micros(31, || learn(fresh()));
    let rule = estimator.learn(history);
    rule.judge(&early, 0);
    let paused =
        median_micros(1001, || drop(black_box(estimator.learn(black_box(history)).judge(&early, 0))));
    let watched = trial.prefix(25);
    let decision = median_micros(1001, || drop(black_box(rule.judge(black_box(&watched), 24))));
    let round = median_micros(31, || drop(black_box(fresh().revise(black_box(history)))));
    let finished = history.trials.iter().filter(|trial| trial.outcome == Outcome::Completed).count();
    println!(
        "{finished:>3} finished: refit {refit:>7.0} us, after a pause {paused:>5.0} us, decision {decision:>5.1} us, round of confirmation {round:>7.0} us"
    );
}

fn median_micros(times: usize, mut work: impl FnMut()) -> f64 {
    let mut micros: Vec<f64> = (0..times)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    micros.sort_by(f64::total_cmp);
    micros[times / 2]
}

fn history(finished: usize) -> History {
    let ended = |number: usize| {
        // Spread evenly, the newest being one of them.
        let (outcome, points) = if (number + 1) * finished / ENDED > number * finished / ENDED {
            (Outcome::Completed, POINTS)
        } else {
            (Outcome::Converged, 8 + number as u32 % 20)
        };
        let curve = curve(number, points);
        let fitness = curve.last().map_or(f64::NAN, |point| point.value);
        let record = TrialRecord::new(number, curve);
        EndedTrial { record, points_planned: POINTS as usize, outcome, fitness }
    };
    History { trials: (0..ENDED).map(ended).collect() }
}

fn curve(number: usize, points: u32) -> Curve {
    let (top, rate) = (60.0 + (number * 7 % 31) as f64, 1.05 + (number * 5 % 11) as f64 / 40.0);
    let mut curve = Curve::new();
    for epoch in 1..=points {
        let noise = f64::from(epoch * 37 % 11) / 10.0;
        let value = top - 40.0 * rate.powi(-(epoch as i32)) + noise;
        curve.push(Point { at: Progress::whole(epoch), value }).expect("epochs rise");
    }
    curve
}
