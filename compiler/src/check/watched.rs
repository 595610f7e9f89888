//! Whether a run measures what the estimator watches besides the metric that it observes.

use peng_spec::catalog::Slot;
use peng_spec::diag::{Diagnostic, Sink, codes, did_you_mean, one_of, only_one, quoted};
use peng_spec::document::Pointer;
use peng_spec::plan::Metric;
use serde_json::Value;

use super::CheckCx;
use crate::resolve::unsuitable;

/// E0202, E0406, E0501, E0502
pub(super) fn what_the_estimator_watches_is_measured(cx: &CheckCx<'_>, sink: &mut Sink) {
    let (Some(estimator), Some(observed)) = (&cx.bound.estimator, cx.bound.metric) else { return };
    for name in &estimator.facts.metrics {
        let pointer = written(cx, name);
        let span = cx.document.span_near(&pointer);
        let measured =
            || Metric::ALL.into_iter().filter(|metric| metric.is_measured() && *metric != observed);
        let names = || measured().map(Metric::name);
        let diagnostic = match name.parse::<Metric>() {
            Err(()) => {
                let help = did_you_mean(name, names()).unwrap_or_else(|| one_of(names()));
                let message = format!("unknown metric {}", quoted(name));
                Diagnostic::error(codes::E0202, span, message).help(help).fix(span, only_one(name, names()))
            }
            Ok(metric) if metric == observed => {
                let message = format!("`{metric}` is the metric that the estimator observes anyway");
                Diagnostic::error(codes::E0501, span, message).help("leave it out".to_owned())
            }
            Ok(metric) if !metric.is_measured() => {
                let message =
                    format!("`{metric}` follows from the architecture, expected a metric that is measured");
                Diagnostic::error(codes::E0502, span, message).help(one_of(names()))
            }
            Ok(metric) => match &cx.bound.dataset {
                Some(dataset) if !metric.suits(dataset.facts.target) => {
                    unsuitable(cx.document, dataset, metric, span, Metric::is_measured)
                }
                Some(_) | None => continue,
            },
        };
        sink.push(diagnostic.at(pointer));
    }
}

/// The parameter that holds the name, or all of them.
fn written(cx: &CheckCx<'_>, name: &str) -> Pointer {
    let Some(section) = cx.spec.kind(Slot::Estimator) else { return Pointer::from("/estimator") };
    let holds = |value: &Value| value.as_str() == Some(name);
    let key = section.params.iter().find(|(_, value)| holds(value)).map(|(key, _)| key);
    key.map_or_else(|| section.pointer.clone(), |key| section.pointer.key(key))
}
