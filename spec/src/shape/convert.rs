//! The document as JSON: quantities become bare numbers where the schema names a unit, and are checked for it.

use std::collections::BTreeSet;

use serde_json::{Number, Value, json};

use super::describe;
use super::unfit::Unfit;
use crate::diag::{Diagnostic, Sink, codes};
use crate::document::{Document, Node, NodeValue, Pointer};
use crate::expr::{self, Dimension, ExprError, UNIT_EXTENSION, WRITTEN_EXTENSION};
use crate::source::Span;

/// The JSON of a document.
pub(super) struct Converted {
    pub(super) value: Value,
    /// Values that were reported already.
    pub(super) reported: BTreeSet<String>,
}

/// Converts along a schema.
pub(super) fn convert(document: &Document, schema: &Value, unfit: &mut Unfit, sink: &mut Sink) -> Converted {
    let mut converter = Converter { document, unfit, sink, reported: BTreeSet::new() };
    let value = converter.node(document.root(), schema, &Pointer::root());
    Converted { value, reported: converter.reported }
}

struct Converter<'a> {
    document: &'a Document,
    unfit: &'a mut Unfit,
    sink: &'a mut Sink,
    reported: BTreeSet<String>,
}

impl Converter<'_> {
    fn node(&mut self, node: &Node, schema: &Value, pointer: &Pointer) -> Value {
        if schema.is_null() {
            return bare(node);
        }
        if let Some(dimension) =
            schema.get(UNIT_EXTENSION).and_then(Value::as_str).and_then(Dimension::of_unit)
        {
            return self.quantity(node, schema, dimension, pointer);
        }
        match &node.value {
            NodeValue::Map(entries) => entries
                .iter()
                .map(|entry| {
                    let schema = schema["properties"].get(&entry.key).unwrap_or(&Value::Null);
                    (entry.key.clone(), self.node(&entry.value, schema, &pointer.key(&entry.key)))
                })
                .collect(),
            NodeValue::List(elements) => elements
                .iter()
                .enumerate()
                .map(|(i, element)| {
                    self.node(element, schema.get("items").unwrap_or(&Value::Null), &pointer.index(i))
                })
                .collect(),
            NodeValue::Number(number) => Value::Number(without_fraction(number)),
            NodeValue::Null | NodeValue::Bool(_) | NodeValue::String(_) => node.to_json(),
        }
    }

    fn quantity(&mut self, node: &Node, schema: &Value, dimension: Dimension, pointer: &Pointer) -> Value {
        if self.unfit.is_unread(pointer) {
            return Value::Null;
        }
        let must_be_written = schema.get(WRITTEN_EXTENSION) == Some(&Value::Bool(true));
        let ratio = schema.get("x-ratio") == Some(&Value::Bool(true));
        match &node.value {
            NodeValue::String(text) => {
                let checked = if ratio { expr::epoch_fraction(text).map(|_| ()) } else { Ok(()) };
                match checked.and_then(|()| expr::quantity(text, dimension)) {
                    Ok(number) => number_value(number),
                    Err(error) => {
                        let span = self.span_in(node, &error);
                        self.report(pointer, span, error.message, error.help)
                    }
                }
            }
            NodeValue::Number(number) if must_be_written => {
                let text = self.document.slice(node.span).to_owned();
                let message = format!("found the bare number `{text}`, expected {dimension}");
                let help = bare_number(number, dimension);
                self.report(pointer, node.span, message, Some(help))
            }
            NodeValue::Number(number) => Value::Number(without_fraction(number)),
            NodeValue::Null if !must_be_written => Value::Null,
            NodeValue::Null | NodeValue::Bool(_) | NodeValue::List(_) | NodeValue::Map(_) => {
                let span = self.document.span_near(pointer);
                let message = format!("found {}, expected {dimension}", describe::node(self.document, node));
                let help = format!("write `{}`", dimension.examples()[0]);
                self.report(pointer, span, message, Some(help))
            }
        }
    }

    fn report(&mut self, pointer: &Pointer, span: Span, message: String, help: Option<String>) -> Value {
        self.reported.insert(pointer.to_string());
        self.unfit.value(pointer.clone());
        self.sink.push(Diagnostic::error(codes::E0105, span, message).help(help).at(pointer.clone()));
        Value::Null
    }

    /// The place of an expression's error in the file.
    fn span_in(&self, node: &Node, error: &ExprError) -> Span {
        if error.len > 0 { self.document.span_inside(node, error.at, error.len) } else { node.span }
    }
}

/// What to write in place of a number without its unit.
fn bare_number(number: &Number, dimension: Dimension) -> String {
    let written = dimension.written(&number.to_string());
    match number.as_f64() {
        // A share of 1 is more likely meant than one of 100.
        Some(share) if dimension == Dimension::Percent && share > 0.0 && share < 1.0 => {
            let percent = (share * 1e12).round() / 1e10;
            format!("write `{}`, or `{written}` if so little is meant", dimension.format(percent))
        }
        Some(_) | None => format!("write `{written}`"),
    }
}

/// A value that no schema says anything of: nothing in it needs a pointer, which may be long.
fn bare(node: &Node) -> Value {
    match &node.value {
        NodeValue::Map(entries) => entries.iter().map(|e| (e.key.clone(), bare(&e.value))).collect(),
        NodeValue::List(elements) => elements.iter().map(bare).collect(),
        NodeValue::Number(number) => Value::Number(without_fraction(number)),
        NodeValue::Null | NodeValue::Bool(_) | NodeValue::String(_) => node.to_json(),
    }
}

fn number_value(number: f64) -> Value {
    Number::from_f64(number).map_or(Value::Null, |n| Value::Number(without_fraction(&n)))
}

/// `2.0` and `2` mean the same, and must have the same bytes.
fn without_fraction(number: &Number) -> Number {
    match number.as_f64() {
        Some(f) if number.is_f64() && f.fract() == 0.0 && f.abs() <= 9_007_199_254_740_992.0 => {
            json!(f as i64).as_number().cloned().unwrap_or_else(|| number.clone())
        }
        Some(_) | None => number.clone(),
    }
}
