//! Findings as workflow commands of GitHub Actions: each becomes an annotation of the file in a pull request.
//!
//! Escaping as `actions/toolkit` does it (`packages/core/src/command.ts`). The runner drops columns of ranges over several
//! lines, so these have none.

use std::io::{self, Write};

use peng_spec::diag::Diagnostic;

use super::super::diagnostics::printable;
use super::{Findings, Places};

/// Prints a command a finding.
pub(crate) fn write(findings: &Findings, places: &Places<'_>, out: &mut dyn Write) -> io::Result<()> {
    for file in &findings.files {
        let path = places.path(&file.name);
        if let Some(why) = &file.unreadable {
            writeln!(out, "::error file={},title=peng::{}", property(&path), data(&printable(why)))?;
        }
        for diagnostic in &file.told {
            writeln!(out, "{}", command(diagnostic, places))?;
        }
        if file.untold() > 0 {
            let more = super::plural(file.untold(), "more finding");
            writeln!(out, "::notice file={},title=peng::{more} not shown", property(&path))?;
        }
    }
    Ok(())
}

/// The message repeats the place, since logs show the message alone.
fn command(diagnostic: &Diagnostic, places: &Places<'_>) -> String {
    let path = &places.path_of(diagnostic.span);
    let start = places.sources.line_col(diagnostic.span.file, diagnostic.span.start);
    let end = places.sources.line_col(diagnostic.span.file, diagnostic.span.end);
    let columns = if start.line == end.line {
        format!(",col={},endColumn={}", start.column, end.column)
    } else {
        String::new()
    };
    let mut message = format!("{path}:{}:{}: {}", start.line, start.column, printable(&diagnostic.message));
    if let Some(help) = &diagnostic.help {
        message = format!("{message}\nhelp: {}", printable(help));
    }
    format!(
        "::{} file={},line={},endLine={}{columns},title={}::{}",
        diagnostic.severity.name(),
        property(path),
        start.line,
        end.line,
        property(&format!("peng ({})", diagnostic.code)),
        data(&message)
    )
}

/// A text as the message of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A text as the value of a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::sample;
    use super::*;

    #[test]
    fn a_finding_is_a_command_with_escapes() {
        let findings = sample::findings();
        let mut out = Vec::new();
        let places = Places { sources: &findings.sources, cwd: Path::new("/repo") };
        write(&findings, &places, &mut out).unwrap();
        let expected = "\
::error file=specs/a%2Cb & c.peng.yaml,line=2,endLine=2,col=7,endColumn=10,title=peng (E0102)::\
specs/a,b & c.peng.yaml:2:7: unknown key `<100%25>`%0Ahelp: write `\"a\"`
::error file=specs/a%2Cb & c.peng.yaml,line=1,endLine=2,title=peng (E0004)::\
specs/a,b & c.peng.yaml:1:1: key `\\u{1b}` occurs twice
::warning file=specs/a%2Cb & c.peng.yaml,line=1,endLine=1,col=1,endColumn=1,title=peng (W0401)::\
specs/a,b & c.peng.yaml:1:1: odd
::error file=gone.peng.yaml,title=peng::cannot read `gone.peng.yaml`: no such file
";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
