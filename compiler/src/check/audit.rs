//! Whether trainings that run on for an audit can tell something.

use peng_spec::diag::{Diagnostic, Sink, codes};
use peng_spec::plan::Goal;

use super::{CheckCx, with_the_kind};

/// W0503
pub(super) fn audits_can_happen(cx: &CheckCx<'_>, sink: &mut Sink) {
    let Some(estimator) = &cx.bound.estimator else { return };
    let audit = &cx.spec.estimator.audit;
    if audit.value.0 > 0.0 && estimator.facts.fewest_points.is_none() {
        let kind = &cx.spec.estimator.call.kind;
        let message = format!("nothing is audited, since estimator `{}` never stops a training", kind.value);
        sink.push(
            with_the_kind(cx, Diagnostic::warning(codes::W0503, audit.span, message))
                .help("remove it, or choose an estimator that stops trainings".to_owned())
                .at("/estimator/audit"),
        );
    }
}

/// E0503, E0504
pub(super) fn regret_is_measured(cx: &CheckCx<'_>, sink: &mut Sink) {
    let spec = &cx.spec.estimator;
    let Some(limit) = &spec.max_regret else { return };
    if spec.audit.value.0 <= 0.0 {
        let message = "`max_regret` without `audit`: regret is measured on audited trainings alone";
        sink.push(
            Diagnostic::error(codes::E0503, limit.span, message)
                .help("add `audit: 5%`, or remove `max_regret`".to_owned())
                .at("/estimator/max_regret"),
        );
    }
    if let Some(metric) = cx.bound.metric
        && metric.goal() == Goal::Minimize
    {
        let message = format!("found a regret in points of percent, but `{metric}` is no accuracy");
        sink.push(
            Diagnostic::error(codes::E0504, limit.span, message)
                .also(spec.metric.span, "observed here")
                .help("remove `max_regret`, or observe an accuracy".to_owned())
                .at("/estimator/max_regret"),
        );
    }
}
