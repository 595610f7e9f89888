//! `peng check`: every error of every file at once, in the form that a person, a program or a CI service reads. It reads
//! nothing but the specs.

use std::io::{Read, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use peng_compiler::{Compiled, compile_with};
use peng_spec::catalog::Catalog;
use peng_spec::shape::SpecSchema;

use crate::commands::load;
use crate::commands::specs::{Input, expand};
use crate::failure::{Exit, Failure};
use crate::ui::findings::{
    FileFindings, Findings, Places, counted, github, gitlab, json, junit, plural, sarif,
};
use crate::ui::{Ui, diagnostics};

/// Check specs: every error of every file at once
///
/// Reads only the specs: no data set, no device, no network. Exits with 1 if a spec is rejected.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Specs, folders, globs, or `-` for the standard input
    ///
    /// A folder means the files below it that are called `NAME.peng.yaml`. Hidden folders, `target`, `node_modules`,
    /// caches and run directories in it are skipped, unless they are named themselves. Globs (`*`, `?`, `[abc]`, `**`) may
    /// be quoted.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The form of the findings
    #[arg(long, value_enum, default_value_t)]
    output: CheckOutput,
    /// What the standard input is called in findings, for editors
    #[arg(long, value_name = "NAME")]
    stdin_filename: Option<String>,
    /// Exit with 0 although a spec is rejected, for jobs that upload the findings
    #[arg(long)]
    exit_zero: bool,
}

/// The form of the findings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum CheckOutput {
    /// Source lines with carets
    #[default]
    Human,
    /// A JSON array
    Json,
    /// Workflow commands of GitHub Actions, which become annotations
    Github,
    /// A Code Quality report of GitLab
    Gitlab,
    /// JUnit XML, a test case a file
    Junit,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

/// Checks specs. Findings go to `out`, what was done and what could not be read to stderr.
pub(crate) fn run(args: &CheckArgs, ui: Ui, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let inputs = expand(&args.files)?;
    if args.stdin_filename.is_some() && !inputs.contains(&Input::Stdin) {
        let failure =
            Failure::new(Exit::Usage, "`--stdin-filename` names the standard input, which is not read");
        return Err(failure.help("add `-` to the files").into());
    }
    let mut findings = Findings::default();
    let stdin_name = args.stdin_filename.as_deref().unwrap_or("<stdin>");
    let catalog = peng_runtime::catalog();
    let schema = SpecSchema::new(&catalog);
    for input in &inputs {
        let file = check(input, stdin_name, &catalog, &schema, &mut findings);
        if let Some(why) = &file.unreadable {
            ui.failure(&Failure::new(Exit::Environment, why).into(), &mut std::io::stderr())?;
        }
        findings.files.push(file);
    }
    print(&findings, args.output, ui, out)?;
    let errors = findings.files.iter().map(|file| file.errors).sum::<usize>();
    if !ui.quiet {
        out.flush()?;
        write!(std::io::stderr(), "{}", summary(&findings))?;
    }
    let unreadable = findings.files.iter().any(|file| file.unreadable.is_some());
    Ok(match (unreadable, errors) {
        (true, _) => Exit::Environment,
        (false, 0) => Exit::Fine,
        (false, _) if args.exit_zero => Exit::Fine,
        (false, _) => Exit::Findings,
    })
}

/// Checks one spec.
fn check(
    input: &Input,
    stdin_name: &str,
    catalog: &dyn Catalog,
    schema: &SpecSchema,
    findings: &mut Findings,
) -> FileFindings {
    let (name, bytes) = match input {
        Input::Stdin => (stdin_name.to_owned(), read_stdin()),
        Input::File(path) => (path.display().to_string(), load::read(path)),
    };
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(failure) => return FileFindings::unreadable(name, failure.message),
    };
    let file = findings.sources.add_bytes(name.clone(), &bytes);
    let found = match compile_with(&findings.sources, file, catalog, schema) {
        Ok(Compiled { warnings, .. }) => warnings,
        Err(diagnostics) => diagnostics.into_vec(),
    };
    FileFindings::checked(name, found)
}

fn read_stdin() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .read_to_end(&mut bytes)
        .map_err(|e| Failure::new(Exit::Environment, format!("cannot read the standard input: {e}")))?;
    Ok(bytes)
}

fn print(findings: &Findings, output: CheckOutput, ui: Ui, out: &mut dyn Write) -> anyhow::Result<()> {
    let cwd = std::env::current_dir()?;
    let places = Places { sources: &findings.sources, cwd: &cwd };
    match output {
        CheckOutput::Human => {
            for file in &findings.files {
                for diagnostic in &file.told {
                    writeln!(out, "{}", diagnostics::render(&findings.sources, diagnostic, ui.color_stdout))?;
                }
            }
        }
        CheckOutput::Json => json::write(findings, out)?,
        CheckOutput::Github => github::write(findings, &places, out)?,
        CheckOutput::Gitlab => gitlab::write(findings, &places, out)?,
        CheckOutput::Junit => junit::write(findings, out)?,
        CheckOutput::Sarif => sarif::write(findings, &places, out)?,
    }
    Ok(())
}

/// "Found 3 errors, 1 warning in 2 files.", after a line for each file with more findings than are told.
fn summary(findings: &Findings) -> String {
    let checked: Vec<&FileFindings> =
        findings.files.iter().filter(|file| file.unreadable.is_none()).collect();
    let errors = checked.iter().map(|file| file.errors).sum();
    let warnings = checked.iter().map(|file| file.warnings).sum();
    let concerned = checked.iter().filter(|file| file.errors + file.warnings > 0).count();
    if concerned == 0 {
        return format!("{} checked: no errors, no warnings.\n", plural(checked.len(), "spec"));
    }
    let untold: String = checked.iter().map(|file| diagnostics::untold(&file.name, file.untold())).collect();
    let files = if concerned == checked.len() {
        plural(concerned, "file")
    } else {
        format!("{concerned} of {} files", checked.len())
    };
    format!("{untold}Found {} in {files}.\n", counted(errors, warnings))
}

#[cfg(test)]
mod tests {
    use peng_spec::diag::{Diagnostic, codes};
    use peng_spec::source::{SourceMap, Span};

    use super::*;

    #[test]
    fn the_summary_counts_findings_and_files() {
        let file = SourceMap::new().add("a", "x");
        let error = Diagnostic::error(codes::E0102, Span::start_of(file), "wrong");
        let warning = Diagnostic::warning(codes::W0401, Span::start_of(file), "odd");
        for (files, expected) in [
            (vec![vec![], vec![]], "2 specs checked: no errors, no warnings.\n"),
            (vec![vec![error.clone()]], "Found 1 error in 1 file.\n"),
            (
                vec![vec![], vec![error.clone(), warning.clone()]],
                "Found 1 error, 1 warning in 1 of 2 files.\n",
            ),
            (vec![vec![warning.clone()], vec![warning]], "Found 2 warnings in 2 files.\n"),
            (vec![vec![error; 102]], "x: 2 more findings are not shown.\nFound 102 errors in 1 file.\n"),
        ] {
            let files = files.into_iter().map(|found| FileFindings::checked("x".to_owned(), found)).collect();
            assert_eq!(summary(&Findings { sources: SourceMap::new(), files }), expected);
        }
    }
}
