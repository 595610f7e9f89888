//! The kinds that a document names, and the schema for just these.

use serde_json::{Value, json};

use super::compose::SpecSchema;
use super::unfit::Unfit;
use super::unsupported;
use crate::catalog::Slot;
use crate::diag::{Diagnostic, Sink, codes, did_you_mean, one_of, only_one, quoted};
use crate::document::{Document, Pointer};
use crate::model::NEVER;

/// The schema with the sections of the chosen kinds in place of the slots. An unknown kind is reported here, and its
/// section is free.
pub(super) fn choose(document: &Document, schema: &SpecSchema, unfit: &mut Unfit, sink: &mut Sink) -> Value {
    let mut effective = schema.fixed.clone();
    for slot in Slot::ALL {
        let pointer = Pointer::root().key(slot.key());
        let chosen = document
            .find(&pointer.key("kind"))
            .and_then(|found| Some((found.node.as_str()?, found.node.span)));
        let absent = document.find(&pointer).is_none();
        let common = &schema.fixed["properties"][slot.key()]["properties"];
        let mut section = if let Some((name, span)) = chosen {
            schema.kind(slot, name).map_or_else(
                || {
                    let pointer = pointer.key("kind");
                    if !unfit.is_unread(&pointer) {
                        sink.push(unknown_kind(schema, slot, name, span).at(pointer.clone()));
                    }
                    unfit.value(pointer);
                    common
                        .as_object()
                        .map_or_else(|| json!({}), |common| json!({ "type": "object", "properties": common }))
                },
                |kind| kind.section.clone(),
            )
        } else {
            // A section without a usable `kind` is told so by the shape alone.
            let mut properties = common.as_object().cloned().unwrap_or_default();
            let known: Vec<&str> = names(schema, slot).collect();
            let kind =
                json!({ "type": "string", "description": one_of(known.iter().copied()), "enum": known });
            properties.insert("kind".to_owned(), kind);
            json!({ "type": "object", "required": ["kind"], "properties": properties })
        };
        if absent && slot == Slot::Estimator && schema.kind(slot, NEVER).is_none() {
            let span = document.span_near(&Pointer::root());
            unfit.value(pointer.key("kind"));
            // It is written nowhere, so nothing can be replaced.
            sink.push(Diagnostic { fix: None, ..unknown_kind(schema, slot, NEVER, span) });
        }
        let description = schema.fixed["properties"][slot.key()].get("description");
        if let (Some(map), Some(text)) = (section.as_object_mut(), description) {
            map.insert("description".to_owned(), text.clone());
        }
        effective["properties"][slot.key()] = section;
    }
    effective
}

fn names(schema: &SpecSchema, slot: Slot) -> impl Iterator<Item = &'static str> {
    schema.kinds(slot).iter().map(|kind| kind.name)
}

fn unknown_kind(schema: &SpecSchema, slot: Slot, name: &str, span: crate::source::Span) -> Diagnostic {
    let known: Vec<&str> = names(schema, slot).collect();
    if unsupported::is_kind(slot, name) {
        let message = format!("{slot} `{name}` is not supported by this version of peng yet");
        return Diagnostic::error(codes::E0106, span, message).help(one_of(known));
    }
    let other = Slot::ALL.into_iter().find(|&other| other != slot && schema.kind(other, name).is_some());
    let help = match other {
        Some(other) => {
            format!("write it under `{}`, and here {}", other.key(), one_of(known.iter().copied()))
        }
        None => did_you_mean(name, known.iter().copied()).unwrap_or_else(|| one_of(known.iter().copied())),
    };
    let meant = only_one(name, known).filter(|_| other.is_none());
    Diagnostic::error(codes::E0203, span, format!("unknown {slot} {}", quoted(name)))
        .help(help)
        .fix(span, meant)
}
