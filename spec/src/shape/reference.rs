//! The language of specs as data for a reference page: each key with what it takes, its default and its meaning.
//!
//! A key has an anchor, its path without list indices; parameters of a kind come below the kind's name:
//! `training.epochs`, `estimator.penguin.window`. Pages of other forms are made of this elsewhere.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use super::compose::SpecSchema;
use super::params::{takes, written};
use super::{WORDS_EXTENSION, describe};
use crate::catalog::Slot;
use crate::diag::Diagnostic;
use crate::document::{Document, Pointer};
use crate::model::KindSpec;

/// The committed reference; an anchor goes after a `#`.
pub const REFERENCE_PAGE: &str = "https://github.com/peng-nas/peng/blob/main/schemas/experiment.v1.md";

/// Levels of mappings beyond which nothing is described.
const DEEPEST: usize = 12;

/// The language of specs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reference {
    /// Keys that hold a single value.
    pub values: Vec<FieldDoc>,
    /// Keys that hold a mapping or a list.
    pub sections: Vec<SectionDoc>,
}

/// A section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SectionDoc {
    /// Its key, which is also its anchor.
    pub key: String,
    /// What it means.
    pub doc: String,
    /// Whether it must be written.
    pub required: bool,
    /// Its keys, of a slot those that all kinds have.
    pub fields: Vec<FieldDoc>,
    /// Its kinds, if it is a slot.
    pub kinds: Vec<KindDoc>,
}

/// A kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KindDoc {
    /// Its name.
    pub name: String,
    /// Its anchor.
    pub anchor: String,
    /// What it is.
    pub doc: String,
    /// Its parameters.
    pub fields: Vec<FieldDoc>,
}

/// A key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldDoc {
    /// Its path below the section, such as `optimizer.lr`.
    pub path: String,
    /// Its anchor.
    pub anchor: String,
    /// What it takes, such as "a whole number, at least 1".
    pub takes: String,
    /// Its default as it is written.
    pub default: Option<String>,
    /// Whether it must be written if its mapping is.
    pub required: bool,
    /// What it means.
    pub doc: String,
    /// What may be written.
    pub examples: Vec<String>,
    /// The words that it takes.
    pub words: Vec<WordDoc>,
}

/// A word that a key takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WordDoc {
    /// The word.
    pub word: String,
    /// What it means; empty if the key tells.
    pub doc: String,
}

impl Reference {
    /// The anchors of all keys, sections and kinds.
    pub fn anchors(&self) -> BTreeSet<&str> {
        let sections = self.sections.iter().flat_map(|section| {
            let kinds = section.kinds.iter().flat_map(|kind| {
                std::iter::once(kind.anchor.as_str()).chain(kind.fields.iter().map(|f| f.anchor.as_str()))
            });
            let fields = section.fields.iter().map(|field| field.anchor.as_str());
            std::iter::once(section.key.as_str()).chain(fields).chain(kinds)
        });
        self.values.iter().map(|field| field.anchor.as_str()).chain(sections).collect()
    }
}

impl SpecSchema {
    /// The language of specs.
    pub fn reference(&self) -> Reference {
        let required = required(&self.fixed);
        let mut reference = Reference { values: Vec::new(), sections: Vec::new() };
        for (key, schema) in self.fixed["properties"].as_object().into_iter().flatten() {
            let slot = Slot::ALL.into_iter().find(|slot| slot.key() == key);
            let mut fields = Vec::new();
            collect(schema, "", key, DEEPEST, &mut fields);
            if fields.is_empty() && slot.is_none() {
                reference.values.push(field(schema, key, key, required.contains(&key.as_str())));
                continue;
            }
            reference.sections.push(SectionDoc {
                key: key.clone(),
                doc: text(schema, "description"),
                required: required.contains(&key.as_str()),
                fields,
                kinds: slot.map(|slot| self.kinds_of(slot)).unwrap_or_default(),
            });
        }
        reference
    }

    fn kinds_of(&self, slot: Slot) -> Vec<KindDoc> {
        let common = KindSpec::common_keys(slot);
        let kind = |kind: &super::KindSchema| {
            let anchor = format!("{}.{}", slot.key(), kind.name);
            let mut fields = Vec::new();
            collect(&kind.section, "", &anchor, DEEPEST, &mut fields);
            fields.retain(|field| {
                let first = field.path.split(['.', '[']).next().unwrap_or_default();
                first != "kind" && !common.contains(&first)
            });
            KindDoc { name: kind.name.to_owned(), anchor, doc: kind.summary.to_owned(), fields }
        };
        self.kinds(slot).iter().map(kind).collect()
    }

