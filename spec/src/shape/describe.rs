//! Words for what was found and what was expected.

use serde_json::Value;

use crate::diag::quoted;
use crate::document::{Document, Node, NodeValue};
use crate::expr::{Dimension, UNIT_EXTENSION};

/// What a value is: "the text `a`", "a list".
pub(super) fn node(document: &Document, node: &Node) -> String {
    match &node.value {
        NodeValue::Null => "nothing".to_owned(),
        NodeValue::Bool(value) => format!("`{value}`"),
        NodeValue::Number(_) => format!("the number `{}`", document.slice(node.span)),
        NodeValue::String(text) => format!("the text {}", quoted(text)),
        NodeValue::List(_) => "a list".to_owned(),
        NodeValue::Map(_) => "a mapping".to_owned(),
    }
}

/// What a schema takes: "a whole number", "`true` or `false`".
pub(super) fn expected(schema: &Value) -> String {
    let branches = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array);
    if let Some(branches) = branches {
        if let Some(text) = schema.get("x-expected").and_then(Value::as_str) {
            return text.to_owned();
        }
        let takes = branches.iter().filter(|branch| branch["type"] != "null").map(expected);
        return takes.collect::<Vec<_>>().join(" or ");
    }
    let mut names: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name.as_str()],
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    };
    names.retain(|name| *name != "null");
    let words: Vec<&str> = names.into_iter().map(type_words).collect();
    if words.is_empty() { "another value".to_owned() } else { words.join(" or ") }
}

/// The words that a schema takes, if it takes only words.
pub(super) fn words(schema: &Value) -> Vec<String> {
    let branches = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array);
    std::iter::once(schema)
        .chain(branches.into_iter().flatten())
        .flat_map(|branch| {
            branch.get("const").into_iter().chain(branch["enum"].as_array().into_iter().flatten())
        })
        .filter_map(|word| word.as_str().map(str::to_owned))
        .collect()
}

fn type_words(name: &str) -> &'static str {
    match name {
        "integer" => "a whole number",
        "number" => "a number",
        "string" => "a text",
        "boolean" => "`true` or `false`",
        "array" => "a list",
        "object" => "a mapping",
        _ => "another value",
    }
}

/// A bound of a schema, with its unit.
pub(super) fn bound(schema: &Value, limit: &Value) -> String {
    let dimension = schema.get(UNIT_EXTENSION).and_then(Value::as_str).and_then(Dimension::of_unit);
    if let (Some(dimension), Some(limit)) = (dimension, limit.as_f64()) {
        return dimension.format(limit);
    }
    let number = limit.to_string();
    number.strip_suffix(".0").unwrap_or(&number).to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bounds_are_written_as_people_write_them() {
        for (schema, limit, expected) in [
            (json!({}), json!(65536.0), "65536"),
            (json!({}), json!(3), "3"),
            (json!({}), json!(0.99), "0.99"),
            (json!({}), json!(1e-12), "1e-12"),
            (json!({ UNIT_EXTENSION: "%" }), json!(50.0), "50%"),
        ] {
            assert_eq!(bound(&schema, &limit), expected);
        }
    }
}
