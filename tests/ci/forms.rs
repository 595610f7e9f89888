//! The forms for GitHub and GitLab against the JSON form, and what holds for all forms: the standard input, quiet, the
//! exit codes, floods.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{check, everything, findings};

const TYPO: &str = "version: 1\nname: typo\ndataset: {kind: digts}\nsearch_space: {kind: nsga-macro}\n\
    search: {kind: nsga-net}\nobjectives: [{maximize: val_accuracy}, {minimize: flops}]\ntraining: {epochs: 10}\n";

/// A workflow command, unescaped as the runner of GitHub does it.
fn command(line: &str) -> (String, Vec<(String, String)>, String) {
    let (head, message) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
    let (name, properties) = head.split_once(' ').unwrap();
    let data = |text: &str| text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%");
    let property = |text: &str| data(&text.replace("%3A", ":").replace("%2C", ","));
    let properties = properties.split(',').map(|pair| {
        let (key, value) = pair.split_once('=').unwrap();
        (key.to_owned(), property(value))
    });
    (name.to_owned(), properties.collect(), data(message))
}

#[test]
fn github_is_told_every_finding() {
    let out = everything("github");
    let mut lines: Vec<&str> = out.lines().collect();
    let unreadable = lines.pop().unwrap();
    assert!(unreadable.starts_with("::error file=tests/specs/absent.yaml,title=peng::"), "{unreadable}");
    let findings = findings();
    assert_eq!(lines.len(), findings.len());
    for (line, finding) in lines.into_iter().zip(&findings) {
        let (name, properties, message) = command(line);
        let number = |place: &str, what: &str| finding["span"][place][what].to_string();
        let mut expected = vec![
            ("file", finding["file"].as_str().unwrap().to_owned()),
            ("line", number("start", "line")),
            ("endLine", number("end", "line")),
        ];
        if number("start", "line") == number("end", "line") {
            expected.push(("col", number("start", "column")));
            expected.push(("endColumn", number("end", "column")));
        }
        expected.push(("title", format!("peng ({})", finding["code"].as_str().unwrap())));
        let properties: Vec<(&str, String)> =
            properties.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
        assert_eq!(properties, expected);
        assert_eq!(name, finding["severity"].as_str().unwrap());
        let help = finding["help"].as_str().map_or(String::new(), |help| format!("\nhelp: {help}"));
        let text = format!("{}{help}", finding["message"].as_str().unwrap());
        assert!(message.ends_with(&text) || message.contains("\\u{"), "{message}\n{text}");
    }
}

fn issues(report: &str) -> Vec<Value> {
    serde_json::from_str(report).unwrap()
}

#[test]
fn gitlab_is_told_every_finding_with_what_it_requires() {
    let issues = issues(&everything("gitlab"));
    let findings = findings();
    assert_eq!(issues.len(), findings.len());
    for (issue, finding) in issues.iter().zip(&findings) {
        assert_eq!(issue["check_name"], finding["code"]);
        assert_eq!(issue["location"]["path"], finding["file"]);
        assert_eq!(issue["location"]["lines"]["begin"], finding["span"]["start"]["line"]);
        assert!(issue["description"].as_str().is_some_and(|text| !text.is_empty()));
        let severity = if finding["severity"] == "error" { "major" } else { "minor" };
        assert_eq!(issue["severity"], severity);
    }
    let prints: BTreeSet<&str> = issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap()).collect();
    assert_eq!(prints.len(), issues.len());
}

#[test]
fn fingerprints_do_not_change_when_lines_above_move() {
    let prints = |text: &str, name: &str| -> Vec<Value> {
        let (code, out, _) = check(&["--output", "gitlab", "--stdin-filename", name, "-"], text.as_bytes());
        assert_eq!(code, 1);
        issues(&out).into_iter().map(|issue| issue["fingerprint"].clone()).collect()
    };
    let before = prints(TYPO, "a.peng.yaml");
    assert_eq!(before.len(), 1);
    assert_eq!(before, prints(&format!("# one\n# two\n\n{TYPO}"), "./a.peng.yaml"));
    assert_ne!(before, prints(TYPO, "b.peng.yaml"));
    assert_ne!(before, prints(&TYPO.replace("digts", "digt"), "a.peng.yaml"));
}

#[test]
fn the_standard_input_is_a_file_like_others() {
    let (code, out, err) = check(&["-"], TYPO.as_bytes());
    assert_eq!((code, err.as_str()), (1, "Found 1 error in 1 file.\n"));
    assert!(out.starts_with("<stdin>:3:17: error[E0203]: unknown data set `digts`\n"), "{out}");
    let (_, out, _) = check(&["--stdin-filename", "specs/a.peng.yaml", "-"], TYPO.as_bytes());
    assert!(out.starts_with("specs/a.peng.yaml:3:17: error[E0203]"), "{out}");
    let (code, _, err) = check(&["--stdin-filename", "a.yaml", "tests/cli/typo.peng.yaml"], b"");
    assert_eq!(code, 2);
    assert!(err.contains("help: add `-` to the files"), "{err}");
}

#[test]
fn quiet_is_silent_on_success_in_the_form_for_people() {
    assert_eq!(check(&["-q", "examples"], b""), (0, String::new(), String::new()));
    let (code, out, err) = check(&["-q", "-"], TYPO.as_bytes());
    assert_eq!((code, err.as_str()), (1, ""));
    assert!(out.contains("error[E0203]"), "{out}");
}

#[test]
fn exit_zero_is_about_findings_only() {
    assert_eq!(check(&["--exit-zero", "-"], TYPO.as_bytes()).0, 0);
    assert_eq!(check(&["--exit-zero", "absent.peng.yaml"], b"").0, 5);
    assert_eq!(check(&["--exit-zero", "spec/src"], b"").0, 2);
}

#[test]
fn a_flood_is_cut_and_counted_in_every_form() {
    let keys: Vec<String> = (0..250).map(|number| format!("zzz_{number}: 1\n")).collect();
    let flood = format!("{TYPO}{}", keys.concat()).replace("digts", "digits");
    let told = |form: &str, what: &str| {
        let (code, out, err) = check(&["--output", form, "-"], flood.as_bytes());
        assert_eq!(
            (code, err.as_str()),
            (1, "<stdin>: 150 more findings are not shown.\nFound 250 errors in 1 file.\n")
        );
        (out.matches(what).count(), out)
    };
    assert_eq!(told("human", "error[E0102]").0, 100);
    assert_eq!(told("json", "\"code\": \"E0102\"").0, 100);
    assert_eq!(told("gitlab", "\"check_name\": \"E0102\"").0, 100);
    let (count, github) = told("github", "title=peng (E0102)");
    assert_eq!(count, 100);
    assert!(github.ends_with("::notice file=<stdin>,title=peng::150 more findings not shown\n"), "{github}");
    let (count, junit) = told("junit", "error[E0102]");
    assert_eq!(count, 100);
    assert!(junit.contains("message=\"250 errors\"") && junit.contains("150 more findings"), "{junit}");
    let (count, sarif) = told("sarif", "\"ruleId\": \"E0102\"");
    assert_eq!(count, 100);
    assert!(sarif.contains("150 more findings not told"));
}
