//! `extends` and `--set` on the command line: where values come from, and where findings about them are shown.

use serde_json::Value;

use crate::support::Sandbox;

const BASE: &str = "version: 1
dataset: {kind: digits}
search_space: {kind: nsga-macro, phases: 2, nodes: 3, channels: 8}
search: {kind: nsga-net, population: 4, offspring: 4, generations: 2}
objectives: [{maximize: val_accuracy}, {minimize: flops}]
training:
  epochs: 8
  batch_size: 32
estimator: {kind: penguin, window: 3}
";

/// A folder with a base and two specs that extend it.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("base.peng.yaml", BASE);
    sandbox.write("one.peng.yaml", "extends: base.peng.yaml\nname: one\ntraining: {epochs: 10}\n");
    sandbox.write("two.peng.yaml", "extends: one.peng.yaml\nname: two\nestimator: {kind: never}\n");
    sandbox
}

#[test]
fn config_tells_the_origin_of_each_value() {
    let sandbox = sandbox();
    let args = [
        "config",
        "two.peng.yaml",
        "--format",
        "json",
        "--set",
        "training.batch_size=16",
        "--set",
        "objectives[1].minimize=params",
    ];
    let config: Value = serde_json::from_str(&sandbox.peng(&args, 0)).unwrap();
    for (pointer, value, origin) in [
        ("/name", "\"two\"", "two.peng.yaml:2"),
        ("/training/epochs", "10", "one.peng.yaml:3"),
        ("/training/batch_size", "16", "command line"),
        ("/search/population", "4", "base.peng.yaml:4"),
        ("/objectives/0/maximize", "\"val_accuracy\"", "base.peng.yaml:5"),
        ("/objectives/1/minimize", "\"params\"", "command line"),
        ("/estimator/kind", "\"never\"", "two.peng.yaml:3"),
        ("/seed", "0", "default"),
    ] {
        assert_eq!(config["spec"].pointer(pointer).unwrap().to_string(), value, "{pointer}");
        assert_eq!(config["origins"][pointer], origin, "{pointer}");
    }
    assert!(config["spec"]["estimator"].get("window").is_none(), "a parameter of the kind of the base");
    let yaml = sandbox.peng(&["config", "one.peng.yaml", "--set", "seed=7"], 0);
    for line in ["  epochs: 10", "seed: 7", "  batch_size: 32"] {
        let comment = yaml.lines().find(|l| l.starts_with(line)).unwrap().split_once('#').unwrap().1;
        let expected = if line.starts_with("seed") {
            " command line"
        } else if line.ends_with("10") {
            " one.peng.yaml:3"
        } else {
            " base.peng.yaml:8"
        };
        assert_eq!(comment, expected);
    }
}

#[test]
fn the_plan_is_that_of_the_meaning() {
    let sandbox = sandbox();
    let whole = format!("{BASE}name: one\n").replace("epochs: 8", "epochs: 10");
    sandbox.write("whole.peng.yaml", &whole);
    let plan = |args: &[&str]| sandbox.peng(&[&["plan", "--format", "json"], args].concat(), 0);
    assert_eq!(plan(&["one.peng.yaml"]), plan(&["whole.peng.yaml"]));
    let set = ["--set", "name=one", "--set", "training={epochs: 1e1}"];
    assert_eq!(plan(&[&["base.peng.yaml"], &set[..]].concat()), plan(&["whole.peng.yaml"]));
    assert_ne!(plan(&["one.peng.yaml", "--set", "training.epochs=12"]), plan(&["whole.peng.yaml"]));
}

#[test]
fn findings_are_shown_where_the_value_was_written() {
    let sandbox = sandbox();
    sandbox.write("base.peng.yaml", &BASE.replace("batch_size: 32", "batch_size: none"));
    let told = sandbox.peng(&["check", "one.peng.yaml", "--set", "training.epoch=3", "--quiet"], 1);
    for part in [
        "base.peng.yaml:8:15: error[E0103]: found the text `none`",
        "one.peng.yaml:1:10",
        "extended here",
        "<command line>:1:16: error[E0102]: unknown key `epoch` in `training`",
        "1 | --set training.epoch=3\n  |                ^^^^^\n",
    ] {
        assert!(told.contains(part), "{part} in\n{told}");
    }
    let json: Vec<Value> = serde_json::from_str(
        &sandbox.peng(&["check", "one.peng.yaml", "--set", "seed=-1", "--output", "json"], 1),
    )
    .unwrap();
    let files: Vec<&str> = json.iter().map(|found| found["file"].as_str().unwrap()).collect();
    assert_eq!(files, ["base.peng.yaml", "<command line>"]);
    let lines = sandbox.peng(&["check", "one.peng.yaml", "--set", "seed=-1", "--output", "github"], 1);
    assert!(lines.contains("::error file=base.peng.yaml,line=8,"), "{lines}");
    assert!(
        lines.contains("::error file=one.peng.yaml,line=1,") && lines.contains("set by `--set seed=-1`"),
        "{lines}"
    );
    let sarif: Value =
        serde_json::from_str(&sandbox.peng(&["check", "one.peng.yaml", "--output", "sarif"], 1)).unwrap();
    let artifact = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!((&artifact["uri"], &artifact["index"]), (&Value::from("base.peng.yaml"), &Value::from(1)));
    assert_eq!(sarif["runs"][0]["artifacts"][1]["location"]["uri"], "base.peng.yaml");
}

