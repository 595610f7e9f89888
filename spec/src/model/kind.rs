//! The section of a kind: its name and its parameters, before the kind has seen them.

use schemars::JsonSchema;
use serde_json::{Map, Value};

use crate::catalog::Slot;
use crate::document::Pointer;
use crate::source::Spanned;

/// The estimator of a spec that names none.
pub const NEVER: &str = "never";

/// Keys of a slot's section that are common to all of its kinds, and so no parameters.
pub const COMMON_KEYS: &[(Slot, &[&str])] = &[
    (Slot::Dataset, &["validation", "limit", "augment", "normalize"]),
    (Slot::Search, &["mode", "reuse"]),
    (Slot::Estimator, &["metric", "audit", "max_regret"]),
];

/// A kind and its parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct KindSpec {
    /// The name of the kind.
    pub kind: Spanned<String>,
    /// The parameters as written, quantities in the kind's units; common keys are taken out.
    pub params: Map<String, Value>,
    /// The section.
    pub pointer: Pointer,
}

impl KindSpec {
    /// The common keys of a slot.
    pub fn common_keys(slot: Slot) -> &'static [&'static str] {
        COMMON_KEYS.iter().find(|(s, _)| *s == slot).map_or(&[], |(_, keys)| keys)
    }
}

impl JsonSchema for KindSpec {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Kind".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "object" })
    }
}
