//! The commonest errors of YAML, told by their cause: a key without a space after its `:`, a second `:` in a line, a key
//! that is indented unlike the others. The parser stumbles over each of them later than a person does.

use crate::diag::{Diagnostic, codes, quoted};
use crate::source::{FileId, Span};

/// The parser found a `:` at `at` where no key can end.
pub(super) fn colon(file: FileId, text: &str, at: usize) -> Diagnostic {
    let line = line_around(text, at);
    let key = line.start + indentation(&text[line.start..at]);
    let here = Span::new(file, at, (at + 1).min(line.end));
    if let Some(first) = text[key..at].find(": ") {
        return error(here, "found a second `:` in one line, expected one key with its value")
            .also(Span::new(file, key + first, key + first + 1), "the first one")
            .help("quote a value that contains `: `".to_owned());
    }
    let above = line_above(text, line.start);
    if let Some(glued) = above.clone().and_then(|above| glued(file, text, above.start, above.end)) {
        return glued;
    }
    if text[key..at].starts_with(char::is_alphabetic) {
        let diagnostic = error(
            Span::new(file, key, at),
            "found a key that is indented differently from what is above it, expected the same column",
        )
        .help("align the keys of a mapping, and indent those of an inner mapping more".to_owned());
        return match above {
            Some(above) => {
                let start = above.start + indentation(&text[above.clone()]);
                diagnostic.also(Span::new(file, start, above.end), "this is above it")
            }
            None => diagnostic,
        };
    }
    error(here, "found a `:` where no key ends")
        .help("quote a value that contains `: `, and align the keys of a mapping".to_owned())
}

/// The parser expected a key, but the text at `at` has no `:`.
pub(super) fn text(file: FileId, text: &str, at: usize) -> Diagnostic {
    let end = line_around(text, at).end;
    if let Some(glued) = glued(file, text, at, end) {
        return glued;
    }
    error(Span::new(file, at, end), "found a text without `:`, expected a key")
        .help("write a `:` and a space after a key, and indent a value more than its key".to_owned())
}

/// The parser stumbled over a comment after what it takes as a text of several lines, which may be `key:value`.
pub(super) fn comment(file: FileId, text: &str, at: usize) -> Diagnostic {
    let line = line_around(text, at);
    glued(file, text, line.start, line.end).unwrap_or_else(|| {
        error(Span::new(file, at, at), "found a comment inside a text of several lines")
            .help("move the comment, or quote the text".to_owned())
    })
}

fn error(span: Span, message: &str) -> Diagnostic {
    Diagnostic::error(codes::E0002, span, message)
}

/// `epochs:2`, which YAML takes as a text.
fn glued(file: FileId, text: &str, start: usize, end: usize) -> Option<Diagnostic> {
    let line = &text[start..end];
    let start = start + indentation(line);
    let line = text[start..end].split(" #").next().unwrap_or_default().trim_end();
    let (key, value) = line.split_once(':')?;
    let is_key = key.starts_with(char::is_alphabetic)
        && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    let is_value = value.starts_with(|c: char| !c.is_whitespace() && c != '/' && c != ':');
    if !is_key || !is_value || value.contains(": ") || value.ends_with(':') {
        return None;
    }
    let after = start + key.len() + 1;
    let message =
        format!("found {} without a space after its `:`, expected a key with its value", quoted(line));
    let diagnostic = error(Span::new(file, start, start + line.len()), &message);
    Some(
        diagnostic
            .help(format!("write {}", quoted(&format!("{key}: {value}"))))
            .fix(Span::new(file, after, after), " ".to_owned()),
    )
}

/// The line of a place, without its end.
fn line_around(text: &str, at: usize) -> std::ops::Range<usize> {
    let start = text[..at].rfind(['\n', '\r']).map_or(0, |before| before + 1);
    let end = text[at..].find(['\n', '\r']).map_or(text.len(), |offset| at + offset);
    start..end
}

/// The nearest line before a line that says something.
fn line_above(text: &str, mut start: usize) -> Option<std::ops::Range<usize>> {
    while start > 0 {
        let line = line_around(text, start - 1);
        if !is_blank(&text[line.clone()]) {
            return Some(line);
        }
        start = line.start;
    }
    None
}

/// Bytes before the first thing in a line; marks of lists are none.
fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).trim_start_matches("- ").trim_start_matches(' ').len()
}

fn is_blank(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#')
}

#[cfg(test)]
mod tests {
    use super::super::load;
    use crate::source::SourceMap;

    #[test]
    fn the_cause_is_told_where_it_is() {
        for (text, expected, fixed) in [
            (
                "a: 1\nb:\n  c:2\n  d: 3\n",
                "3:3 found `c:2` without a space",
                Some("a: 1\nb:\n  c: 2\n  d: 3\n"),
            ),
            ("a: 1\nb:2  # x\n", "2:1 found `b:2` without a space", Some("a: 1\nb: 2  # x\n")),
            ("version:1\nb: 2\n", "1:1 found `version:1` without a space", Some("version: 1\nb: 2\n")),
            ("a:\n b:2  # x\n c: 3\n", "2:2 found `b:2` without a space", Some("a:\n b: 2  # x\n c: 3\n")),
            ("a: b\n  c  # d\n  e\n", "2:6 found a comment inside a text", None),
            ("a: b: c\n", "1:5 found a second `:` in one line", None),
            ("a:\n  b: 1\n   c: 2\n", "3:4 found a key that is indented differently", None),
            ("a: 1\n  b: 2\n", "2:3 found a key that is indented differently", None),
            ("a: 1\nb\n", "2:1 found a text without `:`", None),
            ("a: http://b\n c: d\n", "2:2 found a key that is indented differently", None),
            ("[a\n]: b\n", "2:2 found a `:` where no key ends", None),
        ] {
            let mut sources = SourceMap::new();
            let file = sources.add("spec.yaml", text);
            let found = load(&sources, file).unwrap_err().into_vec().remove(0);
            let at = sources.line_col(file, found.span.start);
            let shown = format!("{}:{} {}", at.line, at.column, found.message);
            assert!(shown.starts_with(expected), "found {shown:?} in {text:?}, expected {expected:?}");
            let after =
                found.fix.map(|f| format!("{}{}{}", &text[..f.span.start], f.text, &text[f.span.end..]));
            assert_eq!(after.as_deref(), fixed, "{text:?}");
        }
    }
}
