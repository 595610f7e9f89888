//! The small checker, a build without the feature `engine`: what it answers to what it lacks.

use crate::support::Sandbox;

#[test]
fn a_command_that_is_missing_names_its_feature() {
    let sandbox = Sandbox::new();
    for (args, what, feature) in [
        (&["run", "a.peng.yaml", "--dir", "x"][..], "run", "train"),
        (&["resume", "x"], "resume", "train"),
        (&["status", "--help"], "status", "engine"),
        (&["log", "x"], "log", "engine"),
        (&["report", "x"], "report", "engine"),
        (&["verify", "x"], "verify", "engine"),
        (&["replay", "--curves", "x"], "replay", "engine"),
        (&["engine"], "engine", "engine"),
        (&["schema", "--docs", "html"], "schema --docs", "engine"),
    ] {
        let expected = format!(
            "error: this build of peng has no `peng {what}`: it was built without the feature `{feature}`\n\
             help: build it with `cargo build --release --features {feature}`\n"
        );
        assert_eq!(sandbox.complaint(args, 5), expected);
    }
}

#[test]
fn the_help_names_what_there_is() {
    let help = Sandbox::new().peng(&["--help"], 0);
    assert!(help.contains("\n  check "), "{help}");
    for absent in ["run", "resume", "status", "engine", "replay"] {
        assert!(!help.contains(&format!("\n  {absent} ")), "{help}");
    }
}

#[test]
fn the_schema_is_that_of_every_build() {
    assert_eq!(Sandbox::new().peng(&["schema"], 0), include_str!("../schemas/experiment.v1.json"));
}
