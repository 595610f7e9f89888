//! Where a finding is, as machines want it: paths below the working directory, URIs, columns in UTF-16.

use std::fmt::Write;
use std::path::Path;

use peng_spec::overlay::normal;
use peng_spec::source::{SourceMap, Span};

/// Tells places.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places<'a> {
    /// The texts.
    pub(crate) sources: &'a SourceMap,
    /// The working directory, absolute.
    pub(crate) cwd: &'a Path,
}

/// A range of lines and columns: both from 1, columns in UTF-16 code units, the end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) start_line: usize,
    pub(super) start_column: usize,
    pub(super) end_line: usize,
    pub(super) end_column: usize,
}

impl Places<'_> {
    /// A file's path from the working directory on, with `/`; absolute if the file lies elsewhere.
    pub(super) fn path(&self, name: &str) -> String {
        let absolute = normal(&self.cwd.join(name));
        let path = absolute.strip_prefix(normal(self.cwd)).map(Path::to_owned).unwrap_or(absolute);
        path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
    }

    /// The path of the file that a span is in.
    pub(super) fn path_of(&self, span: Span) -> String {
        self.path(self.sources.name(span.file))
    }

    /// The same as a URI; the second value tells whether it is relative.
    pub(super) fn uri(&self, name: &str) -> (String, bool) {
        let path = percent_encoded(&self.path(name));
        let is_absolute = Path::new(&self.path(name)).is_absolute();
        match (is_absolute, path.starts_with('/')) {
            (false, _) => (path, true),
            (true, true) => (format!("file://{path}"), false),
            (true, false) => (format!("file:///{path}"), false),
        }
    }

    /// The range of a span.
    pub(super) fn region(&self, span: Span) -> Region {
        let place = |byte: usize| {
            let text = self.sources.text(span.file);
            let byte = text.floor_char_boundary(byte.min(text.len()));
            let line = self.sources.line_col(span.file, byte).line;
            // A byte order mark is no part of the text.
            let mark = usize::from(line == 1 && byte > 0 && text.starts_with('\u{feff}'));
            (line, utf16_column(text, byte) - mark + 1)
        };
        let (start_line, start_column) = place(span.start);
        let (end_line, end_column) = place(span.end);
        Region { start_line, start_column, end_line, end_column }
    }
}

/// The column of a byte in its line, from 0, in UTF-16 code units.
pub(crate) fn utf16_column(text: &str, byte: usize) -> usize {
    let start = text[..byte].rfind('\n').map_or(0, |at| at + 1);
    text[start..byte].encode_utf16().count()
}

/// Percent encoding of what is no unreserved character of a URI (RFC 3986), `/` and a drive's `:` aside.
pub(crate) fn percent_encoded(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(byte as char);
        } else {
            write!(encoded, "%{byte:02X}").expect("writing to a string cannot fail");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_begin_at_the_working_directory() {
        let sources = SourceMap::new();
        let places = Places { sources: &sources, cwd: Path::new("/home/me/repo") };
        for (name, path, uri) in [
            ("a/b.yaml", "a/b.yaml", "a/b.yaml"),
            ("./a/../b.yaml", "b.yaml", "b.yaml"),
            ("/home/me/repo/a b.yaml", "a b.yaml", "a%20b.yaml"),
            ("../ä.yaml", "/home/me/ä.yaml", "file:///home/me/%C3%A4.yaml"),
            ("<stdin>", "<stdin>", "%3Cstdin%3E"),
            ("a:b%.yaml", "a:b%.yaml", "a%3Ab%25.yaml"),
        ] {
            assert_eq!(places.path(name), path, "{name}");
            assert_eq!(places.uri(name).0, uri, "{name}");
        }
    }

    #[test]
    fn columns_count_utf16() {
        let mut sources = SourceMap::new();
        let file = sources.add("a", "\u{feff}a: 😀 b\nc: d");
        let places = Places { sources: &sources, cwd: Path::new("/") };
        let b = sources.text(file).find('b').unwrap();
        let region = places.region(Span::new(file, b, b + 3));
        let expected = Region { start_line: 1, start_column: 7, end_line: 2, end_column: 2 };
        assert_eq!(region, expected, "the face is two code units, the mark is none");
    }
}
