//! What the compiler may ask about the kinds that a spec can name. The runtime implements these traits.
//!
//! A kind knows neither spans, nor YAML, nor the terminal: it sees its parameters as JSON in canonical units, and says
//! what is wrong with them as [`Issue`]s, whose pointers are relative to the parameters.

mod facts;
mod typed;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use facts::{DatasetFacts, EstimatorNeeds, Moves, SearchNeeds, SpaceFacts, Target, TrainingFacts};
pub use typed::{Typed, read_params};

use crate::diag::{Code, codes};
use crate::expr::{ExprError, Fault, FormulaError};

/// A place of the spec where kinds plug in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slot {
    /// `dataset.kind`
    Dataset,
    /// `search_space.kind`
    SearchSpace,
    /// `search.kind`
    Search,
    /// `estimator.kind`
    Estimator,
}

impl Slot {
    /// All slots, in the order of the spec.
    pub const ALL: [Self; 4] = [Self::Dataset, Self::SearchSpace, Self::Search, Self::Estimator];

    /// The key of the spec that holds the slot.
    pub fn key(self) -> &'static str {
        match self {
            Self::Dataset => "dataset",
            Self::SearchSpace => "search_space",
            Self::Search => "search",
            Self::Estimator => "estimator",
        }
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dataset => "data set",
            Self::SearchSpace => "search space",
            Self::Search => "search",
            Self::Estimator => "estimator",
        })
    }
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its first byte.
    pub at: usize,
    /// Its length in bytes.
    pub len: usize,
    /// What to write there instead, if that is certain.
    pub instead: Option<String>,
}

/// Something wrong with a kind's parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// JSON pointer relative to the parameters, such as `/window`; empty: all of them.
    pub pointer: String,
    /// What is wrong and what was expected: lower case, no full stop.
    pub message: String,
    /// What to do, imperative.
    pub help: Option<String>,
    /// What of the text at the pointer it is about; `None`: the whole value.
    pub place: Option<Box<Part>>,
    /// Its code; `None`: that of the slot.
    pub code: Option<Code>,
    /// Another place that it is about, as a pointer like the first, and what is there.
    pub also: Option<Box<(String, String)>>,
}

impl Issue {
    /// An issue without help.
    pub fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        let (pointer, message) = (pointer.into(), message.into());
        Self { pointer, message, help: None, place: None, code: None, also: None }
    }

    /// What is wrong in an expression that begins at byte `begin` of the text at the pointer.
    pub fn in_expression(pointer: impl Into<String>, code: Code, begin: usize, error: ExprError) -> Self {
        let ExprError { at, len, message, help } = error;
        let issue = Self { help, code: Some(code), ..Self::new(pointer, message) };
        issue.inside(begin + at, len, None)
    }

    /// What is wrong in a formula that begins at byte `begin` of the text at the pointer.
    pub fn in_formula(pointer: impl Into<String>, begin: usize, error: FormulaError) -> Self {
        let code = match error.fault {
            Fault::Syntax => codes::E0307,
            Fault::Meaning => codes::E0308,
            Fault::Unit => codes::E0105,
        };
        let (at, len) = (begin + error.error.at, error.error.len);
        Self::in_expression(pointer, code, begin, error.error).inside(at, len, error.instead)
    }

    /// The same with help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same about a part of the text at the pointer, and what to write there, if that is certain.
    #[must_use]
    pub fn inside(mut self, at: usize, len: usize, instead: Option<String>) -> Self {
        self.place = Some(Box::new(Part { at, len, instead }));
        self
    }

    /// The same with another place that it is about.
    #[must_use]
    pub fn also(mut self, pointer: impl Into<String>, message: impl Into<String>) -> Self {
        self.also = Some(Box::new((pointer.into(), message.into())));
        self
    }
}

/// What every kind tells of itself.
pub trait Kind: Sync {
    /// The name in the spec, kebab-case.
    fn name(&self) -> &'static str;
    /// One sentence for `peng kinds` and the schema.
    fn summary(&self) -> &'static str;
    /// The JSON Schema of its parameters, without `kind`.
    fn params_schema(&self) -> schemars::Schema;
    /// The parameters with all defaults written out, in the order of the schema.
    fn normalise(&self, params: &Value) -> Result<Value, Vec<Issue>>;
    /// What is wrong with parameters of which some do not fit the schema, as far as it cannot follow from those. `fits` says
    /// of a pointer whether what is there does, or is left out on purpose.
    fn issues_beside(&self, _params: &Value, _fits: Fits<'_>) -> Vec<Issue> {
        Vec::new()
    }
}

/// Whether what is at a pointer relative to the parameters fits the schema.
pub type Fits<'a> = &'a dyn Fn(&str) -> bool;

/// A data set, as the compiler sees it.
pub trait DatasetKind: Kind {
    /// What is known without reading the data. `params` are normalised.
    fn facts(&self, params: &Value) -> Result<DatasetFacts, Vec<Issue>>;
}

/// A search space, as the compiler sees it.
pub trait SpaceKind: Kind {
    /// Its size and bounds for a data set, or why no network of it fits the data. `params` are normalised.
    fn facts(&self, params: &Value, dataset: &DatasetFacts) -> Result<SpaceFacts, Vec<Issue>>;
    /// The largest batch that a network of it may be trained with, and the pointer where it stands, if the space says.
    fn largest_batch(&self, _params: &Value) -> Option<(u64, String)> {
        None
    }
}

/// A search, as the compiler sees it.
pub trait SearchKind: Kind {
    /// What it needs of the space, and how many networks it asks for. `params` are normalised.
    fn needs(&self, params: &Value) -> SearchNeeds;
    /// Most objectives that it can work with, whatever its parameters.
    fn most_objectives(&self) -> usize {
        usize::MAX
    }
}

/// An estimator, as the compiler sees it.
pub trait EstimatorKind: Kind {
    /// The parameters with those defaults written out that depend on the training.
    fn resolve(&self, params: &Value, training: &TrainingFacts) -> Result<Value, Vec<Issue>>;
    /// What it needs of a curve. `params` are resolved.
    fn needs(&self, params: &Value, training: &TrainingFacts) -> EstimatorNeeds;
}

/// All kinds, in the order in which they are listed to users.
pub trait Catalog {
    /// The data sets.
    fn datasets(&self) -> Vec<&dyn DatasetKind>;
    /// The search spaces.
    fn spaces(&self) -> Vec<&dyn SpaceKind>;
    /// The searches.
    fn searches(&self) -> Vec<&dyn SearchKind>;
    /// The estimators.
    fn estimators(&self) -> Vec<&dyn EstimatorKind>;

    /// The kinds of one slot.
    fn kinds(&self, slot: Slot) -> Vec<&dyn Kind> {
        match slot {
            Slot::Dataset => self.datasets().into_iter().map(|k| k as &dyn Kind).collect(),
            Slot::SearchSpace => self.spaces().into_iter().map(|k| k as &dyn Kind).collect(),
            Slot::Search => self.searches().into_iter().map(|k| k as &dyn Kind).collect(),
            Slot::Estimator => self.estimators().into_iter().map(|k| k as &dyn Kind).collect(),
        }
    }
}
