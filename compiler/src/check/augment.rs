//! Augmentations: that they are known and fit the images.

use peng_spec::arch::Shape;
use peng_spec::diag::{Diagnostic, Sink, codes, quoted};
use peng_spec::document::Pointer;
use peng_spec::model::augmentation;
use peng_spec::model::partial::AUGMENT;
use peng_spec::plan::Augmentation;
use peng_spec::source::Span;

use super::CheckCx;

/// E0308
pub(super) fn augmentations_have_what_they_change(cx: &CheckCx<'_>, sink: &mut Sink) {
    let Some(dataset) = &cx.bound.dataset else { return };
    let mut mixed: Option<Span> = None;
    for (index, text) in cx.spec.elements(&AUGMENT) {
        let Ok(found) = augmentation(&text.value, usize::MAX) else { continue };
        let is_mixup = matches!(found, Augmentation::Mixup { .. });
        let (message, cause, label) = match (dataset.facts.input, mixed) {
            (Shape::Vector { features }, _) if !is_mixup => {
                let message = format!(
                    "{} changes images, but the examples are {features} numbers each",
                    quoted(&text.value)
                );
                (message, dataset.kind_span, "the data set")
            }
            (_, Some(first)) if is_mixup => {
                ("`mixup` is there twice, but examples are mixed once".to_owned(), first, "the first one")
            }
            _ => {
                mixed = mixed.or(is_mixup.then_some(text.span));
                continue;
            }
        };
        let diagnostic = Diagnostic::error(codes::E0308, text.span, message).also(cause, label);
        sink.push(diagnostic.help("remove it".to_owned()).at(Pointer::from("/dataset/augment").index(index)));
    }
}

/// E0307, E0308
pub(super) fn augmentations_fit_the_images(cx: &CheckCx<'_>, sink: &mut Sink) {
    let Some(dataset) = &cx.bound.dataset else { return };
    let section = Pointer::from("/dataset/augment");
    // Of what has no sides, only the syntax is judged here.
    let side = match dataset.facts.input {
        Shape::Image { .. } => least_side(dataset.facts.input),
        Shape::Vector { .. } => usize::MAX,
    };
    for (index, text) in cx.spec.elements(&AUGMENT) {
        let Err((code, error)) = augmentation(&text.value, side) else { continue };
        let pointer = section.index(index);
        let span = cx
            .document
            .find(&pointer)
            .map_or(text.span, |found| cx.document.span_inside(found.node, error.at, error.len));
        let mut diagnostic = Diagnostic::error(code, span, error.message).at(pointer);
        if augmentation(&text.value, usize::MAX).is_ok() {
            diagnostic = diagnostic.also(dataset.kind_span, "the data set, whose images are smaller");
        }
        sink.push(match error.help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
    }
}

/// The shorter side of an image, in pixels.
pub(crate) fn least_side(input: Shape) -> usize {
    match input {
        Shape::Image { height, width, .. } => height.min(width),
        Shape::Vector { .. } => 1,
    }
}
