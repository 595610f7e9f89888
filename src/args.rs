//! What can be typed: clap types only. The arguments of a command are in its own file.

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands;

/// Compile and run searches for network architectures that predict when training may stop
#[derive(Debug, Parser)]
#[command(name = "peng", version, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// What is to be done.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// What all commands understand.
    #[command(flatten)]
    pub(crate) global: Global,
}

/// What all commands understand.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) color: Color,
    /// Print results and errors only
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Also tell what is read, on the error stream
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(commands::init::InitArgs),
    Check(commands::check::CheckArgs),
    Config(commands::config::ConfigArgs),
    Plan(commands::plan::PlanArgs),
    Arch(commands::arch::ArchArgs),
    #[command(flatten)]
    Engine(commands::EngineCommand),
    Schema(commands::schema::SchemaArgs),
    Explain(commands::explain::ExplainArgs),
    Kinds(commands::kinds::KindsArgs),
    #[cfg(feature = "lsp")]
    Lsp(commands::lsp::LspArgs),
    #[cfg(not(feature = "lsp"))]
    #[command(hide = true, disable_help_flag = true)]
    Lsp(commands::absent::Anything),
}
