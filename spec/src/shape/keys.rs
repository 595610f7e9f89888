//! Findings about the keys of a mapping: unknown ones and missing ones.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::explain::schema_at;
use super::unfit::Unfit;
use super::unsupported;
use crate::catalog::Slot;
use crate::diag::{Diagnostic, Sink, codes, did_you_mean, one_of, only_one, quoted, similar};
use crate::document::{Document, Node, Pointer};
use crate::source::Span;

/// What is wrong with the keys of one mapping.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub(super) unknown: Vec<String>,
    pub(super) missing: Vec<String>,
}

/// Keys that stand in a section to which they do not belong, as what they are where they belong.
pub(super) fn elsewhere(effective: &Value, found: &BTreeMap<Pointer, Keys>) -> BTreeSet<Pointer> {
    let target = |key: &String| Some(Pointer::root().key(section_with(effective, key)?).key(key));
    found.values().flat_map(|keys| &keys.unknown).filter_map(target).collect()
}

impl Keys {
    /// Those of the mapping at a pointer without missing ones that stand elsewhere, where they are told of.
    pub(super) fn without(
        mut self,
        pointer: &Pointer,
        elsewhere: &BTreeSet<Pointer>,
        unfit: &mut Unfit,
    ) -> Self {
        self.missing.iter().for_each(|key| unfit.value(pointer.key(key)));
        self.missing.retain(|key| !elsewhere.contains(&pointer.key(key)));
        self
    }

    /// Reports them; a missing key that is there with a typing error is reported once.
    pub(super) fn report(
        mut self,
        document: &Document,
        effective: &Value,
        pointer: &Pointer,
        unfit: &mut Unfit,
        sink: &mut Sink,
    ) {
        let section = schema_at(effective, pointer);
        let known: Vec<&str> =
            section["properties"].as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
        // A mapping may have very many unknown keys, so its keys are looked up in logarithmic time.
        let entries = document.find(pointer).map_or(&[][..], |found| found.node.entries());
        let written: BTreeMap<&str, Span> =
            entries.iter().map(|entry| (entry.key.as_str(), entry.key_span)).collect();
        let kind = kind_of(document, pointer);
        self.unknown.iter().for_each(|key| unfit.unknown(pointer.key(key)));
        for key in &self.unknown {
            let span = written.get(key.as_str()).copied().unwrap_or_else(|| document.span_near(pointer));
            let near = similar(key, known.iter().copied());
            if let Some(near) = near.first() {
                self.missing.retain(|missing| missing != near);
            }
            means(key, &near, effective, pointer, unfit);
            let diagnostic = unknown_key(kind, effective, pointer, &known, key, span);
            // A key that is there already would occur twice.
            let meant = only_one(key, known.iter().copied())
                .filter(|meant| !written.contains_key(meant.as_str()) && written.contains_key(key.as_str()))
                .filter(|_| diagnostic.code == codes::E0102);
            sink.push(diagnostic.fix(span, meant).at(pointer.key(key)));
        }
        for key in &self.missing {
            let span = document.span_near(pointer);
            let description = section["properties"][key.as_str()].get("description").and_then(Value::as_str);
            let help = description.map(|text| {
                if key == "kind" { text.to_owned() } else { format!("add `{key}`: {}", lower(text)) }
            });
            let message = format!("missing key `{key}`{}", place(pointer));
            sink.push(Diagnostic::error(codes::E0101, span, message).help(help).at(pointer.clone()));
        }
    }
}

/// Notes what an unknown key may stand for.
fn means(key: &str, near: &[&str], effective: &Value, pointer: &Pointer, unfit: &mut Unfit) {
    if unsupported::is_key(&pointer.key(key)) {
        return;
    }
    for near in near {
        unfit.value(pointer.key(near));
    }
    match section_with(effective, key) {
        _ if !near.is_empty() => {}
        Some(section) => unfit.value(Pointer::root().key(section).key(key)),
        None => unfit.guess(pointer.clone()),
    }
}

fn unknown_key(
    kind: Option<(Slot, &Node)>,
    effective: &Value,
    pointer: &Pointer,
    known: &[&str],
    key: &str,
    span: Span,
) -> Diagnostic {
    if unsupported::is_key(&pointer.key(key)) {
        let message = format!("`{key}`{} is not supported by this version of peng yet", place(pointer));
        return Diagnostic::error(codes::E0106, span, message).help("remove it".to_owned());
    }
    let of_kind = kind.and_then(|(slot, node)| Some(format!(" of {slot} {}", quoted(node.as_str()?))));
    let message = format!("unknown key {}{}", quoted(key), of_kind.unwrap_or_else(|| place(pointer)));
    let elsewhere = section_with(effective, key);
    let help = did_you_mean(key, known.iter().copied()).or_else(|| {
        let section = elsewhere.filter(|section| format!("/{section}") != pointer.as_str())?;
        Some(format!("move it to `{section}`"))
    });
    let diagnostic = Diagnostic::error(codes::E0102, span, message);
    // Which keys there are was decided by the kind, unless this is a typing error.
    let labelled = match kind {
        Some((_, node)) if help.is_none() => diagnostic.also(node.span, "this kind has other keys"),
        Some(_) | None => diagnostic,
    };
    labelled.help(help.unwrap_or_else(|| one_of(known.iter().copied())))
}

/// The kind that decides which keys a mapping has, if it is the section of a slot.
fn kind_of<'a>(document: &'a Document, pointer: &Pointer) -> Option<(Slot, &'a Node)> {
    let slot = Slot::ALL.into_iter().find(|slot| pointer.as_str() == format!("/{}", slot.key()))?;
    Some((slot, document.find(&pointer.key("kind"))?.node))
}

/// The section of the spec, with the kinds that it chose, that has a key.
fn section_with<'a>(effective: &'a Value, key: &str) -> Option<&'a str> {
    let sections = effective["properties"].as_object()?;
    sections
        .iter()
        .filter(|_| key != "kind")
        .find(|(_, section)| section["properties"].get(key).is_some())
        .map(|(name, _)| name.as_str())
}

/// " in `training`"; nothing for the root.
fn place(pointer: &Pointer) -> String {
    let tokens: Vec<String> = pointer.tokens().collect();
    if tokens.is_empty() { String::new() } else { format!(" in {}", quoted(&tokens.join("."))) }
}

/// A description as a help: its first sentence, without the capital and the full stop.
fn lower(text: &str) -> String {
    let sentence = text.split(['.', ';']).next().unwrap_or(text);
    let mut chars = sentence.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
