//! Findings as SARIF 2.1.0 (OASIS, 2020), for code scanning and for the viewers of editors.
//!
//! Braces in messages are not doubled, although section 3.11.5 asks for it: viewers show a message without arguments as
//! it is.

use std::io::{self, Write};

use peng_spec::diag::{CODES, Code, CodeInfo, Diagnostic, Fix, Severity, codes};
use peng_spec::source::Span;
use serde_json::{Map, Value, json};

use super::place::Region;
use super::{FileFindings, Findings, Places, fingerprints, plural};
use crate::ui::explanation;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What paths are relative to.
const BASE: &str = "%SRCROOT%";

/// Prints the log.
pub(crate) fn write(findings: &Findings, places: &Places<'_>, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &log(findings, places))?;
    writeln!(out)
}

fn log(findings: &Findings, places: &Places<'_>) -> Value {
    let rules: Vec<&CodeInfo> = CODES.iter().copied().flatten().filter(|info| is_of_a_spec(info)).collect();
    let mut results = Vec::new();
    let files = files(findings);
    for file in &findings.files {
        let prints = fingerprints(file, &places.path(&file.name));
        for (diagnostic, print) in file.told.iter().zip(prints) {
            let writer = Writer { places, files: &files };
            results.push(writer.result(diagnostic, &rules, &print));
        }
    }
    let artifacts: Vec<Value> =
        files.iter().map(|name| json!({ "location": location(places, name) })).collect();
    let notifications: Vec<Value> =
        findings.files.iter().filter_map(|file| notification(places, file)).collect();
    let is_whole = findings.files.iter().all(|file| file.unreadable.is_none());
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "peng",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules.iter().map(|info| rule(info)).collect::<Vec<_>>(),
            } },
            "invocations": [{
                "executionSuccessful": is_whole,
                "toolExecutionNotifications": notifications,
            }],
            "columnKind": "utf16CodeUnits",
            "originalUriBaseIds": { BASE: { "description": { "text": "the working directory of peng" } } },
            "artifacts": artifacts,
            "results": results,
        }],
    })
}

/// The files that were checked, and the bases that findings are in, by name.
fn files(findings: &Findings) -> Vec<&str> {
    let mut files: Vec<&str> = findings.files.iter().map(|file| file.name.as_str()).collect();
    for diagnostic in findings.files.iter().flat_map(|file| &file.told) {
        let labels = diagnostic.labels.iter().map(|label| label.span);
        let fix = diagnostic.fix.iter().map(|fix| fix.span);
        for span in std::iter::once(diagnostic.span).chain(labels).chain(fix) {
            let name = findings.sources.name(span.file);
            if !files.contains(&name) {
                files.push(name);
            }
        }
    }
    files
}

/// Whether a spec can have the finding: codes of plan files and runs come from other commands.
fn is_of_a_spec(info: &CodeInfo) -> bool {
    !info.code.as_str().starts_with("E08")
}

fn rule(info: &CodeInfo) -> Value {
    let level = if info.code.as_str().starts_with('W') { "warning" } else { "error" };
    json!({
        "id": info.code.as_str(),
        "shortDescription": { "text": info.title },
        "fullDescription": { "text": info.explanation },
        "help": { "text": explanation::text(info), "markdown": info.to_markdown() },
        "helpUri": codes::address(info.code),
        "defaultConfiguration": { "level": level },
    })
}

/// What is no finding: a file that could not be read, findings that are not told.
fn notification(places: &Places<'_>, file: &FileFindings) -> Option<Value> {
    let (level, text) = match (&file.unreadable, file.untold()) {
        (Some(why), _) => ("error", why.clone()),
        (None, 0) => return None,
        (None, more) => ("note", format!("{} not told", plural(more, "more finding"))),
    };
    Some(json!({
        "level": level,
        "message": { "text": text },
        "locations": [{ "physicalLocation": { "artifactLocation": location(places, &file.name) } }],
    }))
}

/// Where a file is.
fn location(places: &Places<'_>, name: &str) -> Value {
    match places.uri(name) {
        (uri, true) => json!({ "uri": uri, "uriBaseId": BASE }),
        (uri, false) => json!({ "uri": uri }),
    }
}

/// Writes results.
struct Writer<'a> {
    places: &'a Places<'a>,
    /// The files of the artifacts, in their order.
    files: &'a [&'a str],
}

