//! `peng log`: the events of a run, or its learning curves.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use peng_runtime::event::Event;
use peng_runtime::report::curves_csv;
use peng_runtime::state::RunState;
use peng_runtime::store::RunDir;
use peng_runtime::study::StudyDir;

use crate::failure::{Exit, Failure};
use crate::ui::wording::sentence;

/// List the events of a run, one a line, also while it runs
#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    /// The run directory
    dir: PathBuf,
    /// Write the learning curves as CSV instead, with the columns that `peng replay` reads
    #[arg(long)]
    curves: bool,
    /// How events are written
    #[arg(long, value_enum, default_value_t, conflicts_with = "curves")]
    format: LogFormat,
}

/// How events are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// A time and a sentence
    #[default]
    Human,
    /// A JSON object, as in the journal
    Json,
}

/// Lists the events of a run.
pub(crate) fn run(args: &LogArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    if StudyDir::is_one(&args.dir) {
        let dir = args.dir.display();
        let message = format!("`{dir}` is a study, which has a journal for each of its runs");
        let help = format!("name one of them, such as `{dir}/arms/NAME/seed-N`");
        return Err(Failure::new(Exit::Usage, message).help(help).into());
    }
    let dir = RunDir::open(&args.dir).map_err(Failure::from)?;
    let events = dir.journal().map_err(Failure::from)?;
    if args.curves {
        write!(out, "{}", curves_csv(&RunState::fold(&events)))?;
        return Ok(Exit::Fine);
    }
    for event in &events {
        match args.format {
            LogFormat::Human => writeln!(out, "{}", line(event))?,
            LogFormat::Json => writeln!(out, "{}", serde_json::to_string(event)?)?,
        }
    }
    Ok(Exit::Fine)
}

fn line(event: &Event) -> String {
    format!("{}  {}", event.at.strftime("%Y-%m-%dT%H:%M:%SZ"), sentence(&event.kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::sample;

    #[test]
    fn an_event_is_a_time_and_a_sentence() {
        let (_, events) = sample::run();
        let lines: Vec<String> = events.iter().map(line).collect();
        assert_eq!(lines[0], "2026-07-25T17:20:00Z  run started by peng 0.1.0 on cpu with 2 workers");
        let expected =
            "trial 1 at epoch 4: converged, predicted 93.10 (3 predictions within 0.5 pp of their median)";
        assert!(lines.iter().any(|line| line.ends_with(expected)), "{lines:#?}");
        let expected = "trial 5 at epoch 1: val_accuracy not a number, val_loss infinite";
        assert!(lines.iter().any(|line| line.ends_with(expected)), "{lines:#?}");
    }
}
