//! The parameters of a kind in words, for `peng kinds`.

use serde_json::Value;

use super::compose::KindSchema;
use super::describe;
use crate::catalog::Slot;
use crate::expr::{Dimension, UNIT_EXTENSION};
use crate::model::KindSpec;

/// A parameter in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParamDoc {
    /// Its key.
    pub name: String,
    /// What it takes, such as "a whole number".
    pub takes: String,
    /// Its default as it is written; `None` also where the kind chooses it.
    pub default: Option<String>,
    /// Whether it must be written.
    pub required: bool,
    /// What it means.
    pub doc: String,
}

impl KindSchema {
    /// The parameters, without `kind` and the common keys.
    pub fn params(&self, slot: Slot) -> Vec<ParamDoc> {
        let common = KindSpec::common_keys(slot);
        let required = self.section["required"].as_array().cloned().unwrap_or_default();
        let properties = self.section["properties"].as_object().into_iter().flatten();
        properties
            .filter(|(key, _)| *key != "kind" && !common.contains(&key.as_str()))
            .map(|(key, schema)| ParamDoc {
                name: key.clone(),
                takes: takes(schema),
                default: schema.get("default").map(|default| written(schema, default)),
                required: required.iter().any(|name| name == key),
                doc: schema["description"].as_str().unwrap_or_default().to_owned(),
            })
            .collect()
    }
}

fn unit(schema: &Value) -> Option<Dimension> {
    schema.get(UNIT_EXTENSION).and_then(Value::as_str).and_then(Dimension::of_unit)
}

pub(super) fn takes(schema: &Value) -> String {
    if let Some(dimension) = unit(schema) {
        return format!("{dimension} such as `{}`", dimension.examples()[0]);
    }
    let words = describe::words(schema);
    if words.is_empty() {
        describe::expected(schema)
    } else {
        let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
        quoted.join(" or ")
    }
}

pub(super) fn written(schema: &Value, default: &Value) -> String {
    match (unit(schema), default.as_f64(), default.as_str()) {
        (Some(dimension), Some(number), _) => dimension.format(number),
        (_, _, Some(text)) => text.to_owned(),
        (..) => default.to_string(),
    }
}
