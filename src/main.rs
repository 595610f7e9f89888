//! The command line of `peng`: parse, dispatch, exit code.

#![cfg_attr(test, allow(clippy::unwrap_used))]
#![cfg_attr(
    not(feature = "engine"),
    allow(dead_code, reason = "a checker prints a part of what peng can print")
)]

mod args;
mod commands;
mod failure;
mod output;
mod ui;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use failure::{Exit, Failure};

fn main() -> ExitCode {
    let args = args::Cli::parse();
    let ui = ui::Ui::new(&args.global);
    #[cfg(panic = "abort")]
    exit_on_panic();
    let result = std::panic::catch_unwind(|| commands::dispatch(&args.command, ui));
    let exit = match result {
        Ok(Ok(exit)) => exit,
        Ok(Err(error)) => {
            let exit = error.downcast_ref::<Failure>().map_or(Exit::Environment, |f| f.exit);
            // A closed stderr leaves nobody to tell.
            let _ = ui.failure(&error, &mut std::io::stderr());
            exit
        }
        Err(_) => {
            report_bug();
            Exit::Bug
        }
    };
    exit.into()
}

fn report_bug() {
    let _ = writeln!(std::io::stderr(), "this is a bug in peng, not in your input: please report it");
}

/// A panic that cannot be caught ends with the same message and exit code as one that is.
#[cfg(panic = "abort")]
#[expect(clippy::exit, reason = "where a panic aborts, nothing else sets the exit code")]
fn exit_on_panic() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        print(panic);
        report_bug();
        std::process::exit(Exit::Bug as i32);
    }));
}
