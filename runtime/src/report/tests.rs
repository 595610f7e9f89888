//! The report as a whole, over hand-made journals.

use std::path::Path;

use peng_spec::plan::Goal;

use super::*;
use crate::event::{EventKind, RunEnd};

fn every_outcome() -> Report {
    Report::new(&samples::plan(), &RunState::fold(&samples::every_outcome()))
}

#[test]
fn predicted_and_observed_are_kept_apart() {
    let report = every_outcome();
    let ids = |members: &[ReportedMember]| members.iter().map(|m| m.trial.0).collect::<Vec<_>>();
    assert_eq!(ids(&report.fronts.as_searched), [1, 2]);
    assert_eq!(ids(&report.fronts.from_observations), [1]);
    assert_eq!(ids(&report.fronts.known), [1, 2]);
    assert_eq!(report.fronts.in_both, 1);
    let member = &report.fronts.as_searched[0];
    assert!(member.is_predicted());
    assert_eq!(
        (member.predicted, member.observed, member.objectives[0].value),
        (Some(93.1), Some(90.5), 93.1)
    );
    assert!(!report.fronts.known[0].is_predicted());
    assert_eq!(report.best.as_ref().unwrap().trial.0, 1);
    let error = report.prediction_error.unwrap();
    assert_eq!((error.checked, error.unchecked), (1, 1));
    assert!((error.bias - 2.6).abs() < 1e-9, "{error:?}");
}

#[test]
fn outcomes_are_counted() {
    let counts = every_outcome().outcomes;
    assert_eq!((counts.created, counts.ended(), counts.confirmed), (8, 7, 1));
    assert_eq!(
        outcomes(&counts),
        "1 completed, 2 converged, 1 pruned, 1 copied, 1 failed, 1 cancelled, 1 waiting"
    );
}

#[test]
fn the_summary_says_what_was_searched_and_what_it_cost() {
    let text = summary(&every_outcome(), Path::new("runs/digits-sample-1"));
    assert_eq!(text, include_str!("testdata/summary.txt"), "{text}");
    let (plan, events) = samples::search();
    let text = summary(&Report::new(&plan, &RunState::fold(&events)), Path::new("runs/fashion-nsga-1"));
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
}

/// All forms of every prefix of a journal: nothing may panic, and nothing may change between two calls.
#[test]
fn every_prefix_of_a_run_has_a_report() {
    let plan = samples::plan();
    let events = samples::every_outcome();
    for length in 0..=events.len() {
        let report = Report::new(&plan, &RunState::fold(&events[..length]));
        if length % 9 == 0 {
            let again = Report::new(&plan, &RunState::fold(&events[..length]));
            assert_eq!(html(&report), html(&again));
        }
        assert!(summary(&report, Path::new("run")).ends_with('\n'));
        assert!(markdown(&report).ends_with('\n'));
        assert!(report.to_json().ends_with("}\n"));
    }
}

#[test]
fn one_failed_trial_alone_is_reported() {
    let mut events = samples::every_outcome();
    let all = std::mem::take(&mut events);
    let mut tape = samples::Tape::default();
    tape.start(&samples::plan());
    for event in all {
        match &event.kind {
            EventKind::GenerationStarted { generation: 0, .. } => tape.push(event.kind),
            EventKind::TrialCreated { trial, .. } if trial.0 == 0 => tape.push(event.kind),
            _ => {}
        }
    }
    let trial = TrialId(0);
    let outcome = crate::event::TrialOutcome::Failed { cause: "out of memory".into() };
    let (purpose, curve) = (crate::event::Purpose::Search, String::new());
    tape.push(EventKind::TrialFinished { trial, purpose, outcome, curve });
    tape.push(EventKind::RunFinished { end: RunEnd::TooManyFailed { failed: 1, trained: 1 } });
    let plan = samples::plan();
    let report = Report::new(&plan, &RunState::fold(&tape.0));
    let text = summary(&report, Path::new("run"));
    assert!(text.contains("stopped, since 1 of 1 trainings failed"), "{text}");
    assert!(text.contains("failed: out of memory"), "{text}");
    assert!(text.contains("No network was trained to the end."), "{text}");
    assert!(html(&report).contains("out of memory"));
}

#[test]
fn ending_words_are_complete() {
    assert_eq!(ending(None), "not finished");
    assert_eq!(ending(Some(&RunEnd::Interrupted)), "interrupted");
}

/// One objective, a loss, and more than two objectives have figures too.
#[test]
fn other_objectives_are_reported() {
    let of = |goal, metric| Objective { goal, metric };
    let loss = of(Goal::Minimize, Metric::ValLoss);
    let accuracy = of(Goal::Maximize, Metric::ValAccuracy);
    let params = of(Goal::Minimize, Metric::Params);
    for objectives in [vec![accuracy], vec![loss], vec![params, accuracy], vec![loss, accuracy, params]] {
        for metric in [Metric::ValAccuracy, Metric::ValLoss] {
            let (mut plan, events) = samples::search();
            plan.objectives.clone_from(&objectives);
            plan.estimator.metric = metric;
            let report = Report::new(&plan, &RunState::fold(&events));
            let page = html(&report);
            assert!(page.contains(">Front</h2>") && !page.contains("NaN"), "{objectives:?}");
            assert!(summary(&report, Path::new("run")).contains("Best network trained to the end"));
        }
    }
}

/// The command line's tests read a run from files; they must be what [`samples`] makes. `BLESS=1` writes them.
#[test]
fn the_run_in_testdata_is_the_sample() {
    let journal: String =
        samples::every_outcome().iter().map(|e| serde_json::to_string(e).unwrap() + "\n").collect();
    for (name, expected, found) in [
        ("plan.json", samples::plan().to_json(), include_str!("testdata/plan.json")),
        ("journal.jsonl", journal, include_str!("testdata/journal.jsonl")),
    ] {
        if std::env::var_os("BLESS").is_some() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/testdata");
            std::fs::write(folder.join(name), &expected).unwrap();
            continue;
        }
        assert!(
            expected == found,
            "testdata/{name} is not what the sample makes; see the difference of BLESS=1"
        );
    }
}
