//! A directory of its own for a test, and the program run in it.

pub(crate) mod language_client;

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

pub(crate) struct Sandbox {
    dir: tempfile::TempDir,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    #[cfg(any(feature = "engine", feature = "lsp"))]
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_peng"));
        command.args(args).current_dir(self.dir.path()).env_remove("NO_COLOR").stdin(Stdio::null());
        command
    }

    /// Runs the program to its end; panics with all that it printed if its exit code is another one.
    pub(crate) fn peng(&self, args: &[&str], code: i32) -> String {
        let output = self.command(args).output().unwrap();
        expect(&output, code, args);
        String::from_utf8(output.stdout).unwrap()
    }

    /// Its exit code where both of its streams are closed before it begins.
    #[cfg(feature = "engine")]
    pub(crate) fn unread(&self, args: &[&str]) -> Option<i32> {
        let closed = || std::io::pipe().unwrap().1;
        self.command(args).stdout(closed()).stderr(closed()).status().unwrap().code()
    }

    /// The same, for what it printed to the error stream.
    pub(crate) fn complaint(&self, args: &[&str], code: i32) -> String {
        let output = self.command(args).output().unwrap();
        expect(&output, code, args);
        String::from_utf8(output.stderr).unwrap()
    }
}

pub(crate) fn expect(output: &Output, code: i32, args: &[&str]) {
    assert_eq!(
        output.status.code(),
        Some(code),
        "peng {}\n{}{}",
        args.join(" "),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Workers of a run directory that are alive.
#[cfg(all(feature = "train", target_os = "linux"))]
pub(crate) fn workers(dir: &std::path::Path) -> Vec<u32> {
    let dir = dir.to_string_lossy().into_owned();
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let Ok(line) = std::fs::read(entry.path().join("cmdline")) else { continue };
        let args: Vec<String> =
            line.split(|&b| b == 0).map(|a| String::from_utf8_lossy(a).into_owned()).collect();
        if args.iter().any(|a| a == "worker") && args.contains(&dir) {
            found.push(pid);
        }
    }
    found
}
