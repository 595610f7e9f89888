//! The objectives themselves.

use peng_spec::catalog::Target;
use peng_spec::diag::{Diagnostic, Sink, codes};
use peng_spec::plan::{Goal, Metric};

use super::CheckCx;
use crate::resolve::unsuitable;

/// E0404
pub(super) fn objectives_are_distinct(cx: &CheckCx<'_>, sink: &mut Sink) {
    let objectives = &cx.bound.objectives;
    for (index, objective) in objectives.iter().enumerate() {
        if let Some(first) = objectives[..index].iter().find(|first| first.metric == objective.metric) {
            let message = format!("`{}` is an objective twice", objective.metric);
            sink.push(
                Diagnostic::error(codes::E0404, objective.metric_span, message)
                    .also(first.metric_span, "first here")
                    .help("remove one of them".to_owned())
                    .at("/objectives"),
            );
        }
    }
}

/// E0406
pub(super) fn objectives_suit_the_data(cx: &CheckCx<'_>, sink: &mut Sink) {
    let Some(dataset) = &cx.bound.dataset else { return };
    let target = dataset.facts.target;
    for objective in cx.bound.objectives.iter().filter(|objective| !objective.metric.suits(target)) {
        let (metric, span) = (objective.metric, objective.metric_span);
        let found = unsuitable(cx.document, dataset, metric, span, |_| true);
        sink.push(found.at("/objectives"));
    }
}

/// W0402
pub(super) fn objectives_tell_networks_apart(cx: &CheckCx<'_>, sink: &mut Sink) {
    let Some(dataset) = &cx.bound.dataset else { return };
    let Target::Classes(classes) = dataset.facts.target else { return };
    let is_constant = |metric: Metric| matches!(metric, Metric::ValTop5 | Metric::TrainTop5) && classes <= 5;
    for objective in cx.bound.objectives.iter().filter(|objective| is_constant(objective.metric)) {
        let message =
            format!("`{}` is 100 for every network, since there are {classes} classes", objective.metric);
        sink.push(
            Diagnostic::warning(codes::W0402, objective.metric_span, message)
                .also(dataset.kind_span, "the data set")
                .help("use an accuracy".to_owned())
                .at("/objectives"),
        );
    }
}

/// E0405
pub(super) fn objectives_improve(cx: &CheckCx<'_>, sink: &mut Sink) {
    for objective in cx.bound.objectives.iter().filter(|o| o.goal != o.metric.goal()) {
        let (found, expected) = match objective.goal {
            Goal::Maximize => ("maximize", "minimize"),
            Goal::Minimize => ("minimize", "maximize"),
        };
        let message = format!("found `{found}: {0}`, which seeks the worst `{0}`", objective.metric);
        sink.push(
            Diagnostic::error(codes::E0405, objective.goal_span, message)
                .help(format!("write `{expected}: {}`", objective.metric))
                .fix(objective.goal_span, expected.to_owned())
                .at("/objectives"),
        );
    }
}
