//! Findings as a Code Quality report of GitLab
//! (<https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>).
//!
//! A file that could not be read is no finding, so it is not in the report.

use std::io::{self, Write};

use peng_spec::diag::Severity;
use serde_json::{Value, json};

use super::super::diagnostics::printable;
use super::{Findings, Places, fingerprints};

/// Prints the report.
pub(crate) fn write(findings: &Findings, places: &Places<'_>, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &report(findings, places))?;
    writeln!(out)
}

fn report(findings: &Findings, places: &Places<'_>) -> Value {
    let mut issues = Vec::new();
    for file in &findings.files {
        let path = places.path(&file.name);
        for (diagnostic, fingerprint) in file.told.iter().zip(fingerprints(file, &path)) {
            let line = |byte| places.sources.line_col(diagnostic.span.file, byte).line;
            let help = diagnostic.help.as_ref().map_or_else(String::new, |help| format!("; {help}"));
            issues.push(json!({
                "description": printable(&format!("{}{help}", diagnostic.message)),
                "check_name": diagnostic.code.as_str(),
                "fingerprint": fingerprint,
                "severity": match diagnostic.severity {
                    Severity::Error => "major",
                    Severity::Warning => "minor",
                },
                "location": {
                    "path": places.path_of(diagnostic.span),
                    "lines": { "begin": line(diagnostic.span.start), "end": line(diagnostic.span.end) },
                },
            }));
        }
    }
    Value::Array(issues)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::super::sample;
    use super::*;

    #[test]
    fn an_issue_has_the_fields_that_gitlab_requires() {
        let findings = sample::findings();
        let places = Places { sources: &findings.sources, cwd: Path::new("/repo") };
        let report = report(&findings, &places);
        let issues = report.as_array().unwrap();
        assert_eq!(issues.len(), 3);
        let mut fingerprints = BTreeSet::new();
        for issue in issues {
            assert!(issue["description"].is_string() && issue["check_name"].is_string(), "{issue}");
            assert!(
                ["info", "minor", "major", "critical", "blocker"]
                    .contains(&issue["severity"].as_str().unwrap())
            );
            assert!(issue["location"]["lines"]["begin"].as_u64() >= Some(1), "{issue}");
            let path = issue["location"]["path"].as_str().unwrap();
            assert!(!path.starts_with(['/', '.']), "{path}");
            assert!(fingerprints.insert(issue["fingerprint"].as_str().unwrap()), "{issue}");
        }
        assert_eq!(issues[0]["description"], "unknown key `<100%>`; write `\"a\"`");
        assert_eq!(issues[1]["location"]["lines"], json!({ "begin": 1, "end": 2 }));
    }
}
