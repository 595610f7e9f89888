//! What a checker answers to the commands that it lacks; the list is that of `with_engine.rs`, without the hidden one.

use std::io::Write;

use clap::Subcommand;

use super::absent::{Anything, failure};
use crate::failure::Exit;
use crate::ui::Ui;

/// The commands, which take any arguments.
#[derive(Debug, Subcommand)]
pub(crate) enum EngineCommand {
    #[command(hide = true, disable_help_flag = true)]
    Run(Anything),
    #[command(hide = true, disable_help_flag = true)]
    Study(Anything),
    #[command(hide = true, disable_help_flag = true)]
    Resume(Anything),
    #[command(hide = true, disable_help_flag = true)]
    Status(Anything),
    #[command(hide = true, disable_help_flag = true)]
    Log(Anything),
    #[command(hide = true, disable_help_flag = true)]
    Report(Anything),
    #[command(hide = true, disable_help_flag = true)]
    Verify(Anything),
    #[command(hide = true, disable_help_flag = true)]
    Replay(Anything),
    #[command(hide = true, disable_help_flag = true)]
    Engine(Anything),
}

impl EngineCommand {
    /// Tells which feature the command needs.
    pub(crate) fn run(&self, _ui: Ui, _out: &mut dyn Write) -> anyhow::Result<Exit> {
        let (command, feature) = match self {
            Self::Run(_) => ("run", "train"),
            Self::Study(_) => ("study", "train"),
            Self::Resume(_) => ("resume", "train"),
            Self::Status(_) => ("status", "engine"),
            Self::Log(_) => ("log", "engine"),
            Self::Report(_) => ("report", "engine"),
            Self::Verify(_) => ("verify", "engine"),
            Self::Replay(_) => ("replay", "engine"),
            Self::Engine(_) => ("engine", "engine"),
        };
        Err(failure(command, feature).into())
    }
}
