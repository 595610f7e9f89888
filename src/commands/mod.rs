//! The commands, a file each, and which arguments lead to which.

pub(crate) mod arch;
pub(crate) mod check;
pub(crate) mod config;
mod curves;
pub(crate) mod engine;
mod estimator;
pub(crate) mod explain;
pub(crate) mod init;
pub(crate) mod kinds;
mod load;
pub(crate) mod log;
#[cfg(feature = "lsp")]
pub(crate) mod lsp;
pub(crate) mod plan;
pub(crate) mod replay;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod schema;
mod specs;
pub(crate) mod status;
pub(crate) mod verify;
pub(crate) mod worker;

use std::io::{BufWriter, Write};

use crate::args::Command;
use crate::failure::Exit;
use crate::ui::Ui;

/// Does what was asked for.
pub(crate) fn dispatch(command: &Command, ui: Ui) -> anyhow::Result<Exit> {
    let mut out = BufWriter::new(std::io::stdout());
    let exit = match command {
        Command::Init(args) => init::run(args, ui, &mut out),
        Command::Check(args) => check::run(args, ui, &mut out),
        Command::Config(args) => config::run(args, ui, &mut out),
        Command::Plan(args) => plan::run(args, ui, &mut out),
        Command::Arch(args) => arch::run(args, ui, &mut out),
        Command::Run(args) => run::run(args, ui, &mut out),
        Command::Resume(args) => run::resume(args, ui, &mut out),
        Command::Status(args) => status::run(args, ui.paint(), &mut out),
        Command::Log(args) => log::run(args, &mut out),
        Command::Report(args) => report::run(args, &mut out),
        Command::Verify(args) => verify::run(args, ui.paint(), &mut out),
        Command::Replay(args) => replay::run(args, ui, &mut out),
        Command::Engine(args) => engine::run(args, ui, &mut out),
        Command::Schema(args) => schema::run(args, &mut out),
        Command::Explain(args) => explain::run(args, &mut out),
        Command::Kinds(args) => kinds::run(args, &mut out),
        #[cfg(feature = "lsp")]
        Command::Lsp(args) => lsp::run(args),
        Command::Worker(args) => worker::run(args),
    };
    out.flush()?;
    exit
}
