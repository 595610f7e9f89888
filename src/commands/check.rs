//! `peng check`: every error of every file at once, in the form that a person, a program or a CI service reads. It reads
//! nothing but the specs.

use std::collections::HashSet;
use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use peng_compiler::{Language, compile_with};
use peng_spec::diag::{Diagnostic, Diagnostics, codes};
use peng_spec::overlay::{COMMAND_LINE, normal};
use peng_spec::shape::SpecSchema;
use peng_spec::source::{FileId, SourceMap, Span};

use crate::commands::load;
use crate::commands::specs::{Input, expand};
use crate::failure::{Exit, Failure, is_broken_pipe};
use crate::ui::findings::{
    FileFindings, Findings, Places, counted, github, gitlab, json, junit, plural, sarif,
};
use crate::ui::{Aside, Ui, diagnostics};

/// Check specs and studies: every error of every file at once
///
/// Reads only the specs: no data set, no device, no network. Exits with 1 if a spec is rejected.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Specs, folders, globs, or `-` for the standard input
    ///
    /// A folder means the files below it that are called `NAME.peng.yaml`. Hidden folders, `target`, `node_modules`,
    /// caches and run directories in it are skipped, unless they are named themselves. Globs (`*`, `?`, `[abc]`, `**`) may
    /// be quoted. A spec that another one of the call extends may lack keys.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    settings: load::Settings,
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

impl CheckOutput {
    /// Whether each finding is shown in a file.
    fn is_of_files(self) -> bool {
        match self {
            Self::Human | Self::Json | Self::Junit => false,
            Self::Github | Self::Gitlab | Self::Sarif => true,
        }
    }
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
    let mut checked = Vec::new();
    for input in &inputs {
        let language = Language { catalog: &catalog, schema: &schema };
        let file = check(input, stdin_name, &args.settings, language, &mut findings);
        if file.found.is_ok() {
            load::note_read(&findings.sources, file.file, ui);
        }
        checked.push(file);
    }
    let bases: HashSet<PathBuf> = checked.iter().flat_map(|file| file.bases.clone()).collect();
    for file in checked {
        let file = match file.found {
            Ok(mut found) => {
                if bases.contains(&place(&file.name)) {
                    // What a base lacks, the specs that extend it may have.
                    found.retain(|d| d.code != codes::E0101);
                }
                if args.output.is_of_files() {
                    let told_on = |d| on_file(d, file.file, &findings.sources);
                    found = found.into_iter().map(told_on).collect();
                }
                FileFindings::checked(file.name, found)
            }
            Err(why) => {
                ui.failure(&Failure::new(Exit::Environment, &why).into(), &mut Aside)?;
                FileFindings::unreadable(file.name, why)
            }
        };
        findings.files.push(file);
    }
    match tell(&findings, args.output, ui, out) {
        // A reader that goes away changes no verdict.
        Err(error) if !is_broken_pipe(&error) => Err(error),
        Ok(()) | Err(_) => Ok(verdict(&findings, args.exit_zero)),
    }
}

/// The exit code.
fn verdict(findings: &Findings, exit_zero: bool) -> Exit {
    let errors = findings.files.iter().map(|file| file.errors).sum::<usize>();
    let unreadable = findings.files.iter().any(|file| file.unreadable.is_some());
    match (unreadable, errors) {
        (true, _) => Exit::Environment,
        (false, 0) => Exit::Fine,
        (false, _) if exit_zero => Exit::Fine,
        (false, _) => Exit::Findings,
    }
}

/// Prints the findings, and how many there are.
fn tell(findings: &Findings, output: CheckOutput, ui: Ui, out: &mut dyn Write) -> anyhow::Result<()> {
    print(findings, output, ui, out)?;
    if !ui.quiet {
        out.flush()?;
        write!(Aside, "{}", summary(findings))?;
    }
    Ok(())
}

/// A spec that was checked.
struct Checked {
    name: String,
    file: FileId,
    /// What was found, or why it could not be read.
    found: Result<Vec<Diagnostic>, String>,
    /// The files that it extends, or the experiment of a study with these.
    bases: Vec<PathBuf>,
}

/// Where a file is, for comparing it with others.
fn place(name: &str) -> PathBuf {
    normal(&std::path::absolute(name).unwrap_or_else(|_| name.into()))
}

