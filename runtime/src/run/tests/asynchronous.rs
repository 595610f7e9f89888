//! Asynchronous searches: nobody waits for the slowest network, and the order of ends alone decides.

use std::collections::BTreeMap;
use std::io::Read;

use peng_spec::plan::{Mode, ReusePlan};
use serde_json::Value;

use super::simulated::Simulated;
use super::*;
use crate::clock::Clock;
use crate::event::TrialId;
use crate::verify::verify;

/// A run in virtual time: its end, its milliseconds, and the share of them in which slots trained.
fn simulate(
    plan: &Plan,
    factory: &dyn TrainerFactory,
    path: &Path,
    slots: usize,
    order: Vec<TrialId>,
) -> (RunState, u64, f64) {
    let (dir, lock) = match RunDir::open(path) {
        Ok(dir) => {
            let lock = dir.lock().unwrap();
            (dir, lock)
        }
        Err(_) => RunDir::create(path, plan, &[]).unwrap(),
    };
    let clock = FrozenClock::default();
    let estimator = estimate::build(plan).unwrap();
    let mut executor = Simulated::new(plan, factory, &*estimator, &clock, (path.to_owned(), slots, order));
    let (end, state) = run(RunContext {
        plan,
        dir: &dir,
        lock: &lock,
        executor: &mut executor,
        estimator: &*estimator,
        sinks: Vec::new(),
        cancel: CancelFlag::default(),
        clock: &clock,
        bound: Bound {
            peng: "test".into(),
            device: "replay".into(),
            adapters: Vec::new(),
            memory: None,
            workers: slots,
            data: None,
            content: None,
        },
    })
    .unwrap();
    assert_eq!(end, RunEnd::Finished);
    let millis = clock.elapsed().as_millis() as u64;
    let utilisation = executor.busy as f64 / (millis.max(1) * slots as u64) as f64;
    (state, millis, utilisation)
}

/// A search of that kind in which slots do not wait.
#[expect(clippy::needless_pass_by_value, reason = "called with what is written there")]
fn asynchronous(kind: &str, params: Value) -> Plan {
    let mut plan = plan();
    let kind = crate::search::find(kind).unwrap();
    plan.search.kind = kind.name().to_owned();
    plan.search.params = kind.normalise(&params).unwrap();
    plan.search.mode = Mode::Asynchronous;
    plan.cost.trials = kind.needs(&plan.search.params).trials;
    if kind.most_objectives() == 1 {
        plan.objectives.truncate(1);
    }
    plan.sealed()
}

fn searches() -> Vec<Plan> {
    let sizes = json!({"population": 5, "offspring": 3, "generations": 4});
    vec![
        asynchronous("nsga-net", sizes.clone()),
        asynchronous(
            "nsga-net",
            json!({
                "population": 5, "offspring": 3, "generations": 4, "crossover": "common-bits", "duplicates": "archive",
                "exploitation": 1,
            }),
        ),
        asynchronous("menndl", sizes),
        asynchronous(
            "regularized-evolution",
            json!({"population": 5, "sample": 2, "cycles": 14, "offspring": 2}),
        ),
        asynchronous("random", json!({"networks": 14, "batch": 4})),
    ]
}

fn findings(plan: &Plan, path: &Path) -> Vec<crate::verify::Finding> {
    let events = Journal::read(&path.join("journal.jsonl")).unwrap();
    verify(plan, &events, &*estimate::build(plan).unwrap()).unwrap().findings
}

fn cut(path: &Path, lines: &[&str]) {
    std::fs::write(path.join("journal.jsonl"), lines.concat()).unwrap();
}

/// Resumes a run after each of some prefixes of its journal, with the same order of ends.
fn resumes_alike(plan: &Plan, step: usize) {
    let temp = tempfile::tempdir().unwrap();
    let (state, ..) = simulate(plan, &curves(), temp.path(), 3, Vec::new());
    assert_eq!(findings(plan, temp.path()), []);
    let expected = trials_csv(plan, &state);
    let order: Vec<TrialId> = state.ended.clone();
    assert!(!order.is_sorted(), "some networks overtake others: {order:?}");
    let journal = std::fs::read_to_string(temp.path().join("journal.jsonl")).unwrap();
    let lines: Vec<&str> = journal.split_inclusive('\n').collect();
    for length in (0..=lines.len()).step_by(step) {
        cut(temp.path(), &lines[..length]);
        let (again, ..) = simulate(plan, &curves(), temp.path(), 3, order.clone());
        assert_eq!(trials_csv(plan, &again), expected, "{} cut after {length}", plan.search.kind);
        assert_eq!(again.ended, state.ended, "{} cut after {length}", plan.search.kind);
        assert_eq!(findings(plan, temp.path()), [], "{} cut after {length}", plan.search.kind);
    }
}

#[test]
fn prefixes_of_a_journal_resume_to_the_same_end_given_the_order_of_ends() {
    // All prefixes would take minutes.
    for (plan, step) in searches().iter().zip([11, 37, 29, 23, 41]) {
        resumes_alike(plan, step);
    }
}