impl Writer<'_> {
    fn result(&self, diagnostic: &Diagnostic, rules: &[&CodeInfo], fingerprint: &str) -> Value {
        let text = match &diagnostic.help {
            Some(help) => format!("{}\nhelp: {help}", diagnostic.message),
            None => diagnostic.message.clone(),
        };
        let mut result = Map::new();
        result.insert("ruleId".to_owned(), json!(diagnostic.code.as_str()));
        if let Some(index) = rule_index(rules, diagnostic.code) {
            result.insert("ruleIndex".to_owned(), json!(index));
        }
        let level = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        result.insert("level".to_owned(), json!(level));
        result.insert("message".to_owned(), json!({ "text": text }));
        let mut location = self.location(diagnostic.span);
        if let Some(pointer) = diagnostic.pointer.as_ref().filter(|pointer| !pointer.as_str().is_empty()) {
            location["logicalLocations"] =
                json!([{ "fullyQualifiedName": pointer.as_str(), "kind": "member" }]);
        }
        result.insert("locations".to_owned(), json!([location]));
        if !diagnostic.labels.is_empty() {
            let related: Vec<Value> = diagnostic
                .labels
                .iter()
                .enumerate()
                .map(|(id, label)| {
                    let mut location = self.location(label.span);
                    location["id"] = json!(id);
                    location["message"] = json!({ "text": label.message });
                    location
                })
                .collect();
            result.insert("relatedLocations".to_owned(), Value::Array(related));
        }
        result.insert("partialFingerprints".to_owned(), json!({ "peng/v1": fingerprint }));
        if let Some(docs) = diagnostic.docs() {
            result.insert("properties".to_owned(), json!({ "docs": docs }));
        }
        if let Some(fix) = &diagnostic.fix {
            result.insert("fixes".to_owned(), json!([self.fix(fix, diagnostic.help.as_deref())]));
        }
        Value::Object(result)
    }

    fn artifact(&self, span: Span) -> Value {
        let name = self.places.sources.name(span.file);
        let mut location = location(self.places, name);
        if let Some(index) = self.files.iter().position(|file| *file == name) {
            location["index"] = json!(index);
        }
        location
    }

    fn location(&self, span: Span) -> Value {
        json!({ "physicalLocation": { "artifactLocation": self.artifact(span), "region": self.region(span) } })
    }

    fn region(&self, span: Span) -> Value {
        let Region { start_line, start_column, end_line, end_column } = self.places.region(span);
        json!({
            "startLine": start_line,
            "startColumn": start_column,
            "endLine": end_line,
            "endColumn": end_column,
        })
    }

    fn fix(&self, fix: &Fix, help: Option<&str>) -> Value {
        json!({
            "description": { "text": help.map_or_else(|| format!("write `{}`", fix.text), str::to_owned) },
            "artifactChanges": [{
                "artifactLocation": self.artifact(fix.span),
                "replacements": [{
                    "deletedRegion": self.region(fix.span),
                    "insertedContent": { "text": fix.text },
                }],
            }],
        })
    }
}

fn rule_index(rules: &[&CodeInfo], code: Code) -> Option<usize> {
    rules.iter().position(|info| info.code == code)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::sample;
    use super::*;

    #[test]
    fn a_result_has_its_rule_its_place_and_its_fix() {
        let findings = sample::findings();
        let log = log(&findings, &Places { sources: &findings.sources, cwd: Path::new("/repo") });
        let run = &log["runs"][0];
        let result = &run["results"][0];
        let index = result["ruleIndex"].as_u64().unwrap() as usize;
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        let region = json!({ "startLine": 2, "startColumn": 8, "endLine": 2, "endColumn": 11 });
        let artifact =
            json!({ "uri": "specs/a%2Cb%20%26%20c.peng.yaml", "uriBaseId": "%SRCROOT%", "index": 0 });
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!((&place["region"], &place["artifactLocation"]), (&region, &artifact));
        assert_eq!(run["artifacts"][0]["location"]["uri"], artifact["uri"]);
        let replacement = &result["fixes"][0]["artifactChanges"][0]["replacements"][0];
        assert_eq!(
            (&replacement["deletedRegion"], &replacement["insertedContent"]["text"]),
            (&region, &json!("\"a\""))
        );
        assert_eq!(run["results"][1]["relatedLocations"][0]["message"]["text"], "first here");
        assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    }
}
