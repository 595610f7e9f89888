//! Runs in which stops are pauses: whatever happens to them, they end in the same trials.

use peng_estimator::Revises;

use super::pauser::Pauser;
use super::*;
use crate::verify::verify;

/// Three generations of few networks, a third of them audited.
pub(crate) fn small() -> Plan {
    let mut plan = plan();
    plan.search.params = json!({"population": 6, "offspring": 4, "generations": 3});
    plan.estimator.audit_percent = 20.0;
    plan.sealed()
}

fn undisturbed(plan: &Plan, revises: Revises, path: &Path, slots: usize) -> RunState {
    let (end, state) = run_by(plan, &Pauser(revises), &curves(), path, slots, &CancelFlag::default());
    assert_eq!(end, RunEnd::Finished);
    state
}

/// What must be the same whatever happened: the table, and all that the search and the estimator knew in between.
fn essence(plan: &Plan, state: &RunState) -> String {
    let endings: Vec<String> = state.trials.iter().map(|t| format!("{:?}", t.endings)).collect();
    trials_csv(plan, state) + &endings.join("\n")
}

#[test]
fn a_pause_ends_with_a_better_prediction_or_the_end_of_the_training() {
    for revises in [Revises::EachGeneration, Revises::AtEnd] {
        let temp = tempfile::tempdir().unwrap();
        let plan = small();
        let state = undisturbed(&plan, revises, temp.path(), 2);
        let again = |t: &&TrialState| t.endings.len() > 1 && t.ended_at > Some(t.endings[0].at);
        let is = |o: &Option<TrialOutcome>, wanted: &str| o.as_ref().map(TrialOutcome::word) == Some(wanted);
        let resumed: Vec<_> = state.trials.iter().filter(again).collect();
        assert!(
            resumed.iter().any(|t| is(&t.outcome, "completed")),
            "{csv}",
            csv = trials_csv(&plan, &state)
        );
        assert!(
            state.trials.iter().any(|t| is(&t.outcome, "converged")),
            "{csv}",
            csv = trials_csv(&plan, &state)
        );
        assert!(state.trials.iter().any(|t| t.audited && is(&t.outcome, "completed")));
        // A generation's look comes before its end; its results are told after that.
        let first = resumed[0];
        let told = |generations| crate::fitness::told_after(&plan, &state, first, generations);
        match revises {
            Revises::AtEnd => assert_ne!(told(3), told(u32::MAX)),
            Revises::EachGeneration | Revises::Never => assert_eq!(told(3), told(u32::MAX)),
        }
        let amended = (0..3).map(|generation| amended(&plan, &state, generation).len()).sum::<usize>();
        assert_eq!(amended > 0, revises == Revises::EachGeneration);
        let csv = trials_csv(&plan, &state);
        let row = csv.lines().find(|l| l.starts_with(&format!("{},", first.id))).unwrap();
        assert!(row.contains(",completed,,10,10,") || row.contains(",converged,,"), "{row}");
        let report = crate::report::Report::new(&plan, &state);
        assert!(report.savings.reconsider_epochs > 0.0 && report.outcomes.reconsidered > 0);
        let events = Journal::read(&temp.path().join("journal.jsonl")).unwrap();
        assert_eq!(RunState::fold(&events), state);
    }
}

#[test]
fn the_number_of_workers_changes_no_pause() {
    let plan = small();
    let of = |slots| {
        let temp = tempfile::tempdir().unwrap();
        essence(&plan, &undisturbed(&plan, Revises::EachGeneration, temp.path(), slots))
    };
    let one = of(1);
    assert_eq!(one, of(2));
    assert_eq!(one, of(5));
}

