//! The commands, a file each, and which arguments lead to which. What needs the feature `engine` is listed in
//! `with_engine.rs`, and what is said where it is missing in `without_engine.rs`.

#[cfg(not(all(feature = "engine", feature = "lsp")))]
pub(crate) mod absent;
pub(crate) mod arch;
pub(crate) mod check;
pub(crate) mod config;
#[cfg(feature = "engine")]
mod curves;
#[cfg(feature = "train")]
mod datasets;
#[cfg(feature = "engine")]
pub(crate) mod engine;
#[cfg(feature = "engine")]
mod estimator;
pub(crate) mod explain;
#[cfg(feature = "engine")]
mod gaps;
pub(crate) mod init;
#[cfg(feature = "engine")]
mod kept;
pub(crate) mod kinds;
mod load;
#[cfg(feature = "engine")]
pub(crate) mod log;
#[cfg(feature = "lsp")]
pub(crate) mod lsp;
pub(crate) mod plan;
#[cfg(feature = "engine")]
pub(crate) mod replay;
#[cfg(feature = "engine")]
pub(crate) mod report;
#[cfg(feature = "engine")]
mod rows;
#[cfg(feature = "engine")]
pub(crate) mod run;
pub(crate) mod schema;
mod specs;
#[cfg(feature = "engine")]
pub(crate) mod status;
#[cfg(feature = "engine")]
pub(crate) mod study;
#[cfg(feature = "engine")]
pub(crate) mod verify;
mod wildcard;
#[cfg(feature = "engine")]
mod with_engine;
#[cfg(not(feature = "engine"))]
mod without_engine;
#[cfg(feature = "engine")]
pub(crate) mod worker;

use std::io::Write;

#[cfg(feature = "engine")]
pub(crate) use with_engine::EngineCommand;
#[cfg(not(feature = "engine"))]
pub(crate) use without_engine::EngineCommand;

use crate::args::Command;
use crate::failure::Exit;
#[cfg(any(feature = "engine", feature = "lsp"))]
use crate::failure::is_broken_pipe;
use crate::output;
use crate::ui::Ui;

/// Does what was asked for.
pub(crate) fn dispatch(command: &Command, ui: Ui) -> anyhow::Result<Exit> {
    let mut out = output::stdout();
    let exit = match command {
        Command::Init(args) => init::run(args, ui, &mut out),
        Command::Check(args) => check::run(args, ui, &mut out),
        Command::Config(args) => config::run(args, ui, &mut out),
        Command::Plan(args) => plan::run(args, ui, &mut out),
        Command::Arch(args) => arch::run(args, ui, &mut out),
        Command::Engine(command) => command.run(ui, &mut out),
        Command::Schema(args) => schema::run(args, &mut out),
        Command::Explain(args) => explain::run(args, &mut out),
        Command::Kinds(args) => kinds::run(args, &mut out),
        #[cfg(feature = "lsp")]
        Command::Lsp(args) => served(lsp::run(args)),
        #[cfg(not(feature = "lsp"))]
        Command::Lsp(_) => Err(absent::failure("lsp", "lsp").into()),
    };
    let flushed = out.flush();
    let exit = exit?;
    flushed?;
    Ok(exit)
}

/// How a service ended: one whose client is gone has done its work.
#[cfg(any(feature = "engine", feature = "lsp"))]
fn served(result: anyhow::Result<Exit>) -> anyhow::Result<Exit> {
    match result {
        Err(error) if is_broken_pipe(&error) => Ok(Exit::Fine),
        other => other,
    }
}
