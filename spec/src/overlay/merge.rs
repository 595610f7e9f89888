//! How a value goes over another: mappings merge key by key, everything else replaces.
//!
//! A mapping of another `kind` replaces too, since the parameters of two kinds would mean nothing together.

use std::collections::BTreeMap;

use crate::document::{Entry, Node, NodeValue};

/// The key that decides what the others of its mapping mean.
const KIND: &str = "kind";

/// `over` over `base`. Keys keep the order of `over`, those of `base` alone come after them.
pub(super) fn over(over: Node, base: Node) -> Node {
    match (over.value, base.value) {
        (NodeValue::Map(above), NodeValue::Map(below)) if !changes_kind(&above, &below) => {
            Node { span: over.span, value: NodeValue::Map(entries(above, below)) }
        }
        (value, _) => Node { span: over.span, value },
    }
}

/// Whether both mappings name a kind, and not the same.
pub(super) fn changes_kind(above: &[Entry], below: &[Entry]) -> bool {
    let kind = |entries: &[Entry]| {
        let entry = entries.iter().find(|entry| entry.key == KIND)?;
        entry.value.as_str().map(str::to_owned)
    };
    matches!((kind(above), kind(below)), (Some(above), Some(below)) if above != below)
}

fn entries(above: Vec<Entry>, below: Vec<Entry>) -> Vec<Entry> {
    let order: Vec<String> = below.iter().map(|entry| entry.key.clone()).collect();
    let mut below: BTreeMap<String, Entry> =
        below.into_iter().map(|entry| (entry.key.clone(), entry)).collect();
    let mut merged: Vec<Entry> = above
        .into_iter()
        .map(|entry| match below.remove(&entry.key) {
            Some(base) => Entry { value: over(entry.value, base.value), ..entry },
            None => entry,
        })
        .collect();
    merged.extend(order.iter().filter_map(|key| below.remove(key)));
    merged
}
