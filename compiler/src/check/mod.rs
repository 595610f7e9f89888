//! The checks: what no schema can say, since it is about several places of a spec. A rule a file.

mod audit;
mod augment;
mod budget;
mod dataset;
mod estimator;
mod objectives;
mod optimizer;
mod plan;
mod search;
mod training;
mod watched;

use peng_spec::catalog::EstimatorNeeds;
use peng_spec::diag::{Diagnostic, Sink};
use peng_spec::document::Document;
use peng_spec::model::PartialSpec;

pub(crate) use augment::least_side;

use crate::resolve::{Bound, BoundKind};

/// What a check may look at. Of the spec it can read only what fits the schema.
pub(crate) struct CheckCx<'a> {
    pub(crate) document: &'a Document,
    pub(crate) spec: &'a PartialSpec<'a>,
    pub(crate) bound: &'a Bound,
}

/// A rule. It is silent where something that it needs does not fit or could not be resolved: no finding follows from
/// another.
type Check = fn(&CheckCx<'_>, &mut Sink);

/// All rules, in the order of the spec.
const CHECKS: &[Check] = &[
    dataset::validation_leaves_enough,
    dataset::limits_are_within_the_data,
    dataset::a_batch_fits_the_training_split,
    dataset::batches_of_the_space_fit_the_training_split,
    augment::augmentations_fit_the_images,
    augment::augmentations_have_what_they_change,
    search::space_offers_the_moves,
    search::objectives_suit_the_search,
    search::space_has_enough_networks,
    search::estimator_suits_the_mode,
    search::reuse_can_happen,
    objectives::objectives_are_distinct,
    objectives::objectives_improve,
    objectives::objectives_suit_the_data,
    objectives::objectives_tell_networks_apart,
    training::measurements_end_with_the_training,
    training::labels_that_are_smoothed_are_classes,
    optimizer::keys_suit_the_kind,
    optimizer::steps_have_a_distance,
    optimizer::warm_up_ends_within_the_training,
    optimizer::nesterov_has_a_momentum,
    optimizer::settings_suit_the_optimizer,
    estimator::estimator_can_stop,
    estimator::estimator_has_trainings_to_compare_with,
    estimator::estimator_watches_an_objective,
    watched::what_the_estimator_watches_is_measured,
    estimator::there_is_something_to_confirm,
    audit::audits_can_happen,
    audit::regret_is_measured,
    budget::budget_can_be_spent,
    plan::the_plan_can_be_counted,
];

/// Runs all checks.
pub(crate) fn check(document: &Document, spec: &PartialSpec<'_>, bound: &Bound, sink: &mut Sink) {
    let cx = CheckCx { document, spec, bound };
    for check in CHECKS {
        check(&cx, sink);
    }
}

/// A finding with the estimator's kind as its cause, if that is written.
fn with_the_kind(estimator: &BoundKind<EstimatorNeeds>, diagnostic: Diagnostic) -> Diagnostic {
    if estimator.is_written {
        diagnostic.also(estimator.kind_span, "the estimator is chosen here")
    } else {
        diagnostic
    }
}
