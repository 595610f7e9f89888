//! The SARIF form against the schema of OASIS and against the texts that it points into.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{everything, findings, read};

fn log() -> Value {
    serde_json::from_str(&everything("sarif")).unwrap()
}

#[test]
fn the_schema_of_oasis_accepts_it() {
    let mut schema: Value = serde_json::from_str(&read("tests/data/sarif-schema-2.1.0.json")).unwrap();
    // The pattern of the standard is no regular expression of ECMA 262; its errata 01 corrects it to this.
    for definition in ["run", "toolComponent"] {
        let pattern = format!("/definitions/{definition}/properties/language/pattern");
        *schema.pointer_mut(&pattern).unwrap() = Value::from("^[a-zA-Z]{2}(-[a-zA-Z]{2})?$");
    }
    let validator = jsonschema::draft7::options().should_validate_formats(true).build(&schema).unwrap();
    let log = log();
    let errors: Vec<String> =
        validator.iter_errors(&log).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));

    // What the schema must refuse, or the test above would prove nothing.
    for (pointer, wrong) in [
        ("/version", Value::from("2.0.0")),
        ("/runs/0/columnKind", Value::from("characters")),
        ("/runs/0/results/0/level", Value::from("fatal")),
        ("/runs/0/results/0/locations/0/physicalLocation/region/startLine", Value::from(0)),
        ("/runs/0/tool/driver/rules/0/helpUri", Value::from("no uri")),
        ("/runs/0/invocations/0/executionSuccessful", Value::Null),
    ] {
        let mut log = log.clone();
        *log.pointer_mut(pointer).unwrap() = wrong;
        assert!(!validator.is_valid(&log), "{pointer}");
    }
}

#[test]
fn results_are_the_findings_with_their_rules() {
    let log = log();
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    let findings = findings();
    assert_eq!(results.len(), findings.len());
    for (result, finding) in results.iter().zip(&findings) {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert_eq!(result["ruleId"], finding["code"]);
        assert_eq!(result["level"], finding["severity"]);
        assert!(
            result["message"]["text"].as_str().unwrap().starts_with(finding["message"].as_str().unwrap())
        );
        assert_eq!(result["fixes"].is_array(), !finding["fix"].is_null(), "{finding}");
    }
    let prints: BTreeSet<&str> =
        results.iter().map(|result| result["partialFingerprints"]["peng/v1"].as_str().unwrap()).collect();
    assert_eq!(prints.len(), results.len());
    for rule in rules {
        let uri = rule["helpUri"].as_str().unwrap();
        let (page, anchor) =
            uri.split_once("/blob/main/").and_then(|(_, path)| path.split_once('#')).unwrap();
        let heading = format!("\n## {}\n", anchor.to_uppercase());
        assert!(read(page).contains(&heading), "{uri}");
        assert!(!rule["help"]["text"].as_str().unwrap().is_empty());
    }
    let notes = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    assert_eq!(notes.len(), 1, "the file that is not there");
}

/// The byte of a place in UTF-16.
fn byte(text: &str, line: u64, column: u64) -> usize {
    let start: usize =
        text.split_inclusive('\n').take(usize::try_from(line).unwrap() - 1).map(str::len).sum();
    let mark = if text[start..].starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut units = 1;
    let mut at = start + mark;
    for c in text[start + mark..].chars() {
        if units == column {
            break;
        }
        units += c.len_utf16() as u64;
        at += c.len_utf8();
    }
    assert_eq!(units, column, "line {line} of {text:?} has no column {column}");
    at
}

#[test]
fn regions_are_the_places_of_the_findings() {
    let log = log();
    let run = &log["runs"][0];
    for (result, finding) in run["results"].as_array().unwrap().iter().zip(findings()) {
        let place = &result["locations"][0]["physicalLocation"];
        let artifact = &place["artifactLocation"];
        let index = usize::try_from(artifact["index"].as_u64().unwrap()).unwrap();
        assert_eq!(run["artifacts"][index]["location"]["uri"], artifact["uri"]);
        let Ok(text) = std::fs::read_to_string(super::root().join(artifact["uri"].as_str().unwrap())) else {
            continue; // a test of what is no UTF-8
        };
        let region = |key: &str| place["region"][key].as_u64().unwrap();
        let start = byte(&text, region("startLine"), region("startColumn"));
        let end = byte(&text, region("endLine"), region("endColumn"));
        let span = (finding["span"]["start"]["byte"].as_u64(), finding["span"]["end"]["byte"].as_u64());
        assert_eq!((Some(start as u64), Some(end as u64)), span, "{finding}");
    }
}
