//! Reads what a command is given: a spec, which is compiled, or a plan.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use clap::Args;
use peng_compiler::{Compiled, CompiledStudy, Language, compile_document, compile_study};
use peng_spec::diag::Diagnostics;
use peng_spec::document::{self, Document, MOST_BYTES};
use peng_spec::model;
use peng_spec::overlay::{self, Setting};
use peng_spec::plan::Plan;
use peng_spec::source::{FileId, SourceMap};

use crate::failure::{Exit, Failure};
use crate::ui::{Aside, Ui, diagnostics};

/// What the command line sets in a spec.
#[derive(Debug, Default, Args)]
pub(crate) struct Settings {
    /// Set a value of the spec, such as `training.epochs=10`; may be repeated
    ///
    /// Keys are joined by dots, `objectives[0]` is the first element of a list, and the value is YAML. It goes over what
    /// the file says as a spec goes over one that it extends: mappings merge, other values replace, and another `kind`
    /// replaces its whole section.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = Setting::parse)]
    pub(crate) list: Vec<Setting>,
}

/// A plan, and the files that it was compiled from.
pub(crate) struct Loaded {
    /// The plan.
    pub(crate) plan: Plan,
    /// The files; none of a plan.
    pub(crate) sources: SourceMap,
}

/// Reads a plan (`.json`) or compiles a spec. `None`: the spec is rejected, and the findings are printed.
pub(crate) fn plan_or_spec(
    path: &Path,
    settings: &Settings,
    ui: Ui,
    out: &mut dyn Write,
) -> anyhow::Result<Option<Loaded>> {
    if path.extension().is_some_and(|e| e == "json") {
        if !settings.list.is_empty() {
            let message = format!("`--set` sets values of specs, and `{}` is a plan", path.display());
            return Err(Failure::new(Exit::Usage, message).help("compile its spec anew with `--set`").into());
        }
        let bytes = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
        ui.note(&format!("read the plan `{}`, {} bytes", path.display(), bytes.len()));
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let plan = Plan::from_json(&text).map_err(|error| {
            let message = format!("`{}`: {error}", path.display());
            let failure = Failure { code: Some("E0701"), ..Failure::new(Exit::Findings, message) };
            failure.help("compile the spec anew with `peng plan SPEC -o plan.json`")
        })?;
        return Ok(Some(Loaded { plan, sources: SourceMap::new() }));
    }
    spec(path, settings, ui, out)
}

/// Compiles a spec. `None`: it is rejected, and the findings are printed.
pub(crate) fn spec(
    path: &Path,
    settings: &Settings,
    ui: Ui,
    out: &mut dyn Write,
) -> anyhow::Result<Option<Loaded>> {
    let bytes = read(path)?;
    let mut sources = SourceMap::new();
    let file = sources.add_bytes(path.display().to_string(), &bytes);
    let compiled = document(&mut sources, file, settings)
        .and_then(|document| compile_document(document, &peng_runtime::catalog()));
    note_read(&sources, file, ui);
    match compiled {
        Ok(Compiled { plan, warnings }) => {
            if !ui.quiet {
                diagnostics::print(&sources, &warnings, ui.color_stderr, &mut Aside)?;
            }
            Ok(Some(Loaded { plan, sources }))
        }
        Err(found) => {
            diagnostics::print(&sources, found.as_slice(), ui.color_stdout, out)?;
            Ok(None)
        }
    }
}

/// Notes the files that a spec was put together from, and what the command line set in it.
pub(crate) fn note_read(sources: &SourceMap, file: FileId, ui: Ui) {
    for other in sources.files().skip_while(|other| *other != file) {
        let (name, text) = (sources.name(other), sources.text(other));
        match name {
            _ if other == file => ui.note(&format!("read the spec `{name}`, {} bytes", text.len())),
            overlay::COMMAND_LINE => ui.note(&format!("took `{text}` over it")),
            _ => ui.note(&format!("read its base `{name}`, {} bytes", text.len())),
        }
    }
}

/// A spec over its bases, with the settings.
pub(crate) fn document(
    sources: &mut SourceMap,
    file: FileId,
    settings: &Settings,
) -> Result<Document, Diagnostics> {
    overlay::load(sources, file, &settings.list, &base)
}

/// Whether a file is a study, by its keys. Only a text with these words in it is read for them.
pub(crate) fn is_study(sources: &SourceMap, file: FileId) -> bool {
    let text = sources.text(file);
    (text.contains("arms") || text.contains("experiment"))
        && document::load(sources, file).is_ok_and(|document| model::is_study(document.root()))
}

/// What compiling a study of `sources` finds.
pub(crate) fn study(
    sources: &mut SourceMap,
    file: FileId,
    settings: &Settings,
    language: Language<'_>,
) -> Result<CompiledStudy, Diagnostics> {
    compile_study(sources, file, &settings.list, &base, language)
}

/// Reads a spec that a user names.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    bytes_of(path).map_err(|error| unreadable(path, &error))
}

/// The bytes of a spec.
fn bytes_of(path: &Path) -> io::Result<Vec<u8>> {
    bounded(File::open(path)?)
}

/// The bytes of a base, which only a spec names: what might keep its reader waiting, such as a pipe, is none.
pub(crate) fn base(path: &Path) -> Result<Vec<u8>, String> {
    let is_other = |data: std::fs::Metadata| !data.is_file() && !data.is_dir();
    if path.metadata().is_ok_and(is_other) {
        return Err("it is no file".to_owned());
    }
    bytes_of(path).map_err(|error| error.to_string())
}

/// All of a spec, or enough of something longer for it to be refused: a device may have no end.
pub(crate) fn bounded(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(Exit::Environment, format!("cannot read `{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_base_is_a_file() {
        assert_eq!(base(Path::new("/dev/null")), Err("it is no file".to_owned()));
        assert!(base(Path::new("/")).unwrap_err().contains("directory"));
        assert!(base(Path::new("/nowhere")).unwrap_err().contains("No such file"));
    }

    #[test]
    fn what_has_no_end_is_refused() {
        for (byte, message) in [
            (0, "found more than 1 MiB of text, expected at most 1 MiB"),
            (b'a', "found more than 1 MiB of text, expected at most 1 MiB"),
            (0xff, "found bytes that are no UTF-8, expected text"),
        ] {
            let mut sources = SourceMap::new();
            let file = sources.add_bytes("endless", &bounded(io::repeat(byte)).unwrap());
            assert_eq!(document::load(&sources, file).unwrap_err().as_slice()[0].message, message);
        }
        // A character that the bound cuts is no other fault.
        let mut sources = SourceMap::new();
        let text = "é".repeat(MOST_BYTES);
        let file = sources.add_bytes("long", &bounded(text.as_bytes()).unwrap());
        let found = document::load(&sources, file).unwrap_err();
        assert!(found.as_slice()[0].message.starts_with("found more than 1 MiB"), "{found:?}");
    }
}
