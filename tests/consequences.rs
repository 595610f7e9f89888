//! No finding follows from another: what is made unfit in a spec adds findings at its own place and nowhere else.

use std::path::Path;

use peng_compiler::{Compiled, compile_with};
use peng_runtime::catalog;
use peng_spec::diag::{CODES, Diagnostic, codes};
use peng_spec::document::{Document, Node, Pointer, load};
use peng_spec::shape::SpecSchema;
use peng_spec::source::{SourceMap, Span};

/// A value that no key takes.
const UNFIT: &str = "{unfit: [[]]}";

/// A key that no mapping has, and that resembles none.
const UNKNOWN: &str = "qqqqqqqqqq";

#[test]
fn what_is_made_unfit_adds_findings_at_its_own_place_only() {
    let schema = SpecSchema::new(&catalog());
    let mut faults = Vec::new();
    let mut tried = 0;
    for text in texts() {
        let Some(document) = loaded(&text) else { continue };
        let before = findings(&text, &schema);
        for (pointer, span, instead) in changes(&document, &text) {
            let changed = format!("{}{instead}{}", &text[..span.start], &text[span.end..]);
            let after = findings(&changed, &schema);
            tried += 1;
            // At one place an error may be told with another cause, once the first is gone.
            let is_new = |found: &&Diagnostic| {
                let is_told = |old: &Diagnostic| old.message == found.message || old.pointer == found.pointer;
                !before.iter().any(|old| old.code == found.code && is_told(old))
            };
            if let Some(found) = after.iter().filter(is_new).find(|found| !is_about(found, &pointer)) {
                faults.push(format!("{pointer}: {} {}\nin\n{changed}", found.code, found.message));
            }
        }
    }
    assert!(tried > 1000, "{tried} changes were tried");
    assert!(faults.is_empty(), "{} of {tried}: {}", faults.len(), faults[..faults.len().min(20)].join("\n"));
}

/// Whether a finding is about the value at a pointer, or about the keys of the mapping that it stands in.
fn is_about(found: &Diagnostic, pointer: &Pointer) -> bool {
    let of_keys = [codes::E0101, codes::E0102, codes::E0103, codes::E0104].contains(&found.code);
    let parent = pointer.parent().filter(|_| of_keys);
    let unknown = parent.as_ref().map(|parent| parent.key(UNKNOWN));
    // A key that stands in another section is told of there; it is missing once it is not.
    let is_missing = found.code == codes::E0101;
    let about = found.pointer.as_ref();
    is_missing
        || about.is_some_and(|at| {
            pointer.contains(at) || parent.as_ref() == Some(at) || unknown.as_ref() == Some(at)
        })
}

/// Every spec of the repository that has no anchors, since a change of these is one of several places.
fn texts() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts: Vec<String> = CODES
        .iter()
        .copied()
        .flatten()
        .flat_map(|info| [info.bad, info.good])
        .filter_map(peng_spec::diag::Example::spec)
        .collect();
    for folder in ["tests/specs/ok", "tests/specs/bad", "examples"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "yaml") {
                texts.extend(std::fs::read_to_string(path));
            }
        }
    }
    texts.retain(|text| !text.contains('&') && !text.contains("extends:"));
    texts.sort();
    texts.dedup();
    texts
}

fn loaded(text: &str) -> Option<Document> {
    let mut sources = SourceMap::new();
    let file = sources.add("spec.yaml", text);
    load(&sources, file).ok()
}

fn findings(text: &str, schema: &SpecSchema) -> Vec<Diagnostic> {
    let mut sources = SourceMap::new();
    let file = sources.add("spec.yaml", text);
    match load(&sources, file).and_then(|document| compile_with(document, &catalog(), schema)) {
        Ok(Compiled { warnings, .. }) => warnings,
        Err(found) => found.into_vec(),
    }
}

/// Each value on a line made unfit, and each key made unknown.
fn changes(document: &Document, text: &str) -> Vec<(Pointer, Span, &'static str)> {
    let mut changes = Vec::new();
    let mut left: Vec<(Pointer, &Node)> = vec![(Pointer::root(), document.root())];
    while let Some((pointer, node)) = left.pop() {
        let written = &text[node.span.start..node.span.end];
        let is_flow =
            node.elements().is_empty() && node.entries().is_empty() || written.starts_with(['[', '{']);
        if is_flow && !written.is_empty() && !written.contains('\n') && pointer != Pointer::root() {
            changes.push((pointer.clone(), node.span, UNFIT));
        }
        for entry in node.entries() {
            changes.push((pointer.key(&entry.key), entry.key_span, UNKNOWN));
            left.push((pointer.key(&entry.key), &entry.value));
        }
        for (index, element) in node.elements().iter().enumerate() {
            left.push((pointer.index(index), element));
        }
    }
    changes
}
