//! Optimizer and schedule: that their keys are those of their kinds, and suit each other.

use peng_spec::diag::{Diagnostic, Sink, codes, one_of};
use peng_spec::document::Pointer;
use peng_spec::model::{OptimizerKind, ScheduleKind, Word};
use peng_spec::plan::Setting;

use super::CheckCx;

/// E0102
pub(super) fn keys_suit_the_kind(cx: &CheckCx<'_>, sink: &mut Sink) {
    let training = &cx.spec.training;
    let optimizer = training.optimizer.kind.value;
    let schedule = training.schedule.kind.value;
    // Those of `adamw` are those of `adam`.
    let all = [OptimizerKind::Sgd, OptimizerKind::Adam].into_iter().flat_map(OptimizerKind::own_keys);
    for key in all.filter(|key| !optimizer.own_keys().contains(key)) {
        let kind = (name_of(optimizer), "optimizer");
        foreign(cx, "/training/optimizer", key, kind, optimizer.own_keys(), sink);
    }
    let all = ScheduleKind::WORDS.iter().flat_map(|(_, kind)| kind.own_keys());
    for key in all.filter(|key| !schedule.own_keys().contains(key)) {
        foreign(cx, "/training/schedule", key, (name_of(schedule), "schedule"), schedule.own_keys(), sink);
    }
}

fn foreign(
    cx: &CheckCx<'_>,
    section: &str,
    key: &str,
    (kind, what): (&str, &str),
    has: &[&str],
    sink: &mut Sink,
) {
    let pointer = Pointer::from(section).key(key);
    let Some(found) = cx.document.find(&pointer) else { return };
    let help = if has.is_empty() { "remove it".to_owned() } else { one_of(has.iter().copied()) };
    let message = format!("{what} `{kind}` has no `{key}`");
    sink.push(Diagnostic::error(codes::E0102, found.node.span, message).help(help).at(pointer));
}

fn name_of<W: Word + PartialEq>(kind: W) -> &'static str {
    W::WORDS.iter().find(|(_, word)| *word == kind).map_or("", |(name, _)| name)
}

/// E0101
pub(super) fn steps_have_a_distance(cx: &CheckCx<'_>, sink: &mut Sink) {
    let schedule = &cx.spec.training.schedule;
    if schedule.kind.value == ScheduleKind::Step && schedule.every.is_none() {
        let message = "missing key `every` of schedule `step`";
        sink.push(
            Diagnostic::error(codes::E0101, schedule.kind.span, message)
                .help("add `every`, the epochs between two steps, such as `every: 10`".to_owned())
                .at("/training/schedule"),
        );
    }
}

/// E0104
pub(super) fn warm_up_ends_within_the_training(cx: &CheckCx<'_>, sink: &mut Sink) {
    let training = &cx.spec.training;
    let (warm_up, epochs) = (&training.schedule.warm_up, training.epochs.value);
    if warm_up.value >= epochs {
        let message =
            format!("`warm_up: {}` is not below the {epochs} epochs of the training", warm_up.value);
        sink.push(
            Diagnostic::error(codes::E0104, warm_up.span, message)
                .also(training.epochs.span, "epochs of a whole training")
                .help("warm up for fewer epochs, or train more".to_owned())
                .at("/training/schedule/warm_up"),
        );
    }
}

/// E0104
pub(super) fn nesterov_has_a_momentum(cx: &CheckCx<'_>, sink: &mut Sink) {
    let optimizer = &cx.spec.training.optimizer;
    let (Some(nesterov), Some(momentum)) = (&optimizer.nesterov, &optimizer.momentum) else { return };
    let varies =
        cx.bound.space.as_ref().is_some_and(|space| space.facts.settings.contains(&Setting::Momentum));
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
    let kind = &cx.spec.training.optimizer.kind;
    let Some(space) = &cx.bound.space else { return };
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
