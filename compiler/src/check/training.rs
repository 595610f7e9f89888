//! How one network is trained.

use peng_spec::catalog::Target;
use peng_spec::diag::{Diagnostic, Sink, codes};

use super::CheckCx;

/// E0309
pub(super) fn labels_that_are_smoothed_are_classes(cx: &CheckCx<'_>, sink: &mut Sink) {
    let Some(dataset) = &cx.bound.dataset else { return };
    let smoothing = &cx.spec.training.label_smoothing;
    if smoothing.value > 0.0 && matches!(dataset.facts.target, Target::Values(_)) {
        let message = format!(
            "`label_smoothing` spreads targets over classes, but the data have {}",
            dataset.facts.target
        );
        sink.push(
            Diagnostic::error(codes::E0309, smoothing.span, message)
                .also(cx.spec.dataset.call.kind.span, "the data set")
                .help("remove it".to_owned())
                .at("/training/label_smoothing"),
        );
    }
}

/// E0407
pub(super) fn measurements_end_with_the_training(cx: &CheckCx<'_>, sink: &mut Sink) {
    let training = &cx.spec.training;
    let every = training.measure_every.value.0;
    let epochs = training.epochs.value;
    if every.count_in(epochs).is_some() {
        return;
    }
    let step = u64::from(every.numerator);
    let down = u64::from(epochs) / step * step;
    let near = if down == 0 { step.to_string() } else { format!("{down} or {}", down + step) };
    let message =
        format!("`epochs: {epochs}` is no multiple of {every} epochs, the distance of measurements");
    let mut diagnostic = Diagnostic::error(codes::E0407, training.epochs.span, message)
        .help(format!("train {near} epochs, or measure at another distance"))
        .at("/training/epochs");
    if training.measure_every.span != training.epochs.span {
        diagnostic = diagnostic.also(training.measure_every.span, "measured here");
    }
    sink.push(diagnostic);
}
