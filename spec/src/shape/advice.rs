//! What to write in place of a value of a wrong type: what a reader of the message would try, and what is right then.

use serde_json::Value;

use super::describe;
use crate::diag::{one_of, quoted, similar};
use crate::document::{Document, Node, NodeValue};
use crate::expr::split_unit;
use crate::plan::{Goal, Metric};

/// What to do about a value of a wrong type.
#[derive(Default)]
pub(super) struct Advice {
    pub(super) help: Option<String>,
    /// What to write instead, if it is a single scalar or a small mapping, and nothing else can be meant.
    pub(super) instead: Option<String>,
}

impl Advice {
    /// "write `instead`", with a reason or a condition after it.
    fn write(instead: String, rest: &str) -> Self {
        Self { help: Some(format!("write {}{rest}", quoted(&instead))), instead: Some(instead) }
    }

    /// The same where a reader must judge.
    fn say(help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), instead: None }
    }
}

/// What to write in place of a value of which a schema expects another type, which is said in words.
pub(super) fn about_type(document: &Document, schema: &Value, node: &Node, expected: &str) -> Advice {
    match &node.value {
        NodeValue::String(text) if expected == "a mapping" => mapping(text, schema),
        NodeValue::String(text) if expected == "a list" => list(text, &schema["items"]),
        NodeValue::String(text) if expected == "`true` or `false`" => {
            let truth = match text.to_lowercase().as_str() {
                "yes" | "on" | "y" => "true",
                "no" | "off" | "n" => "false",
                _ => return Advice::default(),
            };
            Advice::write(truth.to_owned(), &format!("; YAML 1.2 reads `{text}` as a text"))
        }
        NodeValue::String(text) if expected.ends_with("number") => number(text, expected == "a number"),
        NodeValue::Number(_) if expected == "a list" && takes(&schema["items"], &["integer", "number"]) => {
            Advice::write(format!("[{}]", document.slice(node.span)), "")
        }
        NodeValue::Map(entries) if expected == "a list" && entries.iter().any(|e| e.key.starts_with('-')) => {
            Advice::say("write a space after the `-` of each element")
        }
        NodeValue::Map(entries) if expected == "a list" && is_objective(&schema["items"]) => {
            let pair = |entry: &crate::document::Entry| {
                Some(format!("{{{}: {}}}", entry.key, entry.value.as_str()?))
            };
            let pairs: Option<Vec<String>> = entries.iter().map(pair).collect();
            pairs.map_or_else(Advice::default, |pairs| Advice::say(write_list(&pairs)))
        }
        NodeValue::Number(_) | NodeValue::Bool(_) if expected == "a text" => {
            Advice::write(format!("\"{}\"", document.slice(node.span)), "")
        }
        NodeValue::Null if expected == "a mapping" => Advice::say("write its keys below it, or remove it"),
        NodeValue::Null
        | NodeValue::Bool(_)
        | NodeValue::Number(_)
        | NodeValue::String(_)
        | NodeValue::List(_)
        | NodeValue::Map(_) => Advice::default(),
    }
}

fn write_list(elements: &[String]) -> String {
    format!("write `[{}]`", elements.join(", "))
}

/// Whether a schema takes values of one of these types.
fn takes(schema: &Value, types: &[&str]) -> bool {
    schema["type"].as_str().is_some_and(|found| types.contains(&found))
}

fn is_objective(schema: &Value) -> bool {
    schema["properties"].get("maximize").is_some()
}

/// A text in place of a mapping.
fn mapping(text: &str, schema: &Value) -> Advice {
    if is_objective(schema) {
        return objective(text, |objective| objective);
    }
    if let Some(kind) = schema["properties"].get("kind") {
        let words = describe::words(kind);
        let names = || words.iter().map(String::as_str);
        return match similar(text, names()).as_slice() {
            // Of what decides nothing, nothing is known.
            [] if words.is_empty() => Advice::say("write its `kind` and other keys below it"),
            [] => Advice::say(format!("write `{{kind: NAME}}`, and as the name {}", one_of(names()))),
            [name] => Advice::write(format!("{{kind: {name}}}"), ""),
            [name, ..] => Advice::say(format!("write `{{kind: {name}}}`")),
        };
    }
    if schema.get("properties").is_none() {
        return Advice::say(format!("write {}", quoted(&format!("{{kind: {text}}}"))));
    }
    let properties = || schema["properties"].as_object().into_iter().flatten();
    let of_word = properties().find(|(_, schema)| describe::words(schema).iter().any(|word| word == text));
    if let Some((key, _)) = of_word {
        Advice::write(format!("{{{key}: {text}}}"), "")
    } else {
        let keys: Vec<String> = properties().take(4).map(|(key, _)| format!("`{key}`")).collect();
        Advice::say(format!("write its keys below it, such as {}", keys.join(", ")))
    }
}

