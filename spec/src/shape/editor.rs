//! What editors show beyond the schema proper: Markdown with defaults and links, meanings of words, snippets.
//!
//! The keywords are those of VS Code and of yaml-language-server; validators pass over them. Also here: what must be
//! written need not be in a spec that extends another, which may have it.

use serde_json::{Map, Value, json};

use super::WORDS_EXTENSION;
use super::reference::REFERENCE_PAGE;
use crate::catalog::Slot;
use crate::diag::Example;
use crate::document;
use crate::model::KindSpec;
use crate::overlay::EXTENDS;
use crate::source::SourceMap;

/// Adds it to a published schema.
pub(super) fn add(schema: &mut Value) {
    describe(schema);
    relax(schema);
}

/// Adds what is shown, and demands what must be written where it is.
pub(super) fn describe(schema: &mut Value) {
    snippets(schema);
    document_keys(schema, "", &[], "");
    words(schema);
}

/// Gives each key its description as Markdown. Common keys of a slot are documented with the slot.
fn document_keys(schema: &mut Value, anchor: &str, common: &[&str], slot: &str) {
    let join =
        |above: &str, key: &str| if above.is_empty() { key.to_owned() } else { format!("{above}.{key}") };
    for (key, value) in entries(schema, "properties") {
        let anchor = match key.as_str() {
            "kind" if !slot.is_empty() => anchor.to_owned(),
            key if common.contains(&key) => join(slot, key),
            key => join(anchor, key),
        };
        let slot = Slot::ALL.into_iter().find(|slot| anchor == slot.key());
        match slot.filter(|_| value.get("oneOf").is_some()) {
            Some(slot) => {
                for branch in elements(value, "oneOf") {
                    let name = branch["title"].as_str().unwrap_or_default();
                    let below = format!("{anchor}.{name}");
                    document_keys(branch, &below, KindSpec::common_keys(slot), slot.key());
                    if let Some(map) = branch.as_object_mut() {
                        map.insert("markdownDescription".to_owned(), json!(markdown(map, &below)));
                    }
                }
            }
            None => document_keys(value, &anchor, &[], ""),
        }
        if let Some(map) = value.as_object_mut() {
            let markdown = markdown(map, &anchor);
            map.insert("markdownDescription".to_owned(), json!(markdown));
        }
    }
    for union in ["anyOf", "oneOf"] {
        for form in elements(schema, union) {
            document_keys(form, anchor, &[], "");
        }
    }
    if let Some(items) = schema.get_mut("items") {
        document_keys(items, anchor, &[], "");
    }
}

/// The entries of a mapping in a schema. (Indexing would add it where it is not.)
fn entries<'a>(schema: &'a mut Value, keyword: &str) -> impl Iterator<Item = (&'a String, &'a mut Value)> {
    schema.get_mut(keyword).and_then(Value::as_object_mut).into_iter().flatten()
}

/// The elements of a list in a schema.
fn elements<'a>(schema: &'a mut Value, keyword: &str) -> impl Iterator<Item = &'a mut Value> {
    schema.get_mut(keyword).and_then(Value::as_array_mut).into_iter().flatten()
}

