//! The names of metrics: a closed list of the spec, so that they are judged with the shape.

use super::unfit::Unfit;
use crate::diag::{Diagnostic, Sink, codes, did_you_mean, one_of, only_one, quoted};
use crate::document::{Document, NodeValue, Pointer};
use crate::plan::Metric;

/// Metrics that exist elsewhere; no step of a training measures them here.
const UNMEASURED: &[&str] = &[
    "test_accuracy",
    "test_loss",
    "accuracy",
    "loss",
    "val_f1",
    "val_precision",
    "val_recall",
    "val_top5_accuracy",
    "latency",
    "memory",
    "energy",
];

/// Reports names that are no metrics: of objectives, and of what an estimator observes.
pub(super) fn check(document: &Document, unfit: &mut Unfit, sink: &mut Sink) {
    let objectives = Pointer::from("/objectives");
    let count = match document.find(&objectives).map(|found| &found.node.value) {
        Some(NodeValue::List(elements)) => elements.len(),
        _ => 0,
    };
    let mut pointers = vec![Pointer::from("/estimator/metric")];
    for index in 0..count {
        pointers.extend(["maximize", "minimize"].map(|goal| objectives.index(index).key(goal)));
    }
    for pointer in pointers {
        let Some(found) = document.find(&pointer) else { continue };
        let Some(name) = found.node.as_str() else { continue };
        if name.parse::<Metric>().is_err() && !unfit.is_unread(&pointer) {
            let (code, message, help) = judge(name);
            let meant = if code == codes::E0202 {
                only_one(name, known())
            } else {
                of_validation(name).map(|metric| metric.name().to_owned())
            };
            let span = found.node.span;
            unfit.value(pointer.clone());
            sink.push(Diagnostic::error(code, span, message).help(help).fix(span, meant).at(pointer));
        }
    }
}

fn known() -> impl Iterator<Item = &'static str> {
    Metric::ALL.into_iter().map(Metric::name)
}

/// The metric on the validation split of which a name lacks the split.
fn of_validation(name: &str) -> Option<Metric> {
    format!("val_{name}").parse().ok()
}

fn judge(name: &str) -> (codes::Code, String, String) {
    if !UNMEASURED.contains(&name) {
        let help = did_you_mean(name, known()).unwrap_or_else(|| one_of(known()));
        return (codes::E0202, format!("unknown metric {}", quoted(name)), help);
    }
    let why = if name.starts_with("test_") { "the test examples are never seen by a search; " } else { "" };
    let message = format!("no step of a training measures `{name}`");
    if let Some(metric) = of_validation(name) {
        return (codes::E0406, message, format!("did you mean `{metric}`?"));
    }
    (codes::E0406, message, format!("{why}{}", one_of(known())))
}
