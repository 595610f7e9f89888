//! Lines of a value that begins in brackets or quotes: each but the first is indented more than the block around it
//! (YAML 1.2.2, 6.1 and 7.4). The parser takes any indentation, so that it reads on into what a person takes as the
//! next key.

use crate::diag::{Diagnostic, codes};
use crate::source::{FileId, Span};

/// What a value begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// `[` or `{`. A closing bracket may stand below the key, as people write it, and a comment anywhere.
    Bracket,
    /// A quote.
    Quote,
}

/// The first line of `value` that is not indented more than `block`, which starts where its first key or `-` stands.
pub(super) fn check(
    file: FileId,
    text: &str,
    block: usize,
    value: Span,
    opening: Opening,
) -> Option<Diagnostic> {
    let lines = &text[value.start..value.end];
    let mut rest = lines.find(['\n', '\r'])?;
    let line_start = text[..block].rfind(['\n', '\r']).map_or(0, |before| before + 1);
    let least = text[line_start..block].trim_start_matches('\u{feff}').chars().count() + 1;
    while rest < lines.len() {
        let start = rest + 1;
        let end = lines[start..].find(['\n', '\r']).map_or(lines.len(), |offset| start + offset);
        let line = &lines[start..end];
        let indented = line.len() - line.trim_start_matches(' ').len();
        let content = line.trim_start_matches([' ', '\t']);
        let is_free =
            content.is_empty() || (opening == Opening::Bracket && content.starts_with([']', '}', '#']));
        if indented < least && !is_free {
            let at = value.start + start + indented;
            return Some(refused(file, text, at, indented, least, value, opening));
        }
        rest = end;
    }
    None
}

fn refused(
    file: FileId,
    text: &str,
    at: usize,
    indented: usize,
    least: usize,
    value: Span,
    opening: Opening,
) -> Diagnostic {
    let what = match opening {
        Opening::Bracket => "brackets",
        Opening::Quote => "quotes",
    };
    let end = at + text[at..].chars().next().map_or(0, char::len_utf8);
    let spaces = if indented == 1 { "1 space".to_owned() } else { format!("{indented} spaces") };
    let message = format!("found a line in {what} that is indented by {spaces}, expected at least {least}");
    Diagnostic::error(codes::E0002, Span::new(file, at, end), message)
        .also(Span::new(file, value.start, value.start + 1), "it belongs to what begins here")
        .help(format!("indent the lines of a value in {what} with more spaces than its key"))
}

#[cfg(test)]
mod tests {
    use super::super::load;
    use crate::source::SourceMap;

    /// Where the text is refused, and why.
    fn refusal(text: &str) -> Option<String> {
        let mut sources = SourceMap::new();
        let file = sources.add("spec.yaml", text);
        let found = load(&sources, file).err()?.into_vec().remove(0);
        let at = sources.line_col(file, found.span.start);
        Some(format!("{}:{} {}", at.line, at.column, found.message))
    }

    #[test]
    fn a_line_in_brackets_or_quotes_is_indented_more_than_its_key() {
        for (text, expected) in [
            (
                "a: [b,\nc]\n",
                "2:1 found a line in brackets that is indented by 0 spaces, expected at least 1",
            ),
            ("a: \"b\nc\"\n", "2:1 found a line in quotes that is indented by 0 spaces, expected at least 1"),
            ("a: 'b\n\tc'\n", "2:1 found a line in quotes that is indented by 0 spaces, expected at least 1"),
            (
                "a:\n  b: [c,\n  d]\n",
                "3:3 found a line in brackets that is indented by 2 spaces, expected at least 3",
            ),
            (
                "a:\n- {b: c,\nd: e}\n",
                "3:1 found a line in brackets that is indented by 0 spaces, expected at least 1",
            ),
            (
                "a:\n- b: {c: 1,\n  d: 2}\n",
                "3:3 found a line in brackets that is indented by 2 spaces, expected at least 3",
            ),
            (
                "a: [b,\r\n  c,\r\nd]\r\n",
                "3:1 found a line in brackets that is indented by 0 spaces, expected at least 1",
            ),
            ("a: [b,\n  c,\n d,\ne: [\n", "4:4 found `[` without its closing bracket"),
            (
                "- - 'a\n  b'\n",
                "2:3 found a line in quotes that is indented by 2 spaces, expected at least 3",
            ),
            (
                "a:\n  b:\n  - {c: d,\n  e: f}\n",
                "4:3 found a line in brackets that is indented by 2 spaces, expected at least 3",
            ),
            (
                "? a\n: 'b\nc'\n",
                "3:1 found a line in quotes that is indented by 0 spaces, expected at least 1",
            ),
            (
                "\u{feff}ä:\r\n  ü: \"b\r\n  c\"\r\n",
                "3:3 found a line in quotes that is indented by 2 spaces, expected at least 3",
            ),
            (
                "a: !!map\n  b: 'c\n  d'\n",
                "3:3 found a line in quotes that is indented by 2 spaces, expected at least 3",
            ),
            ("a:\n[b]\n", "2:1 found"),
            ("a:\n'b'\n", "2:1 found"),
            ("a: &x\n'b'\n", "2:1 found"),
        ] {
            let found = refusal(text).unwrap_or_default();
            assert!(found.starts_with(expected), "found {found:?} in {text:?}, expected {expected:?}");
        }
    }

    #[test]
    fn closing_brackets_comments_and_blank_lines_stand_anywhere() {
        for text in [
            "a: [\n  b,\n]\n",
            "a: {\n  b: [\n    c\n  ]\n}\n",
            "a: [b,\n# c\n  d]\n",
            "a: 'b\n\n  c'\n",
            "{\n\"a\": [\n1\n]}\n",
            "a:\n  - [b,\n     c]\n  - {d: e,\n   f: g}\n",
            "a:\n- \"b\n  c\"\n",
            "a:\n- 'b\n c'\n",
            "a:\n  b:\n  - {c: d,\n   e: f}\n",
            "a: !!map\n  b: 'c\n   d'\n",
            "a: &m\n  &k b: 'c\n   d'\n",
            "a:\n- &m\n  &k b: 'c\n   d'\n- &l c: 'd\n    e'\n",
            "a: &s\n  - 'b\n   c'\n",
            "\u{feff}a: 'b\n c'\n",
            "? a\n: 'b\n c'\n? 'd'\n: [e,\n f]\n",
            "--- {a: b,\nc: 'd\ne'}\n",
            "a:\n\n  # c\n  'b'\n",
            "a:\r\n  - 'b\r\n\r\n    c'\r\n",
            "'a': 'b\n ü'\n",
            "a:\n  - - 'b\n     c'\n    - [d,\n      e]\n",
        ] {
            assert_eq!(refusal(text), None, "{text:?}");
        }
    }
}
