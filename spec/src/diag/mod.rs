//! What is wrong in a user's text, as plain data. Rendering for people is elsewhere (`src/ui`).

pub mod codes;
mod json;
mod suggest;

pub use codes::{CODES, Code, CodeInfo, Example, explain};
pub use json::{DIAGNOSTIC_FORMAT, JsonDiagnostic, JsonFix, JsonLabel, JsonPlace, JsonSpan};
pub(crate) use suggest::special_blank;
pub use suggest::{did_you_mean, one_of, only_one, quoted, similar};

use std::collections::BTreeSet;

use crate::document::Pointer;
use crate::source::Span;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The spec is compiled, but probably does not do what was meant.
    Warning,
    /// The spec is rejected.
    Error,
}

impl Severity {
    /// The word in messages and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Another place that a diagnostic is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is there.
    pub message: String,
}

/// An edit that makes a finding go away, where there is exactly one that does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub text: String,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its code.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What was found and what was expected: lower case, no full stop.
    pub message: String,
    /// Where.
    pub span: Span,
    /// Other places that it is about.
    pub labels: Vec<Label>,
    /// What to do, imperative.
    pub help: Option<String>,
    /// The same for a machine.
    pub fix: Option<Fix>,
    /// JSON pointer of the value or, for a key that is missing or unknown, of the mapping.
    pub pointer: Option<Pointer>,
    /// The anchor of its key in the reference of the language.
    pub anchor: Option<String>,
}

impl Diagnostic {
    /// An error.
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, span, message.into())
    }

    /// A warning.
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, span, message.into())
    }

    fn new(code: Code, severity: Severity, span: Span, message: String) -> Self {
        let (labels, help, fix) = (Vec::new(), None, None);
        Self { code, severity, message, span, labels, help, fix, pointer: None, anchor: None }
    }

    /// The same with a second place.
    #[must_use]
    pub fn also(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label { span, message: message.into() });
        self
    }

    /// The same with help.
    #[must_use]
    pub fn help(mut self, help: impl Into<Option<String>>) -> Self {
        self.help = help.into().or(self.help);
        self
    }

    /// The same with the edit that makes it go away, if there is exactly one.
    #[must_use]
    pub fn fix(mut self, span: Span, text: impl Into<Option<String>>) -> Self {
        self.fix = text.into().map(|text| Fix { span, text }).or(self.fix);
        self
    }

    /// The same, its places moved.
    #[must_use]
    pub(crate) fn moved(mut self, moved: &impl Fn(Span) -> Span) -> Self {
        self.span = moved(self.span);
        for span in
            self.labels.iter_mut().map(|l| &mut l.span).chain(self.fix.iter_mut().map(|f| &mut f.span))
        {
            *span = moved(*span);
        }
        self
    }

    /// The same with the pointer of the value.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<Pointer>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }
}

/// Findings with at least one error, in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// The findings.
    pub fn as_slice(&self) -> &[Diagnostic] {
        &self.0
    }

    /// Each finding changed.
    #[must_use]
    pub fn map(self, change: impl Fn(Diagnostic) -> Diagnostic) -> Self {
        Self(self.0.into_iter().map(change).collect())
    }

    /// The findings changed together; none may be lost.
    #[must_use]
    pub fn all(self, change: impl FnOnce(Vec<Diagnostic>) -> Vec<Diagnostic>) -> Self {
        Self(change(self.0))
    }

    /// The findings, owned.
    pub fn into_vec(self) -> Vec<Diagnostic> {
        self.0
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(one: Diagnostic) -> Self {
        Self(vec![one])
    }
}

/// Collects the findings of a pass.
#[derive(Debug, Default)]
pub struct Sink {
    list: Vec<Diagnostic>,
}

impl Sink {
    /// An empty sink.
    pub fn new() -> Self {
        Self::default()
    }

    /// A sink with the warnings of earlier passes.
    pub fn with(list: Vec<Diagnostic>) -> Self {
        Self { list }
    }

    /// Takes a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    /// Whether an error was found.
    pub fn has_errors(&self) -> bool {
        self.errors() > 0
    }

    /// How many errors were found.
    pub(crate) fn errors(&self) -> usize {
        self.list.iter().filter(|d| d.severity == Severity::Error).count()
    }

    /// What was found so far, for another pass to go on with.
    pub(crate) fn into_list(self) -> Vec<Diagnostic> {
        self.list
    }

    /// Ends a pass: its warnings, or everything if there is an error; in the order of the text.
    pub fn finish(mut self) -> Result<Vec<Diagnostic>, Diagnostics> {
        self.list.sort_by_key(|d| (d.span, d.code));
        // An alias repeats what is wrong in the value that it names.
        let mut told = BTreeSet::new();
        self.list.retain(|d| told.insert((d.span, d.code, d.message.clone())));
        if self.has_errors() { Err(Diagnostics(self.list)) } else { Ok(self.list) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceMap;

    #[test]
    fn what_is_wrong_at_one_place_is_told_once() {
        let file = SourceMap::new().add("a", "x");
        let mut sink = Sink::new();
        for pointer in ["/a", "/b"] {
            for message in ["first", "second"] {
                sink.push(Diagnostic::error(codes::E0102, Span::new(file, 0, 1), message).at(pointer));
            }
        }
        let found: Vec<String> =
            sink.finish().unwrap_err().into_vec().into_iter().map(|d| d.message).collect();
        assert_eq!(found, ["first", "second"]);
    }

    #[test]
    fn findings_come_in_the_order_of_the_text() {
        let file = SourceMap::new().add("a", "x");
        let mut sink = Sink::new();
        sink.push(Diagnostic::error(codes::E0102, Span::new(file, 5, 6), "second"));
        sink.push(Diagnostic::warning(codes::W0401, Span::new(file, 1, 2), "first"));
        let found: Vec<String> =
            sink.finish().unwrap_err().into_vec().into_iter().map(|d| d.message).collect();
        assert_eq!(found, ["first", "second"]);
    }

    #[test]
    fn warnings_alone_are_no_failure() {
        let file = SourceMap::new().add("a", "x");
        let mut sink = Sink::new();
        sink.push(Diagnostic::warning(codes::W0401, Span::start_of(file), "odd"));
        assert_eq!(sink.finish().unwrap().len(), 1);
    }
}
