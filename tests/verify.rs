//! `peng verify` and what else is told of a run with audits: a run on recorded curves, so that no build needs to train.

use peng_runtime::clock::SystemClock;
use peng_runtime::estimate;
use peng_runtime::event::{Bound, RunEnd};
use peng_runtime::execute::InProcess;
use peng_runtime::run::{CancelFlag, RunContext, run};
use peng_runtime::store::RunDir;
use peng_runtime::train::CurveReplay;
use peng_spec::plan::{Metric, Plan};

use crate::support::Sandbox;

const SPEC: &str = "\
version: 1
name: small
seed: 7
dataset: {kind: digits}
search_space: {kind: nsga-macro, phases: 2, nodes: 3, channels: 4}
search: {kind: nsga-net, population: 8, offspring: 6, generations: 3}
objectives: [{maximize: val_accuracy}, {minimize: flops}]
training: {epochs: 10}
estimator: {kind: penguin, audit: 50%}
finally: {confirm: front}
";

/// A finished run in `run`.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("small.peng.yaml", SPEC);
    sandbox.peng(&["plan", "small.peng.yaml", "-o", "plan.json"], 0);
    let plan = Plan::from_json(&sandbox.read("plan.json")).unwrap();
    let curve = |k: i32| {
        let rate = 1.2 + f64::from(k) / 20.0;
        (1..=10).map(|x| 60.0 + f64::from(k) * 2.0 - 40.0 * rate.powi(-x)).collect()
    };
    let curves = CurveReplay::new(Metric::ValAccuracy, (0..12).map(curve).collect());
    let (dir, lock) = RunDir::create(&sandbox.path("run"), &plan, &[]).unwrap();
    let (estimator, clock) = (estimate::build(&plan).unwrap(), SystemClock::new());
    let mut executor = InProcess::new(&plan, &curves, &*estimator, &clock, dir.path().to_owned(), 2);
    let (end, _) = run(RunContext {
        plan: &plan,
        dir: &dir,
        lock: &lock,
        executor: &mut executor,
        estimator: &*estimator,
        sinks: Vec::new(),
        cancel: CancelFlag::default(),
        clock: &clock,
        bound: Bound { peng: "test".into(), device: "replay".into(), workers: 2, ..Bound::default() },
    })
    .unwrap();
    assert_eq!(end, RunEnd::Finished);
    sandbox
}

#[test]
fn a_run_is_verified_until_its_journal_is_changed() {
    let sandbox = sandbox();
    let told = sandbox.peng(&["verify", "run"], 0);
    assert!(told.contains("decisions agree bit for bit: 20 networks, "), "{told}");
    assert!(!told.contains("not ended"), "{told}");

    let table = sandbox.peng(&["report", "run", "--format", "csv", "--output", "-"], 0);
    sandbox.write("run/trials.csv", &table);
    sandbox.peng(&["verify", "run"], 0);
    sandbox.write("run/trials.csv", &table.replacen(",completed,", ",failed,", 1));
    let found = sandbox.peng(&["verify", "run"], 1);
    assert!(found.contains(" of `trials.csv` is `") && found.contains("1 difference found"), "{found}");
    std::fs::remove_file(sandbox.path("run/trials.csv")).unwrap();

    let journal = sandbox.read("run/journal.jsonl");
    let lines: Vec<&str> = journal.lines().collect();
    // An interrupted run is verified as far as it came.
    sandbox.write("run/journal.jsonl", &(lines[..lines.len() / 2].join("\n") + "\n"));
    let told = sandbox.peng(&["verify", "run"], 0);
    assert!(told.contains("agree bit for bit") && told.contains("The run has not ended: "), "{told}");
    // Once it has left `trials.csv`, its journal must go to its end.
    sandbox.write("run/trials.csv", &table);
    assert!(sandbox.peng(&["verify", "run"], 1).contains("has left `trials.csv`, is missing"));

    let first = lines.iter().position(|line| line.contains("\"measured\"")).unwrap();
    let (head, tail) = lines[first].split_once("\"val_accuracy\":").unwrap();
    let (value, tail) = tail.split_once('}').unwrap();
    let changed = format!("{head}\"val_accuracy\":{}}}{tail}", value.parse::<f64>().unwrap() + 0.25);
    let mut altered = lines.clone();
    altered[first] = &changed;
    sandbox.write("run/journal.jsonl", &(altered.join("\n") + "\n"));
    let found = sandbox.peng(&["verify", "run"], 1);
    assert!(
        found.starts_with("error[E0808]: event ") && found.contains(" at epoch 1: `inputs` is "),
        "{found}"
    );
    let json: serde_json::Value =
        serde_json::from_str(&sandbox.peng(&["verify", "run", "--format", "json"], 1)).unwrap();
    assert_eq!(sandbox.unread(&["verify", "run", "--format", "json"]), Some(1));
    assert_eq!(json["findings"][0]["epoch"], 1.0);

    altered.remove(first);
    sandbox.write("run/journal.jsonl", &(altered.join("\n") + "\n"));
    assert!(sandbox.complaint(&["verify", "run"], 6).contains("E0802"));
    assert!(sandbox.complaint(&["verify", "nowhere"], 6).contains("E0801"));
}

#[test]
fn audits_are_part_of_status_and_report() {
    let sandbox = sandbox();
    let status = sandbox.peng(&["status", "run"], 0);
    assert!(
        status.contains("  audit       ") && status.contains("trained to the end as a check"),
        "{status}"
    );
    assert!(sandbox.peng(&["report", "run", "--format", "markdown"], 0).contains("| audit | "));
    let json: serde_json::Value =
        serde_json::from_str(&sandbox.peng(&["report", "run", "--format", "json"], 0)).unwrap();
    assert!(
        json["audit"]["audited"].as_u64() > Some(0) && json["switched_off"].is_null(),
        "{}",
        json["audit"]
    );
    let csv = sandbox.peng(&["report", "run", "--format", "csv"], 0);
    assert!(csv.contains(",true\n") && csv.contains(",false\n"), "{csv}");
    let log = sandbox.peng(&["log", "run"], 0);
    assert!(log.contains("predicted"), "{log}");
    sandbox.peng(&["report", "run"], 0);
    assert!(sandbox.read("run/report.html").contains("Audit: "));
}