#[test]
fn every_prefix_of_a_journal_with_pauses_resumes_to_the_same_end_and_is_verified() {
    // What only the last look of a run adds, fewer prefixes show.
    for (revises, sizes, step) in [(Revises::EachGeneration, [4, 2, 3], 1), (Revises::AtEnd, [5, 3, 2], 5)] {
        let [population, offspring, generations] = sizes;
        let mut plan = small();
        plan.search.params =
            json!({"population": population, "offspring": offspring, "generations": generations});
        let plan = plan.sealed();
        let temp = tempfile::tempdir().unwrap();
        let state = undisturbed(&plan, revises, temp.path(), 2);
        assert!(
            state.trials.iter().filter(|t| t.endings.len() > 1).count() > 1,
            "{csv}",
            csv = trials_csv(&plan, &state)
        );
        let expected = essence(&plan, &state);
        let journal = temp.path().join("journal.jsonl");
        let whole = std::fs::read(&journal).unwrap();
        let ends = whole.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(i, _)| i + 1);
        for cut in std::iter::once(0).chain(ends).step_by(step) {
            std::fs::write(&journal, &whole[..cut]).unwrap();
            let state = undisturbed(&plan, revises, temp.path(), 2);
            assert_eq!(essence(&plan, &state), expected, "cut after {cut} bytes");
            let events = Journal::read(&journal).unwrap();
            let verified = verify(&plan, &events, &Pauser(revises)).unwrap();
            assert_eq!(verified.findings, [], "cut after {cut} bytes");
        }
    }
}

/// Cancels the run when it reconsiders.
struct Impatient(CurveReplay, CancelFlag);

impl TrainerFactory for Impatient {
    fn computes(&self) -> String {
        "recorded curves".to_owned()
    }

    fn start(&self, job: TrainingJob, checkpoint: Option<&Path>) -> Result<Box<dyn Trainer>, TrainError> {
        if checkpoint.is_some() {
            self.1.set();
        }
        self.0.play(&job, checkpoint)
    }
}

#[test]
fn a_run_that_is_cancelled_while_it_reconsiders_goes_on_with_that() {
    let plan = small();
    let whole = tempfile::tempdir().unwrap();
    let expected = essence(&plan, &undisturbed(&plan, Revises::EachGeneration, whole.path(), 1));
    let temp = tempfile::tempdir().unwrap();
    let cancel = CancelFlag::default();
    let factory = Impatient(curves(), cancel.clone());
    let estimator = Pauser(Revises::EachGeneration);
    let (end, state) = run_by(&plan, &estimator, &factory, temp.path(), 1, &cancel);
    assert_eq!(end, RunEnd::Interrupted);
    assert!(state.reconsidered.is_some_and(|round| !round.open.is_empty()));
    let state = undisturbed(&plan, Revises::EachGeneration, temp.path(), 1);
    assert_eq!(essence(&plan, &state), expected);
}

/// Trainings that are taken up again die.
struct Mortal(CurveReplay);

impl TrainerFactory for Mortal {
    fn computes(&self) -> String {
        "recorded curves".to_owned()
    }

    fn start(&self, job: TrainingJob, checkpoint: Option<&Path>) -> Result<Box<dyn Trainer>, TrainError> {
        assert!(checkpoint.is_none(), "it does not survive its pause");
        self.0.play(&job, checkpoint)
    }
}

#[test]
fn a_training_that_fails_after_its_pause_is_a_failed_trial_that_the_search_forgets() {
    let mut plan = small();
    plan.execution.max_failed_percent = 100.0;
    plan.steps.truncate(2);
    let plan = plan.sealed();
    let temp = tempfile::tempdir().unwrap();
    let estimator = Pauser(Revises::EachGeneration);
    let (end, state) = run_by(&plan, &estimator, &Mortal(curves()), temp.path(), 2, &CancelFlag::default());
    assert_eq!(end, RunEnd::Finished);
    let failed: Vec<_> =
        state.trials.iter().filter(|t| matches!(t.outcome, Some(TrialOutcome::Failed { .. }))).collect();
    assert!(!failed.is_empty());
    for trial in failed {
        assert_eq!(crate::fitness::told(&plan, &state, trial), None);
        assert_eq!(crate::fitness::known(&plan, &state, trial), None);
    }
    let events = Journal::read(&temp.path().join("journal.jsonl")).unwrap();
    assert_eq!(verify(&plan, &events, &estimator).unwrap().findings, []);
}
