//! Whether a document fits the schema: all keys known, all values of their types and in their ranges.
//!
//! The schema is composed of the model's fixed part and the parameters of the kinds; the branch of a `kind` union is
//! chosen here, so that a message is about the kind that was meant and no other.

mod branch;
mod compose;
mod convert;
mod describe;
mod editor;
mod explain;
mod keys;
mod metrics;
mod params;
mod publish;
mod reference;
mod study;
mod unsupported;
mod validate;

use serde_json::{Value, json};

pub use compose::{KindSchema, SpecSchema};
pub use params::ParamDoc;
pub use publish::Draft;
pub use reference::{FieldDoc, KindDoc, REFERENCE_PAGE, Reference, SectionDoc, WordDoc, anchor};
pub use study::{StudySchema, check_study};

use crate::catalog::Slot;
use crate::diag::{Diagnostic, Diagnostics, Sink};
use crate::document::Document;

/// Extension of a schema: the meanings of the words that it takes.
pub(crate) const WORDS_EXTENSION: &str = "x-words";

/// A document that fits the schema, with its quantities as bare numbers.
#[derive(Debug)]
pub struct WellFormed<'a> {
    document: &'a Document,
    value: Value,
}

impl WellFormed<'_> {
    /// The document.
    pub fn document(&self) -> &Document {
        self.document
    }

    /// The document as JSON: quantities are numbers in their canonical units, whole numbers have no fraction.
    pub fn value(&self) -> &Value {
        &self.value
    }
}

/// Checks the shape of a document; with it come the warnings.
pub fn check<'a>(
    document: &'a Document,
    schema: &SpecSchema,
) -> Result<(WellFormed<'a>, Vec<Diagnostic>), Diagnostics> {
    let mut sink = Sink::with(document.findings().to_vec());
    metrics::check(document, &mut sink);
    let effective = branch::choose(document, schema, &mut sink);
    let converted = convert::convert(document, &effective, &mut sink);
    explain::explain_all(document, schema, &effective, &converted, &mut sink);
    let warnings = sink.finish()?;
    Ok((WellFormed { document, value: converted.value }, warnings))
}

/// Checks one section of a document, whatever else is in it, and gives it as JSON with quantities as bare numbers.
pub fn check_section(document: &Document, schema: &SpecSchema, slot: Slot) -> Result<Value, Diagnostics> {
    let mut sink = Sink::with(document.findings().to_vec());
    metrics::check(document, &mut sink);
    let mut effective = branch::choose(document, schema, &mut sink);
    let section = effective["properties"][slot.key()].take();
    let alone = json!({ "type": "object", "required": [slot.key()], "properties": { slot.key(): section } });
    let mut converted = convert::convert(document, &alone, &mut sink);
    explain::explain_all(document, schema, &alone, &converted, &mut sink);
    sink.finish()?;
    Ok(converted.value[slot.key()].take())
}
