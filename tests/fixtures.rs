//! Specs as tests: one test a file under `tests/specs`, see the README there. `BLESS=1` rewrites what is generated.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use peng_compiler::{
    Analysed, Compiled, CompiledStudy, ConfigValue, Language, analyse, compile, compile_document,
    compile_study, config,
};
use peng_runtime::catalog;
use peng_spec::diag::{CODES, Diagnostic, Diagnostics, Example, Fix, codes};
use peng_spec::document::{self, Document};
use peng_spec::model::is_study;
use peng_spec::overlay;
use peng_spec::plan::Plan;
use peng_spec::shape::{Draft, SpecSchema, StudySchema};
use peng_spec::source::{FileId, SourceMap};
use serde_json::Value;

type TestResult = Result<(), Box<dyn Error>>;

fn main() -> ExitCode {
    let args = Arguments::from_args();
    let mut tests = Vec::new();
    for_each_file("tests/specs/ok", "yaml", is_compiled, &mut tests);
    for_each_file("tests/specs/bad", "yaml", has_the_announced_findings, &mut tests);
    for_each_file("examples", "yaml", example_has_no_finding, &mut tests);
    for_each_file("examples/studies", "yaml", example_has_no_finding, &mut tests);
    tests.push(Trial::test("every_code_has_a_fixture", || Ok(every_code_has_a_fixture()?)));
    tests.push(Trial::test("the_examples_of_each_code_hold", || Ok(the_examples_of_each_code_hold()?)));
    tests.push(Trial::test("the_shape_reads_every_keyword", || Ok(the_shape_reads_every_keyword()?)));
    #[cfg(feature = "engine")]
    tests.push(Trial::test("the_reference_is_current", || Ok(the_reference_is_current()?)));
    tests.push(Trial::test("schema_is_current", || Ok(schema_is_current()?)));
    tests.push(Trial::test("the_page_of_the_codes_is_current", || Ok(the_page_of_the_codes_is_current()?)));
    tests.push(Trial::test("causes_elsewhere_are_labelled", || Ok(causes_elsewhere_are_labelled()?)));
    tests.push(Trial::test("fixes_make_findings_go_away", || Ok(fixes_make_findings_go_away()?)));
    libtest_mimic::run(&args, tests).exit_code()
}

/// A test for each file of a folder; it is an error if there is none.
fn for_each_file(folder: &str, extension: &str, test: fn(&Path) -> TestResult, tests: &mut Vec<Trial>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let entries = std::fs::read_dir(root.join(folder)).expect("the folder is part of the repository");
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == extension));
    paths.sort();
    assert!(!paths.is_empty(), "no `.{extension}` file in `{folder}`");
    for path in paths {
        let name = path.strip_prefix(root).expect("it is below the root").display().to_string();
        tests.push(Trial::test(name, move || Ok(test(&path)?)));
    }
}

fn source(name: &str, bytes: &[u8]) -> (SourceMap, FileId) {
    let mut sources = SourceMap::new();
    let file = sources.add_bytes(name, bytes);
    (sources, file)
}

/// Loads a file over its bases: `base.peng.yaml` is a whole spec, others lie beside the bad ones, or where they say.
fn loaded(sources: &mut SourceMap, file: FileId) -> Result<Document, Diagnostics> {
    overlay::load(sources, file, &[], &read_beside)
}

fn read_beside(path: &Path) -> Result<Vec<u8>, String> {
    let bad = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/specs/bad");
    if path == Path::new("base.peng.yaml") {
        return Ok(Example::Part("").spec().unwrap_or_default().into_bytes());
    }
    std::fs::read(bad.join(path)).map_err(|error| error.to_string())
}

fn findings(sources: &mut SourceMap, file: FileId) -> Vec<Diagnostic> {
    if document::load(sources, file).is_ok_and(|document| is_study(document.root())) {
        let (catalog, schema) = (catalog(), SpecSchema::new(&catalog()));
        let language = Language { catalog: &catalog, schema: &schema };
        return match compile_study(sources, file, &[], &read_beside, language) {
            Ok(CompiledStudy { warnings, .. }) => warnings,
            Err(found) => found.into_vec(),
        };
    }
    match loaded(sources, file).and_then(|document| compile_document(document, &catalog())) {
        Ok(Compiled { warnings, .. }) => warnings,
        Err(found) => found.into_vec(),
    }
}

/// A finding on one line.
fn shown(sources: &SourceMap, found: &Diagnostic) -> String {
    let at = sources.line_col(found.span.file, found.span.start);
    format!("{}:{} {} {}", at.line, at.column, found.code, found.message)
}

/// Compares a generated text with its file, or rewrites the file.
fn is_current(path: &Path, expected: &str) -> TestResult {
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, expected)?;
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    if found == expected {
        return Ok(());
    }
    let line = found.lines().zip(expected.lines()).take_while(|(a, b)| a == b).count() + 1;
    Err(format!(
        "`{}` is not current from line {line} on; run with BLESS=1 and read the difference",
        path.display()
    )
    .into())
}

