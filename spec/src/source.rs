//! Source text and places in it.
//!
//! Text is handed in, never read: a [`SourceMap`] owns it, a [`Span`] is a range of bytes of one of its files, and a
//! [`Spanned`] value remembers whether it was written or is a default.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

/// A file of a [`SourceMap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

/// A range of bytes of a file; empty: the place before `start`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The range `start..end` of `file`.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        Self { file, start, end: end.max(start) }
    }

    /// The first place of a file.
    pub fn start_of(file: FileId) -> Self {
        Self { file, start: 0, end: 0 }
    }

    /// The part of the span from `offset` on that is `len` bytes long, cut to the span.
    #[must_use]
    pub fn part(self, offset: usize, len: usize) -> Self {
        let start = (self.start + offset).min(self.end);
        Self { file: self.file, start, end: (start + len).min(self.end) }
    }
}

/// A place as people count: from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineCol {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

#[derive(Debug, Clone)]
struct SourceFile {
    name: String,
    text: Arc<str>,
    /// Where the bytes stopped being UTF-8; the text ends there with a replacement character.
    broken_at: Option<usize>,
    /// The byte at which each line begins.
    line_starts: Vec<usize>,
}

/// The texts that diagnostics point into.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// A map without files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text under the name that diagnostics print.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        self.push(name.into(), text.into(), None)
    }

    /// Adds bytes; that they are no UTF-8 is a finding of [`crate::document::load`], not of this.
    pub fn add_bytes(&mut self, name: impl Into<String>, bytes: &[u8]) -> FileId {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.add(name, text),
            Err(error) => {
                let good = error.valid_up_to();
                let mut text = String::from_utf8_lossy(&bytes[..good]).into_owned();
                text.push(char::REPLACEMENT_CHARACTER);
                self.push(name.into(), text.into(), Some(good))
            }
        }
    }

    fn push(&mut self, name: String, text: Arc<str>, broken_at: Option<usize>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).expect("fewer than 2^32 files"));
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        self.files.push(SourceFile { name, text, broken_at, line_starts });
        id
    }

    /// All files, in the order in which they were added.
    pub fn files(&self) -> impl Iterator<Item = FileId> + use<> {
        (0..self.files.len() as u32).map(FileId)
    }

    /// The name of a file.
    pub fn name(&self, file: FileId) -> &str {
        &self.files[file.0 as usize].name
    }

    /// The text of a file.
    pub fn text(&self, file: FileId) -> &Arc<str> {
        &self.files[file.0 as usize].text
    }

    /// Where the bytes of a file stop being UTF-8.
    pub fn broken_at(&self, file: FileId) -> Option<usize> {
        self.files[file.0 as usize].broken_at
    }

    /// The text of a span.
    pub fn slice(&self, span: Span) -> &str {
        self.text(span.file).get(span.start..span.end).unwrap_or_default()
    }

    /// Line and column of a byte; past the end: those of the end. A byte order mark has no column.
    pub fn line_col(&self, file: FileId, byte: usize) -> LineCol {
        let SourceFile { text, line_starts, .. } = &self.files[file.0 as usize];
        let byte = text.floor_char_boundary(byte.min(text.len()));
        let line = line_starts.partition_point(|&start| start <= byte);
        let column = text[line_starts[line - 1]..byte].chars().filter(|&c| c != '\u{feff}').count() + 1;
        LineCol { line, column }
    }
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It stands in the text.
    Written,
    /// It was filled in; its span is that of the nearest thing that was written.
    Default,
}

/// A value and where it stands. Its schema and its JSON are the value's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
    /// Whether it was written.
    pub origin: Origin,
}

impl<T> Spanned<T> {
    /// A value that stands in the text.
    pub fn written(value: T, span: Span) -> Self {
        Self { value, span, origin: Origin::Written }
    }

    /// A default, near `span`.
    pub fn filled_in(value: T, span: Span) -> Self {
        Self { value, span, origin: Origin::Default }
    }
}

impl<T: Serialize> Serialize for Spanned<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl<T: JsonSchema> JsonSchema for Spanned<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_count_from_one() {
        let mut sources = SourceMap::new();
        let file = sources.add("a", "\u{feff}ä: ü\r\nb: c\n");
        let at = |byte| sources.line_col(file, byte);
        assert_eq!(at(3), LineCol { line: 1, column: 1 });
        assert_eq!(at(7), LineCol { line: 1, column: 4 });
        assert_eq!(at(11), LineCol { line: 2, column: 1 });
        assert_eq!(at(999), LineCol { line: 3, column: 1 });
    }

    #[test]
    fn broken_bytes_are_remembered() {
        let mut sources = SourceMap::new();
        let file = sources.add_bytes("a", b"ok: \xff\xfe");
        assert_eq!(sources.broken_at(file), Some(4));
        assert_eq!(&**sources.text(file), "ok: \u{fffd}");
    }
}
