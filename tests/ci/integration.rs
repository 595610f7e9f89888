//! The problem matcher over real output, the hooks of pre-commit, and the GitHub Action.

use std::process::Command;

use regex::Regex;
use serde_json::Value;

use super::{EVERYTHING, check, findings, read, root};

#[test]
fn the_problem_matcher_finds_what_people_are_shown() {
    let matcher: Value = serde_json::from_str(&read(".github/peng-matcher.json")).unwrap();
    let pattern = &matcher["problemMatcher"][0]["pattern"][0];
    let regex = Regex::new(pattern["regexp"].as_str().unwrap()).unwrap();
    let group = |name: &str| usize::try_from(pattern[name].as_u64().unwrap()).unwrap();
    let expected: Vec<[String; 5]> = findings()
        .iter()
        .map(|finding| {
            let start = &finding["span"]["start"];
            [&finding["file"], &start["line"], &start["column"], &finding["severity"], &finding["code"]]
                .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        })
        .collect();
    for color in ["never", "always"] {
        let (_, out, _) = check(&[&["--color", color], EVERYTHING].concat(), b"");
        assert_eq!(out.contains('\u{1b}'), color == "always");
        let found: Vec<[String; 5]> = out
            .lines()
            .filter_map(|line| regex.captures(line))
            .map(|m| {
                assert!(!m[group("message")].is_empty() && !m[group("message")].contains('\u{1b}'));
                ["file", "line", "column", "severity", "code"].map(|name| m[group(name)].to_owned())
            })
            .collect();
        assert_eq!(found, expected, "{color}");
    }
}

fn yaml(path: &str) -> Value {
    serde_yaml::from_str(&read(path)).unwrap()
}

fn runs(script: &str) -> bool {
    Command::new("bash").args(["-n", "-c", script]).status().unwrap().success()
}

#[test]
fn the_hooks_are_complete_and_what_they_start_is_there() {
    let hooks = yaml(".pre-commit-hooks.yaml");
    let hooks = hooks.as_array().unwrap();
    assert_eq!(hooks.len(), 2);
    for hook in hooks {
        for key in ["id", "name", "description", "language", "entry", "files"] {
            assert!(hook[key].is_string(), "{hook}: {key}");
        }
        let files = Regex::new(hook["files"].as_str().unwrap()).unwrap();
        assert!(files.is_match("specs/a.peng.yaml") && !files.is_match("specs/a.yaml"));
        if hook["language"] == "script" {
            let script = hook["entry"].as_str().unwrap().split(' ').next().unwrap();
            assert!(runs(&read(script)));
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                let mode = std::fs::metadata(root().join(script)).unwrap().permissions().mode();
                assert_eq!(mode & 0o111, 0o111, "{script} is not executable");
            }
        }
    }
}

#[test]
fn the_action_is_composite_and_takes_its_inputs_as_variables() {
    let action = yaml("action.yml");
    assert_eq!(action["runs"]["using"], "composite");
    let inputs: Vec<&String> = action["inputs"].as_object().unwrap().keys().collect();
    let steps = action["runs"]["steps"].as_array().unwrap();
    for step in steps {
        if let Some(script) = step["run"].as_str() {
            assert_eq!(step["shell"], "bash", "{step}");
            assert!(!script.contains("${{"), "text of a workflow would become a command: {script}");
            assert!(runs(script), "{script}");
        } else {
            assert!(step["uses"].as_str().unwrap().contains('@'), "{step}");
        }
    }
    let last = steps.last().unwrap();
    for input in inputs {
        let variable = format!("INPUT_{}", input.to_uppercase().replace('-', "_"));
        assert_eq!(last["env"][&variable], format!("${{{{ inputs.{input} }}}}"));
        assert!(last["run"].as_str().unwrap().contains(&format!("${variable}")), "{input} is not used");
    }
}

/// Runs the last step of the action as the runner does.
#[cfg(unix)]
fn run_last_step(files: &str, args: &str, output: &str, output_file: &str) -> (i32, String) {
    let action = yaml("action.yml");
    let script =
        action["runs"]["steps"].as_array().unwrap().last().unwrap()["run"].as_str().unwrap().to_owned();
    let dir = tempfile::tempdir().unwrap();
    let checker = dir.path().join("peng-checker");
    std::fs::create_dir(&checker).unwrap();
    // A link, since a file that another thread's child holds open for writing could not be run.
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_peng"), checker.join("peng")).unwrap();
    let output = Command::new("bash")
        .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script])
        .current_dir(root())
        .env("RUNNER_TEMP", dir.path())
        .env("INPUT_FILES", files)
        .env("INPUT_ARGS", args)
        .env("INPUT_OUTPUT", output)
        .env("INPUT_OUTPUT_FILE", output_file)
        .output()
        .unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

#[cfg(unix)]
#[test]
fn the_action_checks() {
    let (code, out) = run_last_step("tests/cli/*.peng.yaml\nexamples\n", "", "github", "");
    assert_eq!(code, 1);
    assert_eq!(
        out.lines().filter(|line| line.starts_with("::error file=tests/cli/typo.peng.yaml,")).count(),
        3
    );
    let dir = tempfile::tempdir().unwrap();
    let report = dir.path().join("a report.sarif");
    let (code, out) = run_last_step("tests/cli", "--exit-zero\n--quiet", "sarif", &report.to_string_lossy());
    assert_eq!((code, out.as_str()), (0, ""));
    let log: Value = serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap();
    assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), 3);
    let never = dir.path().join("never");
    let command = format!("$(touch '{}')", never.display());
    assert_eq!(run_last_step(&command, "", "github", "").0, 5, "it is a name, and no such file");
    assert!(!never.exists(), "it was run");
}
