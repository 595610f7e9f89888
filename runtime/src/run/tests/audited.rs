//! Audits: a bad policy turns itself off, a good one does not.

use peng_estimator::{Estimator, History, Needs, Observation, Revises, Rule, TrialRecord, Verdict};

use super::*;
use crate::report::{Report, audit_words, html, markdown, summary};
use crate::verify::verify;

/// Stops at the third point with a prediction.
#[derive(Clone, Copy)]
struct Oracle(fn(f64) -> f64);

impl Estimator for Oracle {
    fn name(&self) -> &'static str {
        "oracle"
    }

    fn needs(&self) -> Needs {
        Needs {
            metrics: Vec::new(),
            fewest_points: 3,
            fewest_trials: 0,
            uses_history: false,
            revises: Revises::Never,
        }
    }

    fn learn(&self, _: &History) -> Box<dyn Rule> {
        Box::new(*self)
    }
}

impl Rule for Oracle {
    fn judge(&self, trial: &TrialRecord, _: usize) -> Observation {
        let points = trial.curve.points();
        let Some(third) = points.get(2) else {
            return Observation::go_on("oracle", points.len(), "too early");
        };
        let predicted = self.0(third.value);
        Observation {
            verdict: Verdict::Converged { predicted },
            predicted: Some(predicted),
            ..Observation::go_on("oracle", 3, "it knows")
        }
    }
}

/// Curves that only differ in their height, of which the third value tells the last one.
fn parallel() -> CurveReplay {
    let curve =
        |k: u32| (1..=10_u32).map(|x| 50.0 + f64::from(k) - 40.0 * 1.5_f64.powi(-(x as i32))).collect();
    CurveReplay::new(Metric::ValAccuracy, (0..40).map(curve).collect())
}

fn audited(percent: f64) -> Plan {
    let mut plan = plan();
    plan.search =
        SearchPlan::new(KindCall { kind: "random".into(), params: json!({"networks": 60, "batch": 20}) });
    plan.space.call.params = json!({"phases": 3, "nodes": 4, "channels": 4});
    plan.cost.trials = 60;
    plan.estimator.audit_percent = percent;
    plan.estimator.max_regret = Some(0.5);
    plan.steps.truncate(2);
    plan.sealed()
}

#[test]
fn a_bad_policy_turns_itself_off_and_a_good_one_does_not() {
    let offset = 40.0 * (1.5_f64.powi(-3) - 1.5_f64.powi(-10));
    assert!((offset - 11.158_6).abs() < 1e-3, "{offset}");
    for (oracle, is_bad) in [(Oracle(|third| third + 11.158_6), false), (Oracle(|third| 150.0 - third), true)]
    {
        let plan = audited(60.0);
        let temp = tempfile::tempdir().unwrap();
        let (end, state) = run_by(&plan, &oracle, &parallel(), temp.path(), 2, &CancelFlag::default());
        assert_eq!(end, RunEnd::Finished);
        assert_eq!(state.switched_off.is_some(), is_bad, "{:?}", crate::audit::estimate(&plan, &state));
        let report = Report::new(&plan, &state);
        let words = audit_words(&report).join("\n");
        assert!(words.contains("regret of the top tenth"), "{words}");
        let texts = [summary(&report, temp.path()), markdown(&report), html(&report)];
        for text in &texts {
            assert_eq!(text.contains("switched off"), is_bad, "{text}");
        }
        let last = state.trials.iter().filter(|t| t.generation == 2).filter(|t| !t.endings.is_empty());
        if is_bad {
            assert!(last.clone().all(|t| t.estimates.is_empty() && !t.audited), "nobody is asked any more");
            assert!(last.clone().all(|t| t.outcome == Some(TrialOutcome::Completed)));
        } else {
            assert!(last.clone().any(|t| matches!(t.outcome, Some(TrialOutcome::Converged { .. }))));
        }
        let events = Journal::read(&temp.path().join("journal.jsonl")).unwrap();
        let verified = verify(&plan, &events, &oracle).unwrap();
        assert_eq!((verified.findings.as_slice(), verified.switches), (&[][..], 3));
        if is_bad {
            let off = |e: &Event| matches!(e.kind, EventKind::EstimatorSwitchedOff { .. });
            let without: Vec<Event> = events.iter().filter(|e| !off(e)).cloned().collect();
            assert!(!verify(&plan, &without, &oracle).unwrap().findings.is_empty());
        }
        for cut in (0..events.len()).step_by(37) {
            let lines: Vec<String> =
                events[..cut].iter().map(|e| serde_json::to_string(e).unwrap() + "\n").collect();
            std::fs::write(temp.path().join("journal.jsonl"), lines.concat()).unwrap();
            let (_, again) = run_by(&plan, &oracle, &parallel(), temp.path(), 1, &CancelFlag::default());
            assert_eq!(trials_csv(&plan, &again), trials_csv(&plan, &state), "cut after {cut} events");
            assert_eq!(again.switched_off, state.switched_off);
        }
    }
}

#[test]
fn an_audited_training_runs_to_its_end_and_the_search_is_told_the_truth() {
    let plan = audited(100.0);
    let temp = tempfile::tempdir().unwrap();
    let mut plan = plan;
    plan.estimator.max_regret = None;
    let plan = plan.sealed();
    let oracle = Oracle(|third| 150.0 - third);
    let (_, state) = run_by(&plan, &oracle, &parallel(), temp.path(), 2, &CancelFlag::default());
    let csv = trials_csv(&plan, &state);
    for (trial, row) in state.trials.iter().zip(csv.lines().skip(1)) {
        if matches!(trial.outcome, Some(TrialOutcome::Copied { .. })) {
            assert!(row.ends_with(",false"), "{row}");
            continue;
        }
        assert_eq!(trial.outcome, Some(TrialOutcome::Completed));
        assert!(row.ends_with(",true") && row.contains(",completed,,10,10,,"), "{row}");
        assert_eq!(trial.estimates.len(), 3, "it is not asked again after it would have stopped");
        let told = crate::fitness::told(&plan, &state, trial).unwrap();
        assert_eq!((told[0].value, told[0].predicted), (trial.last(Metric::ValAccuracy).unwrap(), false));
    }
    let estimate = crate::audit::estimate(&plan, &state).unwrap();
    assert_eq!((estimate.audited, estimate.stopped), (estimate.trials, estimate.trials));
    assert!(estimate.regret.unwrap() > 5.0 && estimate.saved_share > 0.6, "{estimate:?}");
}
