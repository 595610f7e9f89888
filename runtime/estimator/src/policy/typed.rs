//! From a kind with typed parameters to a [`PolicyKind`]: how parameters are read, completed and written.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{ParamIssue, PolicyKind};
use crate::estimator::Estimator;
use crate::trial::TrainingFacts;

/// A kind with typed parameters; it is a [`PolicyKind`] by that alone.
pub(crate) trait Typed: Send + Sync {
    /// Its parameters, each of which has a default.
    type Params: DeserializeOwned + Serialize + JsonSchema;
    /// What a spec calls it.
    const NAME: &'static str;
    /// One line for lists.
    const SUMMARY: &'static str;
    /// Whether it weighs what a network costs: the search's other objectives. Otherwise it answers as if there were none.
    const WEIGHS_COSTS: bool = false;
    /// Whether it thinks of scores from 0 to 100. Otherwise it compares values and does nothing else: a reward of 700 is as
    /// good to it as an accuracy.
    const NEEDS_SCORES: bool = true;

    /// The parameters if nothing is wrong with them; with `facts`, also those that depend on the training.
    fn complete(params: Self::Params, facts: Option<&TrainingFacts>)
    -> Result<Self::Params, Vec<ParamIssue>>;

    /// The rule with parameters that were completed for such a training.
    fn estimator(params: &Self::Params, facts: &TrainingFacts) -> Box<dyn Estimator>;
}

impl<T: Typed> PolicyKind for T {
    fn name(&self) -> &'static str {
        T::NAME
    }

    fn summary(&self) -> &'static str {
        T::SUMMARY
    }

    fn weighs_costs(&self) -> bool {
        T::WEIGHS_COSTS
    }

    fn needs_scores(&self) -> bool {
        T::NEEDS_SCORES
    }

    fn params_schema(&self) -> schemars::Schema {
        schemars::schema_for!(T::Params)
    }

    fn normalise(&self, params: Value, facts: Option<&TrainingFacts>) -> Result<Value, Vec<ParamIssue>> {
        let params = completed::<T>(params, facts)?;
        Ok(serde_json::to_value(params).expect("parameters have string keys and finite numbers"))
    }

    fn build(&self, params: Value, facts: &TrainingFacts) -> Result<Box<dyn Estimator>, Vec<ParamIssue>> {
        Ok(T::estimator(&completed::<T>(params, Some(facts))?, facts))
    }
}

/// The parameters of a kind, read and completed.
pub(super) fn completed<T: Typed>(
    params: Value,
    facts: Option<&TrainingFacts>,
) -> Result<T::Params, Vec<ParamIssue>> {
    T::complete(decode(params)?, facts)
}

/// Reads parameters, each of which must have a default; each unreadable key is an issue of its own.
fn decode<P: DeserializeOwned>(params: Value) -> Result<P, Vec<ParamIssue>> {
    let keys = match params {
        Value::Null => Map::new(),
        Value::Object(keys) => keys,
        other => {
            let message = format!("the parameters are {other}; expected a mapping");
            return Err(vec![ParamIssue { pointer: String::new(), message, help: None }]);
        }
    };
    let mut issues = Vec::new();
    for (key, value) in &keys {
        let alone = Map::from_iter([(key.clone(), value.clone())]);
        if let Err(error) = serde_json::from_value::<P>(Value::Object(alone)) {
            let pointer = format!("/{}", key.replace('~', "~0").replace('/', "~1"));
            issues.push(ParamIssue { pointer, message: format!("`{key}`: {error}"), help: None });
        }
    }
    if !issues.is_empty() {
        return Err(issues);
    }
    serde_json::from_value(Value::Object(keys))
        .map_err(|error| vec![ParamIssue { pointer: String::new(), message: error.to_string(), help: None }])
}
