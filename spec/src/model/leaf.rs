//! Leaves: how a value of the document becomes a typed one.

use serde_json::{Map, Number, Value, json};

use crate::document::{Node, NodeValue};

/// Reads a leaf; `None` only if the document does not fit the schema.
pub(crate) trait Leaf: Sized {
    /// The value of a node.
    fn read(node: &Node) -> Option<Self>;
}

/// A choice of a few words.
pub trait Word: Copy + 'static {
    /// All of them, in the order in which they are listed.
    const WORDS: &'static [(&'static str, Self)];

    /// What it means, in a line.
    fn meaning(self) -> &'static str;
}

/// The schema of a choice.
pub fn words<W: Word>(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let names: Vec<&str> = W::WORDS.iter().map(|(name, _)| *name).collect();
    let meanings: Map<String, Value> =
        W::WORDS.iter().map(|(name, word)| ((*name).to_owned(), json!(word.meaning()))).collect();
    schemars::json_schema!({ "type": "string", "enum": names, "x-words": meanings })
}

pub(crate) fn number(node: &Node) -> Option<&Number> {
    match &node.value {
        NodeValue::Number(number) => Some(number),
        NodeValue::Null
        | NodeValue::Bool(_)
        | NodeValue::String(_)
        | NodeValue::List(_)
        | NodeValue::Map(_) => None,
    }
}

/// A whole number, also if it was written as `1e3` or `1.0`.
pub(crate) fn whole(number: &Number) -> Option<u64> {
    let integral =
        |f: f64| (f.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&f)).then_some(f as u64);
    number.as_u64().or_else(|| number.as_f64().and_then(integral))
}

impl Leaf for u64 {
    fn read(node: &Node) -> Option<Self> {
        number(node).and_then(whole)
    }
}

impl Leaf for u32 {
    fn read(node: &Node) -> Option<Self> {
        u64::read(node).and_then(|n| n.try_into().ok())
    }
}

impl Leaf for f64 {
    fn read(node: &Node) -> Option<Self> {
        number(node).and_then(Number::as_f64)
    }
}

impl Leaf for bool {
    fn read(node: &Node) -> Option<Self> {
        match &node.value {
            NodeValue::Bool(value) => Some(*value),
            NodeValue::Null
            | NodeValue::Number(_)
            | NodeValue::String(_)
            | NodeValue::List(_)
            | NodeValue::Map(_) => None,
        }
    }
}

impl Leaf for String {
    fn read(node: &Node) -> Option<Self> {
        node.as_str().map(str::to_owned)
    }
}

/// A word read as a leaf.
pub(crate) struct Chosen<W>(pub(crate) W);

impl<W: Word> Leaf for Chosen<W> {
    fn read(node: &Node) -> Option<Self> {
        let text = node.as_str()?;
        W::WORDS.iter().find(|(name, _)| *name == text).map(|&(_, word)| Self(word))
    }
}
