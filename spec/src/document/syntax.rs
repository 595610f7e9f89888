//! Findings about the text itself: what the parser refuses, in our words.

use granit_parser::{ErrorKind, ScanError};

use super::unparsed::Words;
use super::{misplaced, unparsed};
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

/// The parser's error as a finding; `bracket` is the innermost one that is open where it stands.
pub(super) fn refused(file: FileId, text: &str, error: &ScanError, bracket: Option<Span>) -> Diagnostic {
    let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
    let at = text.floor_char_boundary(at);
    match error.kind() {
        // The parser says where the collection was opened.
        ErrorKind::UnclosedFlowCollection { open } => return unclosed(file, at, *open),
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
            let found = unclosed(file, at, *open);
            return Diagnostic { message: format!("found `{open}` that is closed by `{close}`"), ..found };
        }
        _ => {}
    }
    if !is_about_tab(error.kind())
        && let Some(found) = bracket.and_then(|bracket| reads_on(file, text, bracket, at))
    {
        return found;
    }
    let found = match error.kind() {
        ErrorKind::MappingValueNotAllowed => misplaced::colon(file, text, at),
        ErrorKind::SimpleKeyExpected => misplaced::text(file, text, at),
        ErrorKind::CommentInterceptedScalar => misplaced::comment(file, text, at),
        kind if is_about_tab(kind) => {
            let tab = tab_near(text, at);
            let span = Span::new(file, tab, tab + usize::from(tab < text.len()));
            Diagnostic::error(codes::E0002, span, "found a tab, expected spaces")
                .help("indent with spaces".to_owned())
        }
        kind => told(file, text, at, kind),
    };
    match bracket.filter(|bracket| text[bracket.start..at].contains(['\n', '\r'])) {
        Some(bracket) => found.also(bracket, "inside this bracket"),
        None => found,
    }
}

fn is_about_tab(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabInPlainScalar
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabNotAllowed
            | ErrorKind::TabAtBlockScalarStart
    )
}

fn told(file: FileId, text: &str, at: usize, kind: &ErrorKind) -> Diagnostic {
    let Words { message, help } = unparsed::say(kind, &text[line_start(text, at)..at], &text[at..]);
    let next = text[at..].chars().next().filter(|c| !c.is_control());
    let span = Span::new(file, at, at + next.map_or(0, char::len_utf8));
    let code = if *kind == ErrorKind::RecursionLimitExceeded { codes::E0005 } else { codes::E0002 };
    let found = Diagnostic::error(code, span, message).help(help.to_owned());
    match kind {
        ErrorKind::CommentNotSeparated if text[at..].starts_with('#') => {
            found.fix(Span::new(file, at, at), " ".to_owned())
        }
        _ => found,
    }
}

fn unclosed(file: FileId, at: usize, open: char) -> Diagnostic {
    let span = Span::new(file, at, at + open.len_utf8());
    let close = if open == '{' { '}' } else { ']' };
    Diagnostic::error(codes::E0002, span, format!("found `{open}` without its closing bracket"))
        .help(format!("close it with `{close}`"))
}

/// A bracket after which the parser has read on into a line that belongs to something else, by its indentation.
fn reads_on(file: FileId, text: &str, bracket: Span, at: usize) -> Option<Diagnostic> {
    let open = text[bracket.start..].chars().next().filter(|c| ['{', '['].contains(c))?;
    let (line, opened) = (line_start(text, at), line_start(text, bracket.start));
    // Lines of a value that has its first line for itself may begin where it does.
    let is_first = opened + indentation(text, opened) == bracket.start;
    let most = (indentation(text, opened) + usize::from(!is_first)).checked_sub(1)?;
    if line <= bracket.start || indentation(text, line) > most {
        return None;
    }
    let begins = line + indentation(text, line);
    let is_closed = text[begins..].starts_with(['}', ']', ',', '#']);
    let end = text[begins..].find(['\n', '\r', ' ']).map_or(text.len(), |end| begins + end);
    (!is_closed && begins < end).then(|| {
        unclosed(file, bracket.start, open).also(Span::new(file, begins, end), "it would go on here")
    })
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind(['\n', '\r']).map_or(0, |before| before + 1)
}

