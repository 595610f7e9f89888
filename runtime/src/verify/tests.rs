//! Journals that were changed after their run.

use std::path::Path;

use peng_estimator::{Revises, Verdict};
use peng_spec::arch::Genome;
use peng_spec::plan::{Metric, Plan};
use serde_json::json;

use super::*;
use crate::event::{RunEnd, TrialOutcome};
use crate::run::CancelFlag;
use crate::run::tests::pauser::Pauser;
use crate::run::tests::{curves, plan, run_by};
use crate::store::Journal;

const PAUSER: Pauser = Pauser(Revises::EachGeneration);

/// A run with pauses, audits, copies and confirmations.
fn run(path: &Path) -> (Plan, Vec<Event>) {
    let mut plan = plan();
    plan.search.params = json!({"population": 6, "offspring": 4, "generations": 3});
    plan.space.call.params = json!({"phases": 1, "nodes": 4, "channels": 8});
    plan.estimator.audit_percent = 30.0;
    let plan = plan.sealed();
    let (end, _) = run_by(&plan, &PAUSER, &curves(), path, 2, &CancelFlag::default());
    assert_eq!(end, RunEnd::Finished);
    let events = Journal::read(&path.join("journal.jsonl")).unwrap();
    (plan, events)
}

fn findings(plan: &Plan, events: &[Event]) -> Vec<Finding> {
    verify(plan, events, &PAUSER).unwrap().findings
}

#[test]
fn a_run_agrees_with_its_journal_at_any_point_of_it() {
    let temp = tempfile::tempdir().unwrap();
    let (plan, events) = run(temp.path());
    let verified = verify(&plan, &events, &PAUSER).unwrap();
    assert_eq!(verified.findings, []);
    assert_eq!((verified.networks, verified.switches), (14, 3));
    assert!(verified.estimates > 40 && verified.revisions > 4 && verified.endings > 16, "{verified:?}");
    for length in (0..events.len()).step_by(3) {
        assert_eq!(findings(&plan, &events[..length]), [], "after {length} events");
    }
    let read: Vec<Event> =
        events.iter().map(|e| serde_json::from_str(&serde_json::to_string(e).unwrap()).unwrap()).collect();
    assert_eq!(findings(&plan, &read), []);
}

#[test]
fn a_curve_that_was_altered_anywhere_is_found_also_where_nobody_judged_it() {
    let temp = tempfile::tempdir().unwrap();
    let (plan, events) = run(temp.path());
    let (mut altered, mut unjudged) = (0, 0);
    for index in 0..events.len() {
        let mut events = events.clone();
        let EventKind::Measured { trial, metrics, .. } = &mut events[index].kind else { continue };
        let (trial, value) = (*trial, metrics.get_mut(&Metric::ValAccuracy).unwrap());
        *value = value.next_up();
        altered += 1;
        let of_it = |e: &&Event| match &e.kind {
            EventKind::Estimated { trial: other, .. } | EventKind::TrialFinished { trial: other, .. } => {
                *other == trial
            }
            _ => false,
        };
        let next = events[index..].iter().find(of_it).unwrap();
        unjudged += usize::from(matches!(next.kind, EventKind::TrialFinished { .. }));
        assert!(!findings(&plan, &events).is_empty(), "event {index}");
        assert!(premises(&plan, &events, &PAUSER).is_some(), "event {index}");
    }
    assert!(altered > 40 && unjudged > 4, "{altered}, {unjudged} before an end that was not judged");
}

