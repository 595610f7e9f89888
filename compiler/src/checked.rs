//! A spec whose names are bound, whose defaults are filled in and whose parts fit together.

use peng_spec::catalog::{DatasetFacts, EstimatorNeeds, SearchNeeds, SpaceFacts};
use peng_spec::model::{LimitSpec, Percent, Spec};
use peng_spec::plan::{Goal, KindCall, Metric};
use peng_spec::source::{Span, Spanned};

use crate::resolve::{Bound, BoundKind};

/// An objective whose metric exists.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CheckedObjective {
    /// The direction.
    pub goal: Goal,
    /// The metric.
    pub metric: Metric,
    /// Where the direction stands.
    pub goal_span: Span,
    /// Where the metric stands.
    pub metric_span: Span,
}

/// A spec that can be lowered.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedSpec {
    /// What was written.
    pub spec: Spec,
    /// The data set, normalised.
    pub dataset: KindCall,
    /// What is known of the data.
    pub dataset_facts: DatasetFacts,
    /// Sizes of the splits: training, validation, test.
    pub splits: [usize; 3],
    /// The search space, normalised.
    pub space: KindCall,
    /// What is known of the space.
    pub space_facts: SpaceFacts,
    /// The search, normalised.
    pub search: KindCall,
    /// What it needs.
    pub search_needs: SearchNeeds,
    /// The objectives.
    pub objectives: Vec<CheckedObjective>,
    /// The estimator, resolved.
    pub estimator: KindCall,
    /// The metric that it observes.
    pub estimator_metric: Metric,
    /// What it needs.
    pub estimator_needs: EstimatorNeeds,
}

impl CheckedSpec {
    /// Puts together what was checked.
    pub(crate) fn new(mut spec: Spec, bound: Bound) -> Self {
        fn some<F>(kind: Option<BoundKind<F>>) -> BoundKind<F> {
            kind.expect("what cannot be resolved is an error")
        }
        let dataset = some(bound.dataset);
        let space = some(bound.space);
        let search = some(bound.search);
        let estimator = some(bound.estimator);
        let metric = bound.metric.expect("what cannot be resolved is an error");
        // What is written stays; the default depends on the data.
        metric.name().clone_into(&mut spec.estimator.metric.value);
        let splits = split_sizes(&spec.dataset.validation, &spec.dataset.limit, &dataset.facts);
        Self {
            splits,
            spec,
            dataset: dataset.call,
            dataset_facts: dataset.facts,
            space: space.call,
            space_facts: space.facts,
            search: search.call,
            search_needs: search.facts,
            objectives: bound.objectives,
            estimator: estimator.call,
            estimator_metric: metric,
            estimator_needs: estimator.facts,
        }
    }
}

/// Sizes of the training and validation splits before they are cut: the share is rounded half up.
pub(crate) fn split_before_limit(validation: &Spanned<Percent>, facts: &DatasetFacts) -> [usize; 2] {
    let share = validation.value.0 / 100.0 * facts.train as f64;
    let validation = ((share + 0.5).floor() as usize).min(facts.train);
    [facts.train - validation, validation]
}

/// Sizes of the splits: training, validation, test.
fn split_sizes(validation: &Spanned<Percent>, limit: &LimitSpec, facts: &DatasetFacts) -> [usize; 3] {
    let [train, validation] = split_before_limit(validation, facts);
    [
        cut(train, limit.train.as_ref()),
        cut(validation, limit.validation.as_ref()),
        cut(facts.test, limit.test.as_ref()),
    ]
}

/// The size of a split after a limit.
pub(crate) fn cut(size: usize, limit: Option<&Spanned<u64>>) -> usize {
    limit.map_or(size, |limit| size.min(limit.value as usize))
}
