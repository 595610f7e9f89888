//! `peng replay`: estimators over recorded curves, scored against how the trainings really ended.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};
use peng_estimator::policy::PolicyKind;
use peng_estimator::replay::{Decision, HistoryRule, RecordedRun, Setting, replay};
use peng_estimator::score::{Score, score};
use peng_estimator::{Direction, Outcome, Scale};
use peng_runtime::report::{Align, Table};
use serde::Serialize;
use serde_json::Value;

use crate::commands::curves::Record;
use crate::commands::estimator::{self, Asked};
use crate::failure::{Exit, Failure};
use crate::ui::Ui;

/// Replay estimators over recorded learning curves, and score them
#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// A CSV file with the columns `run_id,epoch,metric,value`, plain or gzip, or a folder with `curves.csv[.gz]`
    #[arg(long, value_name = "PATH")]
    curves: PathBuf,
    /// `KIND[:key=value,...]`, such as `penguin:predict_at=20 epochs`, or a file with an `estimator:` section
    #[arg(long = "estimator", value_name = "E", required = true)]
    estimators: Vec<String>,
    /// The metric [default: `val_accuracy`, else the only `val_*`]
    #[arg(long)]
    metric: Option<String>,
    /// Small values of the metric are good ones
    #[arg(long)]
    lower_is_better: bool,
    /// Confidence of the intervals
    #[arg(long, default_value_t = 0.9, value_name = "SHARE")]
    confidence: f64,
    /// Write every decision to this file, as CSV
    #[arg(long, value_name = "OUT.csv")]
    decisions: Option<PathBuf>,
    /// The form of the scores
    #[arg(long, value_enum, default_value_t)]
    format: ReplayFormat,
}

/// The form of the scores.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum ReplayFormat {
    /// A table
    #[default]
    Human,
    /// A JSON array, an object an estimator
    Json,
}

/// A scored estimator.
#[derive(Serialize)]
struct Scored {
    estimator: String,
    metric: String,
    #[serde(flatten)]
    score: Score,
    #[serde(skip)]
    decisions: Vec<Decision>,
}

/// Replays estimators.
pub(crate) fn run(args: &ReplayArgs, ui: Ui, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let mut asked = Vec::new();
    for text in &args.estimators {
        match estimator::read(text, ui, out)? {
            Some(estimator) => asked.push(estimator),
            None => return Ok(Exit::Findings),
        }
    }
    let record = Record::read(&args.curves)?;
    let direction = if args.lower_is_better { Direction::Minimize } else { Direction::Maximize };
    let mut results = Vec::new();
    for Asked { name, kind, params, metric } in asked {
        let (metric, curves) = record.metric(args.metric.as_deref().or(metric.as_deref()))?;
        let (decisions, score) = scored(kind, &params, direction, &curves, args.confidence)
            .with_context(|| format!("`{name}` cannot be replayed"))
            .map_err(|e| Failure::new(Exit::Usage, format!("{e:#}")))?;
        results.push(Scored { estimator: name, metric: metric.to_owned(), score, decisions });
    }
    if let Some(path) = &args.decisions {
        write_decisions(path, &results).map_err(|e| {
            Failure::new(Exit::Environment, format!("cannot write `{}`: {e}", path.display()))
        })?;
    }
    match args.format {
        ReplayFormat::Human => write!(out, "{}", table(&results))?,
        ReplayFormat::Json => writeln!(out, "{}", serde_json::to_string_pretty(&results)?)?,
    }
    Ok(Exit::Fine)
}

fn scored(
    kind: &dyn PolicyKind,
    params: &Value,
    direction: Direction,
    curves: &[RecordedRun],
    confidence: f64,
) -> anyhow::Result<(Vec<Decision>, Score)> {
    let setting = Setting {
        direction,
        scale: (direction == Direction::Maximize).then_some(Scale::Percent),
        confidence,
        history: HistoryRule::Sequential,
        costs: Vec::new(),
    };
    let decisions = replay(kind, params, &setting, curves)?;
    let score = score(curves, &decisions, confidence)?;
    Ok((decisions, score))
}

fn table(results: &[Scored]) -> String {
    let mut table = Table::new([
        ("estimator", Align::Left),
        ("runs", Align::Right),
        ("converged", Align::Right),
        ("pruned", Align::Right),
        ("saved", Align::Right),
        ("speed-up", Align::Right),
        ("MAE", Align::Right),
        ("bias", Align::Right),
        ("max", Align::Right),
        ("Spearman", Align::Right),
        ("Kendall", Align::Right),
    ]);
    let number =
        |value: Option<f64>, digits: usize| value.map_or("-".to_owned(), |v| format!("{v:.digits$}"));
    for Scored { estimator, score, .. } in results {
        table.row([
            estimator.clone(),
            score.runs.to_string(),
            score.converged.to_string(),
            score.pruned.to_string(),
            format!("{:.1} %", 100.0 * score.saved_share),
            number(score.speed_up, 2),
            number(score.error.map(|e| e.mae), 2),
            number(score.error.map(|e| e.bias), 2),
            number(score.error.map(|e| e.max), 2),
            number(score.spearman, 3),
            number(score.kendall, 3),
        ]);
    }
    table.render(0)
}

fn write_decisions(path: &Path, results: &[Scored]) -> anyhow::Result<()> {
    let mut csv = csv::Writer::from_path(path)?;
    csv.write_record([
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
    ])?;
    for Scored { estimator, decisions, .. } in results {
        for (index, decision) in decisions.iter().enumerate() {
            let end = |i: usize| decision.interval.map_or(String::new(), |interval| interval[i].to_string());
            csv.write_record([
                estimator.clone(),
                String::new(),
                "0".to_owned(),
                index.to_string(),
                decision.run_id.clone(),
                decision.points_seen.to_string(),
                decision.points_planned.to_string(),
                decision.stop_epoch.to_string(),
                word(decision.outcome).to_owned(),
                value(decision.predicted_final),
                end(0),
                end(1),
                value(decision.last_value),
                decision.audit.to_string(),
            ])?;
        }
    }
    csv.flush()?;
    Ok(())
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
