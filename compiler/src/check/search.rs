//! Whether search, space and objectives suit each other.

use peng_spec::diag::{Diagnostic, Sink, codes};
use peng_spec::model::partial::{MODE, OBJECTIVES, SIMILAR_WITHIN};
use peng_spec::plan::{Mode, Setting};

use super::CheckCx;
use super::plan::MOST_COUNTED;

/// E0402
pub(super) fn space_offers_the_moves(cx: &CheckCx<'_>, sink: &mut Sink) {
    let (Some(space), Some(search)) = (&cx.bound.space, &cx.bound.search) else { return };
    let (needs, offers) = (search.facts.moves, space.facts.moves);
    let lacking: Vec<&str> = [
        (needs.mutate && !offers.mutate, "mutate"),
        (needs.crossover && !offers.crossover, "cross over"),
        (needs.bits && !offers.bits, "recombine the bits of"),
    ]
    .into_iter()
    .filter_map(|(lacks, name)| lacks.then_some(name))
    .collect();
    if !lacking.is_empty() {
        let message = format!(
            "search `{}` has to {} networks, which space `{}` does not offer",
            search.call.kind,
            lacking.join(" and "),
            space.call.kind
        );
        sink.push(
            Diagnostic::error(codes::E0402, search.kind_span, message)
                .also(space.kind_span, "the space")
                .help(if needs.bits && !offers.bits {
                    "leave out `crossover: common-bits` and `exploitation`, which are about genomes of bits"
                } else {
                    "use a search without these moves, such as `random`"
                }
                .to_owned())
                .at("/search/kind"),
        );
    }
}

/// E0403
pub(super) fn objectives_suit_the_search(cx: &CheckCx<'_>, sink: &mut Sink) {
    let Some((kind, most)) = &cx.bound.most_objectives else { return };
    let Some(objectives) = cx.spec.read(&OBJECTIVES) else { return };
    let count = objectives.len();
    if count > *most {
        let span = cx.document.span_near(&"/objectives".into());
        let message = format!("found {count} objectives, expected at most {most}");
        sink.push(
            Diagnostic::error(codes::E0403, span, message)
                .also(kind.span, format!("search `{}` requires it", kind.value))
                .at("/objectives"),
        );
    }
}

/// W0401; what is beyond counting is an error of the plan.
pub(super) fn space_has_enough_networks(cx: &CheckCx<'_>, sink: &mut Sink) {
    let (Some(space), Some(search)) = (&cx.bound.space, &cx.bound.search) else { return };
    let (trials, genomes) = (search.facts.trials, space.facts.genomes);
    if trials as f64 > genomes && space.facts.continuous.is_empty() && trials < MOST_COUNTED {
        let message = format!("the search asks for {trials} networks, but the space has {genomes}");
        sink.push(
            Diagnostic::warning(codes::W0401, search.kind_span, message)
                .also(space.kind_span, "the space")
                .help(
                    "equal networks are trained once; make the search smaller or the space larger".to_owned(),
                )
                .at("/search"),
        );
    }
}

/// E0408
pub(super) fn estimator_suits_the_mode(cx: &CheckCx<'_>, sink: &mut Sink) {
    let (Some(estimator), Some(mode)) = (&cx.bound.estimator, cx.spec.read(&MODE)) else { return };
    if mode.value.0 == Mode::Asynchronous && estimator.facts.resumes {
        let message = format!(
            "an asynchronous search does not wait for generations, at whose ends estimator `{}` takes paused trainings up",
            estimator.call.kind
        );
        sink.push(
            Diagnostic::error(codes::E0408, mode.span, message)
                .also(estimator.kind_span, "the estimator is chosen here")
                .help("let it do so after the search, `confirm: end`, or leave `mode` out".to_owned())
                .at("/search/mode"),
        );
    }
}

/// W0403
pub(super) fn reuse_can_happen(cx: &CheckCx<'_>, sink: &mut Sink) {
    let (Some(space), Some(within)) = (&cx.bound.space, cx.spec.read(&SIMILAR_WITHIN)) else { return };
    let varies = |setting: &&Setting| space.facts.continuous.iter().any(|name| name == setting.name());
    if within.value > 0
        && let Some(setting) = space.facts.settings.iter().find(varies)
    {
        let name = setting.name();
        let message =
            format!("no network is reused, since `{name}` varies continuously from network to network");
        sink.push(
            Diagnostic::warning(codes::W0403, within.span, message)
                .also(space.kind_span, "the space lets it vary")
                .help(format!("let `{name}` take a few values, or leave `reuse` out"))
                .at("/search/reuse/similar_within"),
        );
    }
}
