//! `peng engine` as a process: pipes that stall or break, a kill and what is restored after it, and a real client.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

const RUNS: u32 = 7;
const EPOCHS: u32 = 12;

struct Engine {
    process: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Engine {
    fn start() -> Self {
        Self::start_with(&["--estimator", "penguin:window=2,tolerance=1pp"], Stdio::piped())
    }

    fn start_with(args: &[&str], stderr: Stdio) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_peng"))
            .arg("engine")
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .unwrap();
        let (stdin, stdout) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        Engine { process, stdin, stdout }
    }

    /// Writes a request and waits for its reply: it must not need the end of the input to be answered.
    fn ask(&mut self, request: &str) -> String {
        writeln!(self.stdin, "{request}").unwrap();
        self.reply()
    }

    fn reply(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        assert!(line.ends_with('\n'), "`{line}` is cut off");
        line
    }

    /// Ends its input; hands back the exit code and what it said to people.
    fn end(self) -> (Option<i32>, String) {
        let Engine { process, stdin, stdout } = self;
        drop((stdin, stdout));
        let output = process.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }
}

/// Runs that begin and end at different times.
fn requests() -> Vec<String> {
    let mut requests = Vec::new();
    for step in 1..=EPOCHS + RUNS {
        for run in 0..RUNS {
            let epoch = step.saturating_sub(run);
            if (1..=EPOCHS).contains(&epoch) {
                let value = 90.0 - 50.0 / f64::from(run + 2).powi(epoch as i32);
                requests.push(format!(
                    r#"{{"op":"observe","run":"net-{run}","epoch":{epoch},"planned":{EPOCHS},"metrics":{{"val_accuracy":{value}}}}}"#
                ));
            }
        }
    }
    requests
}

#[test]
fn an_engine_that_was_killed_goes_on_from_its_snapshot() {
    let requests = requests();
    let mut whole = Engine::start();
    let expected: Vec<String> = requests.iter().map(|request| whole.ask(request)).collect();
    assert!(expected.iter().any(|reply| reply.contains("converged")), "{expected:?}");
    assert_eq!(whole.end(), (Some(0), String::new()));

    for cut in [1, requests.len() / 2, requests.len() - 1] {
        let mut first = Engine::start();
        for (request, reply) in requests[..cut].iter().zip(&expected) {
            assert_eq!(&first.ask(request), reply);
        }
        let snapshot = first.ask(r#"{"op":"snapshot"}"#);
        first.process.kill().unwrap();
        first.process.wait().unwrap();
        let mut second = Engine::start();
        let state = snapshot.trim_end().strip_prefix(r#"{"state":"#).unwrap();
        let restored = second.ask(&format!(r#"{{"op":"restore","state":{state}"#));
        assert!(restored.starts_with(r#"{"restored":"#), "{restored}");
        for (request, reply) in requests[cut..].iter().zip(&expected[cut..]) {
            assert_eq!(&second.ask(request), reply);
        }
        assert_eq!(second.end(), (Some(0), String::new()));
    }
}

#[test]
fn a_client_that_writes_more_than_all_pipes_hold_gets_every_reply() {
    let Engine { mut process, mut stdin, stdout } = Engine::start();
    let requests = 20_000;
    let writer = std::thread::spawn(move || {
        for number in 0..requests {
            writeln!(stdin, r#"{{"op":"forget","run":"{number}"}}"#).unwrap();
        }
    });
    let mut lines = stdout.lines();
    let first = lines.next().unwrap().unwrap();
    assert!(first.contains("no run `0`"), "{first}");
    let mut answered = 1;
    for line in lines {
        assert!(line.unwrap().contains(&format!("no run `{answered}`")));
        answered += 1;
    }
    assert_eq!(answered, requests);
    writer.join().unwrap();
    assert!(process.wait().unwrap().success());
}

#[test]
fn a_client_that_is_gone_ends_it_quietly() {
    let Engine { mut process, mut stdin, stdout } = Engine::start();
    drop(stdout);
    // It may have ended before all is written.
    for _ in 0..1000 {
        writeln!(stdin, "{{}}").ok();
    }
    drop(stdin);
    let mut said = String::new();
    process.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((process.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}

#[test]
fn a_warning_that_nobody_reads_is_no_reason_to_end() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut engine = Engine::start_with(&["--estimator", "never", "--metric", "val_loss"], writer.into());
    let reply = engine.ask(r#"{"op":"observe","run":"a","epoch":1,"planned":3,"metrics":{"val_loss":2}}"#);
    assert!(reply.contains(r#""verdict":"continue""#), "{reply}");
    drop((engine.stdin, engine.stdout));
    assert_eq!(engine.process.wait().unwrap().code(), Some(0));
}

#[test]
fn an_input_that_cannot_be_read_is_named() {
    let folder = std::fs::File::open(env!("CARGO_MANIFEST_DIR")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_peng")).arg("engine").stdin(folder).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{said}");
    assert!(said.starts_with("error: cannot read requests from stdin"), "{said}");
}

/// A Python that has these modules; `None`: there is none, which is said.
fn python_with(modules: &str) -> Option<OsString> {
    let python = std::env::var_os("PENG_TEST_PYTHON").unwrap_or_else(|| "python3".into());
    let has_them = Command::new(&python)
        .args(["-c", &format!("import {modules}")])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !has_them {
        let required = std::env::var_os("PENG_REQUIRE_PYTHON").is_some_and(|value| value == "1");
        assert!(!required, "{} lacks {modules}, which PENG_REQUIRE_PYTHON asks for", python.display());
        eprintln!(
            "not run: {} lacks {modules}; name one that has them in PENG_TEST_PYTHON",
            python.display()
        );
    }
    has_them.then_some(python)
}

#[test]
fn its_python_client_tells_the_exit_code_of_an_engine_that_has_ended() {
    let Some(python) = python_with("json") else { return };
    let script = r#"
import sys
sys.path.insert(0, "examples/engine")
from peng_engine import PengEngine
with PengEngine([sys.argv[1], "engine", "--estimator", "pengin"]) as engine:
    engine._process.wait()
    engine.observe("a", 1, {"val_accuracy": 1}, planned=3)
"#;
    let output = Command::new(python)
        .args(["-c", script, env!("CARGO_BIN_EXE_peng")])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.trim_end().ends_with("RuntimeError: `peng engine` ended with exit code 1"), "{said}");
    assert!(!said.contains("BrokenPipeError"), "{said}");
}

#[test]
fn an_optuna_study_asks_it_and_saves_epochs() {
    let Some(python) = python_with("numpy, optuna") else { return };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/engine/optuna_study.py");
    let output = Command::new(&python)
        .arg(script)
        .args(["--peng", env!("CARGO_BIN_EXE_peng"), "--trials", "12", "--epochs", "30"])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let numbers = |label: &str| -> Vec<f64> {
        let line =
            said.lines().find(|line| line.starts_with(label)).unwrap_or_else(|| panic!("no {label}: {said}"));
        line.split([' ', ',', ':', '(']).filter_map(|word| word.parse().ok()).collect()
    };
    let [stopped, trials] = numbers("trials")[..] else { panic!("{said}") };
    assert!(stopped > 0.0 && trials == 12.0, "{said}");
    let [trained, planned, saved, share] = numbers("epochs")[..] else { panic!("{said}") };
    assert!(planned == 360.0 && trained + saved == planned && share > 10.0, "{said}");
    let [_, told, _, observed] = numbers("best")[..] else { panic!("{said}") };
    assert!((told - observed).abs() < 3.0 && observed > 90.0, "{said}");
}
