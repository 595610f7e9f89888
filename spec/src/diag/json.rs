//! A diagnostic as JSON, for other programs: the form is part of the interface.

use serde::{Deserialize, Serialize};

use super::Diagnostic;
use crate::shape::REFERENCE_PAGE;
use crate::source::{SourceMap, Span};

/// The version of the JSON form.
pub const DIAGNOSTIC_FORMAT: &str = "peng.diagnostic/1";

/// A diagnostic with its places as lines and columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JsonDiagnostic {
    /// [`DIAGNOSTIC_FORMAT`].
    pub format_version: String,
    /// Its code.
    pub code: String,
    /// `error` or `warning`.
    pub severity: String,
    /// What was found and what was expected.
    pub message: String,
    /// The file as it was named.
    pub file: String,
    /// Where.
    pub span: JsonSpan,
    /// Other places.
    pub labels: Vec<JsonLabel>,
    /// What to do.
    pub help: Option<String>,
    /// The edit that makes it go away, where there is exactly one.
    pub fix: Option<JsonFix>,
    /// JSON pointer of the value.
    pub pointer: Option<String>,
    /// Where its key is documented.
    pub docs: Option<String>,
}

/// A range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JsonSpan {
    /// First place.
    pub start: JsonPlace,
    /// One past the last place.
    pub end: JsonPlace,
}

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JsonPlace {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Byte, from 0.
    pub byte: usize,
}

/// An edit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JsonFix {
    /// The file as it was named.
    pub file: String,
    /// What is replaced.
    pub span: JsonSpan,
    /// By what.
    pub text: String,
}

/// Another place that a diagnostic is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JsonLabel {
    /// The file as it was named.
    pub file: String,
    /// Where.
    pub span: JsonSpan,
    /// What is there.
    pub message: String,
}

impl Diagnostic {
    /// The address of what is written about its key.
    pub fn docs(&self) -> Option<String> {
        self.anchor.as_ref().map(|anchor| format!("{REFERENCE_PAGE}#{anchor}"))
    }

    /// The JSON form.
    pub fn to_json(&self, sources: &SourceMap) -> JsonDiagnostic {
        JsonDiagnostic {
            format_version: DIAGNOSTIC_FORMAT.to_owned(),
            code: self.code.to_string(),
            severity: self.severity.name().to_owned(),
            message: self.message.clone(),
            file: sources.name(self.span.file).to_owned(),
            span: span(sources, self.span),
            labels: self
                .labels
                .iter()
                .map(|label| JsonLabel {
                    file: sources.name(label.span.file).to_owned(),
                    span: span(sources, label.span),
                    message: label.message.clone(),
                })
                .collect(),
            help: self.help.clone(),
            fix: self.fix.as_ref().map(|fix| JsonFix {
                file: sources.name(fix.span.file).to_owned(),
                span: span(sources, fix.span),
                text: fix.text.clone(),
            }),
            pointer: self.pointer.as_ref().map(ToString::to_string),
            docs: self.docs(),
        }
    }
}

fn span(sources: &SourceMap, span: Span) -> JsonSpan {
    let place = |byte| {
        let at = sources.line_col(span.file, byte);
        JsonPlace { line: at.line, column: at.column, byte }
    };
    JsonSpan { start: place(span.start), end: place(span.end) }
}
