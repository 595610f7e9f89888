//! Whether the estimator has something to do.

use peng_spec::catalog::EstimatorNeeds;
use peng_spec::diag::{Diagnostic, Sink, codes};
use peng_spec::model::partial::{CONFIRM, EPOCHS, MEASURE_EVERY, METRIC, MODE, OBJECTIVES};
use peng_spec::plan::Mode;
use peng_spec::source::Origin;

use super::{CheckCx, with_the_kind};
use crate::resolve::BoundKind;

/// W0501
pub(super) fn estimator_can_stop(cx: &CheckCx<'_>, sink: &mut Sink) {
    let Some(estimator) = &cx.bound.estimator else { return };
    let (Some(epochs), Some(every)) = (cx.spec.read(&EPOCHS), cx.spec.read(&MEASURE_EVERY)) else { return };
    let measured = every.value.0.count_in(epochs.value);
    if let (Some(fewest), Some(measured)) = (estimator.facts.fewest_points, measured)
        && fewest >= measured as usize
    {
        let why = format!("its first verdict needs {fewest} measurements, a training has {measured}");
        let help = "measure more often or train longer";
        sink.push(never_stops(estimator, &why, help).also(epochs.span, "trained here"));
    }
}

/// W0501, for want of other trainings.
pub(super) fn estimator_has_trainings_to_compare_with(cx: &CheckCx<'_>, sink: &mut Sink) {
    let (Some(estimator), Some(search)) = (&cx.bound.estimator, &cx.bound.search) else { return };
    let Some(mode) = cx.spec.read(&MODE) else { return };
    let (facts, awaited) = (&search.facts, estimator.facts.fewest_trials);
    if awaited == 0 || estimator.facts.fewest_points.is_none() {
        return;
    }
    let (known, when) = match mode.value.0 {
        Mode::Asynchronous => (facts.trials.saturating_sub(1), "before its last training"),
        Mode::Generations if facts.generations <= 1 => (0, "before its only generation"),
        Mode::Generations => {
            let whole = facts.offspring.saturating_mul(facts.generations - 1);
            (facts.trials.saturating_sub(facts.offspring).max(whole), "before its last generation")
        }
    };
    if known < awaited {
        let why = format!("it waits for {awaited} others to end, and {when} the search has {known}");
        let help = "let it wait for fewer, or search for more generations";
        sink.push(never_stops(estimator, &why, help).also(search.kind_span, "searched here"));
    }
}

fn never_stops(estimator: &BoundKind<EstimatorNeeds>, why: &str, help: &str) -> Diagnostic {
    let message = format!("estimator `{}` can never stop a training: {why}", estimator.call.kind);
    Diagnostic::warning(codes::W0501, estimator.kind_span, message).help(help.to_owned()).at("/estimator")
}

/// W0502
pub(super) fn estimator_watches_an_objective(cx: &CheckCx<'_>, sink: &mut Sink) {
    // Without the data set it is not known whether the metric suits it, which would be the cause.
    if cx.bound.dataset.is_none() {
        return;
    }
    let (Some(estimator), Some(metric)) = (&cx.bound.estimator, cx.bound.metric) else { return };
    let (Some(written), Some(_)) = (cx.spec.read(&METRIC), cx.spec.read(&OBJECTIVES)) else { return };
    let stops = estimator.facts.fewest_points.is_some();
    if stops && cx.bound.objectives.iter().all(|o| o.metric != metric) {
        let span = match written.origin {
            Origin::Written => written.span,
            Origin::Default => estimator.kind_span,
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
    let Some(confirm) = cx.spec.read(&CONFIRM) else { return };
    if confirm.value.0.is_some() && estimator.facts.fewest_points.is_none() {
        let kind = &estimator.call.kind;
        let message = format!("nothing is confirmed, since estimator `{kind}` never predicts");
        sink.push(
            with_the_kind(estimator, Diagnostic::warning(codes::W0602, confirm.span, message))
                .help("remove it, or choose an estimator that predicts".to_owned())
                .at("/finally/confirm"),
        );
    }
}
