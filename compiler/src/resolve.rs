//! Names to what they name: kinds to catalogue entries, metrics to metrics; parameters to normalised ones, and what
//! follows from them.
//!
//! What cannot be resolved is reported and left out, so that the checks that do not need it still run.

use peng_spec::catalog::{
    Catalog, DatasetFacts, EstimatorNeeds, Issue, Kind, SearchNeeds, Slot, SpaceFacts, TrainingFacts,
};
use peng_spec::diag::{Diagnostic, Sink, codes, one_of};
use peng_spec::document::{Document, Pointer};
use peng_spec::model::{KindSpec, ObjectiveSpec, Spec};
use peng_spec::plan::{KindCall, Metric, Objective};
use peng_spec::source::Span;
use serde_json::Value;

use crate::checked::CheckedObjective;

/// A kind with its parameters and what it says of itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BoundKind<F> {
    pub(crate) call: KindCall,
    pub(crate) facts: F,
}

/// Everything that could be resolved.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bound {
    pub(crate) dataset: Option<BoundKind<DatasetFacts>>,
    pub(crate) space: Option<BoundKind<SpaceFacts>>,
    /// The largest batch of the space and where it stands, if the space says.
    pub(crate) largest_batch: Option<(u64, Pointer)>,
    pub(crate) search: Option<BoundKind<SearchNeeds>>,
    pub(crate) objectives: Vec<CheckedObjective>,
    pub(crate) metric: Option<Metric>,
    pub(crate) estimator: Option<BoundKind<EstimatorNeeds>>,
}

/// Resolves all names of a spec.
pub(crate) fn resolve(document: &Document, spec: &Spec, catalog: &dyn Catalog, sink: &mut Sink) -> Bound {
    let mut cx = Resolver { document, sink };
    let dataset = cx.dataset(spec, catalog);
    let space = dataset.as_ref().and_then(|dataset| cx.space(spec, catalog, &dataset.facts));
    if dataset.is_none() {
        cx.params_only(&spec.search_space, &catalog.kinds(Slot::SearchSpace), codes::E0302);
    }
    let largest_batch = space.as_ref().and_then(|space| {
        let section = &spec.search_space;
        let kind = entry(catalog.spaces(), &section.kind.value)?;
        let (batch, pointer) = kind.largest_batch(&space.call.params)?;
        Some((batch, section.pointer.join(&pointer)))
    });
    let search = cx.search(spec, catalog);
    let objectives = objectives(spec);
    let metric = spec.estimator.metric.value.parse().ok();
    let metric = metric.filter(|&metric| cx.is_measured(spec, metric));
    // Without its data set the estimator is checked all the same, as for two classes.
    let classes = dataset.as_ref().map_or(2, |dataset| dataset.facts.classes);
    let estimator = metric.and_then(|metric| {
        let training = TrainingFacts {
            epochs: spec.training.epochs.value,
            measure_every: spec.training.measure_every.value.0,
            metric,
            classes,
            objectives: objectives.iter().map(|o| Objective { goal: o.goal, metric: o.metric }).collect(),
        };
        cx.estimator(spec, catalog, &training)
    });
    Bound { dataset, space, largest_batch, search, objectives, metric, estimator }
}

struct Resolver<'a> {
    document: &'a Document,
    sink: &'a mut Sink,
}

/// The entry of a name; that it exists, the shape has checked.
fn entry<'a, K: Kind + ?Sized>(kinds: Vec<&'a K>, name: &str) -> Option<&'a K> {
    kinds.into_iter().find(|kind| kind.name() == name)
}

