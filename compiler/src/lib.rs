//! Compiles a spec to a plan: the passes in order.
//!
//! | pass | makes | of |
//! |---|---|---|
//! | load | a `Document` | text |
//! | shape | a `WellFormed` document | `Document` and `SpecSchema` |
//! | decode | a typed `Spec` | `WellFormed` |
//! | resolve, check | a [`CheckedSpec`] | `Spec` and the catalogue |
//! | lower | a `Plan` | [`CheckedSpec`] |
//!
//! Everything is pure: no file, no clock, no randomness. Each pass collects what it finds; a later one starts only if
//! the earlier one found no error.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod check;
mod checked;
mod config;
mod explain;
mod lower;
mod resolve;
mod study;
#[cfg(test)]
mod test_catalog;
#[cfg(test)]
mod tests;

pub use checked::{CheckedObjective, CheckedSpec};
pub use config::{ConfigNode, ConfigOrigin, ConfigValue, config};
pub use explain::{PlanSection, describe};
pub use study::{CompiledStudy, Language, compile_study, describe_study};

use peng_spec::catalog::Catalog;
use peng_spec::diag::{Diagnostic, Diagnostics, Sink, codes};
use peng_spec::document::{self, Document, Pointer};
use peng_spec::model;
use peng_spec::overlay::EXTENDS;
use peng_spec::plan::Plan;
use peng_spec::shape::{self, SpecSchema};
use peng_spec::source::{FileId, SourceMap};

/// What compiling yields.
#[derive(Debug, Clone, PartialEq)]
pub struct Compiled {
    /// The plan.
    pub plan: Plan,
    /// What is odd, but no error.
    pub warnings: Vec<Diagnostic>,
}

/// A spec that was checked, with the document that its spans point into.
#[derive(Debug, Clone)]
pub struct Analysed {
    /// The document.
    pub document: Document,
    /// The spec with names bound and defaults filled in.
    pub checked: CheckedSpec,
    /// What is odd, but no error.
    pub warnings: Vec<Diagnostic>,
}

/// Compiles a file that extends no other to a plan.
pub fn compile(sources: &SourceMap, file: FileId, catalog: &dyn Catalog) -> Result<Compiled, Diagnostics> {
    compile_document(document::load(sources, file)?, catalog)
}

/// Compiles a document to a plan.
pub fn compile_document(document: Document, catalog: &dyn Catalog) -> Result<Compiled, Diagnostics> {
    compile_with(document, catalog, &SpecSchema::new(catalog))
}

/// Compiles one of many documents: the catalogue's schema, which takes longer to compose than to use, is made once.
pub fn compile_with(
    document: Document,
    catalog: &dyn Catalog,
    schema: &SpecSchema,
) -> Result<Compiled, Diagnostics> {
    let Analysed { document, checked, warnings } = analyse_with(document, catalog, schema)?;
    let plan = lower::lower(&checked);
    let mut sink = Sink::with(warnings);
    check::countable(&document, &plan, &mut sink);
    let warnings = sink.finish().map_err(|found| found.map(|found| document.with_base(found)))?;
    Ok(Compiled { plan, warnings })
}

/// Checks a document, without making a plan of it.
pub fn analyse(document: Document, catalog: &dyn Catalog) -> Result<Analysed, Diagnostics> {
    analyse_with(document, catalog, &SpecSchema::new(catalog))
}

fn analyse_with(
    document: Document,
    catalog: &dyn Catalog,
    schema: &SpecSchema,
) -> Result<Analysed, Diagnostics> {
    let place = |found: Vec<Diagnostic>| {
        let found = schema.anchored(&document, found);
        found.into_iter().map(|found| document.with_base(found)).collect()
    };
    let (checked, warnings) = passes(&document, schema, catalog).map_err(|found| found.all(place))?;
    let warnings = place(warnings);
    Ok(Analysed { document, checked, warnings })
}

fn passes(
    document: &Document,
    schema: &SpecSchema,
    catalog: &dyn Catalog,
) -> Result<(CheckedSpec, Vec<Diagnostic>), Diagnostics> {
    if let Some(entry) = document.root().entry(EXTENDS) {
        let message = "found a base, which was not read";
        return Err(Diagnostic::error(codes::E0011, entry.key_span, message).into());
    }
    if model::is_study(document.root()) {
        let span = document.span_near(&Pointer::root());
        let message = "found a study, expected an experiment";
        let help = "run it by `peng study`".to_owned();
        return Err(Diagnostic::error(codes::E0904, span, message).help(help).into());
    }
    let (well_formed, warnings) = shape::check(document, schema)?;
    let spec = model::decode(&well_formed)?;
    let mut sink = Sink::with(warnings);
    let bound = resolve::resolve(document, &spec, catalog, &mut sink);
    check::check(document, &spec, &bound, &mut sink);
    let warnings = sink.finish()?;
    Ok((CheckedSpec::new(spec, bound), warnings))
}
