//! The schema of a spec: the model's fixed part, and for each slot the sections of its kinds.
//!
//! Internally a quantity is a number with the extension `x-unit`; what is published is in `publish`.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::validate::unread;
use crate::catalog::{Catalog, Kind, Slot};
use crate::model::{KindSpec, Spec};
use crate::overlay::EXTENDS;

/// The schema, before a document has chosen its kinds.
#[derive(Debug, Clone)]
pub struct SpecSchema {
    /// The schema of the spec; the sections of the slots hold the common keys only.
    pub(super) fixed: Value,
    /// The kinds of each slot.
    pub(super) slots: Vec<(Slot, Vec<KindSchema>)>,
}

/// The section of one kind.
#[derive(Debug, Clone)]
pub struct KindSchema {
    /// Name of the kind.
    pub name: &'static str,
    /// What it is.
    pub summary: &'static str,
    /// The schema of its section: `kind`, the parameters and the common keys.
    pub section: Value,
}

impl SpecSchema {
    /// Composes the schema for the kinds of a catalogue.
    pub fn new(catalog: &dyn Catalog) -> Self {
        let mut fixed = fixed_of::<Spec>();
        add_extends(&mut fixed);
        let slots = Slot::ALL
            .into_iter()
            .map(|slot| {
                let common = fixed["properties"][slot.key()].clone();
                (slot, catalog.kinds(slot).into_iter().map(|kind| kind_schema(slot, kind, &common)).collect())
            })
            .collect();
        Self { fixed, slots }
    }

    /// Keywords of the schema that the shape does not read, which therefore must be none.
    pub fn unread_keywords(&self) -> Vec<String> {
        let mut found = Vec::new();
        let sections = self.slots.iter().flat_map(|(_, kinds)| kinds).map(|kind| &kind.section);
        std::iter::once(&self.fixed).chain(sections).for_each(|schema| unread(schema, &mut found));
        found
    }

    /// The kinds of a slot.
    pub fn kinds(&self, slot: Slot) -> &[KindSchema] {
        self.slots.iter().find(|(s, _)| *s == slot).map_or(&[], |(_, kinds)| kinds)
    }

    /// A kind by name.
    pub fn kind(&self, slot: Slot, name: &str) -> Option<&KindSchema> {
        self.kinds(slot).iter().find(|kind| kind.name == name)
    }
}

/// The schema of a type of the model.
pub(super) fn fixed_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft07().with(|s| s.inline_subschemas = true);
    let mut fixed = settings.into_generator().into_root_schema_for::<T>().to_value();
    tidy(&mut fixed);
    fixed
}

/// What is not of the model, since it is gone when the spec has been put together.
fn add_extends(fixed: &mut Value) {
    let extends = json!({
        "description": "Another spec, relative to this file, over which this one goes: mappings merge, other values \
            replace, and a section of another `kind` replaces the whole section.",
        "type": "string",
        "minLength": 1,
        "examples": ["base.peng.yaml"],
    });
    if let Some(properties) = fixed["properties"].as_object_mut() {
        properties.shift_insert(1, EXTENDS.to_owned(), extends);
    }
}

fn kind_schema(slot: Slot, kind: &dyn Kind, common: &Value) -> KindSchema {
    let mut params = kind.params_schema().to_value();
    tidy(&mut params);
    let mut properties = Map::new();
    properties.insert("kind".to_owned(), json!({ "const": kind.name(), "description": kind.summary() }));
    let mut required = vec![json!("kind")];
    if let Some(Value::Object(own)) = params.get("properties") {
        properties.extend(own.clone());
    }
    if let Some(Value::Array(own)) = params.get("required") {
        required.extend(own.clone());
    }
    for key in KindSpec::common_keys(slot) {
        properties.insert((*key).to_owned(), common["properties"][*key].clone());
    }
    let section = json!({
        "title": kind.name(),
        "description": kind.summary(),
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    KindSchema { name: kind.name(), summary: kind.summary(), section }
}

/// Makes a generated schema say what typed values can hold, and removes what says nothing.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if let Some(most) = map.get("format").and_then(Value::as_str).and_then(largest) {
                map.entry("maximum").or_insert_with(|| json!(most));
            }
            for noise in ["format", "$schema"] {
                if map.get(noise).is_some_and(Value::is_string) {
                    map.shift_remove(noise);
                }
            }
            if map.get("default").is_some_and(|d| d.is_null() || d.as_object().is_some_and(Map::is_empty)) {
                map.shift_remove("default");
            }
            if let Some(Value::String(text)) = map.get_mut("description") {
                *text = text.replace('\n', " ");
            }
            for value in map.values_mut() {
                tidy(value);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(tidy),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The largest number of a format of schemars; beyond 2^53 JSON numbers are not exact.
fn largest(format: &str) -> Option<u64> {
    match format {
        "uint8" => Some(u8::MAX.into()),
        "uint16" => Some(u16::MAX.into()),
        "uint32" => Some(u32::MAX.into()),
        "int32" => Some(2_147_483_647),
        "uint64" | "uint" | "int64" | "int" => Some(1 << 53),
        _ => None,
    }
}
