//! The resolved spec: what was written and what was filled in, each value with its origin, in the spec's own order.

use peng_spec::catalog::{Catalog, Slot};
use peng_spec::document::{Document, Pointer};
use peng_spec::expr::{Dimension, UNIT_EXTENSION};
use peng_spec::plan::{Goal, KindCall};
use peng_spec::shape::SpecSchema;
use peng_spec::source::Span;
use serde_json::{Map, Value, json};

use crate::Analysed;

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigOrigin {
    /// It stands here.
    Written(Span),
    /// It was filled in.
    Default,
}

/// A value of the resolved spec.
#[derive(Debug, Clone, PartialEq)]
pub enum ConfigValue {
    /// A scalar.
    Leaf(Value, ConfigOrigin),
    /// A list.
    List(Vec<ConfigValue>),
    /// A mapping.
    Map(Vec<ConfigNode>),
}

/// A key of the resolved spec.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigNode {
    /// The key.
    pub key: String,
    /// Its value.
    pub value: ConfigValue,
}

/// The resolved spec; written as YAML it is a spec of the same plan.
pub fn config(analysed: &Analysed, catalog: &dyn Catalog) -> Vec<ConfigNode> {
    let resolved = resolved(analysed, &SpecSchema::new(catalog));
    match with_origins(&analysed.document, &resolved, &Pointer::root()) {
        ConfigValue::Map(nodes) => nodes,
        ConfigValue::Leaf(..) | ConfigValue::List(_) => Vec::new(),
    }
}

fn resolved(analysed: &Analysed, schema: &SpecSchema) -> Value {
    let checked = &analysed.checked;
    let spec = &checked.spec;
    let objectives: Vec<Value> = checked
        .objectives
        .iter()
        .map(|objective| match objective.goal {
            Goal::Maximize => json!({ "maximize": objective.metric }),
            Goal::Minimize => json!({ "minimize": objective.metric }),
        })
        .collect();
    json!({
        "version": spec.version,
        "name": spec.name,
        "seed": spec.seed,
        "dataset": section(schema, Slot::Dataset, &checked.dataset, json!(spec.dataset)),
        "search_space": section(schema, Slot::SearchSpace, &checked.space, Value::Null),
        "search": section(schema, Slot::Search, &checked.search, json!(spec.search)),
        "objectives": objectives,
        "training": spec.training,
        "estimator": section(schema, Slot::Estimator, &checked.estimator, json!(spec.estimator)),
        "gpu_budget": spec.gpu_budget,
        "execution": spec.execution,
        "finally": spec.finally,
        "output": spec.output,
    })
}

/// The section of a kind: its parameters in the units in which they are written, then the common keys.
fn section(schema: &SpecSchema, slot: Slot, call: &KindCall, common: Value) -> Value {
    let mut section = Map::new();
    section.insert("kind".to_owned(), json!(call.kind));
    let kind = schema.kind(slot, &call.kind);
    for (key, value) in call.params.as_object().into_iter().flatten() {
        let unit = kind
            .and_then(|kind| kind.section["properties"][key.as_str()].get(UNIT_EXTENSION))
            .and_then(Value::as_str)
            .and_then(Dimension::of_unit);
        let value = match (unit, value.as_f64()) {
            (Some(dimension), Some(number)) => json!(dimension.format(number)),
            _ => value.clone(),
        };
        section.insert(key.clone(), value);
    }
    if let Value::Object(common) = common {
        section.extend(
            common.into_iter().filter(|(_, value)| value.as_object().is_none_or(|map| !map.is_empty())),
        );
    }
    Value::Object(section)
}

fn with_origins(document: &Document, value: &Value, pointer: &Pointer) -> ConfigValue {
    match value {
        Value::Object(map) => ConfigValue::Map(
            map.iter()
                .map(|(key, value)| ConfigNode {
                    key: key.clone(),
                    value: with_origins(document, value, &pointer.key(key)),
                })
                .collect(),
        ),
        Value::Array(list) => ConfigValue::List(
            list.iter()
                .enumerate()
                .map(|(i, value)| with_origins(document, value, &pointer.index(i)))
                .collect(),
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let written = document.find(pointer).is_some();
            let origin = if written {
                ConfigOrigin::Written(document.span_near(pointer))
            } else {
                ConfigOrigin::Default
            };
            ConfigValue::Leaf(value.clone(), origin)
        }
    }
}
