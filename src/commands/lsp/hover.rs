//! Hover: what the key at a place means and, of a section, what the plan makes of it: how many networks a space holds
//! before `where`, since counting those that are left takes longer than a hover may.

use std::fmt::Write;

use peng_compiler::describe;
use peng_spec::document::{Node, NodeValue, Pointer};
use peng_spec::shape::{REFERENCE_PAGE, Reference};
use peng_spec::source::Span;
use serde_json::{Value, json};

use super::complete::about;
use super::findings::Checked;
use super::text::position;

/// The sections of a spec, and what `peng plan` calls them.
const IN_THE_PLAN: &[(&str, &str)] = &[
    ("dataset", "data"),
    ("search_space", "space"),
    ("search", "search"),
    ("objectives", "objectives"),
    ("training", "training"),
    ("estimator", "estimator"),
    ("gpu_budget", "cost"),
    ("execution", "execution"),
    ("finally", "steps"),
    ("output", "output"),
];

/// What is to be told of a byte; null if nothing.
pub(super) fn hover(reference: &Reference, checked: &Checked, text: &str, at: usize) -> Value {
    let Some(document) = &checked.document else { return Value::Null };
    let here = |span: Span| span.file == checked.file && (span.start..=span.end).contains(&at);
    let Some((pointer, span)) = key_at(document.root(), &Pointer::root(), &here) else { return Value::Null };
    let anchors = reference.anchors();
    let Some(anchor) = peng_spec::shape::anchor(document, &pointer, &anchors) else { return Value::Null };
    let mut value = told(reference, &anchor);
    let section = pointer.tokens().next().unwrap_or_default();
    let is_of_section = pointer.tokens().count() == 1 || pointer.as_str().ends_with("/kind");
    let title = IN_THE_PLAN.iter().find(|(key, _)| *key == section && is_of_section).map(|(_, title)| *title);
    if let (Some(plan), Some(title)) = (&checked.plan, title) {
        for part in describe(plan, None).iter().filter(|part| part.title == title) {
            write!(value, "\n\n{}", part.lines.join("  \n")).expect("writing to a string cannot fail");
        }
    }
    write!(value, "\n\n[Reference]({REFERENCE_PAGE}#{anchor})").expect("writing to a string cannot fail");
    json!({
        "contents": { "kind": "markdown", "value": value },
        "range": { "start": position(text, span.start), "end": position(text, span.end) },
    })
}

/// The key, or the scalar, that stands at a place: its pointer and where it is.
fn key_at(node: &Node, pointer: &Pointer, here: &impl Fn(Span) -> bool) -> Option<(Pointer, Span)> {
    match &node.value {
        NodeValue::Map(entries) => entries.iter().find_map(|entry| {
            let pointer = pointer.key(&entry.key);
            if here(entry.key_span) {
                return Some((pointer, entry.key_span));
            }
            key_at(&entry.value, &pointer, here)
        }),
        NodeValue::List(elements) => {
            elements.iter().enumerate().find_map(|(index, node)| key_at(node, &pointer.index(index), here))
        }
        NodeValue::Null | NodeValue::Bool(_) | NodeValue::Number(_) | NodeValue::String(_) => {
            here(node.span).then(|| (pointer.clone(), node.span))
        }
    }
}

fn told(reference: &Reference, anchor: &str) -> String {
    let kinds = || reference.sections.iter().flat_map(|section| &section.kinds);
    if let Some(section) = reference.sections.iter().find(|section| section.key == anchor) {
        return section.doc.clone();
    }
    if let Some(kind) = kinds().find(|kind| kind.anchor == anchor) {
        return format!("`{}`: {}", kind.name, kind.doc);
    }
    let of_sections = reference.sections.iter().flat_map(|section| &section.fields);
    let mut fields = reference.values.iter().chain(of_sections).chain(kinds().flat_map(|kind| &kind.fields));
    fields.find(|field| field.anchor == anchor).map(about).unwrap_or_default()
}
