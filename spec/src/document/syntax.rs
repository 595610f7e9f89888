//! Findings about the text itself: what the parser refuses, in our words.

use granit_parser::{ErrorKind, ScanError};

use super::misplaced;
use crate::diag::{Diagnostic, codes};
use crate::source::{FileId, Span};

/// Bytes of the longest text that is read, more than any spec has; keeps time and memory bounded.
pub const MOST_BYTES: usize = 1 << 20;

/// Refuses text that is no text, before it is parsed.
pub(super) fn check_text(file: FileId, text: &str, broken_at: Option<usize>) -> Result<(), Box<Diagnostic>> {
    if text.len() > MOST_BYTES {
        let message = "found more than 1 MiB of text, expected at most 1 MiB";
        return Err(Box::new(Diagnostic::error(codes::E0001, Span::start_of(file), message)));
    }
    if let Some(at) = broken_at {
        let span = Span::new(file, at, text.len());
        return Err(Box::new(
            Diagnostic::error(codes::E0001, span, "found bytes that are no UTF-8, expected text")
                .help("save the file in UTF-8".to_owned()),
        ));
    }
    let control =
        text.char_indices().find(|&(_, c)| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}'));
    match control {
        Some((at, c)) => {
            let message = format!("found the control character U+{:04X}, expected text", u32::from(c));
            let span = Span::new(file, at, at + c.len_utf8());
            Err(Box::new(Diagnostic::error(codes::E0001, span, message).help("remove it".to_owned())))
        }
        None => Ok(()),
    }
}

/// The parser's error as a finding.
pub(super) fn refused(file: FileId, text: &str, error: &ScanError) -> Diagnostic {
    let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
    let at = text.floor_char_boundary(at);
    match error.kind() {
        ErrorKind::MappingValueNotAllowed => return misplaced::colon(file, text, at),
        ErrorKind::SimpleKeyExpected => return misplaced::text(file, text, at),
        ErrorKind::CommentInterceptedScalar => return misplaced::comment(file, text, at),
        _ => {}
    }
    let (mut span, message, help) = explain(file, text, at, error);
    if span.start == span.end {
        let next = text[span.start..].chars().next().filter(|c| !c.is_control());
        span.end = span.start + next.map_or(0, char::len_utf8);
    }
    let code = if *error.kind() == ErrorKind::RecursionLimitExceeded { codes::E0005 } else { codes::E0002 };
    Diagnostic::error(code, span, message).help(help.map(str::to_owned))
}

fn explain(file: FileId, text: &str, at: usize, error: &ScanError) -> (Span, String, Option<&'static str>) {
    let here = Span::new(file, at, at);
    match error.kind() {
        ErrorKind::TabInPlainScalar
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabNotAllowed
        | ErrorKind::TabAtBlockScalarStart => {
            let tab = tab_near(text, at);
            let span = Span::new(file, tab, tab + usize::from(tab < text.len()));
            (span, "found a tab, expected spaces".to_owned(), Some("indent with spaces"))
        }
        ErrorKind::ExpectedBlockMappingKey => (
            here,
            "found something that is indented unlike its neighbours, expected a key".to_owned(),
            Some("align the keys of a mapping"),
        ),
        ErrorKind::UnclosedFlowCollection { open } => (
            Span::new(file, at, at + open.len_utf8()),
            format!("found `{open}` without its closing bracket"),
            Some(if *open == '{' { "close it with `}`" } else { "close it with `]`" }),
        ),
        ErrorKind::UnclosedQuotedScalar => (
            here,
            "found a quote that is never closed".to_owned(),
            Some("close it, or put the whole value in quotes if it contains a quote"),
        ),
        ErrorKind::UnexpectedCharacter { character } => (
            here,
            format!("found `{}`, which cannot start a value", character.escape_debug()),
            Some("quote the value"),
        ),
        ErrorKind::RecursionLimitExceeded => {
            (here, "found collections that are nested too deeply".to_owned(), None)
        }
        ErrorKind::UnknownQuotedScalarEscape => (
            here,
            "found an escape that YAML does not have in a text in double quotes".to_owned(),
            Some("write `\\\\` for a backslash, or use single quotes"),
        ),
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => (
            here,
            "found more after the closing quote, expected the end of the value".to_owned(),
            Some("put the whole value in quotes"),
        ),
        ErrorKind::BlockSequenceEntryNotAllowed => (
            here,
            "found a `-` in the line of its key, expected a list on lines of its own".to_owned(),
            Some("begin the list on the next line, or write `[a, b]`"),
        ),
        ErrorKind::ExpectedFlowMappingSeparator => {
            (here, "found a value without a `,` or `}` before it".to_owned(), Some("separate with `, `"))
        }
        ErrorKind::ExpectedFlowSequenceSeparator => {
            (here, "found a value without a `,` or `]` before it".to_owned(), Some("separate with `, `"))
        }
        // The parser says where the collection was opened.
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => (
            Span::new(file, at, at + open.len_utf8()),
            format!("found `{open}` that is closed by `{close}`"),
            Some(if *open == '{' { "close it with `}`" } else { "close it with `]`" }),
        ),
        _ => (here, format!("this is not YAML: {}", error.info()), None),
    }
}

/// The tab that the parser stumbled over: it says where it stood, which is before the tab or after it.
fn tab_near(text: &str, at: usize) -> usize {
    let line = text[..at].rfind('\n').map_or(0, |before| before + 1);
    let before = text[line..at].rfind('\t').map(|offset| line + offset);
    let after = text[at..].find('\t').map(|offset| at + offset);
    if text[at..].starts_with('\t') { at } else { before.or(after).unwrap_or(at) }
}
