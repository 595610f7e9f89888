//! `peng config`: the resolved spec, each value with its origin.

use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use peng_compiler::{Analysed, ConfigNode, ConfigOrigin, ConfigValue, analyse, config};
use peng_spec::document::Pointer;
use peng_spec::overlay::COMMAND_LINE;
use peng_spec::source::SourceMap;
use serde_json::{Map, Value, json};

use crate::commands::load;
use crate::failure::Exit;
use crate::ui::{Aside, Ui, diagnostics};

/// Show the resolved spec: every value, also the defaults, with its origin
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// A spec
    spec: PathBuf,
    #[command(flatten)]
    settings: load::Settings,
    /// The form of the output
    #[arg(long, value_enum, default_value_t)]
    format: ConfigFormat,
}

/// The form of the output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum ConfigFormat {
    /// A spec again, with origins as comments
    #[default]
    Yaml,
    /// The spec, and the origins by JSON pointer
    Json,
}

/// Shows the resolved spec.
pub(crate) fn run(args: &ConfigArgs, ui: Ui, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let mut sources = SourceMap::new();
    let file = sources.add_bytes(args.spec.display().to_string(), &load::read(&args.spec)?);
    let catalog = peng_runtime::catalog();
    let analysed =
        load::document(&mut sources, file, &args.settings).and_then(|document| analyse(document, &catalog));
    load::note_read(&sources, file, ui);
    let analysed: Analysed = match analysed {
        Ok(analysed) => analysed,
        Err(found) => {
            diagnostics::print(&sources, found.as_slice(), ui.color_stdout, out)?;
            return Ok(Exit::Findings);
        }
    };
    if !ui.quiet {
        diagnostics::print(&sources, &analysed.warnings, ui.color_stderr, &mut Aside)?;
    }
    let nodes = config(&analysed, &catalog);
    match args.format {
        ConfigFormat::Yaml => write!(out, "{}", yaml(&sources, &nodes)?)?,
        ConfigFormat::Json => {
            let mut origins = Map::new();
            let spec = json_of(&sources, &ConfigValue::Map(nodes), &Pointer::root(), &mut origins);
            serde_json::to_writer_pretty(&mut *out, &json!({ "spec": spec, "origins": origins }))?;
            writeln!(out)?;
        }
    }
    Ok(Exit::Fine)
}

/// `default`, `command line`, or `file:line`.
fn origin(sources: &SourceMap, origin: ConfigOrigin) -> String {
    match origin {
        ConfigOrigin::Default => "default".to_owned(),
        ConfigOrigin::Written(span) if sources.name(span.file) == COMMAND_LINE => "command line".to_owned(),
        ConfigOrigin::Written(span) => {
            format!("{}:{}", sources.name(span.file), sources.line_col(span.file, span.start).line)
        }
    }
}

fn json_of(
    sources: &SourceMap,
    value: &ConfigValue,
    at: &Pointer,
    origins: &mut Map<String, Value>,
) -> Value {
    match value {
        ConfigValue::Leaf(value, from) => {
            origins.insert(at.to_string(), json!(origin(sources, *from)));
            value.clone()
        }
        ConfigValue::List(list) => {
            list.iter().enumerate().map(|(i, value)| json_of(sources, value, &at.index(i), origins)).collect()
        }
        ConfigValue::Map(nodes) => nodes
            .iter()
            .map(|node| (node.key.clone(), json_of(sources, &node.value, &at.key(&node.key), origins)))
            .collect(),
    }
}

/// The spec as YAML, the origins as comments in a column of their own.
fn yaml(sources: &SourceMap, nodes: &[ConfigNode]) -> anyhow::Result<String> {
    let mut lines = Vec::new();
    map_lines(sources, nodes, "", "", &mut lines)?;
    let width =
        lines.iter().filter(|(_, comment)| comment.is_some()).map(|(line, _)| line.chars().count()).max();
    let width = width.unwrap_or_default();
    let mut text = String::new();
    for (line, comment) in lines {
        match comment {
            Some(comment) => writeln!(text, "{line:width$}  # {comment}")?,
            None => writeln!(text, "{line}")?,
        }
    }
    Ok(text)
}

type Lines = Vec<(String, Option<String>)>;

/// The lines of a mapping; the first begins with `first`, the others with `indent`.
fn map_lines(
    sources: &SourceMap,
    nodes: &[ConfigNode],
    first: &str,
    indent: &str,
    lines: &mut Lines,
) -> anyhow::Result<()> {
    for (i, node) in nodes.iter().enumerate() {
        let begin = format!("{}{}:", if i == 0 { first } else { indent }, scalar(&json!(node.key))?);
        let deeper = format!("{indent}  ");
        match &node.value {
            ConfigValue::Leaf(value, from) => {
                lines.push((format!("{begin} {}", scalar(value)?), Some(origin(sources, *from))));
            }
            ConfigValue::List(list) if list.is_empty() => lines.push((format!("{begin} []"), None)),
            ConfigValue::Map(nodes) if nodes.is_empty() => lines.push((format!("{begin} {{}}"), None)),
            ConfigValue::List(list) => {
                lines.push((begin, None));
                list_lines(sources, list, &deeper, lines)?;
            }
            ConfigValue::Map(nodes) => {
                lines.push((begin, None));
                map_lines(sources, nodes, &deeper, &deeper, lines)?;
            }
        }
    }
    Ok(())
}

fn list_lines(
    sources: &SourceMap,
    list: &[ConfigValue],
    indent: &str,
    lines: &mut Lines,
) -> anyhow::Result<()> {
    let (first, deeper) = (format!("{indent}- "), format!("{indent}  "));
    for value in list {
        match value {
            ConfigValue::Leaf(value, from) => {
                lines.push((format!("{first}{}", scalar(value)?), Some(origin(sources, *from))));
            }
            ConfigValue::Map(nodes) => map_lines(sources, nodes, &first, &deeper, lines)?,
            ConfigValue::List(list) => {
                lines.push((format!("{indent}-"), None));
                list_lines(sources, list, &deeper, lines)?;
            }
        }
    }
    Ok(())
}

/// A scalar as YAML, quoted where it must be.
fn scalar(value: &Value) -> anyhow::Result<String> {
    let text = serde_yaml::to_string(value)?;
    let line = text.trim_end_matches('\n');
    // What does not fit on a line is written as JSON, which YAML contains.
    Ok(if line.contains('\n') { value.to_string() } else { line.to_owned() })
}
