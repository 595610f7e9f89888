//! The value of a scalar, by its tag, by its quotes, or by the core schema of YAML 1.2; and what tags a spec has.

use granit_parser::{ScalarStyle, Tag};
use serde_json::Number;

use super::NodeValue;
use super::scalar::{self, Plain};
use crate::diag::{Diagnostic, Severity, codes, quoted};
use crate::source::Span;

/// The value of a scalar: by its tag, by its quotes, or by the core schema; and what is wrong with it.
pub(super) fn typed(
    file_text: &str,
    text: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    span: Span,
) -> (NodeValue, Vec<Diagnostic>) {
    let text_value = || NodeValue::String(text.to_owned());
    let written_as = tag.and_then(Tag::core_suffix);
    if tag.is_some() && written_as.is_none() {
        return (text_value(), unknown_tag(file_text, tag, span).into_iter().collect());
    }
    if written_as == Some("str") || (written_as.is_none() && style != ScalarStyle::Plain) {
        return (text_value(), Vec::new());
    }
    let text = if span.start == span.end { "" } else { text };
    let (value, mut found) = match scalar::plain(text) {
        Plain::Value(value) => (value, Vec::new()),
        Plain::LeadingZeros(number) => {
            let found = leading_zeros(text, &number, span);
            (NodeValue::Number(number), vec![found])
        }
        Plain::NotFinite => {
            let message = format!("found {}, expected a finite number", quoted(text));
            (NodeValue::Null, vec![Diagnostic::error(codes::E0005, span, message)])
        }
    };
    let fits = match (written_as, &value) {
        (None, _)
        | (Some("null"), NodeValue::Null)
        | (Some("bool"), NodeValue::Bool(_))
        | (Some("int" | "float"), NodeValue::Number(_)) => true,
        (Some(_), _) => found.iter().any(|found| found.severity == Severity::Error),
    };
    if !fits {
        let message = format!("{} does not fit its tag `!!{}`", quoted(text), written_as.unwrap_or_default());
        found.push(Diagnostic::error(codes::E0005, span, message).help("remove the tag".to_owned()));
    }
    (value, found)
}

/// W0001: readers of YAML 1.1 take `010` as eight, and `08`, which is no octal number, as a text.
fn leading_zeros(text: &str, number: &Number, span: Span) -> Diagnostic {
    let digits = text.trim_start_matches(['+', '-', '0']);
    let finding = |message: String| Diagnostic::warning(codes::W0001, span, message);
    let written = format!("write `{number}`");
    if digits.contains(['8', '9']) {
        finding(format!("{} is {number}, although YAML 1.1 reads it as a text", quoted(text)))
            .help(written)
            .fix(span, number.to_string())
    } else if digits.len() < 2 {
        finding(format!("found {}, expected a number without leading zeros", quoted(text)))
            .help(written)
            .fix(span, number.to_string())
    } else {
        let octal =
            if text.starts_with('0') { format!(", or `0o{digits}` if it is octal") } else { String::new() };
        finding(format!("{} is {number}, although YAML 1.1 reads it in octal", quoted(text)))
            .help(format!("{written}{octal}"))
    }
}

/// Refuses a tag that is none of the core schema's.
/// A tag that a spec does not have.
pub(super) fn unknown_tag(text: &str, tag: Option<&Tag>, span: Span) -> Option<Diagnostic> {
    let tag = tag.filter(|tag| !tag.is_yaml_core_schema())?;
    let message = format!("found the tag {}, which a spec does not have", quoted(&tag.original()));
    let diagnostic = without_tag(text, tag, Diagnostic::error(codes::E0005, span, message));
    Some(diagnostic.help("remove the tag".to_owned()))
}

/// A tag that is farther before its value, in bytes, is not looked for.
const FARTHEST_TAG: usize = 256;

/// A finding about a tag stands at the tag, which is before its value, and goes away with it.
fn without_tag(text: &str, tag: &Tag, diagnostic: Diagnostic) -> Diagnostic {
    let value = diagnostic.span;
    let tag = tag.original();
    let near = text.floor_char_boundary(value.start.saturating_sub(tag.len() + FARTHEST_TAG));
    match text[near..value.start].rfind(tag.as_str()) {
        Some(offset) => {
            let start = near + offset;
            let rest = &text[start + tag.len()..value.start];
            let end = start + tag.len() + (rest.len() - rest.trim_start_matches(' ').len());
            let span = Span::new(value.file, start, start + tag.len());
            let fixed = diagnostic.fix(Span::new(value.file, start, end), String::new());
            Diagnostic { span, ..fixed }
        }
        None => diagnostic,
    }
}
