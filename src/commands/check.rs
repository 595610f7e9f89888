//! `peng check`: every error of every file at once. It reads nothing but the files.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use peng_compiler::{Compiled, compile};
use peng_spec::diag::{Diagnostic, Severity};
use peng_spec::source::SourceMap;

use crate::commands::load;
use crate::failure::Exit;
use crate::ui::{Ui, diagnostics};

/// Check specs: every error of every file at once
///
/// Reads only the files: no data set, no device, no network. Exits with 1 if a spec is rejected.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The specs
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The form of the findings
    #[arg(long, value_enum, default_value_t)]
    output: CheckOutput,
}

/// The form of the findings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum CheckOutput {
    /// Source lines with carets
    #[default]
    Human,
    /// A JSON array
    Json,
}

/// Checks specs. Findings go to `out`, what was done and what could not be read to stderr.
pub(crate) fn run(args: &CheckArgs, ui: Ui, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let mut sources = SourceMap::new();
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut unreadable = 0;
    for path in &args.files {
        match load::read(path) {
            Ok(bytes) => {
                let file = sources.add_bytes(path.display().to_string(), &bytes);
                match compile(&sources, file, &peng_runtime::catalog()) {
                    Ok(Compiled { warnings, .. }) => found.extend(warnings),
                    Err(diagnostics) => found.extend(diagnostics.into_vec()),
                }
            }
            Err(failure) => {
                unreadable += 1;
                ui.failure(&failure.into(), &mut std::io::stderr())?;
            }
        }
    }
    match args.output {
        CheckOutput::Human => diagnostics::print(&sources, &found, ui.color_stdout, out)?,
        CheckOutput::Json => {
            let list: Vec<_> = found.iter().map(|diagnostic| diagnostic.to_json(&sources)).collect();
            serde_json::to_writer_pretty(&mut *out, &list)?;
            writeln!(out)?;
        }
    }
    let errors = found.iter().filter(|d| d.severity == Severity::Error).count();
    if !ui.quiet {
        out.flush()?;
        let warnings = found.len() - errors;
        writeln!(std::io::stderr(), "{}", summary(args.files.len() - unreadable, errors, warnings))?;
    }
    Ok(match (unreadable, errors) {
        (0, 0) => Exit::Fine,
        (0, _) => Exit::Findings,
        _ => Exit::Environment,
    })
}

/// "2 specs checked: 1 error, no warnings."
fn summary(specs: usize, errors: usize, warnings: usize) -> String {
    let count = |n: usize, one: &str| match n {
        0 => format!("no {one}s"),
        1 => format!("1 {one}"),
        n => format!("{n} {one}s"),
    };
    format!("{} checked: {}, {}.", count(specs, "spec"), count(errors, "error"), count(warnings, "warning"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_counts() {
        assert_eq!(summary(1, 0, 2), "1 spec checked: no errors, 2 warnings.");
        assert_eq!(summary(3, 1, 0), "3 specs checked: 1 error, no warnings.");
    }
}
