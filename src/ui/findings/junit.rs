//! Findings as JUnit XML: a suite, a test case a file.
//!
//! A rejected spec has one failure that lists all of its errors and warnings, since many readers show only the first
//! failure of a case. The warnings of a spec that is fine are its output.

use std::io::{self, Write};

use super::super::diagnostics;
use super::{FileFindings, Findings, counted};

/// Prints the document.
pub(crate) fn write(findings: &Findings, out: &mut dyn Write) -> io::Result<()> {
    let files = &findings.files;
    let failures = files.iter().filter(|file| file.errors > 0).count();
    let errors = files.iter().filter(|file| file.unreadable.is_some()).count();
    let counts = format!("tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\"", files.len());
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"peng check\" {counts}>")?;
    writeln!(out, "  <testsuite name=\"peng check\" {counts}>")?;
    for file in files {
        write_case(findings, file, out)?;
    }
    writeln!(out, "  </testsuite>\n</testsuites>")
}

fn write_case(findings: &Findings, file: &FileFindings, out: &mut dyn Write) -> io::Result<()> {
    let name = attribute(&file.name);
    let case = format!("    <testcase name=\"{name}\" classname=\"peng.check\" file=\"{name}\"");
    if let Some(why) = &file.unreadable {
        let why = attribute(why);
        return writeln!(
            out,
            "{case}>\n      <error type=\"unreadable\" message=\"{why}\"/>\n    </testcase>"
        );
    }
    if file.told.is_empty() {
        return writeln!(out, "{case}/>");
    }
    let mut list = String::new();
    for diagnostic in &file.told {
        list.push_str(&diagnostics::render(&findings.sources, diagnostic, false));
        list.push('\n');
    }
    list.push_str(&diagnostics::untold(&file.name, file.untold()));
    let list = escaped(&list);
    if file.errors == 0 {
        return writeln!(out, "{case}>\n      <system-out>{list}</system-out>\n    </testcase>");
    }
    let counts = counted(file.errors, file.warnings);
    writeln!(
        out,
        "{case}>\n      <failure type=\"findings\" message=\"{counts}\">{list}</failure>\n    </testcase>"
    )
}

/// A text as XML 1.0, for values in quotes, where a reader takes a line break for a blank.
fn attribute(text: &str) -> String {
    escaped(text).replace('\n', "&#10;").replace('\t', "&#9;")
}

/// A text as XML 1.0, for content and, line breaks aside, for values in quotes. Characters that XML does not have are replaced.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\r' => escaped.push_str("&#13;"),
            '\n' | '\t' => escaped.push(c),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push(char::REPLACEMENT_CHARACTER),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn a_file_is_a_case_and_its_findings_are_its_failure() {
        let findings = sample::findings();
        let mut out = Vec::new();
        write(&findings, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let expected = [
            "<testsuite name=\"peng check\" tests=\"3\" failures=\"1\" errors=\"1\">",
            "<testcase name=\"specs/a,b &amp; c.peng.yaml\" classname=\"peng.check\"",
            "<failure type=\"findings\" message=\"2 errors, 1 warning\">specs/a,b &amp; c.peng.yaml:2:7: error[E0102]: \
             unknown key `&lt;100%&gt;`\n",
            "help: write `&quot;a&quot;`",
            "<testcase name=\"./fine.peng.yaml\" classname=\"peng.check\" file=\"./fine.peng.yaml\"/>",
            "<error type=\"unreadable\" message=\"cannot read `gone.peng.yaml`: no such file\"/>",
        ];
        for part in expected {
            assert!(text.contains(part), "{part}\n\n{text}");
        }
    }

    #[test]
    fn what_xml_does_not_have_is_replaced() {
        assert_eq!(escaped("a\u{1b}\u{0}\n<&>\"'"), "a\u{fffd}\u{fffd}\n&lt;&amp;&gt;&quot;'");
        assert_eq!(attribute("a\n\tb"), "a&#10;&#9;b");
    }
}
