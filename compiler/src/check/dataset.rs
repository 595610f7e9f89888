//! The splits of the data: enough examples in each, and batches that they can fill.

use peng_spec::catalog::{DatasetFacts, Target};
use peng_spec::diag::{Diagnostic, Sink, codes};
use peng_spec::document::Pointer;
use peng_spec::model::Part;
use peng_spec::model::partial::{BATCH_SIZE, LIMIT_TEST, LIMIT_TRAIN, LIMIT_VALIDATION, VALIDATION};
use peng_spec::source::{Origin, Span, Spanned};

use super::CheckCx;
use crate::checked::{cut, split_before_limit};
use crate::resolve::BoundKind;

/// E0304
pub(super) fn validation_leaves_enough(cx: &CheckCx<'_>, sink: &mut Sink) {
    let Some(dataset) = &cx.bound.dataset else { return };
    let Some(validation) = cx.spec.read(&VALIDATION) else { return };
    let facts = &dataset.facts;
    let [train, valid] = split_before_limit(validation, facts);
    let share = cx.document.slice(validation.span);
    let of = format!("of {} training examples", facts.train);
    let message = if train == 0 {
        format!("`{share}` {of} leaves none for training, expected at least 1")
    } else if valid < fewest(facts.target).0 {
        format!("`{share}` {of} is {valid} for validation, expected at least {}", fewest(facts.target).1)
    } else {
        return validation_limit(cx, dataset, valid, sink);
    };
    let diagnostic = of_the_data(dataset, Diagnostic::error(codes::E0304, validation.span, message));
    sink.push(diagnostic.at("/dataset/validation"));
}

/// Fewest examples that a network can be measured by, and in words.
fn fewest(target: Target) -> (usize, String) {
    match target {
        Target::Classes(classes) => (classes, format!("one for each of {classes} classes")),
        // One example has no variance.
        Target::Values(_) => (2, "2 for a regression".to_owned()),
    }
}

fn validation_limit(cx: &CheckCx<'_>, dataset: &BoundKind<DatasetFacts>, valid: usize, sink: &mut Sink) {
    let (least, words) = fewest(dataset.facts.target);
    let Some(Some(limit)) = cx.spec.read(&LIMIT_VALIDATION) else { return };
    if limit.value < least as u64 {
        let message = format!(
            "the limit leaves {} of {valid} validation examples, expected at least {words}",
            limit.value
        );
        let diagnostic = of_the_data(dataset, Diagnostic::error(codes::E0304, limit.span, message));
        sink.push(diagnostic.at("/dataset/limit/validation"));
    }
}

/// A finding about numbers of examples or classes, with the data set as its cause.
fn of_the_data(dataset: &BoundKind<DatasetFacts>, diagnostic: Diagnostic) -> Diagnostic {
    diagnostic.also(dataset.kind_span, "the data set")
}

/// E0303
pub(super) fn limits_are_within_the_data(cx: &CheckCx<'_>, sink: &mut Sink) {
    let Some(dataset) = &cx.bound.dataset else { return };
    let share = cx.spec.read(&VALIDATION);
    let mut check = |part: &Part<Option<Spanned<u64>>>, key: &str, name: &str, size: usize| {
        let Some(Some(limit)) = cx.spec.read(part) else { return };
        if limit.value > size as u64 {
            let message = format!("limit `{}` is above the {size} {name} examples", limit.value);
            let mut diagnostic = Diagnostic::error(codes::E0303, limit.span, message);
            if let Some(share) = share.filter(|share| share.origin == Origin::Written && key != "test") {
                diagnostic = diagnostic.also(share.span, "the share for validation");
            }
            sink.push(
                of_the_data(dataset, diagnostic)
                    .help(format!("write at most {size}, or leave `{key}` out"))
                    .at(format!("/dataset/limit/{key}").as_str()),
            );
        }
    };
    check(&LIMIT_TEST, "test", "test", dataset.facts.test);
    let Some(share) = share else { return };
    let [train, validation] = split_before_limit(share, &dataset.facts);
    // A split that leaves too few was told of already.
    if train == 0 || validation < fewest(dataset.facts.target).0 {
        return;
    }
    check(&LIMIT_TRAIN, "train", "training", train);
    check(&LIMIT_VALIDATION, "validation", "validation", validation);
}

/// E0305
pub(super) fn a_batch_fits_the_training_split(cx: &CheckCx<'_>, sink: &mut Sink) {
    let (Some(train), Some(batch)) = (training_split(cx), cx.spec.read(&BATCH_SIZE)) else { return };
    if train > 0 && batch.value > train as u64 {
        let pointer = Pointer::from("/training/batch_size");
        sink.push(too_large(cx, batch.value, train, batch.span, pointer));
    }
}

/// E0305
pub(super) fn batches_of_the_space_fit_the_training_split(cx: &CheckCx<'_>, sink: &mut Sink) {
    let (Some(train), Some((batch, pointer))) = (training_split(cx), &cx.bound.largest_batch) else { return };
    if train > 0 && *batch > train as u64 {
        sink.push(too_large(cx, *batch, train, cx.document.span_near(pointer), pointer.clone()));
    }
}

/// Examples of the training split.
pub(super) fn training_split(cx: &CheckCx<'_>) -> Option<usize> {
    let (validation, limit) = (cx.spec.read(&VALIDATION)?, cx.spec.read(&LIMIT_TRAIN)?);
    let [train, _] = split_before_limit(validation, &cx.bound.dataset.as_ref()?.facts);
    Some(cut(train, limit.as_ref()))
}

fn too_large(cx: &CheckCx<'_>, batch: u64, train: usize, span: Span, pointer: Pointer) -> Diagnostic {
    let message = format!("batch size `{batch}` is above the {train} examples of the training split");
    let mut diagnostic = Diagnostic::error(codes::E0305, span, message)
        .help(format!("write `batch_size: {train}` or less"))
        .at(pointer);
    if let Some(Some(limit)) = cx.spec.read(&LIMIT_TRAIN) {
        diagnostic = diagnostic.also(limit.span, "the split is cut here");
    } else if let Some(dataset) = &cx.bound.dataset {
        diagnostic = of_the_data(dataset, diagnostic);
    }
    diagnostic
}
