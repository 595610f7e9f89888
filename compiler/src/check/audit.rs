//! Whether trainings that run on for an audit can tell something.

use peng_spec::diag::{Diagnostic, Sink, codes};
use peng_spec::model::partial::{AUDIT, MAX_REGRET, METRIC};
use peng_spec::plan::Goal;
use peng_spec::source::Origin;

use super::{CheckCx, with_the_kind};

/// W0503
pub(super) fn audits_can_happen(cx: &CheckCx<'_>, sink: &mut Sink) {
    let Some(estimator) = &cx.bound.estimator else { return };
    let Some(audit) = cx.spec.read(&AUDIT) else { return };
    if audit.value.0 > 0.0 && estimator.facts.fewest_points.is_none() {
        let kind = &estimator.call.kind;
        let message = format!("nothing is audited, since estimator `{kind}` never stops a training");
        sink.push(
            with_the_kind(estimator, Diagnostic::warning(codes::W0503, audit.span, message))
                .help("remove it, or choose an estimator that stops trainings".to_owned())
                .at("/estimator/audit"),
        );
    }
}

/// E0503, E0504
pub(super) fn regret_is_measured(cx: &CheckCx<'_>, sink: &mut Sink) {
    let Some(Some(limit)) = cx.spec.read(&MAX_REGRET) else { return };
    if let Some(audit) = cx.spec.read(&AUDIT)
        && audit.value.0 <= 0.0
    {
        let message = "`max_regret` without `audit`: regret is measured on audited trainings alone";
        let mut diagnostic = Diagnostic::error(codes::E0503, limit.span, message);
        if audit.origin == Origin::Written {
            diagnostic = diagnostic.also(audit.span, "no training is audited");
        }
        sink.push(
            diagnostic.help("add `audit: 5%`, or remove `max_regret`".to_owned()).at("/estimator/max_regret"),
        );
    }
    if let (Some(metric), Some(written)) = (cx.bound.metric, cx.spec.read(&METRIC))
        && metric.goal() == Goal::Minimize
    {
        let message = format!("found a regret in points of percent, but `{metric}` is no accuracy");
        sink.push(
            Diagnostic::error(codes::E0504, limit.span, message)
                .also(written.span, "observed here")
                .help("remove `max_regret`, or observe an accuracy".to_owned())
                .at("/estimator/max_regret"),
        );
    }
}
