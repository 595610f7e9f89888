//! Diagnostics for people: `file:line:column: error[E0203]: ...`, the source line with carets, help.

use std::fmt::Write as _;
use std::io::{self, Write};

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use peng_spec::diag::{Diagnostic, Label, Severity};
use peng_spec::expr::ExprError;
use peng_spec::source::{SourceMap, Span};

use super::findings::{MOST_OF_A_FILE, plural};
use super::style::Paint;

/// A source line that is longer in bytes is not shown.
const LONGEST_LINE: usize = 10_000;

/// Prints findings, each followed by an empty line.
pub(crate) fn print(
    sources: &SourceMap,
    found: &[Diagnostic],
    color: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    for diagnostic in found.iter().take(MOST_OF_A_FILE) {
        writeln!(out, "{}", render(sources, diagnostic, color))?;
    }
    match found.first() {
        Some(first) if found.len() > MOST_OF_A_FILE => {
            writeln!(out, "{}", untold(sources.name(first.span.file), found.len() - MOST_OF_A_FILE))
        }
        Some(_) | None => Ok(()),
    }
}

/// A line that tells how many findings of a file are not shown; nothing if all are.
pub(crate) fn untold(name: &str, count: usize) -> String {
    let name = printable(name);
    match count {
        0 => String::new(),
        1 => format!("{name}: 1 more finding is not shown.\n"),
        _ => format!("{name}: {} are not shown.\n", plural(count, "more finding")),
    }
}

/// One finding as text, with a final line break.
pub(crate) fn render(sources: &SourceMap, diagnostic: &Diagnostic, color: bool) -> String {
    let at = sources.line_col(diagnostic.span.file, diagnostic.span.start);
    let paint = if color { Paint::Colours } else { Paint::Plain };
    let level = match diagnostic.severity {
        Severity::Error => paint.red(&format!("error[{}]", diagnostic.code)),
        Severity::Warning => paint.yellow(&format!("warning[{}]", diagnostic.code)),
    };
    let name = printable(sources.name(diagnostic.span.file));
    let place = format!("{name}:{}:{}:", at.line, at.column);
    let mut text =
        format!("{} {level}: {}\n", paint.bold(&place), paint.bold(&printable(&diagnostic.message)));
    let snippet = snippet(sources, diagnostic, color);
    if !snippet.is_empty() {
        text.push_str(snippet.trim_end_matches('\n'));
        text.push('\n');
    }
    if let Some(help) = &diagnostic.help {
        writeln!(text, "{} {}", paint.cyan("help:"), printable(help))
            .expect("writing to a string cannot fail");
    }
    text
}

/// The source lines with carets.
fn snippet(sources: &SourceMap, diagnostic: &Diagnostic, color: bool) -> String {
    let file = diagnostic.span.file;
    let source = sources.text(file);
    let line_start = source[..diagnostic.span.start].rfind('\n').map_or(0, |at| at + 1);
    let line = source[line_start..].lines().next().unwrap_or_default();
    if source.trim().is_empty() || line.len() > LONGEST_LINE {
        return String::new();
    }
    let range = |span: Span| {
        // A span over several lines is shown by its first one.
        let end = sources.slice(span).find(['\n', '\r']).map_or(span.end, |line| span.start + line);
        span.start..end
    };
    let primary = AnnotationKind::Primary.span(range(diagnostic.span));
    let shown =
        |label: &Label| AnnotationKind::Context.span(range(label.span)).label(printable(&label.message));
    let (here, elsewhere): (Vec<&Label>, Vec<&Label>) =
        diagnostic.labels.iter().partition(|label| label.span.file == file);
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let snippet = Snippet::source(source.as_ref()).annotation(primary);
    let mut group = Group::with_level(level).element(snippet.annotations(here.into_iter().map(shown)));
    for label in elsewhere {
        let source = Snippet::source(sources.text(label.span.file).as_ref());
        group = group.element(source.path(printable(sources.name(label.span.file))).annotation(shown(label)));
    }
    renderer.decor_style(DecorStyle::Ascii).render(&[group])
}

/// An expression from the command line, with carets at what is wrong in it.
pub(crate) fn expression(text: &str, error: &ExprError) -> String {
    let primary = AnnotationKind::Primary.span(error.at..error.at + error.len);
    let snippet = Snippet::source(text).annotation(primary);
    Renderer::plain()
        .decor_style(DecorStyle::Ascii)
        .render(&[Group::with_level(Level::ERROR).element(snippet)])
}

/// A text without control characters, which could take over a terminal.
pub(super) fn printable(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut printable, c| {
        if c.is_control() {
            printable.extend(c.escape_debug());
        } else {
            printable.push(c);
        }
        printable
    })
}

/// The same for a text of several lines.
pub(super) fn printable_lines(text: &str) -> String {
    text.split('\n').map(printable).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use peng_spec::diag::codes;

    use super::*;

    fn example() -> (SourceMap, Diagnostic) {
        let mut sources = SourceMap::new();
        let file = sources.add("a.yaml", "seed: 1\nname: x\nseed: 2\n");
        let diagnostic = Diagnostic::error(codes::E0004, Span::new(file, 16, 20), "key `seed` occurs twice")
            .also(Span::new(file, 0, 4), "first here")
            .help("remove one".to_owned());
        (sources, diagnostic)
    }

    #[test]
    fn a_finding_shows_its_place_its_cause_and_help() {
        let (sources, diagnostic) = example();
        let expected = "\
a.yaml:3:1: error[E0004]: key `seed` occurs twice
  |
1 | seed: 1
  | ---- first here
2 | name: x
3 | seed: 2
  | ^^^^
help: remove one
";
        assert_eq!(render(&sources, &diagnostic, false), expected);
    }

    #[test]
    fn a_flood_is_cut() {
        let (sources, diagnostic) = example();
        let mut out = Vec::new();
        print(&sources, &vec![diagnostic; 103], false, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.matches("error[E0004]").count(), 100);
        assert!(text.ends_with("\na.yaml: 3 more findings are not shown.\n\n"), "{text}");
    }

    #[test]
    fn a_terminal_is_not_taken_over() {
        assert_eq!(printable("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        let mut sources = SourceMap::new();
        let file = sources.add("a\u{1b}[31m\n.yaml", "seed: \u{1b}1\n");
        let found = Diagnostic::error(codes::E0004, Span::new(file, 0, 4), "odd \u{1b}")
            .also(Span::new(file, 6, 7), "\u{1b}")
            .help("\u{1b}".to_owned());
        assert!(!render(&sources, &found, false).contains('\u{1b}'), "{}", render(&sources, &found, false));
    }
}
