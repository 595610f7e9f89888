//! Names to what they name: kinds to catalogue entries, metrics to metrics; parameters to normalised ones, and what
//! follows from them.
//!
//! What cannot be resolved is reported and left out, so that the checks that do not need it still run.

use peng_spec::catalog::{
    Catalog, DatasetFacts, EstimatorNeeds, Issue, Kind, SearchNeeds, Slot, SpaceFacts, Target, TrainingFacts,
};
use peng_spec::diag::{Diagnostic, Sink, codes, one_of};
use peng_spec::document::{Document, Pointer};
use peng_spec::model::partial::{EPOCHS, LIMIT_VALIDATION, MEASURE_EVERY, METRIC, OBJECTIVES, VALIDATION};
use peng_spec::model::{KindSpec, ObjectiveSpec, PartialSpec};
use peng_spec::plan::{KindCall, Metric, Objective};
use peng_spec::source::{Origin, Span, Spanned};
use serde_json::Value;

use crate::checked::{CheckedObjective, cut, split_before_limit};

/// A kind with its parameters and what it says of itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BoundKind<F> {
    pub(crate) call: KindCall,
    /// Where the kind stands, or what is nearest to it.
    pub(crate) kind_span: Span,
    /// Whether the kind stands there, and is no default.
    pub(crate) is_written: bool,
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
    /// The kind of the search, and with how many objectives it can work, whatever its parameters.
    pub(crate) most_objectives: Option<(Spanned<String>, usize)>,
    pub(crate) objectives: Vec<CheckedObjective>,
    pub(crate) metric: Option<Metric>,
    pub(crate) estimator: Option<BoundKind<EstimatorNeeds>>,
}

/// Resolves all names of a spec, as far as what they name is sound.
pub(crate) fn resolve(
    document: &Document,
    spec: &PartialSpec<'_>,
    catalog: &dyn Catalog,
    sink: &mut Sink,
) -> Bound {
    let mut cx = Resolver { document, spec, sink };
    let dataset = cx.dataset(catalog);
    let space = dataset.as_ref().and_then(|dataset| cx.space(catalog, dataset));
    if dataset.is_none() {
        cx.params_only(Slot::SearchSpace, catalog, codes::E0302);
    }
    cx.beside(Slot::SearchSpace, catalog, codes::E0302);
    let largest_batch = space.as_ref().and_then(|space| {
        let kind = entry(catalog.spaces(), &space.call.kind)?;
        let (batch, pointer) = kind.largest_batch(&space.call.params)?;
        Some((batch, Pointer::root().key(Slot::SearchSpace.key()).join(&pointer)))
    });
    let search = cx.search(catalog);
    let objectives = objectives(spec);
    let metric = cx.metric(dataset.as_ref());
    let checked_for = metric.or_else(|| cx.metric_of_checks(dataset.as_ref()));
    let training = cx.training(dataset.as_ref(), checked_for, &objectives);
    let estimator = training.as_ref().and_then(|training| cx.estimator(catalog, training));
    if training.is_none() {
        cx.params_only(Slot::Estimator, catalog, codes::E0501);
    }
    let named = spec.named_kind(Slot::Search).map(|section| section.kind.clone());
    let most_objectives = named.and_then(|kind| {
        let most = entry(catalog.searches(), &kind.value)?.most_objectives();
        Some((kind, most))
    });
    Bound { dataset, space, largest_batch, search, most_objectives, objectives, metric, estimator }
}

/// Where the causes of an issue stand, and what is there.
type Causes<'a> = &'a dyn Fn(&Issue) -> Vec<(Span, &'static str)>;

struct Resolver<'a> {
    document: &'a Document,
    spec: &'a PartialSpec<'a>,
    sink: &'a mut Sink,
}

/// The entry of a name; that it exists, the shape has checked.
fn entry<'a, K: Kind + ?Sized>(kinds: Vec<&'a K>, name: &str) -> Option<&'a K> {
    kinds.into_iter().find(|kind| kind.name() == name)
}