/// A text in place of an objective: the name of a metric, with or without its goal.
fn objective(text: &str, around: fn(String) -> String) -> Advice {
    let word = |goal: Goal| match goal {
        Goal::Maximize => "maximize",
        Goal::Minimize => "minimize",
    };
    let goal = [Goal::Maximize, Goal::Minimize].map(word).into_iter().find(|goal| text.starts_with(goal));
    let name = goal.and_then(|goal| text.strip_prefix(goal)).unwrap_or(text);
    match name.trim_start_matches([' ', ':', '=']).parse::<Metric>() {
        Ok(metric) => {
            let goal = goal.unwrap_or_else(|| word(metric.goal()));
            Advice::write(around(format!("{{{goal}: {metric}}}")), "")
        }
        Err(()) => Advice::say(format!(
            "write a goal and a metric, such as {}",
            quoted(&around("{maximize: val_accuracy}".to_owned()))
        )),
    }
}

/// A text in place of a list.
fn list(text: &str, items: &Value) -> Advice {
    if is_objective(items) {
        return objective(text, |objective| format!("[{objective}]"));
    }
    if !takes(items, &["string"]) {
        return Advice::default();
    }
    let is_plain = |text: &str| {
        text.starts_with(char::is_alphabetic)
            && text.chars().all(|c| c.is_alphanumeric() || "-_().".contains(c))
    };
    let words: Vec<&str> = text.split(',').map(str::trim).collect();
    if words.iter().all(|word| is_plain(word)) {
        return Advice::write(format!("[{}]", words.join(", ")), "");
    }
    Advice::write(format!("[{}]", Value::String(text.to_owned())), "")
}

/// A text in place of a number.
fn number(text: &str, is_real: bool) -> Advice {
    let suits = |number: f64| number.is_finite() && (is_real || number.fract() == 0.0);
    if text.parse::<f64>().is_ok_and(suits) {
        return Advice::write(text.to_owned(), " without quotes");
    }
    let digits = text.replace('_', "");
    if text.starts_with(|c: char| c.is_ascii_digit()) && digits.parse::<f64>().is_ok_and(suits) {
        return Advice::write(digits, ", without `_`");
    }
    let trimmed = text.trim();
    if trimmed != text && trimmed.parse::<f64>().is_ok_and(suits) {
        return Advice::write(trimmed.to_owned(), ", without the blank beside it, which is a special one");
    }
    if text.contains("..") {
        return Advice::say("write one number; a range stands for all that a search space may choose from");
    }
    if let Some((number, comment)) = text.split_once('#').filter(|(number, _)| number.parse::<f64>().is_ok())
    {
        return Advice::say(format!(
            "write {}, with a space before the comment",
            quoted(&format!("{number} #{comment}"))
        ));
    }
    let is_unit = |unit: &str| unit == "%" || unit.chars().all(char::is_alphabetic);
    let Some((number, unit)) = split_unit(text).filter(|(_, unit)| is_unit(unit)) else {
        return Advice::default();
    };
    let scaled = match unit {
        "%" if is_real => number / 100.0,
        "k" => number * 1e3,
        "M" => number * 1e6,
        "G" => number * 1e9,
        _ => number,
    };
    if suits(scaled) {
        Advice::say(format!("write `{scaled}`, which has no unit"))
    } else {
        Advice::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_in_place_of_numbers() {
        for (text, is_real, expected) in [
            ("3", false, Some("write `3` without quotes")),
            ("1_000", false, Some("write `1000`, without `_`")),
            ("5 epochs", false, Some("write `5`, which has no unit")),
            ("5k", false, Some("write `5000`, which has no unit")),
            ("20%", true, Some("write `0.2`, which has no unit")),
            ("3\u{a0}", false, Some("write `3`, without the blank beside it, which is a special one")),
            ("3#c", false, Some("write `3 #c`, with a space before the comment")),
            (
                "1..3",
                false,
                Some("write one number; a range stands for all that a search space may choose from"),
            ),
            ("2026-11-26", false, None),
            ("1:30", false, None),
            ("half", true, None),
            ("1.5x", false, None),
        ] {
            assert_eq!(number(text, is_real).help.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn texts_in_place_of_lists() {
        let texts = serde_json::json!({ "type": "string" });
        for (text, expected) in [
            ("relu", "[relu]"),
            ("batch_norm, relu", "[batch_norm, relu]"),
            ("dropout(0.3)", "[dropout(0.3)]"),
            ("params <= 2M", "[\"params <= 2M\"]"),
            ("a, b: c", "[\"a, b: c\"]"),
        ] {
            assert_eq!(list(text, &texts).instead.as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn texts_in_place_of_objectives() {
        for (text, expected) in [
            ("val_accuracy", Some("{maximize: val_accuracy}")),
            ("flops", Some("{minimize: flops}")),
            ("maximize val_accuracy", Some("{maximize: val_accuracy}")),
            ("minimize: flops", Some("{minimize: flops}")),
            ("accuracy", None),
        ] {
            assert_eq!(objective(text, |objective| objective).instead.as_deref(), expected, "{text}");
        }
    }
}
