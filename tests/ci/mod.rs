//! What CI services read: every form of `peng check` over all specs of the tests, and the files that hooks, matchers and
//! workflows are made of.

mod forms;
mod integration;
mod sarif;
mod xml;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// All specs of the tests, and a file that is not there.
const EVERYTHING: &[&str] =
    &["tests/specs/bad/*.yaml", "tests/specs/ok/*.yaml", "tests/cli", "tests/specs/absent.yaml"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// Runs `peng check` in the root of the repository, and returns its exit code and what it printed.
fn check(args: &[&str], stdin: &[u8]) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_peng"))
        .arg("check")
        .args(args)
        .current_dir(root())
        .env_remove("NO_COLOR")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Who does not read its standard input may have ended before.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// All findings in a form.
fn everything(form: &str) -> String {
    let (code, out, err) = check(&[&["--output", form], EVERYTHING].concat(), b"");
    assert_eq!(code, 5, "{err}");
    assert!(err.contains("cannot read `tests/specs/absent.yaml`"), "{err}");
    out
}

/// All findings in the JSON form, to which the others are compared.
fn findings() -> Vec<Value> {
    let findings: Vec<Value> = serde_json::from_str(&everything("json")).unwrap();
    assert!(findings.len() > 100, "only {}", findings.len());
    findings
}
