//! `peng replay` as a process: what it refuses, what it tells besides the scores, and its exit codes.

use std::fmt::Write;

use crate::support::Sandbox;

/// So many runs of ten epochs that saturate, each at its own height, as rows below a header.
fn curves(runs: u32) -> String {
    let mut text = "run_id,epoch,metric,value\n".to_owned();
    for run in 0..runs {
        let top = 40 + run * 7 % 50;
        for epoch in 1..=10 {
            let value = f64::from(top) * (1.0 - 0.5_f64.powi(epoch));
            writeln!(text, "r{run},{epoch},val_accuracy,{value}").unwrap();
        }
    }
    text
}

/// A folder `set` with these curves.
fn sandbox(curves: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("set")).unwrap();
    sandbox.write("set/curves.csv", curves);
    sandbox
}

/// The arguments of a replay of `set` with more behind them.
fn args<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["replay", "--curves", "set", "--estimator", "penguin"], more].concat()
}

#[test]
fn nobody_need_read_it_for_a_gate_to_shut() {
    let sandbox = sandbox(&curves(20));
    for format in ["human", "json", "html"] {
        let args = args(&["--format", format, "--gate", "saved >= 99%"]);
        sandbox.peng(&args, 1);
        assert_eq!(sandbox.unread(&args), Some(1), "{format}");
        assert_eq!(sandbox.unread(&args[..7]), Some(0), "{format}");
    }
}

#[test]
fn a_column_of_meta_that_is_asked_for_occurs_once() {
    let sandbox = sandbox(&curves(2));
    sandbox.write("set/meta.csv", "run_id,kind,kind,flops,odd,odd\nr0,a,b,1,2,3\nr1,a,b,1,2,3\n");
    for option in ["--group-by", "--covariates"] {
        let told = sandbox.complaint(&args(&[option, "kind"]), 5);
        assert!(told.contains("`set/meta.csv`: line 1: the column `kind` occurs twice"), "{told}");
    }
    sandbox.peng(&args(&["--covariates", "flops"]), 0);
}

#[test]
fn a_folder_has_its_curves_once() {
    let sandbox = sandbox(&curves(2));
    sandbox.write("set/curves.csv.gz", &curves(3));
    let told = sandbox.complaint(&args(&[]), 2);
    assert!(told.contains("`set` has both `curves.csv` and `curves.csv.gz`"), "{told}");
}

#[test]
fn numbers_fit_and_covariates_are_finite() {
    let rows = |value: &str| format!("run_id,epoch,metric,value\na,1,val_loss,1\na,2,val_loss,{value}\n");
    for value in ["nan", "NaN", "inf", "-inf", "", "1e300"] {
        let never = ["replay", "--curves", "set", "--estimator", "never", "--lower-is-better"];
        sandbox(&rows(value)).peng(&never, 0);
    }
    let told = sandbox(&rows("1e400")).complaint(&args(&[]), 5);
    assert!(told.contains("`set/curves.csv` line 3: `1e400` is no number from -1.79"), "{told}");
    for value in ["nan", "inf", "1e400", "much"] {
        let sandbox = sandbox(&curves(2));
        sandbox.write("set/meta.csv", &format!("run_id,flops\nr0,\nr1,{value}\n"));
        let told = sandbox.complaint(&args(&["--covariates", "flops"]), 5);
        let expected = format!("`set/meta.csv` line 3: `flops` is `{value}`, expected a finite number");
        assert!(told.contains(&expected), "{told}");
    }
}

#[test]
fn a_metric_has_one_scale() {
    let sandbox = sandbox(&curves(2));
    let told = |first, second| sandbox.complaint(&args(&["--scale", first, "--scale", second]), 2);
    assert!(told("percent", "loss:2").contains("`--scale` is `percent` and `loss:2` for every metric"));
    let one = told("val_accuracy=percent", "val_accuracy=percent");
    assert!(one.contains("`--scale` is `percent` and `percent` for `val_accuracy`"), "{one}");
    sandbox.peng(&args(&["--scale", "loss:2", "--scale", "val_accuracy=percent"]), 0);
}

