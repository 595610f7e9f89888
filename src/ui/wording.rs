//! Events in words: every one of them for `peng log`, the notable ones for progress.

use std::fmt::Write;

use peng_estimator::{Progress, Resumption, Revised, Verdict};
use peng_runtime::event::{Event, EventKind, Purpose, TrialId, TrialOutcome, copied};
use peng_runtime::report::quantity::{epochs, number, plural, value};
use peng_runtime::report::{Outcomes, ending};
use peng_runtime::state::{RunState, TrialState};
use peng_runtime::study::cache::{Known, Nearest};
use peng_spec::plan::{Metric, Plan};

/// An event in one line, without its time.
pub(crate) fn sentence(kind: &EventKind) -> String {
    one_line(words(kind))
}

/// A text that a terminal shows on one line, whatever is in it: a cause can be the last words of a dying worker.
fn one_line(text: String) -> String {
    if text.contains(char::is_control) { text.replace(char::is_control, " ") } else { text }
}

fn words(kind: &EventKind) -> String {
    match kind {
        EventKind::RunStarted { bound, .. } => format!(
            "run started by peng {} on {} with {}",
            bound.peng,
            bound.device,
            plural(bound.workers as u64, "worker")
        ),
        EventKind::RunResumed { bound } => format!(
            "run resumed by peng {} on {} with {}",
            bound.peng,
            bound.device,
            plural(bound.workers as u64, "worker")
        ),
        EventKind::StepStarted { step } => format!("step {step} started"),
        EventKind::StepFinished { step } => format!("step {step} finished"),
        EventKind::GenerationStarted { generation, candidates } => {
            format!("generation {generation} started with {}", plural(u64::from(*candidates), "network"))
        }
        EventKind::GenerationFinished { generation } => format!("generation {generation} finished"),
        EventKind::TrialCreated { trial, genome, cost, .. } => {
            format!("trial {trial} created: {} parameters, {} FLOPs, {genome}", cost.params, cost.flops)
        }
        EventKind::TrialSkipped { trial, from, distance } => {
            format!("trial {trial} copied: {}", copied(*from, *distance))
        }
        EventKind::TrialStarted { trial, attempt, slot, purpose, from } => {
            let mut text = format!("trial {trial} started on worker {slot}");
            match purpose {
                Purpose::Search => {}
                Purpose::Reconsider => text.push_str(" to go on after its pause"),
                Purpose::Confirm => text.push_str(" to confirm its prediction"),
            }
            if *from > Progress::ZERO {
                let _ = write!(text, ", from epoch {}", at(*from));
            }
            if *attempt > 1 {
                let _ = write!(text, ", attempt {attempt}");
            }
            text
        }
        EventKind::Measured { trial, at: epoch, metrics, cached, .. } => {
            let values: Vec<String> = metrics.iter().map(|(m, v)| format!("{m} {}", value(*m, *v))).collect();
            let from = if *cached { ", from the cache" } else { "" };
            format!("trial {trial} at epoch {}: {}{from}", at(*epoch), values.join(", "))
        }
        EventKind::CacheAsked { trial, known: Known { entry, until, nearest } } => {
            let entry = short(entry);
            match nearest {
                _ if *until > Progress::ZERO => {
                    format!("trial {trial} is known to the cache until epoch {} ({entry})", at(*until))
                }
                None => format!("trial {trial} is not in the cache"),
                Some(Nearest { entry, differs }) => format!(
                    "trial {trial} is not in the cache: the nearest entry {} differs in {}",
                    short(entry),
                    differs.join(", ")
                ),
            }
        }
        EventKind::Estimated { trial, at: epoch, observation, .. } => {
            let verdict = match observation.verdict {
                Verdict::Continue => "go on",
                Verdict::Converged { .. } => "converged",
                Verdict::Pruned => "prune",
            };
            let predicted =
                observation.predicted.map_or(String::new(), |p| format!(", predicted {}", number(p)));
            format!("trial {trial} at epoch {}: {verdict}{predicted} ({})", at(*epoch), observation.reason)
        }
        EventKind::CheckpointSaved { trial, at: epoch } => {
            format!("trial {trial} at epoch {}: checkpoint saved", at(*epoch))
        }
        EventKind::Reconsidered { predictions, resumptions, .. } => reconsidered(predictions, resumptions),
        EventKind::EstimatorSwitchedOff { generation, regret, interval: [low, high], limit } => format!(
            "estimator switched off after generation {generation}: its regret of {regret:.2} pp ({low:.2} to {high:.2}) \
             is certainly above {limit:.2} pp; all further trainings run to the end"
        ),
        EventKind::TrialFinished { trial, purpose, outcome, .. } => finished(*trial, *purpose, outcome),
        EventKind::Warned { message } => format!("warning: {message}"),
        EventKind::CancelRequested => "a user asked the run to stop".to_owned(),
        EventKind::RunFinished { end } => format!("run {}", ending(Some(end))),
        EventKind::BatchDone { trial, done, of, .. } => format!("trial {trial}: batch {done} of {of}"),
    }
}

