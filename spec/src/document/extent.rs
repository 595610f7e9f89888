//! How much a value holds: what an anchor or an alias would copy, so that copies stay within a budget.

use super::{Node, NodeValue};

/// Most values of a document, copies by aliases included; also the most that all anchors together may name.
pub(super) const MOST_VALUES: usize = 100_000;

/// Most bytes of text that aliases may copy into a document; also the most that all anchors together may name.
pub(super) const MOST_COPIED_BYTES: usize = 1 << 20;

/// The size of a value with all that is in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Extent {
    /// Values, itself included.
    pub(super) values: usize,
    /// Bytes of its texts, keys included.
    pub(super) bytes: usize,
    /// Levels of collections.
    pub(super) height: usize,
}

impl Extent {
    /// Measures a value.
    pub(super) fn of(node: &Node) -> Self {
        match &node.value {
            NodeValue::Null | NodeValue::Bool(_) | NodeValue::Number(_) => Self::leaf(0),
            NodeValue::String(text) => Self::leaf(text.len()),
            NodeValue::List(elements) => {
                elements.iter().fold(Self::leaf(0), |sum, e| sum.with(Self::of(e), 0))
            }
            NodeValue::Map(entries) => {
                entries.iter().fold(Self::leaf(0), |sum, e| sum.with(Self::of(&e.value), e.key.len()))
            }
        }
    }

    fn leaf(bytes: usize) -> Self {
        Self { values: 1, bytes, height: 0 }
    }

    fn with(self, child: Self, key_bytes: usize) -> Self {
        Self {
            values: self.values + child.values,
            bytes: self.bytes + child.bytes + key_bytes,
            height: self.height.max(child.height + 1),
        }
    }
}
