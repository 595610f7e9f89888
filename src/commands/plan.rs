//! `peng plan`: what will be trained, how long, at what cost, and what differs from another plan.

use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use peng_compiler::{
    CompiledStudy, Difference, Differences, GraphLanguage, Language, PlanSection, describe, describe_study,
    differences, graph, prose,
};
use peng_runtime::space;
use peng_spec::plan::Plan;
use peng_spec::shape::SpecSchema;
use peng_spec::source::SourceMap;
use serde_json::{Value, json};

use crate::commands::load::{self, Loaded};
use crate::failure::{Exit, Failure};
use crate::ui::{Aside, Ui, diagnostics};

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
    /// Tell what differs from another spec, plan or run
    ///
    /// Compares by meaning: what is written in another order, or is a default there and written here, does not differ.
    /// `--set` counts for the first only. The exit code is 0 whether they differ or not.
    #[arg(long, value_name = "OTHER", conflicts_with_all = ["graph", "prose"])]
    diff: Option<PathBuf>,
    /// Draw the plan in the language of a drawing program
    #[arg(long, value_enum, value_name = "LANGUAGE", conflicts_with_all = ["format", "prose"])]
    graph: Option<PlanGraph>,
    /// Tell the plan in a paragraph, as for the methods of a paper
    #[arg(long, conflicts_with = "format")]
    prose: bool,
}

/// A language of graphs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PlanGraph {
    /// Graphviz
    Dot,
    /// Mermaid, which GitHub and GitLab draw in Markdown
    Mermaid,
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
    if let Some(other) = &args.diff {
        return compare(other, &plan, args, ui, out);
    }
    match (args.graph, args.prose, args.format) {
        (Some(PlanGraph::Dot), ..) => write!(out, "{}", graph(&plan, GraphLanguage::Dot))?,
        (Some(PlanGraph::Mermaid), ..) => write!(out, "{}", graph(&plan, GraphLanguage::Mermaid))?,
        (None, true, _) => writeln!(out, "{}", prose(&plan))?,
        (None, false, PlanFormat::Human) => write!(out, "{}", table(&described(&plan)?))?,
        (None, false, PlanFormat::Json) => write!(out, "{}", plan.to_json())?,
    }
    Ok(Exit::Fine)
}

/// Tells what differs from the plan of a spec, of a file or of a run.
fn compare(other: &Path, plan: &Plan, args: &PlanArgs, ui: Ui, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let path = if other.is_dir() { other.join("plan.json") } else { other.to_owned() };
    let Some(Loaded { plan: other_plan, .. }) =
        load::plan_or_spec(&path, &load::Settings::default(), ui, out)?
    else {
        return Ok(Exit::Findings);
    };
    let found = differences(&other_plan, plan);
    match args.format {
        PlanFormat::Human => {
            let set = args.settings.list.iter().map(|setting| format!(" --set {}", setting.as_str()));
            let input = format!("{}{}", args.input.display(), set.collect::<String>());
            write!(out, "{}", in_words(&found, [&other.display().to_string(), &input]))?;
        }
        PlanFormat::Json => {
            let settings = found.settings.iter().map(
                |Difference { key, before, after }| json!({ "key": key, "before": before, "after": after }),
            );
            let settings: Vec<Value> = settings.collect();
            let [before, after] = &found.consequences;
            let all = json!({ "settings": settings, "consequences": { "before": before, "after": after } });
            writeln!(out, "{}", serde_json::to_string_pretty(&all)?)?;
        }
    }
    Ok(Exit::Fine)
}

/// What differs, a setting a line, and below it what follows.
fn in_words(found: &Differences, [before, after]: [&str; 2]) -> String {
    let Differences { settings, consequences } = found;
    if settings.is_empty() {
        return format!("no difference: `{before}` and `{after}` mean the same\n");
    }
    let mut text = format!("from `{before}` to `{after}`\n");
    let width = settings.iter().map(|setting| setting.key.chars().count()).max().unwrap_or_default();
    for Difference { key, before, after } in settings {
        let [before, after] = [before, after].map(|value| value.as_deref().unwrap_or("nothing"));
        writeln!(text, "  {key:width$}  {before} -> {after}").expect("writing to a string cannot fail");
    }
    let [before, after] = consequences;
    if !before.is_empty() || !after.is_empty() {
        text += "what follows\n";
        let signed = [("-", before), ("+", after)];
        for (sign, line) in
            signed.into_iter().flat_map(|(sign, lines)| lines.iter().map(move |line| (sign, line)))
        {
            writeln!(text, "  {sign} {line}").expect("writing to a string cannot fail");
        }
    }
    text
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
    if args.diff.is_some() || args.graph.is_some() || args.prose {
        let message = format!(
            "`--diff`, `--graph` and `--prose` are about one plan, and `{}` is a study",
            args.input.display()
        );
        return Err(Failure::new(Exit::Usage, message).help("name the experiment of the study").into());
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
        diagnostics::print(&sources, &warnings, ui.color_stderr, &mut Aside)?;
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
