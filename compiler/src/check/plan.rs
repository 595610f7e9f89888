//! The plan as a whole.

use peng_spec::diag::{Diagnostic, Sink, codes};
use peng_spec::model::partial::EPOCHS;

use super::CheckCx;
use super::dataset::training_split;

/// Whole numbers up to here are exact in JSON.
pub(super) const MOST_COUNTED: u64 = 1 << 53;

/// E0702
pub(super) fn the_plan_can_be_counted(cx: &CheckCx<'_>, sink: &mut Sink) {
    let Some(search) = &cx.bound.search else { return };
    let trials = search.facts.trials;
    let epochs = cx.spec.read(&EPOCHS);
    let of_epochs = epochs.map(|epochs| trials.saturating_mul(u64::from(epochs.value)));
    let of_images =
        of_epochs.zip(training_split(cx)).map(|(epochs, size)| epochs.saturating_mul(size as u64));
    let counts = [(Some(trials), "trials"), (of_epochs, "epochs"), (of_images, "training images")];
    let beyond = counts.into_iter().find(|(count, _)| count.is_some_and(|count| count >= MOST_COUNTED));
    let Some((_, what)) = beyond else { return };
    let message = format!("the plan has more than 2^53 {what}");
    let mut diagnostic = Diagnostic::error(codes::E0702, search.kind_span, message)
        .help("make the search smaller".to_owned())
        .at("/search");
    if let Some(epochs) = epochs.filter(|_| what != "trials") {
        diagnostic = diagnostic.also(epochs.span, "epochs of each training");
    }
    sink.push(diagnostic);
}