#[test]
fn trials_csv_must_say_what_the_journal_says() {
    let temp = tempfile::tempdir().unwrap();
    let (plan, events) = run(temp.path());
    let text = crate::report::trials_csv(&plan, &RunState::fold(&events));
    assert_eq!(trials_csv_differs(&plan, &events, &text), None);
    assert_eq!(verify(&plan, &events, &PAUSER).unwrap().end, Some(RunEnd::Finished));

    let row = text.lines().nth(3).unwrap();
    let altered = text.replace(row, &row.replacen(',', ",9", 1));
    let found = trials_csv_differs(&plan, &events, &altered).unwrap();
    assert_eq!((&found.what[..], &found.recomputed[..]), ("line 4 of `trials.csv`", &format!("`{row}`")[..]));
    let fewer = trials_csv_differs(&plan, &events, text.trim_end().rsplit_once('\n').unwrap().0).unwrap();
    assert_eq!(fewer.recorded, "missing");
    assert!(trials_csv_differs(&plan, &events, text.trim_end()).is_some());

    // Whatever is cut off, the end is missing that the file is a sign of.
    for length in 0..events.len() {
        let found = trials_csv_differs(&plan, &events[..length], &text).unwrap();
        assert!(found.to_string().contains("`trials.csv`, is missing"), "{found}");
    }
    let mut resumed = events.clone();
    let bound = crate::event::Bound::default();
    let seq = resumed.len() as u64;
    resumed.push(Event { seq, at: resumed[0].at, kind: EventKind::RunResumed { bound } });
    assert_eq!(trials_csv_differs(&plan, &resumed, "old"), None, "the file is of the end before");
    assert_eq!(verify(&plan, &resumed, &PAUSER).unwrap().end, None);
}

#[test]
fn the_first_finding_names_trial_epoch_and_both_values() {
    let temp = tempfile::tempdir().unwrap();
    let (plan, mut events) = run(temp.path());
    let stopped = |e: &Event| match &e.kind {
        EventKind::Estimated { observation, .. } => observation.verdict.is_stop(),
        _ => false,
    };
    let index = events.iter().position(stopped).unwrap();
    let EventKind::Estimated { trial, at, observation, .. } = &mut events[index].kind else { unreachable!() };
    let (trial, at) = (*trial, *at);
    let old = observation.predicted.unwrap();
    observation.predicted = Some(old + 1.0);
    let found = findings(&plan, &events);
    assert_eq!(found.len(), 1, "{found:?}");
    let expected =
        format!("event {index}, trial {trial} at epoch {at}: `predicted` is {}, expected {old}", old + 1.0);
    assert_eq!(found[0].to_string(), expected);
}

#[test]
fn altered_answers_ends_and_looks_are_found() {
    let temp = tempfile::tempdir().unwrap();
    let (plan, events) = run(temp.path());
    let mut altered = 0;
    for index in 0..events.len() {
        let mut events = events.clone();
        match &mut events[index].kind {
            EventKind::Estimated { observation, .. } => match &mut observation.verdict {
                Verdict::Converged { predicted } => *predicted = predicted.next_down(),
                verdict => *verdict = Verdict::Pruned,
            },
            EventKind::TrialFinished { outcome, .. } => {
                *outcome = match outcome {
                    TrialOutcome::Completed => TrialOutcome::Pruned,
                    TrialOutcome::Converged { predicted } => {
                        TrialOutcome::Converged { predicted: predicted.next_up() }
                    }
                    _ => TrialOutcome::Completed,
                }
            }
            EventKind::Reconsidered { predictions, inputs, .. } => match predictions.first_mut() {
                Some(first) => first.predicted = first.predicted.next_up(),
                None => inputs.push('0'),
            },
            EventKind::TrialCreated { audit, .. } if index % 2 == 0 => *audit = !*audit,
            EventKind::TrialCreated { genome, .. } => *genome = Genome::new(json!([[1, 1, 1, 1, 1, 1, 1]])),
            EventKind::TrialSkipped { from, .. } => from.0 += 1,
            _ => continue,
        }
        altered += 1;
        assert!(!findings(&plan, &events).is_empty(), "event {index}: {:?}", events[index].kind);
    }
    assert!(altered > 80, "{altered}");
}

#[test]
fn an_event_that_is_left_out_is_found() {
    let temp = tempfile::tempdir().unwrap();
    let (plan, events) = run(temp.path());
    for index in 0..events.len() {
        let mut fewer = events.clone();
        let removed = fewer.remove(index);
        // Even if its numbers are closed up.
        for (seq, event) in (0..).zip(&mut fewer) {
            event.seq = seq;
        }
        match removed.kind {
            // These decide nothing.
            EventKind::RunStarted { .. }
            | EventKind::StepStarted { .. }
            | EventKind::CheckpointSaved { .. }
            | EventKind::RunFinished { .. } => {}
            kind => assert!(!findings(&plan, &fewer).is_empty(), "event {index}: {kind:?}"),
        }
    }
}
