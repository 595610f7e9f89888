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
#[cfg(test)]
mod test_catalog;
#[cfg(test)]
mod tests;

pub use checked::{CheckedObjective, CheckedSpec};
pub use config::{ConfigNode, ConfigOrigin, ConfigValue, config};
pub use explain::{PlanSection, describe};

use peng_spec::catalog::Catalog;
use peng_spec::diag::{Diagnostic, Diagnostics, Sink};
use peng_spec::document::{self, Document};
use peng_spec::model;
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

/// Compiles a file to a plan.
pub fn compile(sources: &SourceMap, file: FileId, catalog: &dyn Catalog) -> Result<Compiled, Diagnostics> {
    compile_with(sources, file, catalog, &SpecSchema::new(catalog))
}

/// Compiles one of many files: the catalogue's schema, which takes longer to compose than to use, is made once.
pub fn compile_with(
    sources: &SourceMap,
    file: FileId,
    catalog: &dyn Catalog,
    schema: &SpecSchema,
) -> Result<Compiled, Diagnostics> {
    let Analysed { document, checked, warnings } = analyse_with(sources, file, catalog, schema)?;
    let plan = lower::lower(&checked);
    let mut sink = Sink::with(warnings);
    check::countable(&document, &plan, &mut sink);
    Ok(Compiled { plan, warnings: sink.finish()? })
}

/// Checks a file, without making a plan of it.
pub fn analyse(sources: &SourceMap, file: FileId, catalog: &dyn Catalog) -> Result<Analysed, Diagnostics> {
    analyse_with(sources, file, catalog, &SpecSchema::new(catalog))
}

fn analyse_with(
    sources: &SourceMap,
    file: FileId,
    catalog: &dyn Catalog,
    schema: &SpecSchema,
) -> Result<Analysed, Diagnostics> {
    let document = document::load(sources, file)?;
    let (well_formed, warnings) = shape::check(&document, schema)?;
    let spec = model::decode(&well_formed)?;
    let mut sink = Sink::with(warnings);
    let bound = resolve::resolve(&document, &spec, catalog, &mut sink);
    check::check(&document, &spec, &bound, &mut sink);
    let warnings = sink.finish()?;
    let checked = CheckedSpec::new(spec, bound);
    Ok(Analysed { document, checked, warnings })
}
