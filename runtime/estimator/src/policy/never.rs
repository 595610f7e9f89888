//! `never`: every training runs to its end. The baseline.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ParamIssue;
use super::typed::Typed;
use crate::estimator::{Estimator, Needs, Revises, Rule};
use crate::trial::{History, TrainingFacts, TrialRecord};
use crate::verdict::Observation;

const NAME: &str = "never";

/// The kind.
pub struct NeverKind;

/// `never` has no parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

/// The rule.
#[derive(Clone, Copy, Debug)]
pub struct Never;

impl Typed for NeverKind {
    type Params = Params;
    const NAME: &'static str = NAME;
    const SUMMARY: &'static str = "trains every network for all planned epochs";
    const NEEDS_SCORES: bool = false;

    fn complete(params: Params, _facts: Option<&TrainingFacts>) -> Result<Params, Vec<ParamIssue>> {
        Ok(params)
    }

    fn estimator(Params {}: &Params, _facts: &TrainingFacts) -> Box<dyn Estimator> {
        Box::new(Never)
    }
}

impl Estimator for Never {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        Needs {
            metrics: Vec::new(),
            fewest_points: usize::MAX,
            fewest_trials: 0,
            uses_history: false,
            revises: Revises::Never,
        }
    }

    fn learn(&self, _history: &History) -> Box<dyn Rule> {
        Box::new(*self)
    }
}

impl Rule for Never {
    fn judge(&self, trial: &TrialRecord, _judged: usize) -> Observation {
        Observation::go_on(NAME, trial.curve.len(), "no training is stopped")
    }
}

#[cfg(test)]
mod tests {
    use super::super::PolicyKind;
    use super::*;
    use crate::conformance::conforms;

    #[test]
    fn it_conforms() {
        conforms(&Never);
    }

    #[test]
    fn a_parameter_is_an_issue() {
        let issues = NeverKind.normalise(serde_json::json!({"window": 3}), None).unwrap_err();
        assert_eq!(issues[0].pointer, "/window");
    }
}
