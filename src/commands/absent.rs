//! What is said where a command is not compiled in.

use std::ffi::OsString;

use clap::Args;

use crate::failure::{Exit, Failure};

/// Not in this build
#[derive(Debug, Args)]
pub(crate) struct Anything {
    /// Whatever is typed.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    rest: Vec<OsString>,
}

/// That something is not in this build, and which feature it needs.
pub(crate) fn failure(command: &str, feature: &str) -> Failure {
    let message =
        format!("this build of peng has no `peng {command}`: it was built without the feature `{feature}`");
    let help = format!("build it with `cargo build --release --features {feature}`");
    Failure::new(Exit::Environment, message).help(help)
}