fn reconsidered(predictions: &[Revised], resumptions: &[Resumption]) -> String {
    let paused = plural(predictions.len() as u64, "paused trial");
    let resumed: Vec<String> = resumptions.iter().map(|r| r.number.to_string()).collect();
    match resumptions {
        [] => format!("{paused} reconsidered: none goes on"),
        [one] => format!("{paused} reconsidered: trial {} goes on ({})", one.number, one.reason),
        _ => format!("{paused} reconsidered: trials {} go on", resumed.join(", ")),
    }
}

fn finished(trial: TrialId, purpose: Purpose, outcome: &TrialOutcome) -> String {
    let word = match (purpose, outcome) {
        (Purpose::Confirm, TrialOutcome::Completed) => "confirmed",
        (Purpose::Reconsider, TrialOutcome::Converged { .. }) => "paused again",
        (Purpose::Search | Purpose::Reconsider | Purpose::Confirm, outcome) => outcome.word(),
    };
    match outcome {
        TrialOutcome::Converged { predicted } => {
            format!("trial {trial} {word}: predicted {}", number(*predicted))
        }
        TrialOutcome::Copied { from, distance } => {
            format!("trial {trial} {word}: {}", copied(*from, *distance))
        }
        TrialOutcome::Failed { cause } => format!("trial {trial} {word}: {cause}"),
        TrialOutcome::Completed | TrialOutcome::Pruned | TrialOutcome::Cancelled => {
            format!("trial {trial} {word}")
        }
    }
}

/// Epochs to three decimals: `0.333`.
/// The beginning of an entry's name, which tells it from the others of most caches.
fn short(entry: &str) -> &str {
    entry.get(..12).unwrap_or(entry)
}

