//! A spec put together: a file over the bases that it extends, and over it what the command line sets.
//!
//! Each value keeps the place where it was written, so later passes point into a base or at a `--set` without knowing
//! that there are such. How values go over others is in `merge`; what may be set is in `setting`. Reading is handed in.

mod merge;
mod setting;
#[cfg(test)]
mod tests;

use std::path::{Component, Path, PathBuf};

pub use setting::Setting;

use crate::diag::{Diagnostic, Diagnostics, Sink, codes, quoted};
use crate::document::{self, Document, Node, NodeValue};
use crate::source::{FileId, SourceMap, Span};

/// The key that names the base of a file.
pub const EXTENDS: &str = "extends";

/// What settings are called as a source.
pub const COMMAND_LINE: &str = "<command line>";

/// Most bases of a spec, one extended by the other.
const MOST_BASES: usize = 10;

/// Reads the file of a path, or says why it cannot.
pub type ReadBase<'a> = dyn Fn(&Path) -> Result<Vec<u8>, String> + 'a;

/// Loads a file of `sources` with its bases, which are added to `sources`, and applies settings in their order. Settings
/// that fit nothing are findings of the document: they keep nothing else from being checked.
pub fn load(
    sources: &mut SourceMap,
    file: FileId,
    settings: &[Setting],
    read: &ReadBase<'_>,
) -> Result<Document, Diagnostics> {
    let mut document = extended(sources, file, read)?;
    let mut sink = Sink::new();
    for setting in settings {
        setting.apply(&mut document, sources, &mut sink);
    }
    document.findings.extend(sink.into_list());
    Ok(document)
}

/// The file over its bases.
fn extended(sources: &mut SourceMap, file: FileId, read: &ReadBase<'_>) -> Result<Document, Diagnostics> {
    let mut names = vec![normal(Path::new(sources.name(file)))];
    let mut documents = vec![document::load(sources, file)?];
    while let Some((path, span)) = documents.last_mut().map_or(Ok(None), take_base)? {
        let from = names.last().and_then(|name| name.parent()).unwrap_or(Path::new(""));
        let name = match normal(&from.join(&path)) {
            name if name.as_os_str().is_empty() => PathBuf::from("."),
            name => name,
        };
        let bytes = admit(&names, &name, read).map_err(|(code, message, help)| {
            Diagnostics::from(Diagnostic::error(code, span, message).help(help.to_owned()).at("/extends"))
        })?;
        let base = sources.add_bytes(name.display().to_string(), &bytes);
        for document in &mut documents {
            document.links.push((base, span));
        }
        let labelled = |found: Diagnostics| documents[0].told_of_bases(found);
        documents.push(document::load(sources, base).map_err(labelled)?);
        names.push(name);
    }
    let put_over = |base: Document, over: Document| Document {
        root: merge::over(over.root, base.root),
        findings: [over.findings, base.findings].concat(),
        doubts: [over.doubts, base.doubts].concat(),
        texts: [over.texts, base.texts].concat(),
        ..over
    };
    Ok(documents.into_iter().rev().reduce(put_over).expect("the file itself is among them"))
}

/// The bytes of a base, unless there are reasons not to read it.
fn admit(
    names: &[PathBuf],
    name: &Path,
    read: &ReadBase<'_>,
) -> Result<Vec<u8>, (codes::Code, String, &'static str)> {
    let shown = quoted(&name.display().to_string());
    if names.iter().any(|known| known == name) {
        let message = match names {
            [_] => format!("{shown} extends itself"),
            [] | [_, _, ..] => format!("{shown} extends itself, by way of other files"),
        };
        return Err((codes::E0012, message, "remove it, or name another file"));
    }
    if names.len() > MOST_BASES {
        let message = format!("found a base more than {MOST_BASES} files away from the spec that extends it");
        return Err((codes::E0012, message, "put some of the files together"));
    }
    read(name).map_err(|why| {
        let help = "write the path of a file, relative to this one; nothing in it is expanded or downloaded";
        (codes::E0011, format!("cannot read the base {shown}: {why}"), help)
    })
}

/// Takes `extends` out of a document; a document without it has no base.
fn take_base(document: &mut Document) -> Result<Option<(String, Span)>, Diagnostics> {
    let NodeValue::Map(entries) = &mut document.root.value else { return Ok(None) };
    let Some(at) = entries.iter().position(|entry| entry.key == EXTENDS) else { return Ok(None) };
    let entry = entries.remove(at);
    match &entry.value {
        Node { value: NodeValue::String(path), span } if !path.trim().is_empty() => {
            Ok(Some((path.clone(), *span)))
        }
        _ => Err(Diagnostic::error(codes::E0011, entry.key_span, "`extends` names no file")
            .help("write the path of one spec, relative to this file, such as `base.peng.yaml`".to_owned())
            .at("/extends")
            .into()),
    }
}

/// A path without `.` and, where that is possible, without `..`.
pub fn normal(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut clean, component| {
        let is_below = matches!(clean.components().next_back(), Some(Component::Normal(_)));
        match component {
            Component::CurDir => {}
            Component::ParentDir if is_below => drop(clean.pop()),
            Component::ParentDir | Component::Prefix(_) | Component::RootDir | Component::Normal(_) => {
                clean.push(component);
            }
        }
        clean
    })
}

impl Document {
    /// Findings of this document: those in a base also show who extends it.
    pub(crate) fn told_of_bases(&self, found: Diagnostics) -> Diagnostics {
        found.map(|found| self.with_base(found))
    }

    /// A finding; if it stands in a base, with the place that extends it.
    pub fn with_base(&self, found: Diagnostic) -> Diagnostic {
        match self.links.iter().find(|(base, _)| *base == found.span.file) {
            Some((_, span)) => found.also(*span, "extended here"),
            None => found,
        }
    }
}
