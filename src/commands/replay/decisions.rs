//! `--decisions`: every decision as a row of a CSV file.

use std::io::{self, Write};

use peng_estimator::Outcome;

use crate::commands::replay::compare::Played;

const COLUMNS: [&str; 14] = [
    "policy",
    "population",
    "order",
    "index",
    "run_id",
    "points_seen",
    "points_planned",
    "stop_epoch",
    "outcome",
    "predicted_final",
    "interval_low",
    "interval_high",
    "last_value",
    "audit",
];

/// Writes the decisions.
pub(super) fn write(out: &mut dyn Write, played: &[Played<'_>]) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(COLUMNS)?;
    for Played { estimator, population, orders, .. } in played {
        for (number, decisions) in orders {
            let number = number.to_string();
            for (index, decision) in decisions.iter().enumerate() {
                let end =
                    |i: usize| decision.interval.map_or(String::new(), |interval| interval[i].to_string());
                csv.write_record([
                    estimator,
                    population.name.as_str(),
                    &number,
                    &index.to_string(),
                    &decision.run_id,
                    &decision.points_seen.to_string(),
                    &decision.points_planned.to_string(),
                    &decision.stop_epoch.to_string(),
                    word(decision.outcome),
                    &value(decision.predicted_final),
                    &end(0),
                    &end(1),
                    &value(decision.last_value),
                    &decision.audit.to_string(),
                ])?;
            }
        }
    }
    csv.flush()
}

/// NaN is an empty field, as in the curves.
fn value(value: f64) -> String {
    if value.is_nan() { String::new() } else { value.to_string() }
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Completed => "completed",
        Outcome::Converged => "converged",
        Outcome::Pruned => "pruned",
        Outcome::Failed => "failed",
    }
}