fn at(progress: Progress) -> String {
    let text = format!("{:.3}", progress.to_f64());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What the notable lines say of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scale {
    /// Epochs of a whole training.
    pub(crate) epochs: u32,
    /// The estimator's metric.
    pub(crate) metric: Metric,
    /// Networks that the search asks for.
    pub(crate) trials: u64,
    /// Generations in which it does.
    pub(crate) generations: u64,
}

impl From<&Plan> for Scale {
    fn from(plan: &Plan) -> Self {
        Self {
            epochs: plan.training.epochs,
            metric: plan.estimator.metric,
            trials: plan.cost.trials,
            generations: plan.cost.generations,
        }
    }
}

/// An event that a person who watches wants to know of; `None` for all others. `state` is that after the event.
pub(crate) fn notable(event: &Event, state: &RunState, scale: Scale) -> Option<String> {
    let of = |trial: &TrialId| {
        let generation = state.trial(*trial).map_or(String::new(), |t| format!("[gen {}] ", t.generation));
        format!("{generation}trial {trial}")
    };
    match &event.kind {
        EventKind::RunStarted { .. }
        | EventKind::GenerationStarted { .. }
        | EventKind::CancelRequested
        | EventKind::EstimatorSwitchedOff { .. }
        | EventKind::Warned { .. } => Some(sentence(&event.kind)),
        EventKind::Reconsidered { resumptions, .. } if !resumptions.is_empty() => Some(sentence(&event.kind)),
        EventKind::RunResumed { .. } => {
            let ended = state.trials.iter().filter(|t| t.outcome.is_some()).count();
            Some(format!("{}: {ended} of {} networks are there", sentence(&event.kind), scale.trials))
        }
        EventKind::StepStarted { step } if step != "prepare" => Some(sentence(&event.kind)),
        EventKind::TrialSkipped { trial, from, distance } => {
            Some(format!("{} copied: {}", of(trial), copied(*from, *distance)))
        }
        EventKind::TrialStarted { trial, purpose: Purpose::Confirm, from, .. } => {
            Some(format!("{} goes on from epoch {} to be confirmed", of(trial), at(*from)))
        }
        EventKind::TrialStarted { trial, purpose: Purpose::Reconsider, from, .. } => {
            Some(format!("{} goes on from epoch {} after its pause", of(trial), at(*from)))
        }
        EventKind::TrialStarted { trial, attempt, from, .. } if *attempt > 1 => {
            Some(format!("{} starts again at epoch {}, attempt {attempt}", of(trial), at(*from)))
        }
        EventKind::TrialFinished { trial, purpose, outcome, .. } => {
            let told = state.trial(*trial)?;
            Some(one_line(format!("{} {}", of(trial), result(told, *purpose, outcome, scale))))
        }
        EventKind::RunFinished { end } => Some(format!("run {}", ending(Some(end)))),
        _ => None,
    }
}

/// `converged at epoch 8/20: predicted 96.20, observed 95.10`.
fn result(trial: &TrialState, purpose: Purpose, outcome: &TrialOutcome, scale: Scale) -> String {
    let shown = |v: f64| value(scale.metric, v);
    let planned = Progress::whole(scale.epochs);
    let observed = trial.last(scale.metric).map_or("nothing".to_owned(), shown);
    let place = format!("{}/{}", epochs(trial.trained().to_f64()), scale.epochs);
    let predicted = match &trial.outcome {
        Some(TrialOutcome::Converged { predicted }) => format!("predicted {}, ", shown(*predicted)),
        _ => String::new(),
    };
    match (purpose, outcome) {
        (Purpose::Confirm, TrialOutcome::Completed) => format!("confirmed: {predicted}observed {observed}"),
        (Purpose::Confirm, TrialOutcome::Failed { cause }) => {
            format!("not confirmed, failed at epoch {place}: {cause}")
        }
        (Purpose::Reconsider, TrialOutcome::Converged { .. }) => {
            format!("paused again at epoch {place}: {predicted}observed {observed}")
        }
        (_, TrialOutcome::Completed) if trial.audited && trial.stop(planned).is_some() => {
            let stop = trial.stop(planned).and_then(|stop| stop.observation.predicted);
            let stop = stop.map_or(String::new(), |p| format!("predicted {}, ", shown(p)));
            format!("completed for an audit: {stop}observed {observed}")
        }
        (_, TrialOutcome::Completed) => format!("completed: observed {observed}"),
        (_, TrialOutcome::Converged { .. }) => {
            format!("converged at epoch {place}: {predicted}observed {observed}")
        }
        (_, TrialOutcome::Pruned) => format!("pruned at epoch {place}: observed {observed}"),
        (_, TrialOutcome::Copied { from, distance }) => format!("copied: {}", copied(*from, *distance)),
        (_, TrialOutcome::Failed { cause }) => format!("failed at epoch {place}: {cause}"),
        (_, TrialOutcome::Cancelled) => format!("cancelled at epoch {place}"),
    }
}

/// Seconds until the search has ended at the pace so far; `None` outside a search and before three trials have ended.
pub(crate) fn secs_left(state: &RunState, outcomes: &Outcomes, scale: Scale) -> Option<f64> {
    let ended = outcomes.ended();
    let is_searching = state.end.is_none() && ended < scale.trials;
    (is_searching && ended >= 3).then(|| state.wall_secs / ended as f64 * (scale.trials - ended) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::sample;

    #[test]
    fn notable_events_are_told_with_their_result() {
        let (plan, events) = sample::run();
        let scale = Scale::from(&plan);
        let mut state = RunState::default();
        let lines: Vec<String> = events
            .iter()
            .filter_map(|event| {
                state.apply(event);
                notable(event, &state, scale)
            })
            .collect();
        assert_eq!(
            lines,
            [
                "run started by peng 0.1.0 on cpu with 2 workers",
                "step search started",
                "generation 0 started with 4 networks",
                "[gen 0] trial 0 completed: observed 88.00",
                "[gen 0] trial 1 converged at epoch 4/8: predicted 93.10, observed 91.00",
                "[gen 0] trial 2 converged at epoch 5/8: predicted 89.25, observed 80.00",
                "[gen 0] trial 3 pruned at epoch 2/8: observed 40.00",
                "generation 1 started with 4 networks",
                "[gen 1] trial 4 copied: same network as trial 1",
                "[gen 1] trial 5 failed at epoch 1/8: out of memory",
                "[gen 1] trial 6 cancelled at epoch 2/8",
                "warning: the clock went back",
                "[gen 0] trial 1 goes on from epoch 4 to be confirmed",
                "[gen 0] trial 1 confirmed: predicted 93.10, observed 90.50",
                "run stopped, since the budget `wall_time` is spent",
            ]
        );
    }

    #[test]
    fn every_event_has_a_sentence_on_one_line() {
        for event in sample::run().1 {
            let line = sentence(&event.kind);
            assert!(!line.is_empty() && !line.contains('\n'), "{line}");
        }
        let third = Progress::new(1, 3).unwrap();
        let kind = EventKind::CheckpointSaved { trial: TrialId(3), at: third };
        assert_eq!(sentence(&kind), "trial 3 at epoch 0.333: checkpoint saved");
        let kind = EventKind::Warned { message: "two\nlines \u{1b}[2J".into() };
        assert_eq!(sentence(&kind), "warning: two lines  [2J");
    }

    #[test]
    fn the_time_left_is_told_once_there_is_a_pace() {
        let (plan, events) = sample::run();
        let left = |events: &[Event]| {
            let state = RunState::fold(events);
            secs_left(&state, &Outcomes::new(&state), Scale::from(&plan))
        };
        assert_eq!(left(&[]), None);
        assert_eq!(left(&events), None);
        let generation = events.iter().position(|e| matches!(e.kind, EventKind::GenerationFinished { .. }));
        let secs = generation.unwrap() as f64;
        assert_eq!(left(&events[..=generation.unwrap()]), Some(secs));
    }
}
