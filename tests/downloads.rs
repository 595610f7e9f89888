//! Data sets that are published: `run` downloads them, nothing else does, and a run that cannot says what to do.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use crate::support::{Sandbox, expect};

const SPEC: &str = "\
version: 1
name: small
dataset: {kind: cifar-10, limit: {train: 400, validation: 200}}
search_space: {kind: nsga-macro, phases: 2, nodes: 3, channels: 4}
search: {kind: random, networks: 2}
objectives: [{maximize: val_accuracy}]
training: {epochs: 1}
";
const PATH: &str = "/sets/cifar-10/cifar-10-binary.tar.gz";

/// A mirror that answers each request with this and then waits for the other side to go; the paths that it was asked for.
fn mirror(answer: &'static str) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/sets", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut reader = BufReader::new(connection.try_clone().unwrap());
            let lines = reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty());
            let first = lines.collect::<Vec<_>>().first().cloned().unwrap_or_default();
            log.lock().unwrap().push(first.split(' ').nth(1).unwrap_or_default().to_owned());
            let _ = connection.write_all(answer.as_bytes());
            let _ = reader.read(&mut [0]);
        }
    });
    (address, seen)
}

/// The program with a cache of its own and this mirror.
fn command(sandbox: &Sandbox, args: &[&str], mirror: &str) -> std::process::Command {
    let mut command = sandbox.command(args);
    command.env("XDG_CACHE_HOME", sandbox.path("cache")).env("PENG_DATASETS_URL", mirror);
    for name in ["http_proxy", "all_proxy", "ALL_PROXY"] {
        command.env_remove(name);
    }
    command
}

fn complaint(sandbox: &Sandbox, args: &[&str], mirror: &str, code: i32) -> String {
    let output = command(sandbox, args, mirror).output().unwrap();
    expect(&output, code, args);
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn what_cannot_be_downloaded_is_told_with_the_place_for_the_files() {
    let sandbox = Sandbox::new();
    sandbox.write("small.peng.yaml", SPEC);
    let run = ["run", "small.peng.yaml", "--dir", "run"];
    let (address, seen) = mirror("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    let told = complaint(&sandbox, &run, &address, 5);
    for words in [
        format!("downloading cifar-10-binary.tar.gz (170 MB) from {address}/cifar-10/cifar-10-binary.tar.gz"),
        format!(
            "cannot download cifar-10 from `{address}/cifar-10/cifar-10-binary.tar.gz`: the server answered 404"
        ),
        format!(
            "help: put `cifar-10-binary.tar.gz` into `{}`, or name their directory in `path`",
            sandbox.path("cache/peng/datasets/cifar-10").display()
        ),
    ] {
        assert!(told.contains(&words), "{told}");
    }
    assert_eq!(*seen.lock().unwrap(), [PATH]);
    assert!(!sandbox.path("run").exists());

    let (address, _) = mirror("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsign in");
    let told = complaint(&sandbox, &run, &address, 5);
    assert!(told.contains("found 7 bytes, expected 170052171"), "{told}");
}

#[test]
fn checks_plans_and_runs_offline_ask_nobody() {
    let sandbox = Sandbox::new();
    sandbox.write("small.peng.yaml", SPEC);
    let (address, seen) = mirror("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    for command in ["check", "plan", "config", "arch"] {
        complaint(&sandbox, &[command, "small.peng.yaml"], &address, 0);
    }
    let told = complaint(&sandbox, &["run", "small.peng.yaml", "--dir", "run", "--offline"], &address, 5);
    assert!(told.contains("`--offline` forbids it") && told.contains(PATH), "{told}");
    assert!(seen.lock().unwrap().is_empty());
    assert!(!sandbox.path("cache").exists());
}

#[test]
#[cfg(unix)]
fn a_download_that_is_interrupted_stays_for_the_next_run() {
    let sandbox = Sandbox::new();
    sandbox.write("small.peng.yaml", SPEC);
    let (address, _) = mirror("HTTP/1.1 200 OK\r\nContent-Length: 170052171\r\n\r\nthe beginning");
    let args = ["run", "small.peng.yaml", "--dir", "run"];
    let mut child = command(&sandbox, &args, &address).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with("downloading"));
    let part = sandbox.path("cache/peng/datasets/cifar-10/cifar-10-binary.tar.gz.part");
    while std::fs::metadata(&part).map_or(0, |part| part.len()) == 0 {
        std::thread::yield_now();
    }
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest:?}");
    assert!(rest.join("\n").contains("interrupted while the data were downloaded"), "{rest:?}");
    assert_eq!(std::fs::read_to_string(part).unwrap(), "the beginning");
    assert!(!sandbox.path("run").exists());
}
