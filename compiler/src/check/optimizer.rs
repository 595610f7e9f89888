//! Optimizer and schedule: that their keys are those of their kinds, and suit each other.

use peng_spec::diag::{Diagnostic, Sink, codes, one_of};
use peng_spec::document::Pointer;
use peng_spec::model::partial::{EPOCHS, MOMENTUM, NESTEROV, OPTIMIZER, SCHEDULE, STEP_EVERY, WARM_UP};
use peng_spec::model::{OptimizerKind, ScheduleKind, Word};
use peng_spec::plan::Setting;
use peng_spec::source::{Origin, Spanned};

use super::CheckCx;

/// E0102
pub(super) fn keys_suit_the_kind(cx: &CheckCx<'_>, sink: &mut Sink) {
    if let Some(kind) = cx.spec.read(&OPTIMIZER) {
        // Those of `adamw` are those of `adam`.
        let all = [OptimizerKind::Sgd, OptimizerKind::Adam].into_iter().flat_map(OptimizerKind::own_keys);
        let section = ("/training/optimizer", "optimizer", kind.value.own_keys());
        all.for_each(|key| foreign(cx, kind, section, key, sink));
    }
    if let Some(kind) = cx.spec.read(&SCHEDULE) {
        let all = ScheduleKind::WORDS.iter().flat_map(|(_, kind)| kind.own_keys());
        let section = ("/training/schedule", "schedule", kind.value.own_keys());
        all.for_each(|key| foreign(cx, kind, section, key, sink));
    }
}

/// Reports a key of a section that is written, although the section's kind does not have it.
fn foreign<W: Word + PartialEq>(
    cx: &CheckCx<'_>,
    kind: &Spanned<W>,
    (section, what, has): (&str, &str, &[&str]),
    key: &str,
    sink: &mut Sink,
) {
    let pointer = Pointer::from(section).key(key);
    let Some(node) = cx.spec.written(&pointer).filter(|_| !has.contains(&key)) else { return };
    let help = if has.is_empty() { "remove it".to_owned() } else { one_of(has.iter().copied()) };
    let message = format!("{what} `{}` has no `{key}`", name_of(kind.value));
    let mut diagnostic = Diagnostic::error(codes::E0102, node.span, message).help(help).at(pointer);
    if kind.origin == Origin::Written {
        diagnostic = diagnostic.also(kind.span, format!("the {what} is chosen here"));
    }
    sink.push(diagnostic);
}

fn name_of<W: Word + PartialEq>(kind: W) -> &'static str {
    W::WORDS.iter().find(|(_, word)| *word == kind).map_or("", |(name, _)| name)
}

/// E0101
pub(super) fn steps_have_a_distance(cx: &CheckCx<'_>, sink: &mut Sink) {
    let (Some(kind), Some(every)) = (cx.spec.read(&SCHEDULE), cx.spec.read(&STEP_EVERY)) else { return };
    if kind.value == ScheduleKind::Step && every.is_none() {
        let message = "missing key `every` of schedule `step`";
        sink.push(
            Diagnostic::error(codes::E0101, kind.span, message)
                .help("add `every`, the epochs between two steps, such as `every: 10`".to_owned())
                .at("/training/schedule"),
        );
    }
}

/// E0104
pub(super) fn warm_up_ends_within_the_training(cx: &CheckCx<'_>, sink: &mut Sink) {
    let (Some(warm_up), Some(epochs)) = (cx.spec.read(&WARM_UP), cx.spec.read(&EPOCHS)) else { return };
    if warm_up.value >= epochs.value {
        let message =
            format!("`warm_up: {}` is not below the {} epochs of the training", warm_up.value, epochs.value);
        sink.push(
            Diagnostic::error(codes::E0104, warm_up.span, message)
                .also(epochs.span, "epochs of a whole training")
                .help("warm up for fewer epochs, or train more".to_owned())
                .at("/training/schedule/warm_up"),
        );
    }
}

/// E0104
pub(super) fn nesterov_has_a_momentum(cx: &CheckCx<'_>, sink: &mut Sink) {
    let Some(Some(nesterov)) = cx.spec.read(&NESTEROV) else { return };
    let Some(Some(momentum)) = cx.spec.read(&MOMENTUM) else { return };
    let (Some(_), Some(space)) = (cx.spec.read(&OPTIMIZER), &cx.bound.space) else { return };
    let varies = space.facts.settings.contains(&Setting::Momentum);
    if nesterov.value && momentum.value == 0.0 && !varies {
        let message = "`nesterov` is about a momentum, but `momentum` is 0";
        sink.push(
            Diagnostic::error(codes::E0104, nesterov.span, message)
                .also(momentum.span, "the momentum")
                .help("write a momentum above 0, or remove `nesterov`".to_owned())
                .at("/training/optimizer/nesterov"),
        );
    }
}

/// E0102
pub(super) fn settings_suit_the_optimizer(cx: &CheckCx<'_>, sink: &mut Sink) {
    let (Some(space), Some(kind)) = (&cx.bound.space, cx.spec.read(&OPTIMIZER)) else { return };
    let has_momentum = kind.value.own_keys().contains(&"momentum");
    if space.facts.settings.contains(&Setting::Momentum) && !has_momentum {
        let pointer = Pointer::from("/search_space/training/momentum");
        let span = cx.document.span_near(&pointer);
        let message =
            format!("optimizer `{}` has no `momentum`, which the space lets vary", name_of(kind.value));
        sink.push(
            Diagnostic::error(codes::E0102, span, message)
                .also(kind.span, "the optimizer is chosen here")
                .help("remove it, or use `sgd`".to_owned())
                .at(pointer),
        );
    }
}
