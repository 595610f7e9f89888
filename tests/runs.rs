//! Whole runs with real training: equal results whatever happens to them.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::support::{Sandbox, expect, workers};

const SPEC: &str = "\
version: 1
name: small
seed: 7
dataset:
  kind: digits
  validation: 25%
  limit: {train: 400, validation: 200}
search_space: {kind: nsga-macro, phases: 2, nodes: 3, channels: 4}
search: {kind: nsga-net, population: 4, offspring: 4, generations: 2}
objectives:
  - maximize: val_accuracy
  - minimize: flops
training:
  epochs: 6
  batch_size: 32
  measure_every: 1/2 epoch
estimator:
  kind: penguin
  window: 2
  tolerance: 3pp
execution: {workers: 2}
finally: {confirm: front}
";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("small.peng.yaml", SPEC);
    sandbox
}

/// What an undisturbed run ends in.
fn undisturbed(sandbox: &Sandbox, dir: &str) -> String {
    sandbox.peng(&["run", "small.peng.yaml", "--dir", dir, "--quiet"], 0);
    sandbox.read(&format!("{dir}/trials.csv"))
}

/// Starts a run and lets it go on until it has journaled `events` events of a kind.
fn start(sandbox: &Sandbox, args: &[&str], kind: &str, events: usize) -> Child {
    let mut child = sandbox.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let wanted = format!("\"kind\":\"{kind}\"");
    let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines().map_while(Result::ok);
    let seen = lines.filter(|line| line.contains(&wanted)).take(events).count();
    assert_eq!(seen, events, "the run ended before its time");
    child
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// Waits until no worker of a run is left, for as long as a machine under load may need.
fn no_worker_stays(dir: &Path) {
    let mut turns = 0;
    while !workers(dir).is_empty() {
        std::thread::yield_now();
        turns += 1;
        assert!(turns < 20_000, "workers {:?} outlive their coordinator", workers(dir));
    }
}

#[test]
fn a_run_keeps_the_spec_its_bases_and_the_settings_as_they_were() {
    let sandbox = Sandbox::new();
    sandbox.write("base.yaml", SPEC);
    std::fs::create_dir(sandbox.path("specs")).unwrap();
    let spec = "extends: ../base.yaml\nsearch: {kind: random, networks: 1}\n";
    sandbox.write("specs/longer.peng.yaml", spec);
    sandbox.peng(&["run", "specs/longer.peng.yaml", "--dir", "run", "--quiet", "--set", "seed=8"], 0);
    assert_eq!(sandbox.read("run/spec/base.yaml"), SPEC);
    assert_eq!(sandbox.read("run/spec/specs/longer.peng.yaml"), spec);
    assert_eq!(sandbox.read("run/spec/command-line.txt"), "--set seed=8\n");
}

#[test]
fn equal_specs_have_equal_trials_at_any_number_of_workers() {
    let sandbox = sandbox();
    let first = undisturbed(&sandbox, "first");
    sandbox.write("one.peng.yaml", &SPEC.replace("workers: 2", "workers: 1"));
    sandbox.peng(&["run", "one.peng.yaml", "--dir", "one", "--quiet"], 0);
    assert_eq!(sandbox.read("one/trials.csv"), first);
    assert_eq!(first.lines().count(), 9, "{first}");
    assert!(first.contains(",converged,"), "{first}");
    sandbox.peng(&["plan", "small.peng.yaml", "-o", "plan.json"], 0);
    sandbox.peng(&["run", "plan.json", "--dir", "planned", "--quiet"], 0);
    assert_eq!(sandbox.read("planned/trials.csv"), first);
    assert_eq!(sandbox.read("planned/plan.json"), sandbox.read("first/plan.json"));
}

#[test]
fn a_run_that_is_interrupted_or_killed_ends_as_if_it_were_not() {
    let sandbox = sandbox();
    let expected = undisturbed(&sandbox, "whole");
    let run = ["run", "small.peng.yaml", "--dir", "broken", "--progress", "json"];
    let mut child = start(&sandbox, &run, "measured", 9);
    signal(&child, "-INT");
    let mut rest = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(rest.any(|l| l.unwrap().contains("interrupted")), "the journal says that it was interrupted");
    drop(rest);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let dir = sandbox.path("broken");
    no_worker_stays(Path::new("broken"));
    assert!(!dir.join("trials.csv").exists());

    let resume = ["resume", "broken", "--progress", "json"];
    for (kind, events) in [("measured", 3), ("trial_finished", 2), ("checkpoint_saved", 1)] {
        let mut child = start(&sandbox, &resume, kind, events);
        signal(&child, "-KILL");
        child.wait().unwrap();
        no_worker_stays(Path::new("broken"));
    }
    assert!(sandbox.peng(&["status", "broken"], 0).contains("peng resume broken"));
    assert!(sandbox.peng(&["resume", "broken", "--dry-run"], 0).contains("kept: "));
    sandbox.peng(&["resume", "broken", "--quiet"], 0);
    assert_eq!(sandbox.read("broken/trials.csv"), expected);
    assert!(sandbox.read("broken/report.html").contains("small"));
    assert!(sandbox.peng(&["verify", "broken"], 0).contains("agree bit for bit"));
}

/// What ends first depends on the machine, so two runs may differ; each is what follows from its own journal.
#[test]
fn an_asynchronous_run_that_is_killed_goes_on_and_verifies() {
    let sandbox = sandbox();
    let spec =
        SPEC.replace("generations: 2}", "generations: 3, mode: asynchronous, reuse: {similar_within: 1}}");
    sandbox.write("small.peng.yaml", &spec);
    let run = ["run", "small.peng.yaml", "--dir", "broken", "--progress", "json"];
    let resume = ["resume", "broken", "--progress", "json"];
    for (args, kind, events) in
        [(&run[..], "measured", 9), (&resume, "trial_created", 1), (&resume, "trial_finished", 2)]
    {
        let mut child = start(&sandbox, args, kind, events);
        signal(&child, "-KILL");
        child.wait().unwrap();
        no_worker_stays(Path::new("broken"));
        assert!(sandbox.peng(&["verify", "broken"], 0).contains("agree bit for bit"));
    }
    sandbox.peng(&["resume", "broken", "--quiet"], 0);
    assert!(sandbox.peng(&["verify", "broken"], 0).contains("agree bit for bit"));
    let trials = sandbox.read("broken/trials.csv");
    assert_eq!(trials.lines().count(), 1 + 12, "{trials}");
}

#[test]
fn a_lost_worker_costs_an_attempt_and_not_the_trial() {
    let sandbox = sandbox();
    let expected = undisturbed(&sandbox, "whole");
    let args = ["run", "small.peng.yaml", "--dir", "lossy", "--progress", "json"];
    let child = start(&sandbox, &args, "measured", 5);
    let victim = workers(Path::new("lossy"))[0].to_string();
    assert!(Command::new("kill").args(["-KILL", &victim]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    expect(&output, 0, &args);
    assert_eq!(sandbox.read("lossy/trials.csv"), expected);
    assert!(sandbox.read("lossy/journal.jsonl").contains("was lost"));
}

#[test]
fn a_second_process_is_kept_out() {
    let sandbox = sandbox();
    let args = ["run", "small.peng.yaml", "--dir", "mine", "--progress", "json"];
    let mut child = start(&sandbox, &args, "measured", 1);
    let complaint = sandbox.complaint(&["resume", "mine"], 6);
    assert!(complaint.contains("E0801") && complaint.contains("in use by another process"), "{complaint}");
    let complaint = sandbox.complaint(&["run", "small.peng.yaml", "--dir", "mine"], 6);
    assert!(complaint.contains("peng resume mine"), "{complaint}");
    assert!(sandbox.peng(&["status", "mine"], 0).contains("running"));
    signal(&child, "-KILL");
    child.wait().unwrap();
}

#[test]
fn networks_that_diverge_are_failed_trials_and_a_finding_of_the_run() {
    let sandbox = Sandbox::new();
    sandbox
        .write("wild.peng.yaml", &SPEC.replace("epochs: 6", "epochs: 6\n  optimizer: {kind: sgd, lr: 1e30}"));
    sandbox.complaint(&["run", "wild.peng.yaml", "--dir", "wild", "--quiet"], 4);
    let trials = sandbox.read("wild/trials.csv");
    assert!(trials.contains(",failed,diverged: "), "{trials}");
}

#[test]
fn a_spent_budget_ends_a_run_with_its_results() {
    let sandbox = Sandbox::new();
    // Long trainings, so that none has ended by then.
    let spec = SPEC.replace("epochs: 6", "epochs: 300").replace("kind: penguin", "kind: never");
    let spec = spec.replace("  window: 2\n  tolerance: 3pp\n", "");
    sandbox.write("short.peng.yaml", &format!("{spec}gpu_budget: {{gpu_hours: 0.1s}}\n"));
    let printed = sandbox.peng(&["run", "short.peng.yaml", "--dir", "short", "--progress", "none"], 0);
    assert!(printed.contains("gpu_hours"), "{printed}");
    assert!(sandbox.read("short/trials.csv").contains(",cancelled,"));
}

#[test]
fn data_that_cannot_be_read_leave_no_run_behind() {
    let sandbox = Sandbox::new();
    let spec = SPEC.replace("  kind: digits\n", "  kind: fashion-mnist\n  path: nowhere\n");
    sandbox.write("fashion.peng.yaml", &spec);
    let complaint = sandbox.complaint(&["run", "fashion.peng.yaml"], 5);
    assert!(complaint.contains("nowhere") && complaint.contains("help"), "{complaint}");
    assert!(!sandbox.path("runs").join("small-1").exists());

    let npz = "  kind: npz\n  path: arrays.npz\n  input: 1x8x8\n  classes: 10\n  train: 1000\n";
    sandbox.write("arrays.peng.yaml", &SPEC.replace("  kind: digits\n", npz));
    sandbox.write("arrays.npz", "no arrays");
    let complaint = sandbox.complaint(&["run", "arrays.peng.yaml", "--dir", "arrays"], 5);
    assert!(complaint.contains("arrays.npz` is not the expected file"), "{complaint}");
    assert!(!sandbox.path("arrays").exists());
}