#[test]
fn reuse_and_estimators_with_a_history_resume_alike_too() {
    let mut plan = asynchronous("nsga-net", json!({"population": 8, "offspring": 4, "generations": 5}));
    plan.search.reuse = ReusePlan { similar_within: 2 };
    let call = |kind: &str, params: Value| {
        let kind = peng_estimator::policy::find(kind).unwrap();
        let facts = estimate::training_facts(&plan).unwrap();
        KindCall { kind: kind.name().to_owned(), params: kind.normalise(params, Some(&facts)).unwrap() }
    };
    let calls = [call("median", Value::Null), call("population", json!({"confirm": "end"}))];
    for call in calls {
        let mut plan = plan.clone();
        plan.estimator.call = call;
        plan.estimator.audit_percent = 30.0;
        plan.estimator.max_regret = Some(0.5);
        resumes_alike(&plan.sealed(), 9);
    }
}

#[test]
fn a_resume_with_other_workers_is_a_run_that_verifies() {
    let plan = &searches()[0];
    let temp = tempfile::tempdir().unwrap();
    simulate(plan, &curves(), temp.path(), 3, Vec::new());
    let journal = std::fs::read_to_string(temp.path().join("journal.jsonl")).unwrap();
    let lines: Vec<&str> = journal.split_inclusive('\n').collect();
    for length in (0..lines.len()).step_by(13) {
        cut(temp.path(), &lines[..length]);
        let (state, ..) = simulate(plan, &curves(), temp.path(), 1 + length % 4, Vec::new());
        assert_eq!(state.trials.len(), 14);
        assert_eq!(findings(plan, temp.path()), []);
    }
}

/// What depends on no result is the same in both modes.
#[test]
fn random_search_draws_the_same_networks_in_both_modes() {
    let mut plan = searches().pop().unwrap();
    let genomes = |plan: &Plan| {
        let temp = tempfile::tempdir().unwrap();
        let (state, ..) = simulate(plan, &curves(), temp.path(), 3, Vec::new());
        let of = |t: &TrialState| (t.generation, t.genome.to_string());
        (state.trials.iter().map(of).collect::<Vec<_>>(), state.generations)
    };
    let asynchronous = genomes(&plan);
    plan.search.mode = Mode::Generations;
    assert_eq!(genomes(&plan.sealed()), asynchronous);
}

#[test]
fn changed_orders_and_networks_are_found() {
    let plan = &searches()[0];
    let temp = tempfile::tempdir().unwrap();
    simulate(plan, &curves(), temp.path(), 3, Vec::new());
    let events = Journal::read(&temp.path().join("journal.jsonl")).unwrap();
    let estimator = estimate::build(plan).unwrap();
    let verify = |events: &[Event]| verify(plan, events, &*estimator).unwrap().findings;
    assert_eq!(verify(&events), []);
    let mut changed = 0;
    for index in 0..events.len() {
        let mut events = events.clone();
        match &mut events[index].kind {
            EventKind::TrialCreated { genome, .. } => {
                *genome = peng_spec::arch::Genome::new(json!([[1, 1, 1, 1], [1, 1, 1, 1]]));
            }
            EventKind::GenerationFinished { generation } => *generation += 1,
            EventKind::GenerationStarted { candidates, .. } => *candidates += 1,
            _ => continue,
        }
        changed += 1;
        assert!(!verify(&events).is_empty(), "event {index}");
    }
    assert!(changed > 20, "{changed}");
}

/// Recorded curves of 300 networks of NSGA-Net, of 25 epochs.
fn recorded() -> CurveReplay {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/curves/a4nn_icpp23/curves.csv.gz");
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(file).unwrap()).read_to_string(&mut text).unwrap();
    let mut curves: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for row in csv::Reader::from_reader(text.as_bytes()).records().map(Result::unwrap) {
        if &row[2] == "val_accuracy" {
            curves.entry(row[0].to_owned()).or_default().push(row[3].parse().unwrap());
        }
    }
    assert!(curves.len() > 50);
    CurveReplay::new(Metric::ValAccuracy, curves.into_values().collect())
}

/// What asynchronous execution is for. `cargo test ... utilisation -- --nocapture` prints the figures.
#[test]
#[expect(clippy::print_stdout, reason = "the figures are what a reader wants")]
fn slots_do_not_wait_so_that_utilisation_rises() {
    let curves = recorded();
    for (kind, slots) in [("never", 4), ("penguin", 4), ("penguin", 8)] {
        let mut plan = asynchronous("nsga-net", json!({"population": 16, "offspring": 16, "generations": 8}));
        plan.space.call.params = json!({"phases": 3, "nodes": 4, "channels": 8});
        plan.training.epochs = 25;
        let policy = peng_estimator::policy::find(kind).unwrap();
        let facts = estimate::training_facts(&plan).unwrap();
        let params = policy.normalise(Value::Null, Some(&facts)).unwrap();
        plan.estimator.call = KindCall { kind: kind.to_owned(), params };
        plan.steps.truncate(2);
        let mut measured = Vec::new();
        for mode in [Mode::Generations, Mode::Asynchronous] {
            plan.search.mode = mode;
            let plan = plan.clone().sealed();
            let temp = tempfile::tempdir().unwrap();
            let (state, millis, utilisation) = simulate(&plan, &curves, temp.path(), slots, Vec::new());
            assert_eq!(state.trials.len(), 128);
            println!(
                "{kind}, {slots} slots, {mode:?}: {:.1}% of the slots' time trained, {:.2} h",
                100.0 * utilisation,
                millis as f64 / 3.6e6
            );
            measured.push(utilisation);
        }
        assert!(measured[1] > measured[0] && measured[1] > 0.95, "{measured:?}");
    }
}