/// Spaces at the begin of a line.
fn indentation(text: &str, line: usize) -> usize {
    text[line..].len() - text[line..].trim_start_matches(' ').len()
}

/// The tab that the parser stumbled over: it says where it stood, which is before the tab or after it.
fn tab_near(text: &str, at: usize) -> usize {
    let line = text[..at].rfind('\n').map_or(0, |before| before + 1);
    let before = text[line..at].rfind('\t').map(|offset| line + offset);
    let after = text[at..].find('\t').map(|offset| at + offset);
    if text[at..].starts_with('\t') { at } else { before.or(after).unwrap_or(at) }
}

#[cfg(test)]
mod tests {
    use super::super::load;
    use crate::source::SourceMap;

    /// Where the text is refused and why, what else is shown, and what to do.
    fn refusal(text: &str) -> String {
        let mut sources = SourceMap::new();
        let file = sources.add("spec.yaml", text);
        let found = load(&sources, file).unwrap_err().into_vec().remove(0);
        let at = |byte| {
            let at = sources.line_col(file, byte);
            format!("{}:{}", at.line, at.column)
        };
        let labels = found.labels.iter().map(|label| format!(", {} {}", at(label.span.start), label.message));
        format!("{} {}{}", at(found.span.start), found.message, labels.collect::<String>())
    }

    #[test]
    fn a_bracket_that_is_never_closed_is_told_where_it_opens() {
        let unclosed = "without its closing bracket, ";
        for (text, expected) in [
            ("a: {b: 1\n", "1:4 found `{` without its closing bracket".to_owned()),
            ("a: {b: 1\nc: 2\n", format!("1:4 found `{{` {unclosed}2:1 it would go on here")),
            ("a: {b: {c: 1}\n\nd: {e: 2}\n", format!("1:4 found `{{` {unclosed}3:1 it would go on here")),
            ("a:\n  b: [1, c: 2\n  d: 3\n", format!("2:6 found `[` {unclosed}3:3 it would go on here")),
            ("a: {b: 1]\n", "1:4 found `{` that is closed by `]`".to_owned()),
            ("a: {b: 1}}\n", "1:10 found `}` without its opening bracket".to_owned()),
            // Brackets around all, with lines that are not indented, as in JSON.
            (
                "{\n\"a\": 1,\n\"b\": 2 \"c\": 3\n}\n",
                "3:11 found a value without a `,` or `}` before it, 1:1 inside this bracket".to_owned(),
            ),
            (
                "a: {\n  b: 1\n  c: 2\n}\n",
                "3:4 found a value without a `,` or `}` before it, 1:4 inside this bracket".to_owned(),
            ),
            ("a: {\n\tb: 1\n}\n", "2:1 found a tab, expected spaces, 1:4 inside this bracket".to_owned()),
        ] {
            assert_eq!(refusal(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_the_parser_refuses_is_told_in_our_words() {
        for (text, expected) in [
            ("a: 1 b: 2\n", "1:7 found a second `:`"),
            ("a: &b &c 1\n", "1:7 found more after the value"),
            ("a: [1,,2]\n", "1:7 found a `,` without a value before it"),
            ("a: {b: 1}#c\n", "1:10 found a comment without a space"),
            ("a: | b\n", "1:4 found more after the sign of a text of several lines"),
            ("a: *\n", "1:4 found `*` without a name after it"),
            ("a: \"\\ud83d\"\n", "1:4 found an escape that is no character"),
            ("a:\n  - 1\n  b: 2\n", "3:3 found something among the elements of a list"),
            ("%YAML 2.0\n---\na: 1\n", "1:1 found a version of YAML other than 1"),
            (
                "%YAML 1.2\na: 1\n",
                "2:1 found more after the end of a document or of lines that begin with `%`",
            ),
        ] {
            let found = refusal(text);
            assert!(found.starts_with(expected), "{text:?}: {found}");
        }
    }
}