fn markdown(schema: &Map<String, Value>, anchor: &str) -> String {
    let description = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    let default = schema.get("default").map(|default| {
        let text = default.as_str().map_or_else(|| default.to_string(), str::to_owned);
        format!("Default: `{text}`.")
    });
    let link = format!("[Reference]({REFERENCE_PAGE}#{anchor})");
    let parts = [Some(description.to_owned()), default, Some(link)];
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// Turns the meanings of words into a list beside that of the words.
fn words(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            let meanings = map.shift_remove(WORDS_EXTENSION);
            let names = map.get("enum").and_then(Value::as_array).cloned();
            if let (Some(Value::Object(meanings)), Some(names)) = (meanings, names) {
                let meaning = |name: &Value| name.as_str().and_then(|name| meanings.get(name).cloned());
                let list: Vec<Value> = names.iter().map(|name| meaning(name).unwrap_or(json!(""))).collect();
                map.insert("enumDescriptions".to_owned(), Value::Array(list));
            }
            map.values_mut().for_each(words);
        }
        Value::Array(list) => list.iter_mut().for_each(words),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Snippets: a whole spec, objectives, and a section of each kind with what it requires.
fn snippets(schema: &mut Value) {
    for slot in Slot::ALL {
        let section = &mut schema["properties"][slot.key()];
        let list: Vec<Value> = section["oneOf"].as_array().into_iter().flatten().map(of_kind).collect();
        section["defaultSnippets"] = Value::Array(list);
    }
    schema["properties"]["objectives"]["defaultSnippets"] = json!([{
        "label": "accuracy and cost",
        "description": "The front of accurate and cheap networks",
        "body": [{ "maximize": "val_accuracy" }, { "minimize": "flops" }],
    }]);
    schema["properties"]["training"]["defaultSnippets"] = json!([{
        "label": "epochs",
        "description": "A training with the defaults",
        "body": { "epochs": "${1:20}" },
    }]);
    let mut sources = SourceMap::new();
    let file = sources.add("snippet", Example::Part("").spec().unwrap_or_default());
    if let Ok(spec) = document::load(&sources, file) {
        let mut body = spec.root().to_json();
        body["name"] = json!("${1:name}");
        schema["defaultSnippets"] = json!([{
            "label": "spec",
            "description": "A small search that can be run at once",
            "body": body,
        }]);
    }
}

fn of_kind(branch: &Value) -> Value {
    let mut body = Map::new();
    body.insert("kind".to_owned(), branch["properties"]["kind"]["const"].clone());
    let required = branch["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    for (place, key) in required.filter(|key| *key != "kind").enumerate() {
        let value = match branch["properties"][key]["type"].as_str() {
            Some("array") => json!([format!("${{{}:{key}}}", place + 1)]),
            _ => json!(format!("${{{}:{key}}}", place + 1)),
        };
        body.insert(key.to_owned(), value);
    }
    json!({ "label": branch["title"], "description": branch["description"], "body": body })
}

/// Moves what must be written to where no other spec is extended; elements of lists keep it, as lists are not merged.
fn relax(schema: &mut Value) {
    let must = demands(schema);
    schema["if"] = json!({ "required": [EXTENDS] });
    schema["then"] = json!({});
    schema["else"] = must;
}

/// Takes what a mapping requires out of its schema.
fn demands(schema: &mut Value) -> Value {
    let mut must = Map::new();
    if let Some(required) = schema.as_object_mut().and_then(|map| map.shift_remove("required")) {
        must.insert("required".to_owned(), required);
    }
    // One branch must hold for each kind, whatever `kind` is written in the base.
    if let Some(branches) = schema.as_object_mut().and_then(|map| map.shift_remove("oneOf")) {
        let (branches, conditions) = kinds(branches);
        schema["anyOf"] = branches;
        must.insert("required".to_owned(), json!(["kind"]));
        if !conditions.is_empty() {
            must.insert("allOf".to_owned(), Value::Array(conditions));
        }
    }
    let mut below = Map::new();
    for (key, value) in entries(schema, "properties") {
        let is_mapping = value["type"] == "object";
        let mut must = if is_mapping { demands(value) } else { json!({}) };
        if must.as_object().is_some_and(|must| !must.is_empty()) {
            // The key is suggested already, and with more.
            must["doNotSuggest"] = json!(true);
            below.insert(key.clone(), must);
        }
    }
    if !below.is_empty() {
        must.insert("properties".to_owned(), Value::Object(below));
    }
    Value::Object(must)
}

/// The branches of a slot without what they require, and that as conditions on the kind.
fn kinds(branches: Value) -> (Value, Vec<Value>) {
    let Value::Array(mut branches) = branches else { return (branches, Vec::new()) };
    let mut conditions = Vec::new();
    for branch in &mut branches {
        let kind = branch["properties"]["kind"]["const"].clone();
        let mut must = demands(branch);
        if let Some(required) = must.get_mut("required").and_then(Value::as_array_mut) {
            required.retain(|key| key != "kind");
            if required.is_empty() {
                must.as_object_mut().map(|must| must.shift_remove("required"));
            }
        }
        if must.as_object().is_some_and(|must| !must.is_empty()) {
            let is_kind = json!({ "properties": { "kind": { "const": kind } }, "required": ["kind"] });
            conditions.push(json!({ "if": is_kind, "then": must }));
        }
    }
    (Value::Array(branches), conditions)
}
