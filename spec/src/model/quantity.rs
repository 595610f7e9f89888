//! Quantities of the fixed part: they are written with their units, and only so.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::leaf::Leaf;
use crate::document::Node;
use crate::expr::{self, Dimension};
use crate::plan::EpochFraction;

/// A share in percent, written `25%`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Percent(pub f64);

/// A difference of accuracies in points of percent, written `0.5pp`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Points(pub f64);

/// A duration in seconds, written `90min`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Duration(pub f64);

/// An amount of memory in bytes, written `16GiB`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Memory(pub f64);

/// A number of epochs, written `1/2 epoch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochStep(pub EpochFraction);

impl Leaf for Percent {
    fn read(node: &Node) -> Option<Self> {
        node.as_str().and_then(|text| expr::quantity(text, Dimension::Percent).ok()).map(Self)
    }
}

impl Leaf for Points {
    fn read(node: &Node) -> Option<Self> {
        node.as_str().and_then(|text| expr::quantity(text, Dimension::Points).ok()).map(Self)
    }
}

impl Leaf for Duration {
    fn read(node: &Node) -> Option<Self> {
        node.as_str().and_then(|text| expr::quantity(text, Dimension::Time).ok()).map(Self)
    }
}

impl Leaf for Memory {
    fn read(node: &Node) -> Option<Self> {
        node.as_str().and_then(|text| expr::quantity(text, Dimension::Memory).ok()).map(Self)
    }
}

impl Leaf for EpochStep {
    fn read(node: &Node) -> Option<Self> {
        node.as_str().and_then(|text| expr::epoch_fraction(text).ok()).map(Self)
    }
}

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Dimension::Percent.format(self.0))
    }
}

impl Serialize for Points {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Dimension::Points.format(self.0))
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Dimension::Time.format(self.0))
    }
}

impl Serialize for Memory {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Dimension::Memory.format(self.0))
    }
}

impl Serialize for EpochStep {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let plural = self.0.numerator > self.0.denominator;
        serializer.serialize_str(&format!("{} {}", self.0, if plural { "epochs" } else { "epoch" }))
    }
}

fn schema(unit: &str) -> schemars::Schema {
    schemars::json_schema!({ "type": "number", "x-unit": unit, "x-written": true })
}

impl JsonSchema for Percent {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Percent".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schema("%")
    }
}

impl JsonSchema for Points {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Points".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schema("pp")
    }
}

impl JsonSchema for Duration {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schema("s")
    }
}

impl JsonSchema for Memory {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Memory".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schema("B")
    }
}

impl JsonSchema for EpochStep {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "EpochStep".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "number", "x-unit": "epoch", "x-written": true, "x-ratio": true })
    }
}