impl Resolver<'_> {
    fn dataset(&mut self, spec: &Spec, catalog: &dyn Catalog) -> Option<BoundKind<DatasetFacts>> {
        let section = &spec.dataset.call;
        let kind = entry(catalog.datasets(), &section.kind.value)?;
        let params = self.take(section, codes::E0301, kind.normalise(&written(section)))?;
        let facts = self.take(section, codes::E0301, kind.facts(&params))?;
        Some(BoundKind { call: call(section, params), facts })
    }

    fn space(
        &mut self,
        spec: &Spec,
        catalog: &dyn Catalog,
        data: &DatasetFacts,
    ) -> Option<BoundKind<SpaceFacts>> {
        let section = &spec.search_space;
        let kind = entry(catalog.spaces(), &section.kind.value)?;
        let params = self.take(section, codes::E0302, kind.normalise(&written(section)))?;
        let cause = (spec.dataset.call.kind.span, "the data set");
        let facts = self.take_caused(section, codes::E0302, kind.facts(&params, data), Some(cause))?;
        Some(BoundKind { call: call(section, params), facts })
    }

    fn search(&mut self, spec: &Spec, catalog: &dyn Catalog) -> Option<BoundKind<SearchNeeds>> {
        let section = &spec.search.call;
        let kind = entry(catalog.searches(), &section.kind.value)?;
        let params = self.take(section, codes::E0401, kind.normalise(&written(section)))?;
        let facts = kind.needs(&params);
        Some(BoundKind { call: call(section, params), facts })
    }

    fn estimator(
        &mut self,
        spec: &Spec,
        catalog: &dyn Catalog,
        training: &TrainingFacts,
    ) -> Option<BoundKind<EstimatorNeeds>> {
        let section = &spec.estimator.call;
        let kind = entry(catalog.estimators(), &section.kind.value)?;
        let params = self.take(section, codes::E0501, kind.normalise(&written(section)))?;
        // Measurements that don't divide the training are reported by a check; what follows from them is not.
        training.measure_every.count_in(training.epochs)?;
        let cause = (spec.training.epochs.span, "trained here");
        let params = self.take_caused(section, codes::E0501, kind.resolve(&params, training), Some(cause))?;
        let facts = kind.needs(&params, training);
        Some(BoundKind { call: call(section, params), facts })
    }

    /// Reports what is wrong with the parameters of a kind whose facts cannot be asked for.
    fn params_only(&mut self, section: &KindSpec, kinds: &[&dyn Kind], code: codes::Code) {
        if let Some(kind) = entry(kinds.to_vec(), &section.kind.value) {
            self.take(section, code, kind.normalise(&written(section)));
        }
    }

    fn is_measured(&mut self, spec: &Spec, metric: Metric) -> bool {
        if !metric.is_measured() {
            let known = Metric::ALL.into_iter().filter(|m| m.is_measured()).map(Metric::name);
            self.sink.push(
                Diagnostic::error(
                    codes::E0502,
                    spec.estimator.metric.span,
                    format!("`{metric}` follows from the architecture, expected a metric that is measured"),
                )
                .help(one_of(known))
                .at("/estimator/metric"),
            );
        }
        metric.is_measured()
    }

    /// Reports the issues of a kind at their places.
    fn take<T>(&mut self, section: &KindSpec, code: codes::Code, result: Result<T, Vec<Issue>>) -> Option<T> {
        self.take_caused(section, code, result, None)
    }

    /// The same where parameters that are right by themselves do not suit what stands at another place. Issues that have
    /// a code or another place of their own are about that.
    fn take_caused<T>(
        &mut self,
        section: &KindSpec,
        code: codes::Code,
        result: Result<T, Vec<Issue>>,
        cause: Option<(Span, &str)>,
    ) -> Option<T> {
        let issues = match result {
            Ok(value) => return Some(value),
            Err(issues) => issues,
        };
        for issue in issues {
            let pointer = section.pointer.join(&issue.pointer);
            let found = self.document.find(&pointer).filter(|_| !issue.pointer.is_empty());
            let span = match (found, issue.place) {
                (Some(found), Some((at, len))) => self.document.span_inside(found.node, at, len),
                (Some(_), None) => self.document.span_near(&pointer),
                (None, _) => section.kind.span,
            };
            let cause = cause.filter(|_| issue.code.is_none() && issue.also.is_none());
            let code = issue.code.unwrap_or(code);
            let mut diagnostic = Diagnostic::error(code, span, issue.message).help(issue.help).at(pointer);
            if let Some((other, message)) = issue.also.map(|also| *also) {
                let span = self.document.span_near(&section.pointer.join(&other));
                diagnostic = diagnostic.also(span, message);
            }
            if let Some((span, message)) = cause {
                diagnostic = diagnostic.also(span, message);
            }
            self.sink.push(diagnostic);
        }
        None
    }
}

fn written(section: &KindSpec) -> Value {
    Value::Object(section.params.clone())
}

fn call(section: &KindSpec, params: Value) -> KindCall {
    KindCall { kind: section.kind.value.clone(), params }
}

fn objectives(spec: &Spec) -> Vec<CheckedObjective> {
    // The shape has refused names that are no metrics.
    let bound = |objective: &ObjectiveSpec| {
        Some(CheckedObjective {
            goal: objective.goal,
            metric: objective.metric.value.parse().ok()?,
            goal_span: objective.goal_span,
            metric_span: objective.metric.span,
        })
    };
    spec.objectives.iter().filter_map(bound).collect()
}
