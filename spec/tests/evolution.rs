//! The committed schema accepts all that the released one accepted: witnesses generated from the released schema are
//! validated by the committed one. Mutants of the released schema prove that the witnesses would notice.

#![allow(missing_docs, clippy::unwrap_used)]

use std::path::Path;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

/// Texts for patterns; a pattern that accepts none of them needs a new line here.
const TEXTS: &[&str] = &[
    "a",
    "demo",
    "a.b_c-1",
    "A-very.long_name-0",
    "25%",
    " 25 % ",
    "0.5%",
    "1e1%",
    "-1%",
    "0.5pp",
    "1 pp",
    "-2.5e-1pp",
    "1 epoch",
    "25 epochs",
    "1/2 epoch",
    "2.5epochs",
    "2h",
    "90min",
    "30s",
    "1h30min",
    "1d 2h",
    "16GiB",
    "1.5 TiB",
    "512MiB",
    "100B",
    "1x8x8",
    "3x32x32",
    "cpu",
    "auto",
    "relu",
    "1..8",
    "= 2 * filters",
];

fn schema(path: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas").join(path);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("`{}`: {e}", path.display()));
    serde_json::from_str(&text).unwrap()
}

fn released() -> Value {
    schema("released/experiment.v1.json")
}

fn validator(schema: &Value) -> Validator {
    jsonschema::draft7::new(schema).unwrap()
}

/// Values that a schema accepts: together they have each alternative, each bound and each key.
fn witnesses(schema: &Value) -> Vec<Value> {
    if let Some(value) = schema.get("const") {
        return vec![value.clone()];
    }
    if let Some(Value::Array(values)) = schema.get("enum") {
        return values.clone();
    }
    for union in ["anyOf", "oneOf"] {
        if let Some(Value::Array(branches)) = schema.get(union) {
            return branches.iter().flat_map(witnesses).collect();
        }
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().map(|name| name.as_str().unwrap()).collect(),
        other => panic!("a schema without a type has no witnesses: {other} in {schema}"),
    };
    let mut found: Vec<Value> = types.into_iter().flat_map(|name| of_type(name, schema)).collect();
    found.extend(schema.get("default").cloned());
    found.extend(schema["examples"].as_array().cloned().unwrap_or_default());
    let accepts = validator(schema);
    found.retain(|value| accepts.is_valid(value));
    assert!(!found.is_empty(), "no witness of {schema}");
    found
}

fn of_type(name: &str, schema: &Value) -> Vec<Value> {
    match name {
        "null" => vec![Value::Null],
        "boolean" => vec![json!(false), json!(true)],
        "integer" | "number" => numbers(name, schema),
        "string" => texts(schema),
        "array" => lists(schema),
        "object" => mappings(schema),
        other => panic!("the type `{other}` is unknown to this test"),
    }
}

fn numbers(name: &str, schema: &Value) -> Vec<Value> {
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
    let mut around: Vec<f64> = vec![0.0, 1.0, 2.0, 10.0, 1000.0];
    for limit in ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"].into_iter().filter_map(bound)
    {
        around.extend([limit, limit - 1.0, limit + 1.0, limit - limit.abs() * 1e-9, limit + 1e-9]);
    }
    if name == "integer" {
        around.retain(|number| number.fract() == 0.0);
        return around.into_iter().map(|number| json!(number as i64)).collect();
    }
    around.extend([0.5, 99.5]);
    around.into_iter().map(|number| json!(number)).collect()
}

fn texts(schema: &Value) -> Vec<Value> {
    let length = |key: &str| schema.get(key).and_then(Value::as_u64);
    let edges =
        ["minLength", "maxLength"].into_iter().filter_map(length).map(|n| json!("a".repeat(n as usize)));
    TEXTS.iter().map(|text| json!(text)).chain(edges).collect()
}

fn lists(schema: &Value) -> Vec<Value> {
    let elements = schema.get("items").map_or_else(|| vec![json!(1)], witnesses);
    let count = |key: &str| schema.get(key).and_then(Value::as_u64).map(|n| n as usize);
    let fewest = count("minItems").unwrap_or(0);
    let filled = |n: usize| (0..n).map(|i| elements[i % elements.len()].clone()).collect::<Value>();
    let mut found: Vec<Value> =
        [fewest, fewest + 1, count("maxItems").unwrap_or(fewest + 2)].map(filled).to_vec();
    found.extend(elements.iter().map(|element| vec![element.clone(); fewest.max(1)].into()));
    found
}

/// The least mapping, with each value of each key, and with all keys.
fn mappings(schema: &Value) -> Vec<Value> {
    let properties: Vec<(&String, Vec<Value>)> = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, schema)| (key, witnesses(schema)))
        .collect();
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().map(|key| key.as_str().unwrap()).collect();
    let is_required = |key: &str| required.contains(&key);
    let of = |wanted: &dyn Fn(&str) -> bool, nth: usize| -> Map<String, Value> {
        let wanted = properties.iter().filter(|(key, _)| wanted(key));
        wanted.map(|(key, values)| ((*key).clone(), values[nth % values.len()].clone())).collect()
    };
    let least = of(&is_required, 0);
    let mut found = vec![Value::Object(least.clone())];
    found.extend((0..3).map(|nth| Value::Object(of(&|_| true, nth))));
    for (key, values) in &properties {
        found.extend(values.iter().map(|value| {
            let mut mapping = least.clone();
            mapping.insert((*key).clone(), value.clone());
            Value::Object(mapping)
        }));
    }
    if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
        let mut mapping = least;
        mapping.insert("x-unknown".to_owned(), json!(1));
        found.push(Value::Object(mapping));
    }
    found
}