impl Resolver<'_> {
    fn dataset(&mut self, catalog: &dyn Catalog) -> Option<BoundKind<DatasetFacts>> {
        let section = self.spec.kind(Slot::Dataset)?;
        let kind = entry(catalog.datasets(), &section.kind.value)?;
        let params = self.take(section, codes::E0301, kind.normalise(&written(section)))?;
        let facts = self.take(section, codes::E0301, kind.facts(&params))?;
        Some(bound(section, params, facts))
    }

    fn space(
        &mut self,
        catalog: &dyn Catalog,
        data: &BoundKind<DatasetFacts>,
    ) -> Option<BoundKind<SpaceFacts>> {
        let section = self.spec.kind(Slot::SearchSpace)?;
        let kind = entry(catalog.spaces(), &section.kind.value)?;
        let params = self.take(section, codes::E0302, kind.normalise(&written(section)))?;
        let causes = |_: &Issue| vec![(data.kind_span, "the data set")];
        let facts = self.take_caused(section, codes::E0302, kind.facts(&params, &data.facts), &causes)?;
        Some(bound(section, params, facts))
    }

    fn search(&mut self, catalog: &dyn Catalog) -> Option<BoundKind<SearchNeeds>> {
        let section = self.spec.kind(Slot::Search)?;
        let kind = entry(catalog.searches(), &section.kind.value)?;
        let params = self.take(section, codes::E0401, kind.normalise(&written(section)))?;
        let facts = kind.needs(&params);
        Some(bound(section, params, facts))
    }

    /// What an estimator may know of the training, if what its checks depend on is sound. Its decisions alone depend on the
    /// classes and on the other objectives, so without the data set it is checked as for two classes.
    fn training(
        &self,
        dataset: Option<&BoundKind<DatasetFacts>>,
        metric: Option<Metric>,
        objectives: &[CheckedObjective],
    ) -> Option<TrainingFacts> {
        let epochs = self.spec.read(&EPOCHS)?.value;
        let measure_every = self.spec.read(&MEASURE_EVERY)?.value.0;
        // Measurements that don't divide the training are reported by a check; what follows from them is not.
        measure_every.count_in(epochs)?;
        let target = dataset.map_or(Target::Classes(2), |dataset| dataset.facts.target);
        let objectives = objectives.iter().map(|o| Objective { goal: o.goal, metric: o.metric }).collect();
        let metric = metric?;
        // What is measured while a network trains is a mean over networks that differ.
        let examples = dataset.filter(|_| metric.is_share_of_validation()).and_then(|dataset| {
            let [_, validation] = split_before_limit(self.spec.read(&VALIDATION)?, &dataset.facts);
            Some(cut(validation, self.spec.read(&LIMIT_VALIDATION)?.as_ref()) as u64)
        });
        Some(TrainingFacts { epochs, measure_every, metric, target, examples, objectives })
    }

    fn estimator(
        &mut self,
        catalog: &dyn Catalog,
        training: &TrainingFacts,
    ) -> Option<BoundKind<EstimatorNeeds>> {
        let section = self.spec.kind(Slot::Estimator)?;
        let kind = entry(catalog.estimators(), &section.kind.value)?;
        let params = self.take(section, codes::E0501, kind.normalise(&written(section)))?;
        let epochs = self.spec.read(&EPOCHS).map(|epochs| (epochs.span, "trained here"));
        let measured = self.spec.read(&MEASURE_EVERY).filter(|every| every.origin == Origin::Written);
        let measured = measured.map(|every| (every.span, "measured here"));
        let metric = self.spec.read(&METRIC).filter(|metric| metric.origin == Origin::Written);
        // What no parameter can mend, is about the metric.
        let causes = |issue: &Issue| match issue.pointer.as_str() {
            "" => metric.map(|metric| (metric.span, "observed here")).into_iter().collect(),
            _ => epochs.into_iter().chain(measured).collect(),
        };
        let params = self.take_caused(section, codes::E0501, kind.resolve(&params, training), &causes)?;
        let facts = kind.needs(&params, training);
        Some(bound(section, params, facts))
    }

    /// Reports what is wrong with the parameters of a kind whose facts cannot be asked for.
    fn params_only(&mut self, slot: Slot, catalog: &dyn Catalog, code: codes::Code) {
        let Some(section) = self.spec.kind(slot) else { return };
        if let Some(kind) = entry(catalog.kinds(slot), &section.kind.value) {
            self.take(section, code, kind.normalise(&written(section)));
        }
    }

    /// Reports what is wrong with the parameters of a kind of which others do not fit.
    fn beside(&mut self, slot: Slot, catalog: &dyn Catalog, code: codes::Code) {
        let Some(section) = self.spec.named_kind(slot).filter(|_| self.spec.kind(slot).is_none()) else {
            return;
        };
        let Some(kind) = entry(catalog.kinds(slot), &section.kind.value) else { return };
        let fits = |pointer: &str| self.spec.fits(&section.pointer.join(pointer));
        let issues = kind.issues_beside(&written(section), &fits);
        self.take::<()>(section, code, Err(issues));
    }

    /// The metric that is observed, if there is such a curve: the one that is written, else that of the kind of the data.
    fn metric(&mut self, dataset: Option<&BoundKind<DatasetFacts>>) -> Option<Metric> {
        let written = self.spec.read(&METRIC)?;
        let metric: Metric = match (written.origin, dataset.map(|dataset| dataset.facts.target)) {
            (Origin::Default, Some(Target::Values(_))) => Metric::ValR2,
            // Which one it would be, the data set decides.
            (Origin::Default, None) => return None,
            (Origin::Written, _) | (Origin::Default, Some(Target::Classes(_))) => {
                written.value.parse().ok()?
            }
        };
        if let Some(dataset) = dataset.filter(|data| metric.is_measured() && !metric.suits(data.facts.target))
        {
            let found = unsuitable(self.document, dataset, metric, written.span, Metric::is_measured);
            self.sink.push(found.at("/estimator/metric"));
            return None;
        }
        if !metric.is_measured() {
            let known = Metric::ALL.into_iter().filter(|m| m.is_measured()).map(Metric::name);
            self.sink.push(
                Diagnostic::error(
                    codes::E0502,
                    written.span,
                    format!("`{metric}` follows from the architecture, expected a metric that is measured"),
                )
                .help(one_of(known))
                .at("/estimator/metric"),
            );
        }
        metric.is_measured().then_some(metric)
    }

    /// The metric that an estimator is checked for: without the data set the usual one, since every default is a score.
    fn metric_of_checks(&self, dataset: Option<&BoundKind<DatasetFacts>>) -> Option<Metric> {
        let written = self.spec.read(&METRIC)?;
        let is_open = written.origin == Origin::Default && dataset.is_none();
        written.value.parse().ok().filter(|_| is_open)
    }

    /// Reports the issues of a kind at their places.
    fn take<T>(&mut self, section: &KindSpec, code: codes::Code, result: Result<T, Vec<Issue>>) -> Option<T> {
        self.take_caused(section, code, result, &|_| Vec::new())
    }

    /// The same where parameters that are right by themselves do not suit what stands at another place. Issues that have
    /// a code or another place of their own are about that.
    fn take_caused<T>(
        &mut self,
        section: &KindSpec,
        code: codes::Code,
        result: Result<T, Vec<Issue>>,
        causes: Causes<'_>,
    ) -> Option<T> {
        let issues = match result {
            Ok(value) => return Some(value),
            Err(issues) => issues,
        };
        for issue in issues {
            let pointer = section.pointer.join(&issue.pointer);
            let found = self.document.find(&pointer).filter(|_| !issue.pointer.is_empty());
            let span = match (found, &issue.place) {
                (Some(found), Some(part)) => self.document.span_inside(found.node, part.at, part.len),
                (Some(_), None) => self.document.span_near(&pointer),
                (None, _) => section.kind.span,
            };
            let is_of_its_own = issue.code.is_some() || issue.also.is_some();
            let causes = if is_of_its_own { Vec::new() } else { causes(&issue) };
            let code = issue.code.unwrap_or(code);
            let mut diagnostic = Diagnostic::error(code, span, issue.message).help(issue.help).at(pointer);
            if let (Some(found), Some(part)) = (found, issue.place) {
                // Where escapes are written there, or an alias, it is not the place of these bytes alone.
                let is_there = found.node.as_str().and_then(|text| text.get(part.at..part.at + part.len));
                let instead = part.instead.filter(|_| is_there == Some(self.document.slice(span)));
                diagnostic = diagnostic.fix(span, instead);
            }
            if let Some((other, message)) = issue.also.map(|also| *also) {
                let span = self.document.span_near(&section.pointer.join(&other));
                diagnostic = diagnostic.also(span, message);
            }
            for (span, message) in causes {
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

fn bound<F>(section: &KindSpec, params: Value, facts: F) -> BoundKind<F> {
    let KindSpec { kind, .. } = section;
    BoundKind {
        call: KindCall { kind: kind.value.clone(), params },
        kind_span: kind.span,
        is_written: kind.origin == Origin::Written,
        facts,
    }
}

/// E0406, of a metric that networks of these data do not have; `among`: the metrics that could stand in its place.
pub(crate) fn unsuitable(
    document: &Document,
    dataset: &BoundKind<DatasetFacts>,
    metric: Metric,
    span: Span,
    among: fn(Metric) -> bool,
) -> Diagnostic {
    let target = dataset.facts.target;
    let key = match target {
        Target::Classes(_) => "/dataset/classes",
        Target::Values(_) => "/dataset/targets",
    };
    let cause = document.find(&Pointer::from(key)).map_or(dataset.kind_span, |found| found.node.span);
    let suitable = Metric::ALL.into_iter().filter(|&metric| metric.suits(target) && among(metric));
    let message = format!("no step of a training measures `{metric}`, since the data have {target}");
    Diagnostic::error(codes::E0406, span, message)
        .also(cause, "what networks tell")
        .help(one_of(suitable.map(Metric::name)))
}

fn objectives(spec: &PartialSpec<'_>) -> Vec<CheckedObjective> {
    // The shape has refused names that are no metrics.
    let bound = |(_, objective): (usize, &ObjectiveSpec)| {
        Some(CheckedObjective {
            goal: objective.goal,
            metric: objective.metric.value.parse().ok()?,
            goal_span: objective.goal_span,
            metric_span: objective.metric.span,
        })
    };
    spec.elements(&OBJECTIVES).filter_map(bound).collect()
}