#[test]
fn runs_without_a_group_are_told_from_those_of_the_group_none() {
    let sandbox = sandbox(&curves(3));
    let meta = |groups: [&str; 3]| {
        let [a, b, c] = groups;
        sandbox.write("set/meta.csv", &format!("run_id,group\nr0,{a}\nr1,{b}\nr2,{c}\n"));
    };
    for groups in [["a", "", ""], ["a", "none", "none"]] {
        meta(groups);
        let told = sandbox.peng(&args(&["--group-by", "group"]), 0);
        assert!(told.contains("set/none: 2 runs"), "{told}");
    }
    meta(["a", "none", ""]);
    let told = sandbox.complaint(&args(&["--group-by", "group"]), 5);
    assert!(told.contains("some runs have the group `none`, and others none"), "{told}");
}

#[test]
fn runs_without_the_metric_are_told() {
    let mut text = curves(3);
    for run in ["r0", "r1", "r2", "lost", "gone"] {
        writeln!(text, "{run},1,train_loss,2").unwrap();
    }
    let sandbox = sandbox(&text);
    let told = sandbox.complaint(&args(&[]), 0);
    let expected = "warning: `set`: 2 of 5 runs have no `val_accuracy` and are left out, such as `lost`\n";
    assert_eq!(told, expected);
    assert_eq!(sandbox.complaint(&args(&["--quiet"]), 0), "");
    let json: serde_json::Value =
        serde_json::from_str(&sandbox.peng(&args(&["--format", "json"]), 0)).unwrap();
    let dataset = &json["estimators"][0]["by_dataset"][0];
    assert_eq!((&dataset["runs"], &dataset["unmeasured"]), (&3.into(), &2.into()));
}

#[test]
fn a_watched_metric_counts_at_the_epochs_of_the_predicted_one() {
    let estimator = "patience:watch=train_loss,patience=2 epochs";
    let replay = |losses: &[(&str, f64)]| {
        let mut text = curves(3);
        for (run, (epoch, value)) in
            ["r0", "r1"].iter().flat_map(|run| losses.iter().map(move |row| (run, row)))
        {
            writeln!(text, "{run},{epoch},train_loss,{value}").unwrap();
        }
        let sandbox = sandbox(&text);
        let args = ["replay", "--curves", "set", "--estimator", estimator, "--decisions", "d.csv"];
        let told = sandbox.complaint(&args, 0);
        let seen: Vec<String> = sandbox
            .read("d.csv")
            .lines()
            .skip(1)
            .map(|row| row.rsplit(',').nth(8).unwrap().to_owned())
            .collect();
        (told, seen.join(" "))
    };
    // It is best at 2, so that 4 is the end. What is not there is no best, and what lies between is not looked at.
    let without = "warning: `set`, `train_loss` at the epochs of `val_accuracy`: 1 of 3 runs have none and are judged \
                   without it, such as `r2`";
    let (told, seen) = replay(&[("1", 2.0), ("2", 1.0), ("3", 1.5), ("4", 1.5)]);
    assert_eq!(told, format!("{without}; 2 of 3 runs lack points, which count as NaN, such as `r0`\n"));
    assert_eq!(seen, "4 4 10");
    let (told, seen) = replay(&[("1", 2.0), ("1.5", 0.1), ("2", 1.0), ("2.5", 0.1)]);
    assert!(told.ends_with("such as `r0`; 4 points at other epochs are left out\n"), "{told}");
    assert_eq!(seen, "4 4 10");
}

#[test]
fn a_mean_without_a_population_opens_no_gate() {
    let sandbox = sandbox(&curves(20));
    let epochs = |run| (1..=10).map(move |epoch| format!("r{run},{epoch},val_accuracy,50\n"));
    let constant: String = (0..5).flat_map(epochs).collect();
    sandbox.write("flat.csv", &format!("run_id,epoch,metric,value\n{constant}"));
    let run = |more: &[&str], gate: &str, code| {
        let line = args(&[&["--curves", "flat.csv", "--gate", gate], more].concat());
        (sandbox.peng(&line, code), sandbox.complaint(&line, code))
    };
    let (table, told) = run(&[], "nmae <= 100%", 1);
    let expected =
        "`penguin`: nmae is undefined on 1 of 2 populations, such as `flat`, expected `nmae <= 100%`";
    assert!(told.contains(expected), "{told}");
    assert!(table.contains(" %*  "), "{table}");
    assert!(
        table.ends_with("\n\n* without the populations or orders in which the measure is undefined\n"),
        "{table}"
    );
    run(&[], "nmae <= 100% or saved >= 0%", 0);
    let (json, _) = run(&["--format", "json"], "mae <= 100pp", 0);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let mean = &json["estimators"][0]["mean"];
    assert_eq!(
        (&mean["nmae"]["undefined"], &mean["mae"]["undefined"]),
        (&1.into(), &serde_json::Value::Null)
    );
    let (page, _) = run(&["--format", "html"], "saved >= 0%", 0);
    assert!(page.contains("*</td>") || page.contains("*<small>"), "{page}");
}

