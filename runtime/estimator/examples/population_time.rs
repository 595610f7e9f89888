//! Times `population` on synthetic networks of 50 points, 30 finished and 70 paused: a refit, a decision at a new point, and
//! a round of confirmation. Prints medians in microseconds.
#![allow(missing_docs, clippy::print_stdout, reason = "a program that prints a table")]
#![allow(clippy::disallowed_methods, reason = "a program that measures time")]

use std::time::Instant;

use peng_estimator::{
    Curve, EndedTrial, Estimator, History, Outcome, Point, Progress, TrainingFacts, TrialRecord, policy,
};

const POINTS: usize = 50;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let facts = TrainingFacts::percent(Progress::whole(POINTS as u32), Progress::whole(1));
    let kind = policy::find("population").ok_or("no such kind")?;
    let estimator = kind.build(serde_json::json!({}), &facts).map_err(|issues| issues[0].to_string())?;
    for finished in [5, 10, 20, 30] {
        measure(&*estimator, &history(finished, 100 - finished)?)?;
    }
    Ok(())
}

fn measure(estimator: &dyn Estimator, history: &History) -> Result<(), Box<dyn std::error::Error>> {
    let trial = TrialRecord::new(101, curve(101, POINTS)?);
    let early = trial.prefix(1);
    let refit = median(|| drop(estimator.learn(history).judge(&early, 0)), 21);
    let rule = estimator.learn(history);
    rule.judge(&early, 0);
    let watched = trial.prefix(25);
    let decision = median(|| drop(rule.judge(&watched, 24)), 501);
    let round = median(|| drop(estimator.revise(history)), 21);
    let finished = history.trials.iter().filter(|trial| trial.outcome == Outcome::Completed).count();
    println!(
        "{finished} finished: refit {refit:.0}, decision {decision:.1}, round of confirmation {round:.0}"
    );
    Ok(())
}

fn median(mut work: impl FnMut(), times: usize) -> f64 {
    let mut spans: Vec<f64> = (0..times)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    spans.sort_by(f64::total_cmp);
    spans[times / 2]
}

fn history(finished: usize, paused: usize) -> Result<History, Box<dyn std::error::Error>> {
    let trials = (0..finished + paused).map(|number| {
        let outcome = if number < finished { Outcome::Completed } else { Outcome::Converged };
        let curve = curve(number, if number < finished { POINTS } else { 8 + number % 20 })?;
        let fitness = curve.last().map_or(f64::NAN, |point| point.value);
        Ok(EndedTrial { record: TrialRecord::new(number, curve), points_planned: POINTS, outcome, fitness })
    });
    Ok(History { trials: trials.collect::<Result<_, Box<dyn std::error::Error>>>()? })
}

fn curve(number: usize, points: usize) -> Result<Curve, Box<dyn std::error::Error>> {
    let (top, rate) = (60.0 + (number * 7 % 31) as f64, 1.05 + (number * 5 % 11) as f64 / 40.0);
    let mut curve = Curve::new();
    for epoch in 1..=points as u32 {
        let noise = f64::from(epoch * 37 % 11) / 10.0;
        curve.push(Point {
            at: Progress::whole(epoch),
            value: top - 40.0 * rate.powi(-(epoch as i32)) + noise,
        })?;
    }
    Ok(curve)
}
