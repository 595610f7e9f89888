//! How one network is trained.

use peng_spec::catalog::Target;
use peng_spec::diag::{Diagnostic, Sink, codes};
use peng_spec::model::partial::{EPOCHS, LABEL_SMOOTHING, MEASURE_EVERY};

use super::CheckCx;

/// E0309
pub(super) fn labels_that_are_smoothed_are_classes(cx: &CheckCx<'_>, sink: &mut Sink) {
    let Some(dataset) = &cx.bound.dataset else { return };
    let Some(smoothing) = cx.spec.read(&LABEL_SMOOTHING) else { return };
    if smoothing.value > 0.0 && matches!(dataset.facts.target, Target::Values(_)) {
        let message = format!(
            "`label_smoothing` spreads targets over classes, but the data have {}",
            dataset.facts.target
        );
        sink.push(
            Diagnostic::error(codes::E0309, smoothing.span, message)
                .also(dataset.kind_span, "the data set")
                .help("remove it".to_owned())
                .at("/training/label_smoothing"),
        );
    }
}

/// E0407
pub(super) fn measurements_end_with_the_training(cx: &CheckCx<'_>, sink: &mut Sink) {
    let (Some(written), Some(measured)) = (cx.spec.read(&EPOCHS), cx.spec.read(&MEASURE_EVERY)) else {
        return;
    };
    let (epochs, every) = (written.value, measured.value.0);
    if every.count_in(epochs).is_some() {
        return;
    }
    if u64::from(epochs) * u64::from(every.denominator) % u64::from(every.numerator) == 0 {
        let message =
            format!("{every} epochs between measurements make more than 2^32 of them in {epochs} epochs");
        sink.push(
            Diagnostic::error(codes::E0407, measured.span, message)
                .also(written.span, "trained here")
                .help("measure less often".to_owned())
                .at("/training/measure_every"),
        );
        return;
    }
    let step = u64::from(every.numerator);
    let down = u64::from(epochs) / step * step;
    let near = if down == 0 { step.to_string() } else { format!("{down} or {}", down + step) };
    let message =
        format!("`epochs: {epochs}` is no multiple of {every} epochs, the distance of measurements");
    let mut diagnostic = Diagnostic::error(codes::E0407, written.span, message)
        .help(format!("train {near} epochs, or measure at another distance"))
        .at("/training/epochs");
    if measured.span != written.span {
        diagnostic = diagnostic.also(measured.span, "measured here");
    }
    sink.push(diagnostic);
}
