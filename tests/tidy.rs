//! Rules of the house that no linter knows.

use std::fs;
use std::path::{Path, PathBuf};

/// Longer files are cut into subjects.
const LINES: usize = 600;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(dir: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') && !name.starts_with("runs") {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
}

fn rust_files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    files(root(), "rs", &mut found);
    assert!(found.len() > 100, "only {} files found", found.len());
    found
}

#[test]
fn files_are_short_and_say_what_is_in_them() {
    let mut faults = Vec::new();
    for path in rust_files() {
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().count();
        if lines > LINES {
            faults.push(format!("{}: {lines} lines", path.display()));
        }
        if !text.starts_with("//!") {
            faults.push(format!("{}: does not begin with `//!`", path.display()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn burn_occurs_in_its_own_folder_only() {
    let faults: Vec<String> = rust_files()
        .into_iter()
        .filter(|path| {
            path.starts_with(root().join("runtime/src")) && !path.starts_with(root().join("runtime/src/burn"))
        })
        .filter(|path| {
            let text = fs::read_to_string(path).unwrap();
            text.lines().any(|l| l.trim_start().starts_with("use burn") || l.contains("::burn::"))
        })
        .map(|path| path.display().to_string())
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn libraries_do_not_know_the_terminal() {
    for library in ["spec", "compiler", "runtime", "runtime/estimator", "runtime/ops"] {
        let manifest = fs::read_to_string(root().join(library).join("Cargo.toml")).unwrap();
        for name in ["clap", "indicatif", "anyhow"] {
            assert!(!manifest.lines().any(|l| l.starts_with(name)), "{library} depends on {name}");
        }
    }
}

#[test]
fn every_kind_has_its_file_in_the_list_of_its_slot() {
    for (dir, list) in [
        ("runtime/src/data", "DATASETS"),
        ("runtime/src/search", "SEARCHES"),
        ("runtime/src/space", "SPACES"),
    ] {
        let module = fs::read_to_string(root().join(dir).join("mod.rs")).unwrap();
        let (_, list) = module.split_once(&format!("pub static {list}")).unwrap();
        let (list, _) = list.split_once("];").unwrap();
        for entry in fs::read_dir(root().join(dir)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let is_kind = fs::read_to_string(if path.is_dir() { path.join("mod.rs") } else { path.clone() })
                .is_ok_and(|text| text.contains("impl Typed for"));
            if is_kind {
                assert!(list.contains(&format!("{name}::")), "`{name}` in {dir} is not in the list");
            }
        }
    }
}

#[test]
fn examples_begin_with_the_schema_line() {
    let mut found = Vec::new();
    files(&root().join("examples"), "yaml", &mut found);
    assert!(!found.is_empty());
    for path in found {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.display().to_string();
        let up = if name.contains("examples/studies/") { "../.." } else { ".." };
        let schema = if name.ends_with(".study.peng.yaml") { "study" } else { "experiment" };
        let line = format!("# yaml-language-server: $schema={up}/schemas/{schema}.v1.json\n");
        assert!(text.starts_with(&line), "{name}");
    }
}

/// Clippy reads the nearest file only.
#[test]
fn the_estimators_clippy_file_has_the_rules_of_the_workspace() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let own = read("runtime/estimator/clippy.toml");
    for rule in read("clippy.toml").lines().filter(|line| !line.starts_with('#')) {
        assert!(own.lines().any(|line| line == rule), "runtime/estimator/clippy.toml lacks `{rule}`");
    }
}
