//! Compiles a spec to a plan: the passes in order.
//!
//! | pass | makes | of |
//! |---|---|---|
//! | load | a `Document` | text |
//! | shape | a `Shaped` document | `Document` and `SpecSchema` |
//! | decode | a typed `PartialSpec` | `Shaped` |
//! | resolve, check | a [`CheckedSpec`] | `PartialSpec` and the catalogue |
//! | lower | a `Plan` | [`CheckedSpec`] |
//!
//! Everything is pure: no file, no clock, no randomness. Each pass collects what it finds. What does not fit the schema
//! keeps only those rules from being checked that read it; there is a [`CheckedSpec`] only if there is no error at all.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod check;
mod checked;
mod config;
mod difference;
mod explain;
mod graph;
mod lower;
mod prose;
mod resolve;
mod study;
#[cfg(test)]
mod test_catalog;
#[cfg(test)]
mod tests;

pub use checked::{CheckedObjective, CheckedSpec};
pub use config::{ConfigNode, ConfigOrigin, ConfigValue, config};
pub use difference::{Difference, Differences, differences};
pub use explain::{PlanSection, describe};
pub use graph::{GraphLanguage, graph};
pub use prose::prose;
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
    let Analysed { checked, warnings, .. } = analyse_with(document, catalog, schema)?;
    Ok(Compiled { plan: lower::lower(&checked), warnings })
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
    let (shaped, found) = shape::check(document, schema);
    let spec = model::decode(&shaped)?;
    let mut sink = Sink::with(found);
    let bound = resolve::resolve(document, &spec, catalog, &mut sink);
    check::check(document, &spec, &bound, &mut sink);
    let warnings = sink.finish()?;
    let well_formed = shaped.well_formed().expect("what does not fit the schema is an error");
    Ok((CheckedSpec::new(spec.whole(well_formed), bound), warnings))
}