fn example_has_no_finding(path: &Path) -> TestResult {
    let (mut sources, file) = source(&path.display().to_string(), &std::fs::read(path)?);
    let found: Vec<String> = findings(&mut sources, file).iter().map(|d| shown(&sources, d)).collect();
    if found.is_empty() { Ok(()) } else { Err(found.join("\n").into()) }
}

fn is_compiled(path: &Path) -> TestResult {
    let bytes = std::fs::read(path)?;
    let (sources, file) = source(&path.display().to_string(), &bytes);
    let list = |found: Diagnostics| {
        found.as_slice().iter().map(|d| shown(&sources, d)).collect::<Vec<_>>().join("\n")
    };
    let Compiled { plan, warnings } = compile(&sources, file, &catalog()).map_err(list)?;
    if let Some(warning) = warnings.first() {
        return Err(shown(&sources, warning).into());
    }
    if Plan::from_json(&plan.to_json())? != plan {
        return Err("the plan does not read back".into());
    }
    let Analysed { .. } = the_resolved_spec_means_the_same(&sources, file, &plan)?;
    is_current(&path.with_extension("plan.json"), &plan.to_json())
}

/// What `peng config` prints is a spec of the same plan.
fn the_resolved_spec_means_the_same(
    sources: &SourceMap,
    file: FileId,
    plan: &Plan,
) -> Result<Analysed, Box<dyn Error>> {
    let document = document::load(sources, file).map_err(|_| "it compiles, but cannot be loaded")?;
    let analysed = analyse(document, &catalog()).map_err(|_| "it compiles, but cannot be analysed")?;
    let resolved = json(&ConfigValue::Map(config(&analysed, &catalog()))).to_string();
    let (again, file) = source("resolved.yaml", resolved.as_bytes());
    match compile(&again, file, &catalog()) {
        Ok(compiled) if compiled.plan.digest == plan.digest => Ok(analysed),
        Ok(_) => Err(format!("the resolved spec has another plan: {resolved}").into()),
        Err(found) => Err(format!("{} in {resolved}", shown(&again, &found.as_slice()[0])).into()),
    }
}

fn json(value: &ConfigValue) -> Value {
    match value {
        ConfigValue::Leaf(value, _) => value.clone(),
        ConfigValue::List(list) => list.iter().map(json).collect(),
        ConfigValue::Map(nodes) => nodes.iter().map(|node| (node.key.clone(), json(&node.value))).collect(),
    }
}

/// A finding that a file announces.
struct Note {
    line: usize,
    code: String,
    message: String,
}

fn notes(text: &str) -> Vec<Note> {
    let marked =
        text.lines().enumerate().filter_map(|(index, line)| Some((index + 1, line.split_once("#~")?.1)));
    marked
        .map(|(line, note)| {
            let up = note.bytes().take_while(|&b| b == b'^').count();
            let (code, message) = note[up..].trim().split_once(' ').unwrap_or((note[up..].trim(), ""));
            Note { line: line - up, code: code.to_owned(), message: message.trim().to_owned() }
        })
        .collect()
}

