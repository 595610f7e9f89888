//! The policies of `peng-estimator` as kinds of the catalogue. What they are told in a run is in `record.rs`, what they
//! answered from in `certificate.rs`.

#[cfg(feature = "engine")]
mod certificate;
#[cfg(feature = "engine")]
mod paused;
#[cfg(feature = "engine")]
mod record;

use peng_estimator::{
    CostObjective, Direction, Estimator, POLICIES, ParamIssue, PolicyKind, Progress, Revises, Scale,
    TrainingFacts as Facts,
};
use peng_spec::catalog::{EstimatorKind, EstimatorNeeds, Issue, Kind, Target, TrainingFacts};
use peng_spec::plan::{EpochFraction, Goal, Metric, Plan};
use serde_json::Value;

#[cfg(feature = "engine")]
pub use certificate::{Premises, digest_of_curve};
#[cfg(feature = "engine")]
pub use paused::revise;
#[cfg(feature = "engine")]
pub(crate) use record::history_of;
#[cfg(feature = "engine")]
pub use record::{history, measure, record, untrained};

/// A policy of `peng-estimator` as the compiler sees it.
#[derive(Clone, Copy)]
pub struct Policy(&'static dyn PolicyKind);

/// All estimators, in the order in which they are listed to users.
pub fn estimators() -> Vec<Policy> {
    POLICIES.iter().map(|&kind| Policy(kind)).collect()
}

/// The estimator of a plan.
pub fn build(plan: &Plan) -> Result<Box<dyn Estimator>, String> {
    let call = &plan.estimator.call;
    let kind = peng_estimator::policy::find(&call.kind)
        .ok_or_else(|| format!("unknown estimator `{}`", call.kind))?;
    kind.build(call.params.clone(), &training_facts(plan)?)
        .map_err(|issues| issues.iter().map(|i| i.message.as_str()).collect::<Vec<_>>().join("; "))
}

/// What the estimator of a plan knows of every training.
pub fn training_facts(plan: &Plan) -> Result<Facts, String> {
    let training = TrainingFacts {
        epochs: plan.training.epochs,
        measure_every: plan.training.measure_every,
        metric: plan.estimator.metric,
        target: plan.dataset.facts.target,
        // The parameters of a plan are complete, and a plan from before there was such a number does without.
        examples: None,
        objectives: plan.objectives.clone(),
    };
    facts(&training).map_err(|issue| issue.message)
}

impl Kind for Policy {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn summary(&self) -> &'static str {
        self.0.summary()
    }

    fn params_schema(&self) -> schemars::Schema {
        self.0.params_schema()
    }

    fn normalise(&self, params: &Value) -> Result<Value, Vec<Issue>> {
        self.0.normalise(params.clone(), None).map_err(issues)
    }
}

impl EstimatorKind for Policy {
    fn resolve(&self, params: &Value, training: &TrainingFacts) -> Result<Value, Vec<Issue>> {
        let facts = facts(training).map_err(|issue| vec![issue])?;
        let resolved = self.0.normalise(params.clone(), Some(&facts)).map_err(issues)?;
        self.0.build(resolved.clone(), &facts).map_err(issues)?;
        Ok(resolved)
    }

    fn needs(&self, params: &Value, training: &TrainingFacts) -> EstimatorNeeds {
        let needs = facts(training)
            .ok()
            .and_then(|facts| self.0.build(params.clone(), &facts).ok())
            .map(|e| e.needs());
        EstimatorNeeds {
            fewest_points: needs.as_ref().map(|n| n.fewest_points).filter(|&n| n != usize::MAX),
            fewest_trials: needs.as_ref().map_or(0, |n| n.fewest_trials as u64),
            history: needs.as_ref().is_some_and(|n| n.uses_history),
            resumes: needs.as_ref().is_some_and(|n| n.revises == Revises::EachGeneration),
            metrics: needs.map(|n| n.metrics).unwrap_or_default(),
        }
    }
}

fn facts(training: &TrainingFacts) -> Result<Facts, Issue> {
    let EpochFraction { numerator, denominator } = training.measure_every;
    let planned = Progress::whole(training.epochs);
    let measure_every = Progress::new(numerator, denominator).map_err(|e| Issue::new("", e.to_string()))?;
    let costs = training.objectives.iter().filter(|objective| !objective.metric.is_measured());
    Ok(Facts {
        planned,
        measure_every,
        points: planned.steps_of(measure_every),
        direction: direction(training.metric.goal()),
        scale: scale(training.metric, training.target),
        confidence: Facts::CONFIDENCE,
        examples: training.examples,
        costs: costs
            .map(|cost| CostObjective {
                covariate: cost.metric.name().to_owned(),
                direction: direction(cost.goal),
            })
            .collect(),
    })
}

pub(crate) fn direction(goal: Goal) -> Direction {
    match goal {
        Goal::Maximize => Direction::Maximize,
        Goal::Minimize => Direction::Minimize,
    }
}

/// A network that tells all classes equally likely has half the score of a perfect one. The errors of a regression are
/// in the units of its targets, which nobody has declared: they have no scale.
fn scale(metric: Metric, target: Target) -> Option<Scale> {
    match (metric.goal(), target) {
        (Goal::Maximize, _) => Some(Scale::Percent),
        (Goal::Minimize, Target::Classes(classes)) => {
            Some(Scale::Loss { worst: 2.0 * (classes.max(2) as f64).ln() })
        }
        (Goal::Minimize, Target::Values(_)) => None,
    }
}

fn issues(issues: Vec<ParamIssue>) -> Vec<Issue> {
    issues.into_iter().map(|i| Issue { help: i.help, ..Issue::new(i.pointer, i.message) }).collect()
}