#[test]
fn a_base_may_lack_what_those_who_extend_it_have() {
    let sandbox = sandbox();
    // It has no name.
    sandbox.peng(&["check", "."], 0);
    sandbox.peng(&["check", "base.peng.yaml", "one.peng.yaml"], 0);
    let told = sandbox.peng(&["check", "base.peng.yaml"], 1);
    assert!(told.contains("missing key `name`"), "{told}");
    sandbox.write("base.peng.yaml", &BASE.replace("epochs: 8", "epochs: 0"));
    let told = sandbox.peng(&["check", ".", "--quiet"], 1);
    assert_eq!(told.matches("error[").count(), 1, "who extends it sets another value: {told}");
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let sandbox = sandbox();
    for (setting, part) in
        [("training", "found no `=`"), ("a..b=1", "as a key"), ("a[x]=1", "expected an element")]
    {
        let said = sandbox.complaint(&["check", "one.peng.yaml", "--set", setting], 2);
        assert!(said.contains(part), "{said}");
    }
    sandbox.peng(&["plan", "one.peng.yaml", "-o", "plan.json"], 0);
    let said = sandbox.complaint(&["plan", "plan.json", "--set", "seed=1"], 2);
    assert!(said.contains("`--set` sets values of specs"), "{said}");
    let told = sandbox.peng(&["check", "one.peng.yaml", "--set", "name.x=1", "--quiet"], 1);
    assert!(told.contains("<command line>:1:12: error[E0013]: `name` is no mapping"), "{told}");
    assert!(told.contains("it is written here"), "{told}");
}

#[test]
fn the_spec_of_the_readme_is_the_quickstart_with_nothing_left_to_defaults() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let spec = readme.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let sandbox = Sandbox::new();
    sandbox.write("readme.peng.yaml", spec);
    sandbox.write(
        "quickstart.peng.yaml",
        &std::fs::read_to_string(root.join("examples/quickstart.peng.yaml")).unwrap(),
    );
    let config = |file: &str| -> Value {
        serde_json::from_str(&sandbox.peng(&["config", file, "--format", "json"], 0)).unwrap()
    };
    let (readme, quickstart) = (config("readme.peng.yaml"), config("quickstart.peng.yaml"));
    assert_eq!(readme["spec"], quickstart["spec"]);
    let origins = readme["origins"].as_object().unwrap();
    let left: Vec<_> = origins.iter().filter(|(_, origin)| *origin == "default").collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn an_element_of_a_list_that_is_not_there_is_appended() {
    let sandbox = sandbox();
    let set = |setting| ["plan", "one.peng.yaml", "--format", "json", "--set", setting];
    let plan: Value =
        serde_json::from_str(&sandbox.peng(&set("search_space.where[0]=params <= 2M"), 0)).unwrap();
    assert_eq!(plan["space"]["call"]["params"]["where"], serde_json::json!(["params <= 2M"]));
    let found = sandbox.peng(&set("search_space.where[1]=params <= 2M"), 1);
    assert_eq!(found.matches("error[").count(), 1, "{found}");
}

#[test]
#[cfg(unix)]
fn a_file_without_end_is_refused() {
    let sandbox = sandbox();
    let found = sandbox.peng(&["check", "/dev/zero"], 1);
    assert!(found.contains("error[E0001]: found more than 1 MiB of text"), "{found}");
    sandbox.write("endless.peng.yaml", "extends: /dev/zero\n");
    let found = sandbox.peng(&["check", "endless.peng.yaml"], 1);
    assert!(found.contains("error[E0011]: cannot read the base `/dev/zero`: it is no file"), "{found}");
    let zero = std::fs::File::open("/dev/zero").unwrap();
    let output = sandbox.command(&["check", "-"]).stdin(zero).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
}
