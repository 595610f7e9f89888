//! The parameters of `population`, the prices behind a profile, and what is wrong with them. No rule is in this file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::grid;
use super::resolution::Resolution;
use crate::curve::Direction;
use crate::policy::ParamIssue;
use crate::scale::Scale;
use crate::trial::TrainingFacts;

/// How dear an error is, compared with training. Savings and regret as measured on recorded curves; regret is of the best
/// tenth, in percent of the spread of the scores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum Profile {
    /// Saves about 48 % of the epochs with a regret of about 0.2 %: selection hardly differs from that of full trainings.
    Careful,
    /// Saves about 53 % of the epochs with a regret of about 0.5 %.
    Balanced,
    /// Saves about 61 % of the epochs with a regret of about 1 %.
    #[default]
    Default,
    /// Saves about 70 % of the epochs and mistakes more of the best.
    Thrifty,
}

/// When paused trainings are looked at again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum Confirm {
    /// After every generation, before the search is told of it, and at the end.
    #[default]
    Generation,
    /// At the end of the search.
    End,
    /// Never: a stop is final.
    None,
}

/// The parameters of `population`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// How dear an error is, compared with training.
    pub profile: Profile,
    /// Differences of scores that don't matter, in percentage points; of a loss, in hundredths of the loss that scores 0.
    /// Default: one standard error of an accuracy on `examples` examples, and 0 where there are none.
    #[schemars(extend("x-unit" = "pp"), range(min = 0))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolution: Option<f64>,
    /// On how many examples an accuracy is measured. Default: as many as a run has for its metric; for recorded curves
    /// nobody knows.
    #[schemars(range(min = 1))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub examples: Option<u64>,
    /// When paused trainings are looked at again: a stop is a pause, and uncertain contenders are taken up again.
    pub confirm: Confirm,
    /// Whether numbers known before a training help to predict it: hyper-parameters, FLOPs.
    pub covariates: bool,
}

/// What an error costs, in trainings: an error of one spread costs `anywhere`, and `selection` more if it may
/// change who is among the best.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Prices {
    pub(super) anywhere: f64,
    pub(super) selection: f64,
}

impl Params {
    /// Which differences don't matter.
    pub(super) fn resolves(self) -> Resolution {
        match (self.resolution, self.examples) {
            (Some(points), _) => Resolution::Points(points),
            (None, Some(examples)) => Resolution::Examples(examples),
            (None, None) => Resolution::Points(0.0),
        }
    }
}

impl Profile {
    fn factor(self) -> f64 {
        match self {
            Profile::Careful => 2.8,
            Profile::Balanced => 1.9,
            Profile::Default => 1.0,
            Profile::Thrifty => 0.42,
        }
    }

    /// The prices while a network trains. Under `default` an error anywhere costs half as much again: a point of savings
    /// goes into lower errors. `docs/policies.md` has what was measured.
    pub(super) fn watching(self) -> Prices {
        let anywhere = if self == Profile::Default { 0.9 } else { 0.6 };
        Prices { anywhere: anywhere * self.factor(), selection: 4.0 * self.factor() }
    }

    /// The prices when paused trainings are looked at again.
    pub(super) fn confirming(self) -> Prices {
        let anywhere = if self == Profile::Default { 0.5 } else { 0.35 };
        Prices { anywhere: anywhere * self.factor(), selection: 6.0 * self.factor() }
    }
}

/// The parameters if nothing is wrong with them; with `facts`, also if they fit the training, of which they get the number
/// of examples.
pub(super) fn checked(params: Params, facts: Option<&TrainingFacts>) -> Result<Params, Vec<ParamIssue>> {
    let mut issues = Vec::new();
    if let Some(resolution) = params.resolution.filter(|points| !(points.is_finite() && *points >= 0.0)) {
        issues.push(ParamIssue::new(
            "/resolution",
            format!("`resolution` is {resolution} pp; expected 0 pp or more"),
            "use 0 pp to let every difference matter",
        ));
    }
    if params.examples == Some(0) {
        issues.push(ParamIssue::new(
            "/examples",
            "`examples` is 0; expected at least 1",
            "use the number of examples on which the accuracy is measured",
        ));
    }
    if params.resolution.is_some() && params.examples.is_some() {
        issues.push(ParamIssue::new(
            "/examples",
            "`examples` only sets the resolution, which `resolution` sets too",
            "leave out one of them",
        ));
    }
    let mut params = params;
    if let Some(facts) = facts {
        issues.extend(training_issues(facts));
        let is_a_share = facts.scale == Some(Scale::Percent);
        if params.examples.is_some() && !is_a_share {
            issues.push(ParamIssue::new(
                "/examples",
                "`examples` tells the noise of an accuracy, but this metric is none",
                "use `resolution` instead",
            ));
        }
        if params.resolution.is_none() && params.examples.is_none() && is_a_share {
            params.examples = facts.examples.filter(|&examples| examples > 0);
        }
    }
    if issues.is_empty() { Ok(params) } else { Err(issues) }
}

/// The issue with a metric that is unbounded.
pub(super) fn no_scale() -> ParamIssue {
    ParamIssue::new(
        "",
        "`population` compares networks by a score from 0 to 100, but this metric has no scale",
        "use an accuracy in percent or `val_r2` as its metric, or give the metric a scale: `loss:NUMBER` with the loss of guessing",
    )
}

fn training_issues(facts: &TrainingFacts) -> Vec<ParamIssue> {
    let mut issues = Vec::new();
    match (facts.scale, facts.direction) {
        (Some(Scale::Percent), _)
        | (Some(Scale::Loss { .. } | Scale::Perplexity { .. }), Direction::Minimize) => {}
        (None, _) => issues.push(no_scale()),
        (Some(scale), Direction::Maximize) => issues.push(ParamIssue::new(
            "",
            format!("the scale `{scale}` is of a metric that is minimized, but this one is maximized"),
            "minimize the metric, or give it the scale `percent`",
        )),
    }
    if facts.points < grid::FEWEST_PLANNED {
        issues.push(ParamIssue::new(
            "",
            format!(
                "`population` decides from the third of the planned measurements on, but only {} are planned; expected at least {}",
                facts.points,
                grid::FEWEST_PLANNED
            ),
            "plan more epochs, or measure more often",
        ));
    }
    issues
}
