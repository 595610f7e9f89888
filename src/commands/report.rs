//! `peng report`: what a run did, from its plan and its journal alone, also while it runs.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, ValueEnum};
use peng_runtime::report::{Report, html, markdown, trials_csv};
use peng_runtime::state::RunState;
use peng_runtime::store::RunDir;
use peng_runtime::study::StudyDir;

use crate::commands::study::{self, Form};
use crate::failure::{Exit, Failure};

/// Report what a run did or a study found: one self-contained page, or a table of its trials
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The directory of the run or study
    dir: PathBuf,
    /// The file to write; `-` is the output stream [default: DIR/report.html for a page, else `-`]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// What is written
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
}

/// What is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    /// One page with figures that needs nothing else
    #[default]
    Html,
    /// Text for a pull request
    Markdown,
    /// All of it for programs, with curves
    Json,
    /// The table `trials.csv`
    Csv,
}

/// Writes the report of a run.
pub(crate) fn run(args: &ReportArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    if StudyDir::is_one(&args.dir) {
        let form = match args.format {
            ReportFormat::Html => Form::Html,
            ReportFormat::Markdown => Form::Markdown,
            ReportFormat::Json => Form::Json,
            ReportFormat::Csv => {
                let message = "a study has no table of trials: each of its runs has one";
                let help = "name one of its run directories, such as `arms/NAME/seed-N`";
                return Err(Failure::new(Exit::Usage, message).help(help).into());
            }
        };
        return study::report(&args.dir, form, args.output.as_ref(), out);
    }
    let dir = RunDir::open(&args.dir).map_err(Failure::from)?;
    let plan = dir.plan().map_err(Failure::from)?;
    let state = RunState::fold(&dir.journal().map_err(Failure::from)?);
    let text = match args.format {
        ReportFormat::Html => html(&Report::new(&plan, &state)),
        ReportFormat::Markdown => markdown(&Report::new(&plan, &state)),
        ReportFormat::Json => Report::new(&plan, &state).to_json(),
        ReportFormat::Csv => trials_csv(&plan, &state),
    };
    let path = match (&args.output, args.format) {
        (Some(path), _) if path.as_os_str() != "-" => {
            std::fs::write(path, &text).with_context(|| format!("cannot write `{}`", path.display()))?;
            path.clone()
        }
        (None, ReportFormat::Html) => dir.write("report.html", text.as_bytes()).map_err(Failure::from)?,
        (Some(_) | None, _) => {
            write!(out, "{text}")?;
            return Ok(Exit::Fine);
        }
    };
    writeln!(out, "{}", path.display())?;
    Ok(Exit::Fine)
}
