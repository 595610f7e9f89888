//! The commands that need the feature `engine`: runs, what is said of them, and the estimators by themselves.

use std::io::{self, BufWriter, Write};

use clap::Subcommand;

use super::{engine, log, replay, report, run, served, status, study, verify, worker};
use crate::failure::Exit;
use crate::ui::Ui;

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum EngineCommand {
    Run(run::RunArgs),
    Study(study::StudyArgs),
    Resume(run::ResumeArgs),
    Status(status::StatusArgs),
    Log(log::LogArgs),
    Report(report::ReportArgs),
    Verify(verify::VerifyArgs),
    Replay(replay::ReplayArgs),
    Engine(engine::EngineArgs),
    #[command(hide = true)]
    Worker(worker::WorkerArgs),
}

impl EngineCommand {
    /// Does what was asked for.
    pub(crate) fn run(&self, ui: Ui, out: &mut dyn Write) -> anyhow::Result<Exit> {
        match self {
            Self::Run(args) => run::run(args, ui, out),
            Self::Study(args) => study::run(args, ui, out),
            Self::Resume(args) => run::resume(args, ui, out),
            Self::Status(args) => status::run(args, ui.paint(), out),
            Self::Log(args) => log::run(args, out),
            Self::Report(args) => report::run(args, out),
            Self::Verify(args) => verify::run(args, ui.paint(), out),
            Self::Replay(args) => replay::run(args, ui, out),
            Self::Engine(args) => served(serve(args, ui)),
            Self::Worker(args) => served(worker::run(args)),
        }
    }
}

/// Serves a client, without whom there is nothing to do.
fn serve(args: &engine::EngineArgs, ui: Ui) -> anyhow::Result<Exit> {
    let mut replies = BufWriter::new(io::stdout());
    let exit = engine::run(args, ui, &mut replies)?;
    replies.flush()?;
    Ok(exit)
}
