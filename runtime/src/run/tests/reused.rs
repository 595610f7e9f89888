//! Reuse: networks near to a trained one are not trained.

use peng_spec::plan::ReusePlan;

use super::*;
use crate::state::TrialState;
use crate::verify::verify;

fn reusing(within: u32) -> Plan {
    let mut plan = plan();
    plan.search.params = json!({"population": 10, "offspring": 10, "generations": 5});
    plan.space.call.params = json!({"phases": 3, "nodes": 4, "channels": 4});
    plan.search.reuse = ReusePlan { similar_within: within };
    plan.cost.trials = 50;
    plan.sealed()
}

fn original(trial: &TrialState) -> Option<(TrialId, u32)> {
    match trial.outcome {
        Some(TrialOutcome::Copied { from, distance }) => Some((from, distance)),
        _ => None,
    }
}

use crate::event::TrialId;

#[test]
fn a_near_network_has_the_fitness_of_the_nearest_trained_one_and_its_own_cost() {
    let plan = reusing(3);
    let temp = tempfile::tempdir().unwrap();
    let state = undisturbed(&plan, temp.path(), 2);
    let space = crate::space::of_plan(&plan).unwrap();
    let outline = |trial: &TrialState| space.decode(&trial.genome).unwrap().outline();
    let mut near = 0;
    for trial in &state.trials {
        let trained = state.trials[..trial.id.index()].iter().filter(|t| original(t).is_none());
        let earlier = trained.clone().filter(|t| t.generation < trial.generation);
        let distances = earlier.map(|t| (outline(t).distance(&outline(trial)), t.id));
        let nearest = distances.filter(|found| found.0 <= 3).min();
        assert_eq!(trial.cost, space.decode(&trial.genome).unwrap().cost().unwrap(), "its own");
        match original(trial) {
            Some((from, 0)) => {
                let key = |t: &TrialState| crate::space::identity(&*space, &t.genome).unwrap();
                assert_eq!(key(trial), key(&state.trials[from.index()]));
            }
            Some((from, distance)) => {
                near += 1;
                assert_eq!(nearest, Some((distance, from)), "trial {}", trial.id);
                let source = &state.trials[from.index()];
                assert!(original(source).is_none(), "never from a copy");
                assert_eq!((trial.attempts, trial.points.len()), (0, 0), "it is not trained");
                let told = crate::fitness::told(&plan, &state, trial).unwrap();
                let of_source = crate::fitness::told(&plan, &state, source).unwrap();
                assert_eq!(told[0].value, of_source[0].value);
                assert!(told[0].predicted && !told[1].predicted, "its accuracy was never measured");
                assert_eq!(told[1].value, trial.cost.flops as f64);
                assert_eq!(crate::fitness::observed(&plan, &state, trial), None);
            }
            None => assert_eq!(nearest, None, "trial {}", trial.id),
        }
    }
    assert!(near > 5, "{near}");
    let front = crate::fitness::front(&plan, &state, crate::fitness::known);
    assert!(front.iter().all(|m| original(&state.trials[m.trial.index()]).is_none()));
}

#[test]
fn neither_workers_nor_interruptions_change_what_is_reused() {
    let plan = reusing(2);
    let temp = tempfile::tempdir().unwrap();
    let expected = trials_csv(&plan, &undisturbed(&plan, temp.path(), 1));
    assert!(expected.contains("edits from trial") || expected.contains("1 edit from trial"), "{expected}");
    let other = tempfile::tempdir().unwrap();
    assert_eq!(trials_csv(&plan, &undisturbed(&plan, other.path(), 3)), expected);
    let path = temp.path().join("journal.jsonl");
    let whole = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    for cut in (0..=lines.len()).step_by(lines.len() / 15) {
        std::fs::write(&path, lines[..cut].concat()).unwrap();
        let state = undisturbed(&plan, temp.path(), 2);
        assert_eq!(trials_csv(&plan, &state), expected, "cut after {cut}");
        let events = Journal::read(&path).unwrap();
        let estimator = estimate::build(&plan).unwrap();
        assert_eq!(verify(&plan, &events, &*estimator).unwrap().findings, []);
        if cut == 0 {
            let mut events = events;
            let distances = events.iter_mut().filter_map(|event| match &mut event.kind {
                EventKind::TrialSkipped { distance, .. } => Some(distance),
                _ => None,
            });
            let changed = distances.map(|distance| *distance += 1).count();
            assert_eq!(verify(&plan, &events, &*estimator).unwrap().findings.len(), changed);
        }
    }
}

#[test]
fn within_0_only_the_same_networks_are_copied() {
    let plan = reusing(0);
    let mut without = plan.clone();
    without.search.reuse = ReusePlan::default();
    assert_eq!(without.sealed().digest, plan.digest);
    let temp = tempfile::tempdir().unwrap();
    let state = undisturbed(&plan, temp.path(), 2);
    assert!(state.trials.iter().filter_map(original).all(|(_, distance)| distance == 0));
}
