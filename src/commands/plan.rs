//! `peng plan`: what will be trained, how long, at what cost.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use peng_compiler::{CompiledStudy, Language, PlanSection, describe, describe_study};
use peng_runtime::space;
use peng_spec::plan::Plan;
use peng_spec::shape::SpecSchema;
use peng_spec::source::SourceMap;

use crate::commands::load::{self, Loaded};
use crate::failure::{Exit, Failure};
use crate::ui::{Ui, diagnostics};

/// Show what a spec will train, for how long, at what cost
///
/// Nothing is trained, and no data set is read. Equal specs have equal plans.
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// A spec, a plan (`.json`), or a study
    input: PathBuf,
    #[command(flatten)]
    settings: load::Settings,
    /// Also write the plan to this file, for `peng run`
    #[arg(short, long = "out", value_name = "FILE")]
    out: Option<PathBuf>,
    /// The form of the output
    #[arg(long, value_enum, default_value_t)]
    format: PlanFormat,
}

/// The form of the output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum PlanFormat {
    /// A description
    #[default]
    Human,
    /// The plan itself
    Json,
}

/// Shows a plan.
pub(crate) fn run(args: &PlanArgs, ui: Ui, out: &mut dyn Write) -> anyhow::Result<Exit> {
    if args.out.as_deref() == Some(Path::new("-")) {
        let failure = Failure::new(Exit::Usage, "`--out` names a file, and `-` is none");
        return Err(failure.help("use `--format json` to print the plan").into());
    }
    if let Some(exit) = study(args, ui, out)? {
        return Ok(exit);
    }
    let Some(Loaded { plan, .. }) = load::plan_or_spec(&args.input, &args.settings, ui, out)? else {
        return Ok(Exit::Findings);
    };
    if let Some(path) = &args.out {
        std::fs::write(path, plan.to_json()).map_err(|e| {
            Failure::new(Exit::Environment, format!("cannot write `{}`: {e}", path.display()))
        })?;
    }
    match args.format {
        PlanFormat::Human => write!(out, "{}", table(&described(&plan)?))?,
        PlanFormat::Json => write!(out, "{}", plan.to_json())?,
    }
    Ok(Exit::Fine)
}

/// Shows a study; `None`: the input is none.
fn study(args: &PlanArgs, ui: Ui, out: &mut dyn Write) -> anyhow::Result<Option<Exit>> {
    if args.input.extension().is_some_and(|e| e == "json") {
        return Ok(None);
    }
    let mut sources = SourceMap::new();
    let file = sources.add_bytes(args.input.display().to_string(), &load::read(&args.input)?);
    if !load::is_study(&sources, file) {
        return Ok(None);
    }
    if args.out.is_some() {
        let message =
            format!("`--out` writes a plan for `peng run`, and `{}` is a study", args.input.display());
        return Err(Failure::new(Exit::Usage, message).help("use `--format json` to print its plans").into());
    }
    let catalog = peng_runtime::catalog();
    let schema = SpecSchema::new(&catalog);
    let language = Language { catalog: &catalog, schema: &schema };
    let compiled = load::study(&mut sources, file, &args.settings, language);
    let CompiledStudy { study, warnings } = match compiled {
        Ok(compiled) => compiled,
        Err(found) => {
            diagnostics::print(&sources, found.as_slice(), ui.color_stdout, out)?;
            return Ok(Some(Exit::Findings));
        }
    };
    if !ui.quiet {
        diagnostics::print(&sources, &warnings, ui.color_stderr, &mut std::io::stderr())?;
    }
    match args.format {
        PlanFormat::Human => write!(out, "{}", table(&describe_study(&study)))?,
        PlanFormat::Json => write!(out, "{}", study.to_json())?,
    }
    Ok(Some(Exit::Fine))
}

/// The plan in words, with how many networks its space holds where the plan alone does not tell.
fn described(plan: &Plan) -> anyhow::Result<Vec<PlanSection>> {
    let is_cut = plan.space.call.params.get("where").is_some();
    let is_counted = is_cut || space::counts_more_than_its_facts(plan);
    let count = is_counted.then(|| space::count_of_plan(plan)).transpose();
    let count = count.map_err(|why| Failure::new(Exit::Environment, why))?;
    Ok(describe(plan, count.map(|count| count.lines()).as_deref()))
}

/// Titles in one column, what is said of them in the other.
fn table(sections: &[PlanSection]) -> String {
    let width = sections.iter().map(|section| section.title.len()).max().unwrap_or_default();
    let rows = sections.iter().flat_map(|section| {
        section.lines.iter().enumerate().map(move |(i, line)| {
            let title = if i == 0 { section.title } else { "" };
            format!("{title:width$}  {line}\n")
        })
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_stand_apart() {
        let section = |title, lines: &[&str]| PlanSection {
            title,
            lines: lines.iter().map(|&l| l.to_owned()).collect(),
        };
        let text = table(&[section("a", &["one", "two"]), section("long", &["three"])]);
        assert_eq!(text, "a     one\n      two\nlong  three\n");
    }
}
