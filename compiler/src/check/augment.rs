//! Augmentations: that they are known and fit the images.

use peng_spec::arch::Shape;
use peng_spec::diag::{Diagnostic, Sink};
use peng_spec::document::Pointer;
use peng_spec::model::augmentation;
use peng_spec::model::partial::AUGMENT;

use super::CheckCx;

/// E0307, E0308
pub(super) fn augmentations_fit_the_images(cx: &CheckCx<'_>, sink: &mut Sink) {
    let Some(dataset) = &cx.bound.dataset else { return };
    let section = Pointer::from("/dataset/augment");
    for (index, text) in cx.spec.elements(&AUGMENT) {
        let Err((code, error)) = augmentation(&text.value, least_side(dataset.facts.input)) else { continue };
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
