//! The schema as it is published: self-contained, for editors and other programs, in two drafts of JSON Schema.

use serde_json::{Map, Value, json};

use super::compose::SpecSchema;
use super::{WORDS_EXTENSION, editor};
use crate::catalog::Slot;
use crate::expr::{Dimension, UNIT_EXTENSION, WRITTEN_EXTENSION};
use crate::plan::{Goal, Metric};

/// Where the schema of this version is found.
const ID: &str = "https://github.com/peng-nas/peng/raw/main/schemas/experiment.v1.json";

/// A draft of JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Draft {
    /// Draft-07, the one that editors read; it is committed.
    Draft7,
    /// 2020-12.
    Draft202012,
}

impl SpecSchema {
    /// The published schema: what is accepted, with the kinds as alternatives and quantities as they are written.
    pub fn published(&self, draft: Draft) -> Value {
        let mut schema = self.of_all_kinds();
        let mut published = header(draft, ID);
        published.insert("title".to_owned(), json!("Experiment of peng"));
        schema["properties"]["version"] =
            json!({ "description": schema["properties"]["version"]["description"], "const": 1 });
        editor::add(&mut schema);
        if let Value::Object(mut rest) = schema {
            rest.shift_remove("title");
            published.extend(rest);
        }
        Value::Object(published)
    }

    /// The section of the estimator, for documents in which it stands elsewhere.
    pub(super) fn estimator(&self) -> Value {
        let mut schema = self.of_all_kinds();
        editor::describe(&mut schema);
        schema["properties"][Slot::Estimator.key()].take()
    }

    /// The schema with the kinds as alternatives, and quantities as they are written.
    fn of_all_kinds(&self) -> Value {
        let mut schema = self.fixed.clone();
        for slot in Slot::ALL {
            let property = &mut schema["properties"][slot.key()];
            let branches: Vec<Value> = self.kinds(slot).iter().map(|kind| kind.section.clone()).collect();
            *property = json!({
                "description": property["description"],
                "type": "object",
                "oneOf": branches,
            });
        }
        name_metrics(&mut schema);
        quantities(&mut schema);
        schema
    }
}

/// Which draft a schema is of, and where it is found.
pub(super) fn header(draft: Draft, id: &str) -> Map<String, Value> {
    let mut header = Map::new();
    match draft {
        Draft::Draft7 => {
            header.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
            header.insert("$id".to_owned(), json!(id));
        }
        // The draft-07 form has the address.
        Draft::Draft202012 => {
            header.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        }
    }
    header
}

/// Editors offer the metrics; the compiler says more about a wrong one than a schema could.
fn name_metrics(schema: &mut Value) {
    let of_goal = |goal: Goal| {
        let names: Vec<&str> =
            Metric::ALL.into_iter().filter(|m| m.goal() == goal).map(Metric::name).collect();
        json!(names)
    };
    let measured: Vec<&str> = Metric::ALL.into_iter().filter(|m| m.is_measured()).map(Metric::name).collect();
    let meanings: Map<String, Value> =
        Metric::ALL.into_iter().map(|m| (m.name().to_owned(), json!(m.meaning()))).collect();
    let objective = &mut schema["properties"]["objectives"]["items"]["properties"];
    objective["maximize"]["enum"] = of_goal(Goal::Maximize);
    objective["minimize"]["enum"] = of_goal(Goal::Minimize);
    for goal in ["maximize", "minimize"] {
        objective[goal][WORDS_EXTENSION] = json!(meanings);
    }
    if let Some(branches) = schema["properties"]["estimator"]["oneOf"].as_array_mut() {
        for branch in branches {
            branch["properties"]["metric"]["enum"] = json!(measured);
            branch["properties"]["metric"][WORDS_EXTENSION] = json!(meanings);
        }
    }
}

/// Replaces numbers with units by what may be written, and removes the extensions.
pub(super) fn quantities(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            let unit = map.get(UNIT_EXTENSION).and_then(Value::as_str).and_then(Dimension::of_unit);
            if let Some(dimension) = unit {
                *map = written(map, dimension);
            } else {
                map.shift_remove("x-expected");
                map.values_mut().for_each(quantities);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(quantities),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn written(number: &Map<String, Value>, dimension: Dimension) -> Map<String, Value> {
    let must_be_written = number.contains_key(WRITTEN_EXTENSION);
    let advice = format!("expected {dimension} such as `{}`", dimension.examples()[0]);
    let pattern = pattern(dimension);
    let quantity = json!({ "type": "string", "pattern": pattern, "patternErrorMessage": advice });
    let mut schema = Map::new();
    if let Some(text) = number.get("description") {
        schema.insert("description".to_owned(), text.clone());
    }
    if must_be_written {
        schema.extend(quantity.as_object().cloned().unwrap_or_default());
    } else {
        let mut bare = number.clone();
        for key in ["description", "default", UNIT_EXTENSION] {
            bare.shift_remove(key);
        }
        schema.insert("anyOf".to_owned(), json!([bare, quantity]));
    }
    match number.get("default") {
        Some(Value::Number(n)) => {
            let text = n.as_f64().map_or_else(|| n.to_string(), |value| dimension.format(value));
            schema.insert("default".to_owned(), json!(text));
        }
        Some(default) => {
            schema.insert("default".to_owned(), default.clone());
        }
        None => {}
    }
    schema.insert("examples".to_owned(), json!(dimension.examples()));
    schema
}

/// A loose form for editors; the compiler reads the text itself.
fn pattern(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Percent => "^ *[-+0-9.eE]+ *% *$",
        Dimension::Points => "^ *[-+0-9.eE]+ *pp *$",
        Dimension::Epochs => "^ *[0-9.]+( */ *[0-9]+)? *epochs? *$",
        Dimension::Time => "^ *([0-9.]+ *(d|h|min|s) *)+$",
        Dimension::Memory => "^ *[0-9.]+ *(B|KiB|MiB|GiB|TiB) *$",
    }
}
