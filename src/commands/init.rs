//! `peng init`: a commented spec to begin with. The templates are files in `src/templates`, each of which checks and plans.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::failure::{Exit, Failure};
use crate::ui::Ui;

/// Write a commented spec to begin with
///
/// The experiment is named after the file. A file that exists is left alone.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The spec to write, best called `NAME.peng.yaml`, or `-` for the output stream
    file: PathBuf,
    /// What it begins as
    #[arg(long, value_enum, default_value_t)]
    template: Template,
}

/// What a spec begins as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Template {
    /// NSGA-Net on handwritten digits that come with peng: accuracy against FLOPs, a minute or two
    #[default]
    Quickstart,
    /// NSGA-Net on a part of Fashion-MNIST, four hours at most
    FashionMnist,
    /// Random networks, all trained to the end: what a search is compared to
    RandomBaseline,
    /// The most accurate network, at any cost
    Accuracy,
    /// Cells: NSGA-Net's micro space on handwritten digits
    Cells,
    /// Seconds on made-up images, for CI
    Smoke,
}

impl Template {
    fn text(self) -> &'static str {
        match self {
            Self::Quickstart => include_str!("../templates/quickstart.peng.yaml"),
            Self::FashionMnist => include_str!("../templates/fashion-mnist.peng.yaml"),
            Self::RandomBaseline => include_str!("../templates/random-baseline.peng.yaml"),
            Self::Accuracy => include_str!("../templates/accuracy.peng.yaml"),
            Self::Cells => include_str!("../templates/cells.peng.yaml"),
            Self::Smoke => include_str!("../templates/smoke.peng.yaml"),
        }
    }
}

/// Writes the spec.
pub(crate) fn run(args: &InitArgs, ui: Ui, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let text = named(args.template.text(), &args.file);
    if args.file.as_os_str() == "-" {
        out.write_all(text.as_bytes())?;
        return Ok(Exit::Fine);
    }
    let path = args.file.display();
    let written = std::fs::File::create_new(&args.file).and_then(|mut file| file.write_all(text.as_bytes()));
    match written {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let failure = Failure::new(Exit::Usage, format!("`{path}` exists, and is left as it is"));
            return Err(failure.help("name another file, or remove it first").into());
        }
        Err(error) => {
            return Err(Failure::new(Exit::Environment, format!("cannot write `{path}`: {error}")).into());
        }
    }
    if !ui.quiet {
        writeln!(out, "{path} is written. Next: peng check {path}, peng plan {path}, peng run {path}")?;
    }
    Ok(Exit::Fine)
}

/// The template with the name of the file as the name of the experiment, if it can be one.
fn named(template: &str, file: &Path) -> String {
    let file = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let stem = [".peng.yaml", ".yaml", ".yml"].iter().find_map(|ending| file.strip_suffix(ending));
    let is_name = |stem: &&str| {
        // Not what YAML takes for a number, a truth value or nothing.
        stem.starts_with(|c: char| c.is_ascii_alphabetic())
            && !["true", "false", "null"].contains(&stem.to_lowercase().as_str())
            && stem.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    };
    match stem.filter(is_name) {
        Some(stem) => {
            let line = |line: &str| match line.strip_prefix("name: ") {
                Some(_) => format!("name: {stem}\n"),
                None => line.to_owned(),
            };
            template.split_inclusive('\n').map(line).collect()
        }
        None => template.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use peng_compiler::compile;
    use peng_spec::source::SourceMap;

    use super::*;

    #[test]
    fn every_template_checks_and_plans_without_a_finding() {
        for template in Template::value_variants() {
            let text = named(template.text(), Path::new("specs/my-search.peng.yaml"));
            let mut sources = SourceMap::new();
            let file = sources.add(format!("{template:?}"), text);
            let compiled = compile(&sources, file, &peng_runtime::catalog()).unwrap();
            assert_eq!(compiled.warnings, [], "{template:?}");
            assert_eq!(compiled.plan.name, "my-search", "{template:?}");
        }
    }

    #[test]
    fn every_template_is_commented_and_begins_with_the_schema_line() {
        let schema = include_str!("../../schemas/experiment.v1.json");
        for template in Template::value_variants() {
            let text = template.text();
            let line = text.lines().next().unwrap();
            let url = line.strip_prefix("# yaml-language-server: $schema=").unwrap();
            assert!(schema.contains(&format!("\"$id\": \"{url}\"")), "{url}");
            assert!(text.lines().filter(|line| line.contains('#')).count() >= 6, "{template:?}");
        }
    }

    #[test]
    fn a_file_without_a_name_for_an_experiment_keeps_that_of_the_template() {
        let name = |file: &str| {
            let text = named(Template::Smoke.text(), Path::new(file));
            text.lines().find_map(|line| line.strip_prefix("name: ").map(str::to_owned)).unwrap()
        };
        assert_eq!(name("a/one.peng.yaml"), "one");
        assert_eq!(name("two.yml"), "two");
        for file in ["-", "my spec.peng.yaml", "1e3.yaml", "True.yaml", "../.yaml"] {
            assert_eq!(name(file), "smoke", "{file}");
        }
    }
}
