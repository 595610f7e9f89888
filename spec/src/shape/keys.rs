//! Findings about the keys of a mapping: unknown ones and missing ones.

use std::collections::BTreeMap;

use serde_json::Value;

use super::compose::SpecSchema;
use super::explain::schema_at;
use super::unsupported;
use crate::catalog::Slot;
use crate::diag::{Diagnostic, Sink, codes, did_you_mean, one_of, only_one, quoted, similar};
use crate::document::{Document, Pointer};
use crate::source::Span;

/// What is wrong with the keys of one mapping.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub(super) unknown: Vec<String>,
    pub(super) missing: Vec<String>,
}

impl Keys {
    /// Reports them; a missing key that is there with a typing error is reported once.
    pub(super) fn report(
        mut self,
        document: &Document,
        schema: &SpecSchema,
        effective: &Value,
        pointer: &Pointer,
        sink: &mut Sink,
    ) {
        let section = schema_at(effective, pointer);
        let known: Vec<&str> =
            section["properties"].as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
        // A mapping may have very many unknown keys, so its keys are looked up in logarithmic time.
        let entries = document.find(pointer).map_or(&[][..], |found| found.node.entries());
        let written: BTreeMap<&str, Span> =
            entries.iter().map(|entry| (entry.key.as_str(), entry.key_span)).collect();
        for key in &self.unknown {
            let span = written.get(key.as_str()).copied().unwrap_or_else(|| document.span_near(pointer));
            if let Some(near) = similar(key, known.iter().copied()).first() {
                self.missing.retain(|missing| missing != near);
            }
            let diagnostic = unknown_key(document, schema, pointer, &known, key, span);
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

fn unknown_key(
    document: &Document,
    schema: &SpecSchema,
    pointer: &Pointer,
    known: &[&str],
    key: &str,
    span: Span,
) -> Diagnostic {
    if unsupported::is_key(&pointer.key(key)) {
        let message = format!("`{key}`{} is not supported by this version of peng yet", place(pointer));
        return Diagnostic::error(codes::E0106, span, message).help("remove it".to_owned());
    }
    let of_kind =
        Slot::ALL.into_iter().find(|slot| pointer.as_str() == format!("/{}", slot.key())).and_then(|slot| {
            let kind = document.find(&pointer.key("kind"))?.node.as_str()?;
            Some(format!(" of {slot} {}", quoted(kind)))
        });
    let message = format!("unknown key {}{}", quoted(key), of_kind.unwrap_or_else(|| place(pointer)));
    let elsewhere = sections_with(&schema.fixed, key);
    let help = did_you_mean(key, known.iter().copied()).or_else(|| {
        let section = elsewhere.filter(|section| format!("/{section}") != pointer.as_str())?;
        Some(format!("move it to `{section}`"))
    });
    // Which keys there are was decided by the kind, unless this is a typing error.
    let kind = document.find(&pointer.key("kind")).filter(|_| help.is_none() && schema_has_kinds(pointer));
    let diagnostic = Diagnostic::error(codes::E0102, span, message);
    let labelled = match kind {
        Some(found) => diagnostic.also(found.node.span, "this kind has other keys"),
        None => diagnostic,
    };
    labelled.help(help.unwrap_or_else(|| one_of(known.iter().copied())))
}

/// Whether a pointer is the section of a slot.
fn schema_has_kinds(pointer: &Pointer) -> bool {
    Slot::ALL.into_iter().any(|slot| pointer.as_str() == format!("/{}", slot.key()))
}

/// The section of the spec that has a key.
fn sections_with<'a>(fixed: &'a Value, key: &str) -> Option<&'a str> {
    let sections = fixed["properties"].as_object()?;
    sections
        .iter()
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
