//! The plan as a whole.

use peng_spec::diag::{Diagnostic, Sink, codes};
use peng_spec::document::Document;
use peng_spec::plan::Plan;

/// Whole numbers up to here are exact in JSON.
pub(super) const MOST_COUNTED: u64 = 1 << 53;

/// E0702
pub(crate) fn countable(document: &Document, plan: &Plan, sink: &mut Sink) {
    let cost = &plan.cost;
    let counts =
        [(cost.trials, "trials"), (cost.epochs_at_most, "epochs"), (cost.images_at_most, "training images")];
    if let Some((_, what)) = counts.into_iter().find(|&(count, _)| count >= MOST_COUNTED) {
        let span = document.span_near(&"/search/kind".into());
        let message = format!("the plan has more than 2^53 {what}");
        sink.push(
            Diagnostic::error(codes::E0702, span, message)
                .help("make the search smaller".to_owned())
                .at("/search"),
        );
    }
}
