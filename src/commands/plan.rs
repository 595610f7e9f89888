//! `peng plan`: what will be trained, how long, at what cost.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use peng_compiler::{PlanSection, describe};
use peng_runtime::space;
use peng_spec::plan::Plan;

use crate::commands::load::{self, Loaded};
use crate::failure::{Exit, Failure};
use crate::ui::Ui;

/// Show what a spec will train, for how long, at what cost
///
/// Nothing is trained, and no data set is read. Equal specs have equal plans.
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// A spec, or a plan (`.json`)
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
