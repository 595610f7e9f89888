//! Whole studies with real training: what several runs share is trained once, and changes none of them.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::support::{Sandbox, workers};

const EXPERIMENT: &str = "\
version: 1
name: small
dataset:
  kind: digits
  validation: 25%
  limit: {train: 200, validation: 120}
search_space: {kind: nsga-macro, phases: 2, nodes: 3, channels: 2}
search: {kind: nsga-net, population: 3, offspring: 3, generations: 2}
objectives: [{maximize: val_accuracy}, {minimize: flops}]
training: {epochs: 6, batch_size: 32, measure_every: 1/2 epoch}
execution: {workers: 2}
";

const STUDY: &str = "\
version: 1
name: three
experiment: small.peng.yaml
arms:
  - {name: penguin, estimator: {kind: penguin, window: 2, tolerance: 3pp}}
  - {name: half, estimator: {kind: truncate, after: 50%}}
  - {name: never, estimator: {kind: never}}
seeds: [7, 8]
";

const RUNS: [&str; 8] = [
    "arms/penguin/seed-7",
    "arms/penguin/seed-8",
    "arms/half/seed-7",
    "arms/half/seed-8",
    "arms/never/seed-7",
    "arms/never/seed-8",
    "truth/seed-7",
    "truth/seed-8",
];

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("small.peng.yaml", EXPERIMENT);
    sandbox.write("three.study.peng.yaml", STUDY);
    sandbox
}

/// What a study ends in that does not depend on who trained a network, and how long that took.
fn results(sandbox: &Sandbox, dir: &str) -> Vec<String> {
    let trials = RUNS.iter().map(|run| sandbox.read(&format!("{dir}/{run}/trials.csv")));
    let curves = std::fs::read(sandbox.path(&format!("{dir}/curves/curves.csv.gz"))).unwrap();
    trials.chain([format!("{curves:?}"), sandbox.read(&format!("{dir}/curves/meta.csv"))]).collect()
}

#[test]
fn a_study_compares_its_arms_with_the_truth() {
    let sandbox = sandbox();
    let printed =
        sandbox.peng(&["study", "three.study.peng.yaml", "--dir", "three", "--progress", "none"], 0);
    assert!(printed.starts_with("study directory: three\n3 arms of `nsga-net` under 2 seeds: "), "{printed}");
    assert!(printed.contains("were shared"), "{printed}");

    // Each arm decides as if it had run alone.
    for (arm, set) in
        [("half", "estimator={kind: truncate, after: 50%}"), ("never", "estimator={kind: never}")]
    {
        let alone = ["run", "small.peng.yaml", "--quiet", "--set", "seed=8", "--set", set, "--dir", arm];
        sandbox.peng(&alone, 0);
        let own = sandbox.read(&format!("{arm}/trials.csv"));
        assert_eq!(sandbox.read(&format!("three/arms/{arm}/seed-8/trials.csv")), own);
    }

    let journals: String =
        RUNS.iter().map(|run| sandbox.read(&format!("three/{run}/journal.jsonl"))).collect();
    let count = |what: &str| journals.lines().filter(|line| line.contains(what)).count();
    let (measured, cached) = (count("\"kind\":\"measured\""), count("\"cached\":true"));
    let curves: usize = std::fs::read_dir(sandbox.path("three/cache/curves"))
        .unwrap()
        .map(|entry| {
            std::fs::read_to_string(entry.unwrap().path().join("curve.jsonl")).unwrap().lines().count()
        })
        .sum();
    assert!(cached > 0);
    assert_eq!(measured - cached, curves, "what was trained is the union");
    let log = sandbox.peng(&["log", "three/arms/half/seed-7"], 0);
    assert!(log.contains(" to the cache until epoch ") || log.contains(" is not in the cache"), "{log}");

    let verified = sandbox.peng(&["verify", "three"], 0);
    assert!(verified.contains(" of 8 runs and ") && verified.ends_with("agree bit for bit\n"), "{verified}");
    let status = sandbox.peng(&["status", "three"], 0);
    assert!(status.starts_with("three: finished, 8 of 8 runs ended\n"), "{status}");
    assert!(
        sandbox
            .peng(&["report", "three", "--format", "markdown"], 0)
            .contains("| never | never | 0.0 | 1.00 |")
    );
    assert!(sandbox.read("three/report.html").contains("The best networks"));
    let replayed = sandbox
        .peng(&["replay", "--curves", "three/curves", "--estimator", "never", "--group-by", "seed"], 0);
    assert!(replayed.contains("never"), "{replayed}");
    let complaint = sandbox.complaint(&["study", "three.study.peng.yaml", "--dir", "three"], 6);
    assert!(complaint.contains("E0801"), "{complaint}");
}