#[test]
fn what_a_gate_forbids_is_told_so() {
    let told = sandbox(&curves(20)).complaint(&args(&["--gate", "not saved >= 0%"]), 1);
    assert!(told.contains(" %, expected not `saved >= 0%`\n"), "{told}");
}

#[test]
fn decisions_without_an_error_are_told() {
    let sandbox = sandbox(&(curves(3) + "r3,1,val_accuracy,1\nr3,2,val_accuracy,nan\n"));
    let never = ["replay", "--curves", "set", "--estimator", "never", "--lower-is-better"];
    let told = "4 decisions count in no error, since the truth or the prediction is NaN or infinite";
    let table = sandbox.peng(&never, 0);
    assert!(table.contains("`never`: 1 of ") && table.contains(told), "{table}");
    let page = sandbox.peng(&[&never[..], &["--format", "html"]].concat(), 0);
    assert!(page.contains("never: 1 of ") && page.contains(told), "{page}");
}

#[test]
fn numbers_of_orders_and_runs_are_whole() {
    let sandbox = sandbox(&curves(2));
    for (option, value, expected) in [
        ("--orders", "1.5", "expected a whole number from 1 to 10000, or a CSV file"),
        ("--orders", "0", "expected a whole number from 1 to 10000, or a CSV file"),
        ("--orders", "10001", "expected a whole number from 1 to 10000, or a CSV file"),
        ("--orders", "absent.csv", "expected a whole number from 1 to 10000, or a CSV file"),
        ("--limit", "0", "expected a whole number, at least 1"),
        ("--limit", "1.5", "expected a whole number, at least 1"),
    ] {
        let told = sandbox.complaint(&args(&[option, value]), 2);
        assert!(told.contains(&format!("'{value}'")) && told.contains(expected), "{told}");
    }
}

#[test]
fn a_file_of_orders_lists_runs_of_every_data_set() {
    let sandbox = sandbox(&curves(4));
    sandbox.write("set/meta.csv", "run_id,group\nr0,a\nr1,a\nr2,b\nr3,b\n");
    sandbox.write("other.csv", &curves(2));
    sandbox.write("orders.csv", "population,order,index,run_id\nset/a,0,0,r1\n");
    let grouped = args(&["--group-by", "group", "--orders", "orders.csv"]);
    sandbox.peng(&grouped, 0);
    sandbox.write("orders.csv", "population,order,index,run_id\nset,0,0,r1\n");
    let told = sandbox.complaint(&args(&["--curves", "other.csv", "--orders", "orders.csv"]), 2);
    assert!(told.contains("`orders.csv` lists no runs of `other`"), "{told}");
}

#[test]
fn decisions_replace_no_file_that_is_read_and_may_be_a_stream() {
    let sandbox = sandbox(&curves(2));
    sandbox.write("set/meta.csv", "run_id\nr0\nr1\n");
    sandbox.write("e.yaml", "estimator: {kind: never}\n");
    sandbox.write("orders.csv", "population,order,index,run_id\nset,0,0,r1\n");
    let more = ["--estimator", "e.yaml", "--orders", "orders.csv", "--decisions"];
    for file in ["set/curves.csv", "set/../set/curves.csv", "set/meta.csv", "e.yaml", "orders.csv"] {
        let before = sandbox.read(file);
        let told = sandbox.complaint(&args(&[&more[..], &[file]].concat()), 2);
        assert!(told.contains(&format!("`--decisions` is `{file}`, which is read")), "{told}");
        assert_eq!(sandbox.read(file), before);
    }
    sandbox.peng(&args(&["--decisions", "d.csv"]), 0);
    let written = sandbox.read("d.csv");
    assert!(written.starts_with("policy,population,") && written.lines().count() == 3, "{written}");
    if cfg!(unix) {
        assert!(sandbox.peng(&args(&["--decisions", "/dev/stdout"]), 0).starts_with(&written));
        let gated = args(&["--decisions", "/dev/stdout", "--gate", "saved >= 99%"]);
        assert_eq!(sandbox.unread(&gated), Some(1));
    }
}