fn has_the_announced_findings(path: &Path) -> TestResult {
    let bytes = std::fs::read(path)?;
    let mut notes = notes(&String::from_utf8_lossy(&bytes));
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if !notes.iter().any(|note| name.starts_with(&format!("{}-", note.code))) {
        return Err("the file announces no finding of the code that it is named after".into());
    }
    let (mut sources, file) = source(&name, &bytes);
    let mut wrong = Vec::new();
    for found in findings(&mut sources, file) {
        let line = sources.line_col(file, found.span.start).line;
        let partner = notes.iter().position(|n| {
            n.line == line && n.code == found.code.as_str() && found.message.contains(&n.message)
        });
        match partner {
            Some(index) => drop(notes.remove(index)),
            None => wrong.push(format!("found, but not announced: {}", shown(&sources, &found))),
        }
    }
    wrong.extend(
        notes.iter().map(|n| format!("announced, but not found: {} {} {}", n.line, n.code, n.message)),
    );
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// Codes of specs that have no file under `tests/specs/bad`, and why.
const WITHOUT_FIXTURE: &[(&str, &str)] = &[
    ("E0013", "it is of the command line; `tests/overlay.rs` has it"),
    ("E0904", "what is expected, a command says; `tests/study.rs` has both ways"),
];

/// Families of codes that are not about specs.
const NOT_OF_SPECS: &[(&str, &str)] = &[
    ("E0701", "is about a plan file; `tests/cli` has one"),
    ("E08", "is about a run; the tests of the runtime and `tests/runs.rs` have them"),
];

fn every_code_has_a_fixture() -> TestResult {
    let bad = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/specs/bad");
    let names: BTreeSet<String> = std::fs::read_dir(bad)?
        .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_, _>>()?;
    let has_fixture = |code: &str| names.iter().any(|name| name.starts_with(&format!("{code}-")));
    let lacking: Vec<&str> = CODES
        .iter()
        .copied()
        .flatten()
        .map(|info| info.code.as_str())
        .filter(|code| !NOT_OF_SPECS.iter().any(|(family, _)| code.starts_with(family)))
        .filter(|code| has_fixture(code) == WITHOUT_FIXTURE.iter().any(|(without, _)| without == code))
        .collect();
    if lacking.is_empty() {
        Ok(())
    } else {
        Err(format!("without a fixture or a reason, or with both: {}", lacking.join(", ")).into())
    }
}

fn the_examples_of_each_code_hold() -> TestResult {
    let mut wrong = Vec::new();
    for info in CODES.iter().copied().flatten() {
        for (example, expected) in [(info.bad, vec![info.code]), (info.good, Vec::new())] {
            let (text, is_study) = match example {
                Example::Study(study) => (Some(study.to_owned()), true),
                Example::Part(_) | Example::Whole(_) | Example::Absent => (example.spec(), false),
            };
            let Some(text) = text else { continue };
            let (mut sources, file) = source("example.yaml", text.as_bytes());
            let mut found = findings(&mut sources, file);
            if is_study {
                // Arms that cannot be compared are about other metrics than the objectives, too.
                found.retain(|d| d.code != codes::W0502);
            }
            if found.iter().map(|d| d.code).ne(expected) {
                let found: Vec<String> = found.iter().map(|d| shown(&sources, d)).collect();
                wrong.push(format!("{}: found {found:?} in\n{text}", info.code));
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

fn the_shape_reads_every_keyword() -> TestResult {
    let mut unread = SpecSchema::new(&catalog()).unread_keywords();
    unread.extend(StudySchema::new().unread_keywords());
    if unread.is_empty() { Ok(()) } else { Err(format!("not read: {}", unread.join(", ")).into()) }
}

#[cfg(feature = "engine")]
fn the_reference_is_current() -> TestResult {
    use peng_runtime::report::reference;

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/experiment.v1.md");
    is_current(&path, &reference::markdown(&SpecSchema::new(&catalog()).reference()))
}

fn schema_is_current() -> TestResult {
    let experiment = SpecSchema::new(&catalog());
    let study = serde_json::to_string_pretty(&StudySchema::new().published(Draft::Draft7, &experiment))?;
    is_current(&Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/study.v1.json"), &format!("{study}\n"))?;
    let schema = serde_json::to_string_pretty(&experiment.published(Draft::Draft7))?;
    is_current(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/experiment.v1.json"),
        &format!("{schema}\n"),
    )
}

fn the_page_of_the_codes_is_current() -> TestResult {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec/src/diag/codes/README.md");
    is_current(&path, &codes::page())
}

/// What is wrong only together with another place names that place, too.
fn causes_elsewhere_are_labelled() -> TestResult {
    for (name, code, cause) in [
        ("E0302-image-used-up.yaml", "E0302", "digits"),
        ("E0303-limits.yaml", "E0303", "digits"),
        ("E0304-limit.yaml", "E0304", "digits"),
        ("E0304-none-left.yaml", "E0304", "digits"),
        ("E0501-window.yaml", "E0501", "4"),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/specs/bad").join(name);
        let (mut sources, file) = source(name, &std::fs::read(path)?);
        let found = findings(&mut sources, file);
        let is_labelled = |d: &Diagnostic| d.labels.iter().any(|label| sources.slice(label.span) == cause);
        if !found.iter().any(|d| d.code.as_str() == code && is_labelled(d)) {
            return Err(format!("{name}: no {code} with a label at `{cause}`").into());
        }
    }
    Ok(())
}

/// Applied to the bad specs and to the bad examples, each fix takes its finding away and breaks no YAML.
fn fixes_make_findings_go_away() -> TestResult {
    let mut texts: Vec<String> = CODES.iter().copied().flatten().filter_map(|info| info.bad.spec()).collect();
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/specs/bad"))? {
        texts.extend(String::from_utf8(std::fs::read(entry?.path())?).ok());
    }
    let (mut tried, mut wrong) = (BTreeSet::new(), Vec::new());
    for text in texts {
        let (mut sources, file) = source("before.yaml", text.as_bytes());
        let before = findings(&mut sources, file);
        for diagnostic in &before {
            let Some(Fix { span, text: replacement }) = &diagnostic.fix else { continue };
            let fixed = format!("{}{replacement}{}", &text[..span.start], &text[span.end..]);
            let (mut sources_after, file) = source("after.yaml", fixed.as_bytes());
            let after = findings(&mut sources_after, file);
            let is_there =
                |found: &Diagnostic| found.code == diagnostic.code && found.message == diagnostic.message;
            let count = |list: &[Diagnostic]| list.iter().filter(|found| is_there(found)).count();
            let early =
                |list: &[Diagnostic]| list.iter().filter(|found| found.code.as_str() < "E0100").count();
            if count(&after) >= count(&before) || early(&after) > early(&before) {
                wrong.push(format!("{}\nfixed to\n{fixed}", shown(&sources, diagnostic)));
            }
            tried.insert(diagnostic.code);
        }
    }
    let expected = [
        codes::E0002,
        codes::E0005,
        codes::W0001,
        codes::E0405,
        codes::E0102,
        codes::E0103,
        codes::E0202,
        codes::E0203,
        codes::E0204,
    ];
    if let Some(code) = expected.iter().find(|code| !tried.contains(code)) {
        return Err(format!("no fix of {code} was tried").into());
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}
