//! Whether a value fits the composed schema: the keywords of JSON Schema that it uses, and no others.
//!
//! A test says that the schema has no other keyword, and another that a validator of all of JSON Schema agrees. That one
//! would be most of the small checker: of its time to compile, its size, and the time of a check.

use std::cmp::Ordering;

use regex_lite::Regex;
use serde_json::{Map, Number, Value};

use crate::document::Pointer;

/// A rule of a schema that a value breaks.
#[derive(Debug)]
pub(super) struct Violation<'a> {
    /// The value.
    pub(super) pointer: Pointer,
    /// The rule.
    pub(super) rule: Rule<'a>,
}

/// A rule, with what it says.
#[derive(Debug)]
pub(super) enum Rule<'a> {
    Type,
    Constant(&'a Value),
    Words(&'a Value),
    Minimum(&'a Value),
    Maximum(&'a Value),
    ExclusiveMinimum(&'a Value),
    ExclusiveMaximum(&'a Value),
    MinLength(&'a Value),
    MaxLength(&'a Value),
    Pattern(&'a str),
    MinItems(&'a Value),
    MaxItems(&'a Value),
    /// Too many or too few keys.
    Count,
    /// The violations of each branch.
    Union(Vec<Vec<Violation<'a>>>),
    Unknown(Vec<String>),
    Missing(&'a str),
}

/// The keywords that are read here.
const READ: &[&str] = &[
    "type",
    "const",
    "enum",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "items",
    "minProperties",
    "maxProperties",
    "properties",
    "required",
    "additionalProperties",
    "anyOf",
    "oneOf",
];

/// The keywords that say nothing of values.
const REMARKS: &[&str] = &["title", "description", "default", "examples", "$schema"];

/// Keywords of a schema that are not read, our own extensions aside.
pub(super) fn unread(schema: &Value, found: &mut Vec<String>) {
    let Value::Object(map) = schema else { return };
    for (keyword, value) in map {
        match keyword.as_str() {
            "properties" => {
                value.as_object().into_iter().flatten().for_each(|(_, schema)| unread(schema, found));
            }
            "items" => unread(value, found),
            "anyOf" | "oneOf" => {
                value.as_array().into_iter().flatten().for_each(|schema| unread(schema, found));
            }
            "additionalProperties" if !value.is_boolean() => found.push(keyword.clone()),
            known if READ.contains(&known) || REMARKS.contains(&known) || known.starts_with("x-") => {}
            _ => found.push(keyword.clone()),
        }
    }
}

/// All rules that a value breaks.
pub(super) fn validate<'a>(value: &Value, schema: &'a Value) -> Vec<Violation<'a>> {
    let mut found = Vec::new();
    check(value, schema, &Pointer::root(), &mut found);
    found
}

fn check<'a>(value: &Value, schema: &'a Value, pointer: &Pointer, found: &mut Vec<Violation<'a>>) {
    let Value::Object(map) = schema else { return };
    let mut broken = |rule: Rule<'a>| found.push(Violation { pointer: pointer.clone(), rule });
    if map.get("type").is_some_and(|types| !is_of_type(value, types)) {
        broken(Rule::Type);
    }
    if let Some(expected) = map.get("const").filter(|expected| !equal(value, expected)) {
        broken(Rule::Constant(expected));
    }
    if let Some(words) = map.get("enum")
        && !words.as_array().is_some_and(|words| words.iter().any(|word| equal(value, word)))
    {
        broken(Rule::Words(words));
    }
    if let Some(union) = map.get("anyOf").or_else(|| map.get("oneOf")).and_then(Value::as_array) {
        let mut branches = Vec::with_capacity(union.len());
        for branch in union {
            let mut violations = Vec::new();
            check(value, branch, pointer, &mut violations);
            branches.push(violations);
        }
        if branches.iter().all(|violations| !violations.is_empty()) {
            broken(Rule::Union(branches));
        }
    }
    match value {
        Value::Number(number) => of_number(number, map, &mut broken),
        Value::String(text) => of_text(text, map, &mut broken),
        Value::Array(list) => {
            limit(list.len(), map.get("minItems"), |n, least| n < least, Rule::MinItems, &mut broken);
            limit(list.len(), map.get("maxItems"), |n, most| n > most, Rule::MaxItems, &mut broken);
            for (index, element) in list.iter().enumerate() {
                if let Some(items) = map.get("items") {
                    check(element, items, &pointer.index(index), found);
                }
            }
        }
        Value::Object(entries) => of_mapping(entries, map, pointer, found),
        Value::Null | Value::Bool(_) => {}
    }
}

fn of_number<'a>(number: &Number, map: &'a Map<String, Value>, broken: &mut impl FnMut(Rule<'a>)) {
    type Bound<'a> = (&'static str, fn(Ordering) -> bool, fn(&'a Value) -> Rule<'a>);
    let bounds: [Bound<'a>; 4] = [
        ("minimum", Ordering::is_lt, Rule::Minimum),
        ("maximum", Ordering::is_gt, Rule::Maximum),
        ("exclusiveMinimum", Ordering::is_le, Rule::ExclusiveMinimum),
        ("exclusiveMaximum", Ordering::is_ge, Rule::ExclusiveMaximum),
    ];
    for (keyword, breaks, rule) in bounds {
        if let Some(limit) = map.get(keyword)
            && limit.as_number().and_then(|bound| compare(number, bound)).is_some_and(breaks)
        {
            broken(rule(limit));
        }
    }
}

/// Whole numbers are compared as such, since beyond 2^53 others are not exact.
fn compare(a: &Number, b: &Number) -> Option<Ordering> {
    match (a.as_i128(), b.as_i128()) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}

fn of_text<'a>(text: &str, map: &'a Map<String, Value>, broken: &mut impl FnMut(Rule<'a>)) {
    let length = text.chars().count();
    limit(length, map.get("minLength"), |n, least| n < least, Rule::MinLength, broken);
    limit(length, map.get("maxLength"), |n, most| n > most, Rule::MaxLength, broken);
    if let Some(pattern) = map.get("pattern").and_then(Value::as_str) {
        let pattern_of_ours = Regex::new(pattern).expect("the patterns of the schema are tested");
        if !pattern_of_ours.is_match(text) {
            broken(Rule::Pattern(pattern));
        }
    }
}

fn of_mapping<'a>(
    entries: &Map<String, Value>,
    map: &'a Map<String, Value>,
    pointer: &Pointer,
    found: &mut Vec<Violation<'a>>,
) {
    let mut broken = |rule: Rule<'a>| found.push(Violation { pointer: pointer.clone(), rule });
    let count = entries.len();
    limit(count, map.get("minProperties"), |n, least| n < least, |_| Rule::Count, &mut broken);
    limit(count, map.get("maxProperties"), |n, most| n > most, |_| Rule::Count, &mut broken);
    for key in map.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        if !entries.contains_key(key) {
            broken(Rule::Missing(key));
        }
    }
    let properties = map.get("properties").and_then(Value::as_object);
    let schema_of = |key: &str| properties.and_then(|properties| properties.get(key));
    if map.get("additionalProperties") == Some(&Value::Bool(false)) {
        let unknown: Vec<String> = entries.keys().filter(|key| schema_of(key).is_none()).cloned().collect();
        if !unknown.is_empty() {
            broken(Rule::Unknown(unknown));
        }
    }
    for (key, value) in entries {
        if let Some(schema) = schema_of(key) {
            check(value, schema, &pointer.key(key), found);
        }
    }
}

fn limit<'a>(
    count: usize,
    bound: Option<&'a Value>,
    breaks: fn(u64, u64) -> bool,
    rule: fn(&'a Value) -> Rule<'a>,
    broken: &mut impl FnMut(Rule<'a>),
) {
    if let Some(bound) = bound
        && bound.as_u64().is_some_and(|limit| breaks(count as u64, limit))
    {
        broken(rule(bound));
    }
}

fn is_of_type(value: &Value, types: &Value) -> bool {
    let is = |name: &str| match value {
        Value::Null => name == "null",
        Value::Bool(_) => name == "boolean",
        Value::Number(number) => {
            let is_whole = || number.as_f64().is_none_or(|n| n.fract() == 0.0);
            name == "number" || name == "integer" && is_whole()
        }
        Value::String(_) => name == "string",
        Value::Array(_) => name == "array",
        Value::Object(_) => name == "object",
    };
    match types {
        Value::String(name) => is(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(is),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => true,
    }
}

/// Equality as JSON Schema has it: `1` and `1.0` are the same number.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => compare(a, b).is_some_and(Ordering::is_eq),
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["a", "b"],
            "properties": {
                "a": { "type": "integer", "minimum": 1, "maximum": 3 },
                "b": { "anyOf": [{ "const": "auto" }, { "type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 2 }] },
                "c": { "type": ["string", "null"], "minLength": 1, "maxLength": 2, "pattern": "^[a-c]*$" },
                "d": { "type": "array", "minItems": 1, "maxItems": 2, "items": { "enum": ["x", "y", 1] } },
                "e": { "type": "object", "minProperties": 1, "maxProperties": 1 },
            },
        })
    }

    fn leaf() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(json!(null)),
            any::<bool>().prop_map(Value::from),
            (-2..6i64).prop_map(Value::from),
            (-2..6i64).prop_map(|n| json!(n as f64 / 2.0)),
            "[a-dxy]{0,3}".prop_map(Value::from),
            Just(json!("auto")),
        ]
    }

    fn value() -> impl Strategy<Value = Value> {
        let nested = prop_oneof![
            4 => leaf(),
            1 => prop::collection::vec(leaf(), 0..4).prop_map(Value::from),
            1 => prop::collection::btree_map("[a-f]", leaf(), 0..3).prop_map(|map| json!(map)),
        ];
        prop::collection::btree_map("[a-f]", nested, 0..6).prop_map(|map| json!(map))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn a_validator_of_all_of_json_schema_finds_the_same(value in value()) {
            let schema = schema();
            let theirs = jsonschema::draft7::new(&schema).unwrap();
            let mut expected: Vec<String> = theirs.iter_errors(&value).map(|e| e.instance_path().to_string()).collect();
            // They list missing keys and unknown ones as we do: each missing key, and unknown ones together.
            let mut found: Vec<String> = validate(&value, &schema).iter().map(|v| v.pointer.to_string()).collect();
            expected.sort();
            found.sort();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn keywords_that_are_not_read_are_told() {
        let mut found = Vec::new();
        unread(
            &json!({ "items": { "anyOf": [{ "uniqueItems": true }] }, "properties": { "not": { "x-a": 1 } }, "$ref": "#" }),
            &mut found,
        );
        assert_eq!(found, ["uniqueItems", "$ref"]);
    }
}
