//! Completion: the keys that a mapping may still have, and what a key takes.

use peng_spec::catalog::Slot;
use peng_spec::shape::{FieldDoc, Reference, SectionDoc};
use serde_json::{Value, json};

use super::path::{Place, place};

/// Kinds of items of the protocol.
const PROPERTY: u8 = 10;
const WORD: u8 = 12;
const KIND: u8 = 20;

/// What may be written at a byte.
pub(super) fn items(reference: &Reference, text: &str, at: usize) -> Value {
    let place = place(text, at);
    match &place.value_of {
        Some(key) => values(reference, &place, key),
        None => keys(reference, &place),
    }
}

/// The fields directly in the mapping around a place.
fn fields<'a>(reference: &'a Reference, place: &Place) -> Vec<&'a FieldDoc> {
    let Some((section, below)) = place.keys.split_first() else { return reference.values.iter().collect() };
    let Some(section) = reference.sections.iter().find(|s| s.key == *section) else { return Vec::new() };
    let kind = place.siblings.iter().find(|(key, _)| key == "kind").map(|(_, kind)| kind.as_str());
    let of_kind = section.kinds.iter().filter(|k| kind.is_none_or(|kind| kind == k.name));
    let path = below.join(".");
    let is_here = |field: &&FieldDoc| {
        let plain = field.path.replace("[]", "");
        let (around, _) = plain.rsplit_once('.').unwrap_or(("", ""));
        around == path
    };
    section.fields.iter().chain(of_kind.flat_map(|kind| &kind.fields)).filter(is_here).collect()
}

fn keys(reference: &Reference, place: &Place) -> Value {
    let is_new = |key: &str| !place.siblings.iter().any(|(sibling, _)| sibling == key);
    let mut items: Vec<Value> = fields(reference, place)
        .into_iter()
        .filter(|field| is_new(name(field)))
        .map(|field| item(name(field), PROPERTY, &about(field), &format!("{}: ", name(field))))
        .collect();
    match place.keys.as_slice() {
        [] => items.extend(
            reference
                .sections
                .iter()
                .filter(|section| is_new(&section.key))
                .map(|section| item(&section.key, PROPERTY, &section.doc, &format!("{}:", section.key))),
        ),
        [section] if is_slot(section) && is_new("kind") => {
            items.push(item("kind", PROPERTY, "Which one it is.", "kind: "));
        }
        [_, ..] => {}
    }
    Value::Array(items)
}

fn values(reference: &Reference, place: &Place, key: &str) -> Value {
    if let [section] = place.keys.as_slice()
        && key == "kind"
        && let Some(SectionDoc { kinds, .. }) =
            reference.sections.iter().find(|s| s.key == *section && is_slot(section))
    {
        return kinds.iter().map(|kind| item(&kind.name, KIND, &kind.doc, &kind.name)).collect();
    }
    let fields = fields(reference, place);
    let Some(field) = fields.into_iter().find(|field| name(field) == key) else { return json!([]) };
    let words = field.words.iter().map(|word| item(&word.word, WORD, &word.doc, &word.word));
    let default = field.default.iter().map(|default| item(default, WORD, "The default.", default));
    let examples = field.examples.iter().map(|example| item(example, WORD, "An example.", example));
    let mut seen = Vec::new();
    let mut items: Vec<Value> = words.chain(default).chain(examples).collect();
    items.retain(|item| {
        let is_new = !seen.contains(&item["label"]);
        seen.push(item["label"].clone());
        is_new
    });
    Value::Array(items)
}

fn is_slot(key: &str) -> bool {
    Slot::ALL.into_iter().any(|slot| slot.key() == key)
}

/// The key of a field, the last of its path.
fn name(field: &FieldDoc) -> &str {
    field.path.rsplit('.').next().unwrap_or(&field.path)
}

/// A field in Markdown.
pub(super) fn about(field: &FieldDoc) -> String {
    let default = field.default.as_ref().map(|default| format!("; default `{default}`")).unwrap_or_default();
    let required = if field.required { "required; " } else { "" };
    format!("{}\n\n{required}{}{default}", field.doc, field.takes)
}

fn item(label: &str, kind: u8, about: &str, insert: &str) -> Value {
    json!({
        "label": label,
        "kind": kind,
        "documentation": { "kind": "markdown", "value": about },
        "insertText": insert,
    })
}
