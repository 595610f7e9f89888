//! What commands print: `tests/cli/*.md` and the README, each console block of which is a test.
//!
//! A block holds commands, `$ peng ...`, each followed by what it prints (the output stream, then the error stream), and
//! before that by `? CODE` if it exits with another code than 0. `[..]` stands for anything on a line, `...` alone on a
//! line for any lines; empty lines before the next command do not count. A line `< TEXT` is one that the command reads; if
//! there are any, its output is a dialogue, a line after each. `BLESS=1` rewrites outputs, wildcards too.

use std::fmt::Write;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use snapbox::{Assert, IntoData};

struct Session {
    file: String,
    line: usize,
    args: Vec<String>,
    code: i32,
    expected: String,
}

#[test]
fn commands_print_what_is_written() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(root.join("tests/cli")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "md"));
    files.push(root.join("README.md"));
    files.sort();
    let mut faults = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.strip_prefix(root).unwrap().display().to_string();
        let mut blessed = String::new();
        for part in parts(&name, &text) {
            match part {
                Part::Text(text) => blessed += &text,
                Part::Session(session) => {
                    let (code, printed) = run(root, &session);
                    writeln!(blessed, "$ peng {}", session.args.join(" ")).unwrap();
                    if code != 0 {
                        writeln!(blessed, "? {code}").unwrap();
                    }
                    if !printed.trim_end().is_empty() {
                        writeln!(blessed, "{}", printed.trim_end()).unwrap();
                    }
                    blessed += &session.expected[session.expected.trim_end().len()..].replacen('\n', "", 1);
                    let place = format!("{}:{}", session.file, session.line);
                    let compared = Assert::new().try_eq(
                        Some(&place),
                        printed.trim_end().to_owned().into_data(),
                        session.expected.trim_end().to_owned().into_data(),
                    );
                    if code != session.code {
                        faults
                            .push(format!("{place}: exit code {code}, expected {}\n{printed}", session.code));
                    }
                    if let Err(difference) = compared {
                        faults.push(difference.to_string());
                    }
                }
            }
        }
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&file, blessed).unwrap();
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

enum Part {
    Text(String),
    Session(Session),
}

fn parts(file: &str, text: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut in_console = false;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let bare = line.trim_end();
        if bare == "```console" {
            in_console = true;
        } else if bare == "```" {
            in_console = false;
        } else if in_console && let Some(command) = bare.strip_prefix("$ peng ") {
            let args = command.split(' ').map(str::to_owned).collect();
            let line = index + 1;
            parts.push(Part::Session(Session {
                file: file.to_owned(),
                line,
                args,
                code: 0,
                expected: String::new(),
            }));
            continue;
        } else if in_console && let Some(Part::Session(session)) = parts.last_mut() {
            match bare.strip_prefix("? ") {
                Some(code) if session.expected.is_empty() => session.code = code.parse().unwrap(),
                _ => session.expected += line,
            }
            continue;
        }
        match parts.last_mut() {
            Some(Part::Text(text)) => *text += line,
            Some(Part::Session(_)) | None => parts.push(Part::Text(line.to_owned())),
        }
    }
    parts
}

fn run(root: &Path, session: &Session) -> (i32, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_peng"))
        .args(&session.args)
        .current_dir(root)
        .env("COLUMNS", "100")
        .env_remove("NO_COLOR")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let typed: Vec<&str> = session.expected.lines().filter_map(|line| line.strip_prefix("< ")).collect();
    let mut stdin = child.stdin.take().unwrap();
    for line in &typed {
        writeln!(stdin, "{line}").unwrap();
    }
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    let mut lines = printed.split_inclusive('\n');
    let mut dialogue = String::new();
    for line in typed {
        writeln!(dialogue, "< {line}").unwrap();
        dialogue.extend(lines.next());
    }
    dialogue.extend(lines);
    (output.status.code().unwrap(), dialogue)
}
