//! What is fuzzed: loader, expressions, decode and `check`. Each entry takes any bytes; what it must not do is panic, hang,
//! or break what it asserts. Shared by the targets of cargo-fuzz and by `tests/fuzz.rs`.

use peng_compiler::{Compiled, compile};
use peng_runtime::catalog;
use peng_spec::diag::{Diagnostic, Severity};
use peng_spec::document::{Document, Node, load};
use peng_spec::expr::{self, Dimension, ExprError, gate};
use peng_spec::model::decode;
use peng_spec::plan::Plan;
use peng_spec::shape::{SpecSchema, check as check_shape};
use peng_spec::source::{FileId, SourceMap, Span};

/// Takes any bytes.
pub(crate) type Entry = fn(&[u8]);

/// A name for each entry.
pub(crate) const ENTRIES: &[(&str, Entry)] =
    &[("load", load_text), ("expressions", expressions), ("decode", decode_text), ("check", check)];

/// Any bytes are a document or findings, with all places in the text.
pub(crate) fn load_text(bytes: &[u8]) {
    let (sources, file) = source(bytes);
    match load(&sources, file) {
        Ok(document) => {
            findings_are_sound(&sources, document.findings());
            nodes_are_sound(&sources, &document);
        }
        Err(found) => findings_are_sound(&sources, found.as_slice()),
    }
}

/// Any text is an expression or an error at a place in it.
pub(crate) fn expressions(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let dimensions =
        [Dimension::Percent, Dimension::Points, Dimension::Epochs, Dimension::Time, Dimension::Memory];
    for dimension in dimensions {
        match expr::quantity(text, dimension) {
            Ok(value) => assert!(value.is_finite(), "{text:?} is {value}"),
            Err(error) => error_is_sound(text, &error),
        }
    }
    if let Err(error) = expr::epoch_fraction(text) {
        error_is_sound(text, &error);
    }
    let measures = [("saved", Some(Dimension::Percent)), ("regret", None)]
        .map(|(name, dimension)| expr::Name { name: name.to_owned(), dimension, form: expr::Form::Single });
    if let Err(error) = gate::gate(text, &measures) {
        error_is_sound(text, &error);
    }
}

/// What fits the schema is decoded.
pub(crate) fn decode_text(bytes: &[u8]) {
    let (sources, file) = source(bytes);
    let Ok(document) = load(&sources, file) else { return };
    let (shaped, found) = check_shape(&document, &SpecSchema::new(&catalog()));
    findings_are_sound(&sources, &found);
    let has_errors = found.iter().any(|found| found.severity == Severity::Error);
    assert_eq!(shaped.well_formed().is_none(), has_errors, "what does not fit is told, and nothing else");
    if let Err(found) = decode(&shaped) {
        panic!("what fits the schema cannot be decoded: {found:?}");
    }
}

/// Any bytes are a plan or findings; a plan reads back, and the same text makes the same one.
pub(crate) fn check(bytes: &[u8]) {
    let (sources, file) = source(bytes);
    match compile(&sources, file, &catalog()) {
        Ok(Compiled { plan, warnings }) => {
            findings_are_sound(&sources, &warnings);
            let json = plan.to_json();
            assert_eq!(Plan::from_json(&json).expect("a plan reads back"), plan);
            let again = compile(&sources, file, &catalog());
            assert_eq!(again.map(|compiled| compiled.plan.to_json()).as_ref(), Ok(&json));
        }
        Err(found) => findings_are_sound(&sources, found.as_slice()),
    }
}

fn source(bytes: &[u8]) -> (SourceMap, FileId) {
    let mut sources = SourceMap::new();
    let file = sources.add_bytes("fuzz.yaml", bytes);
    (sources, file)
}

fn span_is_sound(sources: &SourceMap, span: Span) {
    let text = sources.text(span.file);
    assert!(text.get(span.start..span.end).is_some(), "{span:?} is no part of a text of {}", text.len());
}

fn findings_are_sound(sources: &SourceMap, found: &[Diagnostic]) {
    for diagnostic in found {
        span_is_sound(sources, diagnostic.span);
        diagnostic.labels.iter().for_each(|label| span_is_sound(sources, label.span));
        diagnostic.fix.iter().for_each(|fix| span_is_sound(sources, fix.span));
        assert!(!diagnostic.message.is_empty() && !diagnostic.message.ends_with('.'), "{diagnostic:?}");
        assert!(diagnostic.message.len() < 2000, "{diagnostic:?}");
        let _ = diagnostic.to_json(sources);
    }
}

fn nodes_are_sound(sources: &SourceMap, document: &Document) {
    let mut left: Vec<&Node> = vec![document.root()];
    while let Some(node) = left.pop() {
        span_is_sound(sources, node.span);
        left.extend(node.elements());
        for entry in node.entries() {
            span_is_sound(sources, entry.key_span);
            left.push(&entry.value);
        }
    }
}

fn error_is_sound(text: &str, error: &ExprError) {
    assert!(text.get(error.at..error.at + error.len).is_some(), "{error:?} is no part of {text:?}");
    assert!(!error.message.is_empty(), "{error:?}");
}
