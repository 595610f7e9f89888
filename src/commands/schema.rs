//! `peng schema`: the JSON Schema of a spec, the one that is committed as `schemas/experiment.v1.json`.

use std::io::Write;

use clap::Args;
use peng_spec::shape::SpecSchema;

use crate::failure::Exit;

/// Print the JSON Schema of a spec (draft-07), for editors and other programs
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {}

/// Prints the schema.
pub(crate) fn run(_: &SchemaArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    serde_json::to_writer_pretty(&mut *out, &SpecSchema::new(&peng_runtime::catalog()).published())?;
    writeln!(out)?;
    Ok(Exit::Fine)
}
