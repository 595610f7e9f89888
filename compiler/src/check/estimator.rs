//! Whether the estimator has something to do.

use peng_spec::diag::{Diagnostic, Sink, codes};
use peng_spec::source::Origin;

use super::{CheckCx, with_the_kind};

/// W0501
pub(super) fn estimator_can_stop(cx: &CheckCx<'_>, sink: &mut Sink) {
    let Some(estimator) = &cx.bound.estimator else { return };
    let training = &cx.spec.training;
    let measured = training.measure_every.value.0.count_in(training.epochs.value);
    if let (Some(fewest), Some(measured)) = (estimator.facts.fewest_points, measured)
        && fewest >= measured as usize
    {
        let kind = &cx.spec.estimator.call.kind;
        let message = format!(
            "estimator `{}` can never stop a training: its first verdict needs {fewest} measurements, a training has {measured}",
            kind.value
        );
        sink.push(
            Diagnostic::warning(codes::W0501, kind.span, message)
                .also(training.epochs.span, "trained here")
                .help("measure more often or train longer".to_owned())
                .at("/estimator"),
        );
    }
}

/// W0502
pub(super) fn estimator_watches_an_objective(cx: &CheckCx<'_>, sink: &mut Sink) {
    let (Some(estimator), Some(metric)) = (&cx.bound.estimator, cx.bound.metric) else { return };
    let stops = estimator.facts.fewest_points.is_some();
    if stops
        && cx.bound.objectives.len() == cx.spec.objectives.len()
        && cx.bound.objectives.iter().all(|o| o.metric != metric)
    {
        let written = &cx.spec.estimator.metric;
        let span = match written.origin {
            Origin::Written => written.span,
            Origin::Default => cx.spec.estimator.call.kind.span,
        };
        let measured = cx.bound.objectives.iter().find(|o| o.metric.is_measured());
        let help = measured.map(|o| format!("write `metric: {}`", o.metric));
        let message = format!("the estimator observes `{metric}`, which is no objective");
        let mut diagnostic =
            Diagnostic::warning(codes::W0502, span, message).help(help).at("/estimator/metric");
        if let Some(first) = cx.bound.objectives.first() {
            diagnostic = diagnostic.also(first.metric_span, "the search ranks by this");
        }
        sink.push(diagnostic);
    }
}

/// W0602
pub(super) fn there_is_something_to_confirm(cx: &CheckCx<'_>, sink: &mut Sink) {
    let Some(estimator) = &cx.bound.estimator else { return };
    let confirm = &cx.spec.finally.confirm;
    if confirm.value.0.is_some() && estimator.facts.fewest_points.is_none() {
        let kind = &cx.spec.estimator.call.kind;
        let message = format!("nothing is confirmed, since estimator `{}` never predicts", kind.value);
        sink.push(
            with_the_kind(cx, Diagnostic::warning(codes::W0602, confirm.span, message))
                .help("remove it, or choose an estimator that predicts".to_owned())
                .at("/finally/confirm"),
        );
    }
}
