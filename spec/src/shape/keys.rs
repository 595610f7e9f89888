//! Findings about the keys of a mapping: unknown ones and missing ones.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::explain::schema_at;
use super::unfit::Unfit;
use super::unsupported;
use crate::catalog::Slot;
use crate::diag::{Diagnostic, Sink, codes, did_you_mean, one_of, only_one, quoted, similar, special_blank};
use crate::document::{Document, Node, Pointer};
use crate::source::Span;

/// The mappings of a spec, with the kinds that it chose, by the keys that they have and that are not written there: the spec
/// itself, its sections, and the mappings in these. What a space lets vary is not meant.
pub(super) type Homes = BTreeMap<String, Pointer>;

/// Where keys belong.
pub(super) fn homes(document: &Document, effective: &Value) -> Homes {
    let members = |of: &Pointer| -> Vec<Pointer> {
        let properties = schema_at(effective, of)["properties"].as_object();
        properties.into_iter().flatten().map(|(key, _)| of.key(key)).collect()
    };
    let root = Pointer::root();
    let sections = members(&root);
    let space = root.key(Slot::SearchSpace.key());
    let inner: Vec<Pointer> = sections.iter().filter(|&at| *at != space).flat_map(members).collect();
    let mut homes = Homes::new();
    for mapping in std::iter::once(root).chain(sections).chain(inner) {
        let properties = schema_at(effective, &mapping)["properties"].as_object();
        for (key, _) in properties.into_iter().flatten().filter(|(key, _)| *key != "kind") {
            homes.entry(key.clone()).or_insert_with(|| mapping.clone());
        }
    }
    homes.retain(|key, mapping| document.find(&mapping.key(key)).is_none());
    homes
}

/// What is wrong with the keys of one mapping.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub(super) unknown: Vec<String>,
    pub(super) missing: Vec<String>,
}

/// Keys that stand in a section to which they do not belong, as what they are where they belong.
pub(super) fn elsewhere(homes: &Homes, found: &BTreeMap<Pointer, Keys>) -> BTreeSet<Pointer> {
    let target = |key: &String| Some(homes.get(key)?.key(key));
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
        (effective, homes): (&Value, &Homes),
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
            let home = homes.get(key);
            means(key, &near, home, pointer, unfit);
            let diagnostic = unknown_key(kind, home, pointer, &known, key, span);
            // A key that is there already would occur twice.
            let meant = only_one(key, known.iter().copied())
                .filter(|meant| !written.contains_key(meant.as_str()) && written.contains_key(key.as_str()))
                .filter(|_| diagnostic.code == codes::E0102 && foreign_sign(key).is_none());
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
fn means(key: &str, near: &[&str], home: Option<&Pointer>, pointer: &Pointer, unfit: &mut Unfit) {
    if unsupported::is_key(&pointer.key(key)) {
        return;
    }
    for near in near {
        unfit.value(pointer.key(near));
    }
    match home {
        _ if !near.is_empty() => {}
        Some(home) => unfit.value(home.key(key)),
        None => unfit.guess(pointer.clone()),
    }
}

fn unknown_key(
    kind: Option<(Slot, &Node)>,
    home: Option<&Pointer>,
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
    let help = foreign_sign(key).or_else(|| did_you_mean(key, known.iter().copied())).or_else(|| {
        let home = home?;
        let is_root = *home == Pointer::root();
        let to =
            if is_root { "the top level, without indentation".to_owned() } else { quoted(&home.spelled()) };
        Some(format!("move it to {to}"))
    });
    let diagnostic = Diagnostic::error(codes::E0102, span, message);
    // Which keys there are was decided by the kind, unless this is a typing error.
    let labelled = match kind {
        Some((_, node)) if help.is_none() => diagnostic.also(node.span, "this kind has other keys"),
        Some(_) | None => diagnostic,
    };
    labelled.help(help.unwrap_or_else(|| one_of(known.iter().copied())))
}

/// What to do about a key that goes on, since a sign in it only looks like that of YAML.
fn foreign_sign(key: &str) -> Option<String> {
    let plain = |c: char| format!("write a plain space in place of U+{:04X}", u32::from(c));
    special_blank(key)
        .map(plain)
        .or_else(|| key.contains('：').then(|| "write `:` in place of `：`, and a space after it".to_owned()))
}

/// The kind that decides which keys a mapping has, if it is the section of a slot.
fn kind_of<'a>(document: &'a Document, pointer: &Pointer) -> Option<(Slot, &'a Node)> {
    let slot = Slot::ALL.into_iter().find(|slot| pointer.as_str() == format!("/{}", slot.key()))?;
    Some((slot, document.find(&pointer.key("kind"))?.node))
}

/// " in `training`"; nothing for the root.
fn place(pointer: &Pointer) -> String {
    if *pointer == Pointer::root() { String::new() } else { format!(" in {}", quoted(&pointer.spelled())) }
}

/// A description as a help: its first sentence, without the capital and the full stop.
fn lower(text: &str) -> String {
    let sentence = text.split(['.', ';']).next().unwrap_or(text);
    let mut chars = sentence.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
