//! Findings for the tests of the forms: names, messages and places that need care.

use peng_spec::diag::{Diagnostic, codes};
use peng_spec::source::Span;

use super::{FileFindings, Findings};

/// A file with three findings, a fine one, and one that could not be read.
pub(crate) fn findings() -> Findings {
    let mut findings = Findings::default();
    let name = "specs/a,b & c.peng.yaml";
    let file = findings.sources.add(name, "ä: 1\n😀: 1, b<c\n");
    let at = findings.sources.text(file).find("b<c").expect("it is in the text");
    let found = vec![
        Diagnostic::error(codes::E0102, Span::new(file, at, at + 3), "unknown key `<100%>`")
            .help("write `\"a\"`".to_owned())
            .fix(Span::new(file, at, at + 3), "\"a\"".to_owned())
            .at("/b<c"),
        Diagnostic::error(codes::E0004, Span::new(file, 0, at), "key `\u{1b}` occurs twice")
            .also(Span::new(file, at, at), "first here"),
        Diagnostic::warning(codes::W0401, Span::start_of(file), "odd"),
    ];
    let fine = "./fine.peng.yaml";
    findings.sources.add(fine, "a: 1\n");
    findings.files = vec![
        FileFindings::checked(name.to_owned(), found),
        FileFindings::checked(fine.to_owned(), Vec::new()),
        FileFindings::unreadable(
            "gone.peng.yaml".to_owned(),
            "cannot read `gone.peng.yaml`: no such file".to_owned(),
        ),
    ];
    findings
}