/// What a schema refuses of the witnesses.
fn refused<'a>(schema: &Value, witnesses: &'a [Value]) -> Vec<&'a Value> {
    let accepts = validator(schema);
    witnesses.iter().filter(|witness| !accepts.is_valid(witness)).collect()
}

#[test]
fn the_committed_schema_accepts_what_the_released_one_accepted() {
    let witnesses = witnesses(&released());
    assert!(witnesses.len() > 300, "only {} witnesses", witnesses.len());
    let committed = schema("experiment.v1.json");
    let accepts = validator(&committed);
    let newly_refused: Vec<String> = refused(&committed, &witnesses)
        .into_iter()
        .map(|witness| {
            let why: Vec<String> =
                accepts.iter_errors(witness).map(|e| format!("{}: {e}", e.instance_path())).collect();
            format!("{witness}\n  {}", why.join("\n  "))
        })
        .collect();
    assert!(
        newly_refused.is_empty(),
        "{} of {} witnesses of the released schema are refused:\n{}",
        newly_refused.len(),
        witnesses.len(),
        newly_refused[..newly_refused.len().min(5)].join("\n")
    );
}

/// Schemas that accept less than `schema` at one place each, with what was changed.
fn mutants(schema: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let mut places = vec![String::new()];
    while let Some(place) = places.pop() {
        let node = schema.pointer(&place).unwrap();
        let mut with = |what: String, changed: Value| {
            let mut mutant = schema.clone();
            *mutant.pointer_mut(&place).unwrap() = changed;
            found.push((format!("{place}: {what}"), mutant));
        };
        match node {
            Value::Array(list) => places.extend((0..list.len()).map(|i| format!("{place}/{i}"))),
            Value::Object(map) => {
                // Names of keys are no keywords, and what is documentation has no meaning.
                let skipped = ["default", "examples", "required", "enum", "const"];
                let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
                places.extend(
                    map.keys()
                        .filter(|key| !skipped.contains(&key.as_str()) || place.ends_with("/properties"))
                        .map(|key| format!("{place}/{}", escaped(key))),
                );
                if !place.ends_with("/properties") {
                    for (what, changed) in narrower(map) {
                        with(what, Value::Object(changed));
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    found
}

/// A schema made to accept less in each of the ways that its keywords allow.
fn narrower(schema: &Map<String, Value>) -> Vec<(String, Map<String, Value>)> {
    let mut found = Vec::new();
    let mut with = |what: String, key: &str, value: Value| {
        let mut changed = schema.clone();
        changed.insert(key.to_owned(), value);
        found.push((what, changed));
    };
    for key in ["enum", "anyOf", "oneOf"] {
        let Some(Value::Array(list)) = schema.get(key) else { continue };
        for index in (0..list.len()).filter(|_| list.len() > 1) {
            let mut fewer = list.clone();
            fewer.remove(index);
            with(format!("{key} without its element {index}"), key, fewer.into());
        }
    }
    for (key, by) in [
        ("minimum", 1.0),
        ("exclusiveMinimum", 1.0),
        ("maximum", -1.0),
        ("exclusiveMaximum", -1.0),
        ("minItems", 1.0),
    ] {
        let Some(limit) = schema.get(key).and_then(Value::as_f64) else { continue };
        let number = limit + by;
        let value = if number.fract() == 0.0 { json!(number as i64) } else { json!(number) };
        with(format!("{key} {limit} is {number}"), key, value);
    }
    if schema.contains_key("pattern") {
        with("another pattern".to_owned(), "pattern", json!("^never$"));
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    for key in properties.into_iter().flatten().map(|(key, _)| key) {
        let name = json!(key);
        if !required.contains(&name) {
            with(format!("requires `{key}`"), "required", [required.clone(), vec![name]].concat().into());
        }
        let mut fewer = properties.unwrap().clone();
        fewer.shift_remove(key);
        if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
            with(format!("does not know `{key}`"), "properties", fewer.into());
        }
    }
    if let Some(Value::String(name)) = schema.get("type") {
        let other = if name == "null" { "boolean" } else { "null" };
        with(format!("is `{other}`, not `{name}`"), "type", json!(other));
    }
    found
}

#[test]
fn a_schema_that_accepts_less_is_noticed() {
    let released = released();
    let witnesses = witnesses(&released);
    let mutants = mutants(&released);
    assert!(mutants.len() > 200, "only {} mutants", mutants.len());
    let unnoticed: Vec<&str> = mutants
        .iter()
        .filter(|(_, mutant)| refused(mutant, &witnesses).is_empty())
        .map(|(what, _)| what.as_str())
        .collect();
    assert!(
        unnoticed.is_empty(),
        "{} of {} mutants are not noticed:\n{}",
        unnoticed.len(),
        mutants.len(),
        unnoticed.join("\n")
    );
}