    /// Findings with the anchors of the keys that they are about.
    pub fn anchored(&self, document: &Document, found: Vec<Diagnostic>) -> Vec<Diagnostic> {
        if found.iter().all(|diagnostic| diagnostic.pointer.is_none()) {
            return found;
        }
        let reference = self.reference();
        let anchors = reference.anchors();
        let anchor = |diagnostic: Diagnostic| {
            let anchor = diagnostic.pointer.as_ref().and_then(|at| anchor(document, at, &anchors));
            Diagnostic { anchor, ..diagnostic }
        };
        found.into_iter().map(anchor).collect()
    }
}

/// The anchor of a value, or of the nearest value around it that has one.
pub fn anchor(document: &Document, pointer: &Pointer, anchors: &BTreeSet<&str>) -> Option<String> {
    // A section as such has no kind, what is in it does.
    let is_within = pointer.tokens().count() > 1;
    let mut at = Some(pointer.clone());
    while let Some(pointer) = at {
        let path: Vec<String> = pointer.tokens().filter(|token| token.parse::<usize>().is_err()).collect();
        let kind = path.first().and_then(|slot| {
            document.find(&Pointer::root().key(slot).key("kind"))?.node.as_str().map(str::to_owned)
        });
        let plain = path.join(".");
        let of_kind = kind.filter(|_| is_within).map(|kind| {
            let rest = if path.get(1).is_some_and(|key| key == "kind") { &path[2..] } else { &path[1..] };
            [&[path[0].clone(), kind], rest].concat().join(".")
        });
        let known = of_kind.into_iter().chain([plain]).find(|anchor| anchors.contains(anchor.as_str()));
        if known.is_some() {
            return known;
        }
        at = pointer.parent();
    }
    None
}

/// The keys of a mapping and of what is in it.
fn collect(schema: &Value, path: &str, anchor: &str, depth: usize, fields: &mut Vec<FieldDoc>) {
    if depth == 0 {
        return;
    }
    let required = required(schema);
    for (key, value) in properties(schema) {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let anchor = format!("{anchor}.{key}");
        if fields.iter().any(|field| field.anchor == anchor) {
            continue;
        }
        fields.push(field(value, &path, &anchor, required.contains(&key.as_str())));
        collect(value, &path, &anchor, depth - 1, fields);
    }
    if let Some(items) = schema.get("items") {
        collect(items, &format!("{path}[]"), anchor, depth - 1, fields);
    }
}

/// The keys of a mapping, and of the forms that it may have.
fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let forms = ["anyOf", "oneOf", "allOf"].into_iter().filter_map(|union| schema[union].as_array());
    std::iter::once(schema)
        .chain(forms.flatten())
        .flat_map(|form| form["properties"].as_object().into_iter().flatten())
}

fn required(schema: &Value) -> Vec<&str> {
    schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn field(schema: &Value, path: &str, anchor: &str, required: bool) -> FieldDoc {
    let meaning = |word: &str| schema[WORDS_EXTENSION][word].as_str().unwrap_or_default().to_owned();
    let words = describe::words(schema).into_iter().map(|word| WordDoc { doc: meaning(&word), word });
    let takes = match schema.get("const") {
        Some(only) => format!("`{only}`"),
        None => [takes(schema)].into_iter().chain(bounds(schema)).collect::<Vec<_>>().join(", "),
    };
    let examples = schema["examples"].as_array().into_iter().flatten();
    FieldDoc {
        path: path.trim_start_matches("[].").to_owned(),
        anchor: anchor.to_owned(),
        takes,
        default: schema.get("default").map(|default| written(schema, default)),
        required,
        doc: text(schema, "description"),
        examples: examples.map(|e| e.as_str().map_or_else(|| e.to_string(), str::to_owned)).collect(),
        words: words.collect(),
    }
}

/// Bounds in words; those of the type alone say nothing.
fn bounds(schema: &Value) -> Vec<String> {
    let of_a_type = |limit: &Value| limit.as_u64().is_some_and(|n| n > u64::from(u16::MAX));
    let words = [
        ("minimum", "at least"),
        ("exclusiveMinimum", "more than"),
        ("maximum", "at most"),
        ("exclusiveMaximum", "less than"),
    ];
    words
        .into_iter()
        .filter_map(|(key, words)| Some((words, schema.get(key)?)))
        .filter(|(_, limit)| !of_a_type(limit))
        .map(|(words, limit)| format!("{words} {}", describe::bound(schema, limit)))
        .collect()
}

fn text(schema: &Value, key: &str) -> String {
    schema[key].as_str().unwrap_or_default().to_owned()
}
