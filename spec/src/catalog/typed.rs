//! From a typed `Params` struct to a [`Kind`].

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Fits, Issue, Kind};

/// A kind with typed parameters; it is a [`Kind`] by that alone.
pub trait Typed: Sync {
    /// Its parameters: every field has a doc comment, bare numbers are in canonical units (`x-unit` in the schema).
    type Params: DeserializeOwned + Serialize + JsonSchema;
    /// The name in the spec, kebab-case.
    const NAME: &'static str;
    /// One sentence for `peng kinds` and the schema.
    const SUMMARY: &'static str;

    /// What the schema cannot say about parameters: ranges that depend on each other.
    fn check(_params: &Self::Params) -> Vec<Issue> {
        Vec::new()
    }

    /// The same of parameters of which some do not fit the schema, as far as it cannot follow from those.
    fn check_beside(_params: &Value, _fits: Fits<'_>) -> Vec<Issue> {
        Vec::new()
    }
}

impl<T: Typed> Kind for T {
    fn name(&self) -> &'static str {
        T::NAME
    }

    fn summary(&self) -> &'static str {
        T::SUMMARY
    }

    fn params_schema(&self) -> schemars::Schema {
        schemars::generate::SchemaSettings::draft07()
            .with(|s| s.inline_subschemas = true)
            .into_generator()
            .into_root_schema_for::<T::Params>()
    }

    fn normalise(&self, params: &Value) -> Result<Value, Vec<Issue>> {
        let typed = read_params::<T::Params>(params)?;
        let issues = T::check(&typed);
        if issues.is_empty() { Ok(to_value(&typed)) } else { Err(issues) }
    }

    fn issues_beside(&self, params: &Value, fits: Fits<'_>) -> Vec<Issue> {
        T::check_beside(params, fits)
    }
}

/// Reads typed parameters.
pub fn read_params<P: DeserializeOwned>(params: &Value) -> Result<P, Vec<Issue>> {
    P::deserialize(params).map_err(|e| vec![Issue::new("", e.to_string())])
}

fn to_value<P: Serialize>(params: &P) -> Value {
    serde_json::to_value(params).expect("parameters have string keys and finite numbers")
}
