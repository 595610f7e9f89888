//! `peng schema`: the JSON Schema of a spec, the one that is committed as `schemas/experiment.v1.json`, and its reference.

use std::io::Write;

use clap::{Args, ValueEnum};
#[cfg(feature = "engine")]
use peng_runtime::report::reference;
use peng_spec::shape::{Draft, SpecSchema, StudySchema};

#[cfg(not(feature = "engine"))]
use crate::commands::absent;
use crate::failure::{Exit, Failure};

/// Print the JSON Schema of a spec, for editors and other programs, or its documentation
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// The draft of JSON Schema
    #[arg(long, value_enum, default_value_t)]
    draft: SchemaDraft,
    /// The schema of a study, the one that is committed as `schemas/study.v1.json`
    #[arg(long)]
    study: bool,
    /// Print the documentation of all keys instead: one page, with an anchor for each
    #[arg(long, value_enum, value_name = "FORM", conflicts_with_all = ["draft", "study"])]
    docs: Option<DocsForm>,
}

/// The draft of JSON Schema.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum SchemaDraft {
    /// Draft-07, which editors read
    #[default]
    #[value(name = "7")]
    Seven,
    /// 2020-12
    #[value(name = "2020-12")]
    Of202012,
}

/// The form of the documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DocsForm {
    /// Markdown, as committed in `schemas/experiment.v1.md`
    Markdown,
    /// A page that needs nothing else
    Html,
}

/// Prints the schema or the documentation.
pub(crate) fn run(args: &SchemaArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let schema = SpecSchema::new(&peng_runtime::catalog());
    if let Some(form) = args.docs {
        write!(out, "{}", docs(&schema, form)?)?;
        return Ok(Exit::Fine);
    }
    let draft = match args.draft {
        SchemaDraft::Seven => Draft::Draft7,
        SchemaDraft::Of202012 => Draft::Draft202012,
    };
    let published =
        if args.study { StudySchema::new().published(draft, &schema) } else { schema.published(draft) };
    serde_json::to_writer_pretty(&mut *out, &published)?;
    writeln!(out)?;
    Ok(Exit::Fine)
}

#[cfg(feature = "engine")]
#[expect(clippy::unnecessary_wraps, reason = "the checker has none")]
fn docs(schema: &SpecSchema, form: DocsForm) -> Result<String, Failure> {
    Ok(match form {
        DocsForm::Markdown => reference::markdown(&schema.reference()),
        DocsForm::Html => reference::html(&schema.reference()),
    })
}

/// The pages are made by the engine that makes reports.
#[cfg(not(feature = "engine"))]
fn docs(_schema: &SpecSchema, _form: DocsForm) -> Result<String, Failure> {
    Err(absent::failure("schema --docs", "engine"))
}
