//! Whether what may be spent can be spent.

use peng_spec::diag::{Diagnostic, Sink, codes};
use peng_spec::model::Duration;
use peng_spec::model::partial::{GPU_HOURS, WALL_TIME, WORKERS};
use peng_spec::plan::Count;

use super::CheckCx;

/// W0601
pub(super) fn budget_can_be_spent(cx: &CheckCx<'_>, sink: &mut Sink) {
    let Some(Some(hours)) = cx.spec.read(&GPU_HOURS) else { return };
    let Some(Some(wall)) = cx.spec.read(&WALL_TIME) else { return };
    let Some(written) = cx.spec.read(&WORKERS) else { return };
    let Count::Exactly(workers) = written.value.0 else { return };
    let (Duration(slots), Duration(time)) = (hours.value, wall.value);
    if slots > time * workers as f64 {
        let message = format!(
            "`{}` of device slots cannot be spent by {workers} {} in `{}`",
            cx.document.slice(hours.span),
            if workers == 1 { "worker" } else { "workers" },
            cx.document.slice(wall.span)
        );
        sink.push(
            Diagnostic::warning(codes::W0601, hours.span, message)
                .also(wall.span, "the run ends here")
                .also(written.span, "the workers")
                .help("raise `wall_time` or `workers`, or lower `gpu_hours`".to_owned())
                .at("/gpu_budget/gpu_hours"),
        );
    }
}