/// Starts and lets it go on until it has told of so many events.
fn start(sandbox: &Sandbox, args: &[&str], lines: usize) -> Child {
    let mut child = sandbox.command(args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let seen =
        BufReader::new(child.stderr.as_mut().unwrap()).lines().map_while(Result::ok).take(lines).count();
    assert_eq!(seen, lines, "the study ended before its time");
    child
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

fn no_worker_stays(sandbox: &Sandbox) {
    let left =
        || -> Vec<u32> { RUNS.iter().flat_map(|run| workers(Path::new(&format!("broken/{run}")))).collect() };
    let mut turns = 0;
    while !left().is_empty() {
        std::thread::yield_now();
        turns += 1;
        assert!(turns < 20_000, "workers {:?} outlive their study in {}", left(), sandbox.path("").display());
    }
}

#[test]
fn a_study_that_is_interrupted_or_killed_ends_as_if_it_were_not() {
    let sandbox = sandbox();
    sandbox.peng(&["study", "three.study.peng.yaml", "--dir", "whole", "--quiet"], 0);
    let expected = results(&sandbox, "whole");
    let mut child = start(&sandbox, &["study", "three.study.peng.yaml", "--dir", "broken"], 6);
    signal(&child, "-INT");
    // Whoever closes the stream would end the study by a broken pipe.
    let rest = BufReader::new(child.stderr.take().unwrap()).lines().count();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest} lines later");
    no_worker_stays(&sandbox);
    assert!(sandbox.peng(&["status", "broken"], 0).contains("peng resume broken"));
    for lines in [3, 9] {
        let mut child = start(&sandbox, &["resume", "broken"], lines);
        signal(&child, "-KILL");
        child.wait().unwrap();
        no_worker_stays(&sandbox);
    }
    assert!(sandbox.peng(&["resume", "broken", "--dry-run"], 0).contains("penguin, seed 7: "));
    sandbox.peng(&["resume", "broken", "--quiet"], 0);
    assert_eq!(results(&sandbox, "broken"), expected);
    sandbox.peng(&["verify", "broken"], 0);
}

#[test]
fn a_study_is_checked_and_planned_and_is_no_experiment() {
    let sandbox = sandbox();
    sandbox.complaint(&["check", "three.study.peng.yaml", "small.peng.yaml"], 0);
    let plan = sandbox.peng(&["plan", "three.study.peng.yaml", "--set", "training.epochs=10"], 0);
    assert!(plan.contains("6, of 6 networks each"), "{plan}");
    assert!(plan.contains("60 a seed if all arms meet the same networks, at most 180"), "{plan}");
    assert!(sandbox.peng(&["run", "three.study.peng.yaml"], 1).contains("E0904"));
    assert!(sandbox.peng(&["study", "small.peng.yaml"], 1).contains("E0904"));
    sandbox.write("late.peng.yaml", &format!("{EXPERIMENT}gpu_budget: {{wall_time: 1h}}\n"));
    sandbox.write("late.study.peng.yaml", &STUDY.replace("small.", "late."));
    let found = sandbox.peng(&["check", "late.study.peng.yaml"], 1);
    assert!(
        found.contains("late.peng.yaml:12:") && found.contains("the experiment of this study"),
        "{found}"
    );
}
