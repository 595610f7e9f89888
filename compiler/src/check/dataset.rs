//! The splits of the data: enough examples in each, and batches that they can fill.

use peng_spec::catalog::Target;
use peng_spec::diag::{Diagnostic, Sink, codes};
use peng_spec::document::Pointer;
use peng_spec::source::{Span, Spanned};

use super::CheckCx;
use crate::checked::{split_before_limit, split_sizes};

/// E0304
pub(super) fn validation_leaves_enough(cx: &CheckCx<'_>, sink: &mut Sink) {
    let Some(dataset) = &cx.bound.dataset else { return };
    let facts = &dataset.facts;
    let validation = &cx.spec.dataset.validation;
    let [train, valid] = split_before_limit(cx.spec, facts);
    let share = cx.document.slice(validation.span);
    let of = format!("of {} training examples", facts.train);
    let message = if train == 0 {
        format!("`{share}` {of} leaves none for training, expected at least 1")
    } else if valid < fewest(facts.target).0 {
        format!("`{share}` {of} is {valid} for validation, expected at least {}", fewest(facts.target).1)
    } else {
        return validation_limit(cx, valid, facts.target, sink);
    };
    sink.push(
        of_the_data(cx, Diagnostic::error(codes::E0304, validation.span, message)).at("/dataset/validation"),
    );
}

/// Fewest examples that a network can be measured by, and in words.
fn fewest(target: Target) -> (usize, String) {
    match target {
        Target::Classes(classes) => (classes, format!("one for each of {classes} classes")),
        // One example has no variance.
        Target::Values(_) => (2, "2 for a regression".to_owned()),
    }
}

fn validation_limit(cx: &CheckCx<'_>, valid: usize, target: Target, sink: &mut Sink) {
    let (least, words) = fewest(target);
    if let Some(limit) = cx.spec.dataset.limit.validation.as_ref().filter(|l| l.value < least as u64) {
        let message = format!(
            "the limit leaves {} of {valid} validation examples, expected at least {words}",
            limit.value
        );
        let diagnostic = of_the_data(cx, Diagnostic::error(codes::E0304, limit.span, message));
        sink.push(diagnostic.at("/dataset/limit/validation"));
    }
}

/// A finding about numbers of examples or classes, with the data set as its cause.
fn of_the_data(cx: &CheckCx<'_>, diagnostic: Diagnostic) -> Diagnostic {
    diagnostic.also(cx.spec.dataset.call.kind.span, "the data set")
}

/// E0303
pub(super) fn limits_are_within_the_data(cx: &CheckCx<'_>, sink: &mut Sink) {
    let Some(dataset) = &cx.bound.dataset else { return };
    let [train, validation] = split_before_limit(cx.spec, &dataset.facts);
    let limit = &cx.spec.dataset.limit;
    let mut check = |key: &str, name: &str, limit: Option<&Spanned<u64>>, size: usize| {
        if let Some(limit) = limit.filter(|l| l.value > size as u64) {
            let message = format!("limit `{}` is above the {size} {name} examples", limit.value);
            sink.push(
                of_the_data(cx, Diagnostic::error(codes::E0303, limit.span, message))
                    .help(format!("write at most {size}, or leave `{key}` out"))
                    .at(format!("/dataset/limit/{key}").as_str()),
            );
        }
    };
    check("train", "training", limit.train.as_ref(), train);
    check("validation", "validation", limit.validation.as_ref(), validation);
    check("test", "test", limit.test.as_ref(), dataset.facts.test);
}

/// E0305
pub(super) fn a_batch_fits_the_training_split(cx: &CheckCx<'_>, sink: &mut Sink) {
    let Some(dataset) = &cx.bound.dataset else { return };
    let [train, ..] = split_sizes(cx.spec, &dataset.facts);
    let batch = &cx.spec.training.batch_size;
    if train > 0 && batch.value > train as u64 {
        let pointer = Pointer::from("/training/batch_size");
        sink.push(too_large(cx, batch.value, train, batch.span, pointer));
    }
}

/// E0305
pub(super) fn batches_of_the_space_fit_the_training_split(cx: &CheckCx<'_>, sink: &mut Sink) {
    let (Some(dataset), Some((batch, pointer))) = (&cx.bound.dataset, &cx.bound.largest_batch) else {
        return;
    };
    let [train, ..] = split_sizes(cx.spec, &dataset.facts);
    if train > 0 && *batch > train as u64 {
        sink.push(too_large(cx, *batch, train, cx.document.span_near(pointer), pointer.clone()));
    }
}

fn too_large(cx: &CheckCx<'_>, batch: u64, train: usize, span: Span, pointer: Pointer) -> Diagnostic {
    let message = format!("batch size `{batch}` is above the {train} examples of the training split");
    let mut diagnostic = Diagnostic::error(codes::E0305, span, message)
        .help(format!("write `batch_size: {train}` or less"))
        .at(pointer);
    if let Some(limit) = &cx.spec.dataset.limit.train {
        diagnostic = diagnostic.also(limit.span, "the split is cut here");
    }
    diagnostic
}
