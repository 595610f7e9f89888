//! Whether a document fits the schema: all keys known, all values of their types and in their ranges.
//!
//! The schema is composed of the model's fixed part and the parameters of the kinds; the branch of a `kind` union is
//! chosen here, so that a message is about the kind that was meant and no other.

mod advice;
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
mod unfit;
mod unsupported;
mod validate;

use std::collections::BTreeSet;

use serde_json::{Value, json};

pub use compose::{KindSchema, SpecSchema};
pub use params::ParamDoc;
pub use publish::Draft;
pub use reference::{FieldDoc, KindDoc, REFERENCE_PAGE, Reference, SectionDoc, WordDoc, anchor};
pub use study::{StudySchema, check_study};

pub(crate) use unfit::Unfit;

use crate::catalog::Slot;
use crate::diag::{Diagnostic, Diagnostics, Sink};
use crate::document::Document;

/// Extension of a schema: the meanings of the words that it takes.
pub(crate) const WORDS_EXTENSION: &str = "x-words";

/// A document of which parts may not fit the schema. These are told and marked; only what fits is looked at any further.
#[derive(Debug)]
pub struct Shaped<'a> {
    document: &'a Document,
    value: Value,
    unfit: Unfit,
}

impl<'a> Shaped<'a> {
    /// The document.
    pub fn document(&self) -> &'a Document {
        self.document
    }

    /// The document as JSON: quantities are numbers in their canonical units, whole numbers have no fraction; keys that do
    /// not belong where they are, are left out.
    pub(crate) fn value(&self) -> &Value {
        &self.value
    }

    /// What does not fit.
    pub(crate) fn unfit(&self) -> &Unfit {
        &self.unfit
    }

    /// The proof that all of it fits.
    pub fn well_formed(&self) -> Option<WellFormed> {
        self.unfit.is_empty().then_some(WellFormed { _proof: () })
    }
}

/// That a document fits the schema; only [`Shaped::well_formed`] makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WellFormed {
    _proof: (),
}

/// Checks the shape of a document; with it comes what was found. Without an error among that, all of it fits.
pub fn check<'a>(document: &'a Document, schema: &SpecSchema) -> (Shaped<'a>, Vec<Diagnostic>) {
    let mut sink = Sink::with(document.findings().to_vec());
    let mut unfit = Unfit::of(document);
    metrics::check(document, &mut unfit, &mut sink);
    let effective = branch::choose(document, schema, &mut unfit, &mut sink);
    let mut converted = convert::convert(document, &effective, &mut unfit, &mut sink);
    let unknown = explain::explain_all(document, &effective, &converted, &mut unfit, &mut sink);
    for (mapping, keys) in unknown {
        let keys: BTreeSet<String> = keys.into_iter().collect();
        if let Some(Value::Object(map)) = converted.value.pointer_mut(mapping.as_str()) {
            map.retain(|key, _| !keys.contains(key));
        }
    }
    (Shaped { document, value: converted.value, unfit }, sink.into_list())
}

/// Checks one section of a document, whatever else is in it, and gives it as JSON with quantities as bare numbers.
pub fn check_section(document: &Document, schema: &SpecSchema, slot: Slot) -> Result<Value, Diagnostics> {
    let mut sink = Sink::with(document.findings().to_vec());
    let mut unfit = Unfit::of(document);
    metrics::check(document, &mut unfit, &mut sink);
    let mut effective = branch::choose(document, schema, &mut unfit, &mut sink);
    let section = effective["properties"][slot.key()].take();
    let alone = json!({ "type": "object", "required": [slot.key()], "properties": { slot.key(): section } });
    let mut converted = convert::convert(document, &alone, &mut unfit, &mut sink);
    explain::explain_all(document, &alone, &converted, &mut unfit, &mut sink);
    sink.finish()?;
    Ok(converted.value[slot.key()].take())
}
