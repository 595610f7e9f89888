//! The entries of `fuzz/` on mutated specs, a bounded number of them; cargo-fuzz runs the same entries for longer.
//!
//! `PENG_FUZZ_CASES=200000 cargo test --release --test main fuzz` does more here, without nightly Rust.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

#[path = "../fuzz/entries.rs"]
mod entries;

/// Mutated specs for each entry in a normal test run: together a few seconds.
const CASES: u32 = 5_000;

/// What specs are broken with.
const TOKENS: &[&str] = &[
    "\n",
    "\n  ",
    "\n    ",
    ": ",
    ":",
    "- ",
    "? ",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "'",
    "\"",
    "#",
    " #",
    "&a ",
    "*a",
    "<<: ",
    "!!str ",
    "!x ",
    "|\n",
    ">-\n",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "\t",
    "\r\n",
    "\r",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "\0",
    "~",
    "null",
    "true",
    "no",
    "012",
    "0o17",
    "0x1F",
    "1e-3",
    "1e999",
    ".inf",
    "-1",
    "0",
    "1",
    "2",
    "64",
    "9007199254740993",
    "18446744073709551616",
    "25%",
    "0.5pp",
    "1/2 epoch",
    "1/0 epoch",
    "3 epochs",
    "2h",
    "1h30min",
    "16GiB",
    "kind: ",
    "kind: never",
    "metric: ",
    "val_accuracy",
    "minimize: ",
    "x: ",
    "ä",
    "\u{1F980}",
    "\\x41",
    "<=",
    ">= ",
    "saved > 10%",
    "= 2 * filters",
    "1..8",
];

/// A change of a text.
#[derive(Debug, Clone)]
enum Edit {
    Delete {
        at: Index,
        len: usize,
    },
    Insert {
        at: Index,
        token: Index,
    },
    Overwrite {
        at: Index,
        byte: u8,
    },
    /// Copies a line of another file over or between lines.
    Line {
        other: Index,
        from: Index,
        to: Index,
        replaced: usize,
    },
    /// Writes a token in place of what follows a `: `.
    Value {
        at: Index,
        token: Index,
    },
    Cut {
        at: Index,
    },
}

fn edit() -> impl Strategy<Value = Edit> {
    let index = any::<Index>;
    prop_oneof![
        (index(), 1..40usize).prop_map(|(at, len)| Edit::Delete { at, len }),
        (index(), index()).prop_map(|(at, token)| Edit::Insert { at, token }),
        (index(), any::<u8>()).prop_map(|(at, byte)| Edit::Overwrite { at, byte }),
        (index(), index(), index(), 0..3usize).prop_map(|(other, from, to, replaced)| Edit::Line {
            other,
            from,
            to,
            replaced
        }),
        (index(), index()).prop_map(|(at, token)| Edit::Value { at, token }),
        (index(), index()).prop_map(|(at, token)| Edit::Value { at, token }),
        index().prop_map(|at| Edit::Cut { at }),
    ]
}

fn apply(edit: &Edit, text: &mut Vec<u8>, corpus: &[Vec<u8>]) {
    let place = |at: &Index, text: &[u8]| at.index(text.len() + 1);
    match edit {
        Edit::Delete { at, len } => {
            let start = place(at, text);
            text.drain(start..(start + len).min(text.len()));
        }
        Edit::Insert { at, token } => {
            let start = place(at, text);
            text.splice(start..start, TOKENS[token.index(TOKENS.len())].bytes());
        }
        Edit::Overwrite { at, byte } => {
            let start = place(at, text);
            text.splice(start..(start + 1).min(text.len()), [*byte]);
        }
        Edit::Line { other, from, to, replaced } => {
            let lines = lines(&corpus[other.index(corpus.len())]);
            let line = lines[from.index(lines.len())].to_vec();
            let mut own: Vec<Vec<u8>> = self::lines(text).into_iter().map(<[u8]>::to_vec).collect();
            let start = to.index(own.len());
            own.splice(start..(start + replaced).min(own.len()), [line]);
            *text = own.concat();
        }
        Edit::Value { at, token } => {
            let values: Vec<usize> =
                text.windows(2).enumerate().filter(|(_, pair)| pair == b": ").map(|(i, _)| i + 2).collect();
            if values.is_empty() {
                return;
            }
            let start = values[at.index(values.len())];
            let len = text[start..].iter().position(|byte| b",}]\n".contains(byte));
            let end = len.map_or(text.len(), |len| start + len);
            text.splice(start..end, TOKENS[token.index(TOKENS.len())].bytes());
        }
        Edit::Cut { at } => text.truncate(place(at, text)),
    }
}

/// The lines with their ends; at least one.
fn lines(text: &[u8]) -> Vec<&[u8]> {
    let lines: Vec<&[u8]> = text.split_inclusive(|&byte| byte == b'\n').collect();
    if lines.is_empty() { vec![b"\n"] } else { lines }
}

/// All files below folders, in the order of their names.
fn corpus(folders: &[&str]) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(root.join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file() && path.extension().is_none_or(|e| e == "yaml" || e == "txt"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no file in {folders:?}");
    files.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

fn survives(name: &str, folders: &[&str]) {
    let (_, entry) = entries::ENTRIES.iter().find(|(entry, _)| *entry == name).unwrap();
    let corpus = corpus(folders);
    for bytes in &corpus {
        entry(bytes);
    }
    #[allow(clippy::disallowed_methods, reason = "whoever runs a test says how long")]
    let cases = std::env::var("PENG_FUZZ_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(CASES);
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(cases) });
    let strategy = (any::<Index>(), prop::collection::vec(edit(), 1..6));
    let outcome = runner.run(&strategy, |(base, edits)| {
        let mut text = corpus[base.index(corpus.len())].clone();
        for edit in &edits {
            apply(edit, &mut text, &corpus);
        }
        let survived = std::panic::catch_unwind(|| entry(&text));
        survived.map_err(|_| TestCaseError::fail(format!("in {:?}", String::from_utf8_lossy(&text))))
    });
    if let Err(error) = outcome {
        panic!("`{name}` fails: {error}");
    }
}

const SPECS: &[&str] = &["tests/specs/ok", "tests/specs/bad", "examples", "fuzz/corpus/load"];

#[test]
fn the_loader_survives_mutated_specs() {
    survives("load", SPECS);
}

#[test]
fn expressions_survive_mutated_ones() {
    survives("expressions", &["fuzz/corpus/expressions"]);
}

#[test]
fn decoding_never_fails_after_the_shape() {
    survives("decode", SPECS);
}

#[test]
fn check_survives_mutated_specs() {
    survives("check", SPECS);
}
