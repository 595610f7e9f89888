//! The kinds of estimators: what a kind is, and the list of them. A kind is a file; how parameters are read is in `typed`.

use serde::Serialize;
use serde_json::Value;

use crate::estimator::Estimator;
use crate::trial::TrainingFacts;

pub mod a4nn;
pub mod asha;
pub mod median;
pub mod never;
pub mod patience;
pub mod penguin;
pub mod population;
pub mod truncate;
mod typed;

/// Every kind, in the order in which they are listed to users.
pub static POLICIES: &[&dyn PolicyKind] = &[
    &never::NeverKind,
    &truncate::TruncateKind,
    &patience::PatienceKind,
    &penguin::PenguinKind,
    &a4nn::A4nnKind,
    &population::PopulationKind,
    &median::MedianKind,
    &asha::AshaKind,
];

/// A kind of estimator.
pub trait PolicyKind: Send + Sync {
    /// What a spec calls it.
    fn name(&self) -> &'static str;

    /// One line for lists.
    fn summary(&self) -> &'static str;

    /// Whether the search's other objectives, [`TrainingFacts::costs`], change what its estimators answer.
    fn weighs_costs(&self) -> bool {
        false
    }

    /// Whether its estimators think of scores from 0 to 100. Others answer alike on whatever scale the metric is.
    fn needs_scores(&self) -> bool {
        true
    }

    /// The JSON Schema of its parameters.
    fn params_schema(&self) -> schemars::Schema;

    /// The parameters with every default filled in; with `facts`, also those that depend on the training.
    fn normalise(&self, params: Value, facts: Option<&TrainingFacts>) -> Result<Value, Vec<ParamIssue>>;

    /// The rule, or every issue that the parameters have with such a training.
    fn build(&self, params: Value, facts: &TrainingFacts) -> Result<Box<dyn Estimator>, Vec<ParamIssue>>;
}

/// Something wrong with a kind's parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{message}")]
pub struct ParamIssue {
    /// JSON pointer relative to the parameters; empty for the whole.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
    /// What to do, imperative.
    pub help: Option<String>,
}

impl ParamIssue {
    /// An issue with a way out.
    pub fn new(pointer: &str, message: impl Into<String>, help: impl Into<String>) -> Self {
        ParamIssue { pointer: pointer.to_owned(), message: message.into(), help: Some(help.into()) }
    }
}

/// The kind of that name.
pub fn find(name: &str) -> Option<&'static dyn PolicyKind> {
    POLICIES.iter().copied().find(|kind| kind.name() == name)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_here_is_a_listed_kind() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/policy");
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().replace('_', "-");
            assert!(
                ["mod", "typed"].contains(&&*name) || find(&name).is_some(),
                "`{name}` is not in POLICIES"
            );
        }
    }

    #[test]
    fn names_are_unique_and_schemas_are_closed() {
        for (index, kind) in POLICIES.iter().enumerate() {
            assert!(POLICIES[..index].iter().all(|other| other.name() != kind.name()));
            assert_eq!(
                kind.params_schema().get("additionalProperties"),
                Some(&Value::Bool(false)),
                "{}",
                kind.name()
            );
        }
    }

    #[test]
    fn each_unreadable_key_is_an_issue() {
        let issues =
            find("never").unwrap().normalise(serde_json::json!({"a": 1, "b/c": 2}), None).unwrap_err();
        let pointers: Vec<_> = issues.iter().map(|issue| issue.pointer.as_str()).collect();
        assert_eq!(pointers, ["/a", "/b~1c"]);
        assert!(find("never").unwrap().normalise(serde_json::json!([1]), None).is_err());
        assert_eq!(find("never").unwrap().normalise(Value::Null, None), Ok(serde_json::json!({})));
    }
}
