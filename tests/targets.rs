//! Runs of a regression and of two classes: equal results whatever happens to them, and the words that people read of them.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::support::Sandbox;

const REGRESSION: &str = "\
version: 1
name: regression
seed: 7
dataset:
  kind: synthetic
  input: 1x8x8
  targets: 2
  train: 300
  validation: 25%
  normalize: channels
  augment: [random_crop(1), cutout(2), mixup(0.2)]
search_space: {kind: nsga-macro, phases: 2, nodes: 3, channels: 4}
search: {kind: nsga-net, population: 4, offspring: 4, generations: 2}
objectives: [{maximize: val_r2}, {minimize: val_mae}]
training:
  epochs: 6
  batch_size: 32
  measure_every: 1/2 epoch
  optimizer: {kind: adamw, lr: 1e-2}
estimator: {kind: patience, patience: 3}
execution: {workers: 2}
finally: {confirm: front}
";

fn trials(sandbox: &Sandbox, spec: &str, dir: &str, threads: &str) -> String {
    let args = ["run", spec, "--dir", dir, "--quiet"];
    let output = sandbox.command(&args).env("RAYON_NUM_THREADS", threads).output().unwrap();
    crate::support::expect(&output, 0, &args);
    sandbox.read(&format!("{dir}/trials.csv"))
}

#[test]
fn a_regression_ends_alike_at_any_number_of_workers_and_threads() {
    let sandbox = Sandbox::new();
    sandbox.write("two.peng.yaml", REGRESSION);
    sandbox.write("one.peng.yaml", &REGRESSION.replace("workers: 2", "workers: 1"));
    let two = trials(&sandbox, "two.peng.yaml", "two", "1");
    assert_eq!(trials(&sandbox, "one.peng.yaml", "one", "2"), two);
    assert_eq!(two.lines().count(), 9, "{two}");
    assert!(sandbox.peng(&["verify", "two"], 0).contains("agree"));
}

#[test]
fn a_regression_that_is_interrupted_ends_as_if_it_were_not() {
    let sandbox = Sandbox::new();
    sandbox.write("small.peng.yaml", REGRESSION);
    let expected = trials(&sandbox, "small.peng.yaml", "whole", "1");
    let args = ["run", "small.peng.yaml", "--dir", "broken", "--progress", "json"];
    let mut child = sandbox.command(&args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    // Half epochs are measured: the ninth measurement of all trainings is most likely in the middle of one.
    assert_eq!(lines.by_ref().filter(|line| line.contains("\"kind\":\"measured\"")).take(9).count(), 9);
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    lines.for_each(drop);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    sandbox.peng(&["resume", "broken", "--quiet"], 0);
    assert_eq!(sandbox.read("broken/trials.csv"), expected);
}

#[test]
fn reports_name_the_units_of_a_regression() {
    let sandbox = Sandbox::new();
    let spec = REGRESSION
        .replace("[{maximize: val_r2}, {minimize: val_mae}]", "[{minimize: val_loss}, {minimize: flops}]")
        .replace("patience: 3}", "patience: 1, metric: val_loss}")
        .replace("epochs: 6", "epochs: 2");
    sandbox.write("small.peng.yaml", &spec);
    let summary = sandbox.peng(&["run", "small.peng.yaml", "--dir", "run", "--progress", "none"], 0);
    assert!(summary.contains("val_loss") && !summary.contains("nats"), "{summary}");
    let page = sandbox.read("run/report.html");
    assert!(page.contains("val_loss, squared units of the targets"), "the axis has a unit");
    assert!(page.contains("1x8x8 with 2 targets"));
    assert!(!page.contains("nats"));
    let curves = sandbox.peng(&["log", "run", "--curves"], 0);
    for metric in ["val_loss", "val_mae", "val_rmse", "val_r2", "train_loss", "train_r2"] {
        assert!(curves.contains(&format!(",{metric},")), "{metric}");
    }
    assert!(!curves.contains("accuracy"));
}

#[test]
fn the_examples_of_two_classes_and_of_a_regression_are_learned() {
    let sandbox = Sandbox::new();
    let root = env!("CARGO_MANIFEST_DIR");
    for (name, metric, least) in [("binary", "val_auc", 97.0), ("regression", "val_r2", 10.0)] {
        let spec = format!("{root}/examples/{name}.peng.yaml");
        let data = if name == "binary" { "breast_cancer" } else { "a4nn_curves" };
        let path = format!("dataset.path={root}/examples/data/{data}.csv");
        let few = ["search.population=4", "search.offspring=4", "search.generations=2"];
        let mut args = vec!["run", &spec, "--dir", name, "--quiet", "--set", &path];
        args.extend(few.iter().flat_map(|few| ["--set", few]));
        sandbox.peng(&args, 0);
        let table = sandbox.read(&format!("{name}/trials.csv"));
        let mut rows = csv::Reader::from_reader(table.as_bytes());
        let column = rows.headers().unwrap().iter().position(|column| column == "best_observed").unwrap();
        let best = rows
            .records()
            .map(|row| row.unwrap()[column].parse::<f64>().unwrap_or(f64::MIN))
            .fold(f64::MIN, f64::max);
        assert!(best > least && best <= 100.0, "{metric}: {best}\n{table}");
    }
}