/// A finding for forms that show it in a file: what the command line sets is shown at the start of the spec.
fn on_file(found: Diagnostic, file: FileId, sources: &SourceMap) -> Diagnostic {
    let is_in_a_file = |span: Span| sources.name(span.file) != COMMAND_LINE;
    let mut found = found;
    found.labels.retain(|label| is_in_a_file(label.span));
    found.fix = found.fix.filter(|fix| is_in_a_file(fix.span));
    if !is_in_a_file(found.span) {
        found.message = format!("{}, set by `{}`", found.message, sources.text(found.span.file));
        found.span = Span::start_of(file);
    }
    found
}

/// Checks one spec.
fn check(
    input: &Input,
    stdin_name: &str,
    settings: &load::Settings,
    language: Language<'_>,
    findings: &mut Findings,
) -> Checked {
    let (name, bytes) = match input {
        Input::Stdin => (stdin_name.to_owned(), read_stdin()),
        Input::File(path) => (path.display().to_string(), load::read(path)),
    };
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(failure) => {
            let file = findings.sources.add(name.clone(), "");
            return Checked { name, file, found: Err(failure.message), bases: Vec::new() };
        }
    };
    let file = findings.sources.add_bytes(name.clone(), &bytes);
    let Language { catalog, schema } = language;
    let warnings = if load::is_study(&findings.sources, file) {
        load::study(&mut findings.sources, file, settings, language).map(|compiled| compiled.warnings)
    } else {
        load::document(&mut findings.sources, file, settings)
            .and_then(|document| compile_with(document, catalog, schema))
            .map(|compiled| compiled.warnings)
    };
    let found = warnings.unwrap_or_else(Diagnostics::into_vec);
    let bases = findings.sources.files().skip_while(|other| *other != file).skip(1);
    let bases = bases.map(|base| place(findings.sources.name(base))).collect();
    Checked { name, file, found: Ok(found), bases }
}

fn read_stdin() -> Result<Vec<u8>, Failure> {
    load::bounded(std::io::stdin())
        .map_err(|e| Failure::new(Exit::Environment, format!("cannot read the standard input: {e}")))
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

/// "Found 3 errors, 1 warning in 2 files, 1 could not be read.", after a line for each file with more findings than are told.
fn summary(findings: &Findings) -> String {
    let checked: Vec<&FileFindings> =
        findings.files.iter().filter(|file| file.unreadable.is_none()).collect();
    let errors = checked.iter().map(|file| file.errors).sum();
    let warnings = checked.iter().map(|file| file.warnings).sum();
    let concerned = checked.iter().filter(|file| file.errors + file.warnings > 0).count();
    let unread = findings.files.len() - checked.len();
    if checked.is_empty() && unread > 0 {
        return format!("{} could not be read.\n", plural(unread, "file"));
    }
    let unread = if unread == 0 { String::new() } else { format!(", {unread} could not be read") };
    if concerned == 0 {
        return format!("{} checked: no errors, no warnings{unread}.\n", plural(checked.len(), "spec"));
    }
    let untold: String = checked.iter().map(|file| diagnostics::untold(&file.name, file.untold())).collect();
    let files = if concerned == checked.len() {
        plural(concerned, "file")
    } else {
        format!("{concerned} of {} files", checked.len())
    };
    format!("{untold}Found {} in {files}{unread}.\n", counted(errors, warnings))
}

#[cfg(test)]
mod tests {
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
            (
                vec![vec![error.clone(); 102]],
                "x: 2 more findings are not shown.\nFound 102 errors in 1 file.\n",
            ),
        ] {
            let files = files.into_iter().map(|found| FileFindings::checked("x".to_owned(), found)).collect();
            assert_eq!(summary(&Findings { sources: SourceMap::new(), files }), expected);
        }
        let fine = || FileFindings::checked("x".to_owned(), Vec::new());
        let wrong = || FileFindings::checked("x".to_owned(), vec![error.clone()]);
        let unread = || FileFindings::unreadable("y".to_owned(), "gone".to_owned());
        for (files, expected) in [
            (vec![unread()], "1 file could not be read.\n"),
            (vec![unread(), unread()], "2 files could not be read.\n"),
            (vec![fine(), unread()], "1 spec checked: no errors, no warnings, 1 could not be read.\n"),
            (vec![wrong(), unread(), unread()], "Found 1 error in 1 file, 2 could not be read.\n"),
        ] {
            assert_eq!(summary(&Findings { sources: SourceMap::new(), files }), expected);
        }
    }
}
