//! Reads what a command is given: a spec, which is compiled, or a plan.

use std::io::Write;
use std::path::Path;

use peng_compiler::{Compiled, compile};
use peng_runtime::store::SourceFile;
use peng_spec::plan::Plan;
use peng_spec::source::SourceMap;

use crate::failure::{Exit, Failure};
use crate::ui::{Ui, diagnostics};

/// A plan, and the files that it was compiled from.
pub(crate) struct Loaded {
    /// The plan.
    pub(crate) plan: Plan,
    /// The files.
    pub(crate) sources: Vec<SourceFile>,
}

/// Reads a plan (`.json`) or compiles a spec. `None`: the spec is rejected, and the findings are printed.
pub(crate) fn plan_or_spec(path: &Path, ui: Ui, out: &mut dyn Write) -> anyhow::Result<Option<Loaded>> {
    if path.extension().is_some_and(|e| e == "json") {
        let text = String::from_utf8_lossy(&read(path)?).into_owned();
        let plan = Plan::from_json(&text).map_err(|error| {
            let message = format!("`{}`: {error}", path.display());
            let failure = Failure { code: Some("E0701"), ..Failure::new(Exit::Findings, message) };
            failure.help("compile the spec anew with `peng plan SPEC -o plan.json`")
        })?;
        return Ok(Some(Loaded { plan, sources: Vec::new() }));
    }
    spec(path, ui, out)
}

/// Compiles a spec. `None`: it is rejected, and the findings are printed.
pub(crate) fn spec(path: &Path, ui: Ui, out: &mut dyn Write) -> anyhow::Result<Option<Loaded>> {
    let bytes = read(path)?;
    let mut sources = SourceMap::new();
    let file = sources.add_bytes(path.display().to_string(), &bytes);
    match compile(&sources, file, &peng_runtime::catalog()) {
        Ok(Compiled { plan, warnings }) => {
            if !ui.quiet {
                diagnostics::print(&sources, &warnings, ui.color_stderr, &mut std::io::stderr())?;
            }
            let name =
                path.file_name().map_or_else(|| "spec.yaml".to_owned(), |n| n.to_string_lossy().into_owned());
            let text = sources.text(file).to_string();
            Ok(Some(Loaded { plan, sources: vec![SourceFile { name, text }] }))
        }
        Err(found) => {
            diagnostics::print(&sources, found.as_slice(), ui.color_stdout, out)?;
            Ok(None)
        }
    }
}

/// Reads a file that a user names.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path)
        .map_err(|e| Failure::new(Exit::Environment, format!("cannot read `{}`: {e}", path.display())))
}
