//! A YAML text as a tree that knows where each of its keys and values stands.
//!
//! [`load()`] makes it; anchors are expanded, scalars are typed by the core schema of YAML 1.2. What the keys mean is
//! not known here.

mod doubt;
mod events;
mod extent;
mod indentation;
mod load;
mod misplaced;
mod place;
mod pointer;
mod scalar;
#[cfg(test)]
mod suite;
mod syntax;
#[cfg(test)]
mod tests;
mod typed;
mod unparsed;
#[cfg(test)]
mod wild;

use std::sync::Arc;

use serde_json::Value;

pub(crate) use doubt::Doubt;
pub use load::load;
pub use pointer::Pointer;
pub use syntax::MOST_BYTES;

use crate::diag::Diagnostic;
use crate::source::{FileId, Span};

/// A loaded text; its root is a mapping.
#[derive(Debug, Clone)]
pub struct Document {
    /// The file; of a spec that is put together, the one that is on top.
    pub(crate) file: FileId,
    /// The texts that values stand in: the file's, and those that [`crate::overlay`] put it together from.
    pub(crate) texts: Vec<(FileId, Arc<str>)>,
    /// Where each base is extended.
    pub(crate) links: Vec<(FileId, Span)>,
    pub(crate) root: Node,
    pub(crate) findings: Vec<Diagnostic>,
    /// What is not what was meant, each told by one of the findings.
    pub(crate) doubts: Vec<Doubt>,
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it stands; of a collection all of it, of an empty value the place where it could stand.
    pub span: Span,
    /// The value.
    pub value: NodeValue,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeValue {
    /// `null`, `~`, or nothing at all.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A finite number.
    Number(serde_json::Number),
    /// A text.
    String(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the text.
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

/// A value that was looked up, with its key if it has one.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// Where its key stands; `None` for elements of lists and for the root.
    pub key_span: Option<Span>,
    /// The value.
    pub node: &'a Node,
}

impl Node {
    /// The entries of a mapping; none for other values.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            NodeValue::Map(entries) => entries,
            NodeValue::Null
            | NodeValue::Bool(_)
            | NodeValue::Number(_)
            | NodeValue::String(_)
            | NodeValue::List(_) => &[],
        }
    }

    /// The elements of a list; none for other values.
    pub fn elements(&self) -> &[Self] {
        match &self.value {
            NodeValue::List(elements) => elements,
            NodeValue::Null
            | NodeValue::Bool(_)
            | NodeValue::Number(_)
            | NodeValue::String(_)
            | NodeValue::Map(_) => &[],
        }
    }

    /// The entry of a key of a mapping.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            NodeValue::String(text) => Some(text),
            NodeValue::Null
            | NodeValue::Bool(_)
            | NodeValue::Number(_)
            | NodeValue::List(_)
            | NodeValue::Map(_) => None,
        }
    }

    /// The value as JSON.
    pub fn to_json(&self) -> Value {
        match &self.value {
            NodeValue::Null => Value::Null,
            NodeValue::Bool(value) => Value::Bool(*value),
            NodeValue::Number(number) => Value::Number(number.clone()),
            NodeValue::String(text) => Value::String(text.clone()),
            NodeValue::List(elements) => elements.iter().map(Self::to_json).collect(),
            NodeValue::Map(entries) => entries.iter().map(|e| (e.key.clone(), e.value.to_json())).collect(),
        }
    }
}

impl Document {
    /// The file it was loaded from.
    pub fn file(&self) -> FileId {
        self.file
    }

    /// The root, a mapping.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// The same with another value at a key of the root, which stands in a document of its own.
    #[must_use]
    pub fn with_entry(&self, entry: Entry, of: &Self) -> Self {
        let mut document = self.clone();
        if let NodeValue::Map(entries) = &mut document.root.value {
            match entries.iter_mut().find(|known| known.key == entry.key) {
                Some(known) => *known = entry,
                None => entries.push(entry),
            }
        }
        document.texts.extend(of.texts.iter().cloned());
        document
    }

    /// What loading found: warnings, and errors about single values. The shape passes them on.
    pub fn findings(&self) -> &[Diagnostic] {
        &self.findings
    }

    /// The text of a span.
    pub fn slice(&self, span: Span) -> &str {
        let text = self.texts.iter().find(|(file, _)| *file == span.file);
        text.and_then(|(_, text)| text.get(span.start..span.end)).unwrap_or_default()
    }

    /// The value at a pointer.
    pub fn find(&self, pointer: &Pointer) -> Option<Found<'_>> {
        pointer.tokens().try_fold(Found { key_span: None, node: &self.root }, |at, token| {
            match &at.node.value {
                NodeValue::Map(entries) => entries
                    .iter()
                    .find(|entry| entry.key == token)
                    .map(|entry| Found { key_span: Some(entry.key_span), node: &entry.value }),
                NodeValue::List(elements) => {
                    let index: usize = token.parse().ok()?;
                    elements.get(index).map(|node| Found { key_span: None, node })
                }
                NodeValue::Null | NodeValue::Bool(_) | NodeValue::Number(_) | NodeValue::String(_) => None,
            }
        })
    }

    /// The span of the value at a pointer, or of the nearest key around it that is written.
    pub fn span_near(&self, pointer: &Pointer) -> Span {
        match self.find(pointer) {
            Some(found) if pointer.as_str().is_empty() => span_of_map(found),
            Some(found) => span_of_value(found),
            None => self.span_around(pointer),
        }
    }

    fn span_around(&self, pointer: &Pointer) -> Span {
        let mut around = pointer.parent();
        while let Some(pointer) = around {
            if let Some(found) = self.find(&pointer) {
                return span_of_map(found);
            }
            around = pointer.parent();
        }
        self.root.span
    }
}

/// The span of a mapping for a message about a key that it lacks: its key, or its first key.
fn span_of_map(found: Found<'_>) -> Span {
    let first = found.node.entries().first().map(|entry| entry.key_span);
    found.key_span.or(first).unwrap_or(found.node.span)
}

/// The span of a value for a message about it: a collection is shown by its key, an empty value likewise.
fn span_of_value(found: Found<'_>) -> Span {
    match &found.node.value {
        NodeValue::Map(_) => span_of_map(found),
        NodeValue::Null | NodeValue::List(_) => found.key_span.unwrap_or(found.node.span),
        NodeValue::Bool(_) | NodeValue::Number(_) | NodeValue::String(_) => found.node.span,
    }
}
