//! Places and names as the protocol has them: lines from 0, columns in UTF-16 from 0, files as URIs.

use std::path::{Path, PathBuf};

use peng_spec::source::{SourceMap, Span};
use serde_json::{Value, json};

use crate::ui::findings::{percent_encoded, utf16_column};

/// The byte of a position; past a line: its end.
pub(super) fn byte(text: &str, position: &Value) -> usize {
    let number = |key: &str| position[key].as_u64().unwrap_or_default() as usize;
    let (line, character) = (number("line"), number("character"));
    let Some(start) = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).nth(line)
    else {
        return text.len();
    };
    let of_line = text[start..].split('\n').next().unwrap_or_default().trim_end_matches('\r');
    let mut units = 0;
    for (at, c) in of_line.char_indices() {
        if units >= character {
            return start + at;
        }
        units += c.len_utf16();
    }
    start + of_line.len()
}

/// The position of a byte.
pub(super) fn position(text: &str, byte: usize) -> Value {
    let byte = text.floor_char_boundary(byte.min(text.len()));
    json!({ "line": text[..byte].matches('\n').count(), "character": utf16_column(text, byte) })
}

/// The range of a span.
pub(super) fn range(sources: &SourceMap, span: Span) -> Value {
    let text = sources.text(span.file);
    json!({ "start": position(text, span.start), "end": position(text, span.end) })
}

/// The path of a `file:` URI; of another one, what comes after the scheme.
pub(super) fn path_of(uri: &str) -> PathBuf {
    let rest = uri.strip_prefix("file://").unwrap_or(uri);
    let mut bytes = Vec::with_capacity(rest.len());
    let mut at = rest.as_bytes().iter();
    while let Some(&byte) = at.next() {
        let code = (byte == b'%').then(|| at.as_slice().get(..2)).flatten();
        match code.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()) {
            Some(decoded) => {
                bytes.push(decoded);
                at.nth(1);
            }
            None => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned().into()
}

/// The `file:` URI of an absolute path.
pub(super) fn uri_of(path: &Path) -> String {
    format!("file://{}", percent_encoded(&path.to_string_lossy()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_those_of_utf16() {
        let text = "a: 😀b\r\nc: d";
        let place = |line: usize, character: usize| json!({ "line": line, "character": character });
        for (at, line, character) in [(0, 0, 0), (3, 0, 3), (7, 0, 5), (8, 0, 6), (10, 1, 0), (14, 1, 4)] {
            assert_eq!(position(text, at), place(line, character));
            assert_eq!(byte(text, &place(line, character)), at);
        }
        assert_eq!((byte(text, &place(0, 99)), byte(text, &place(9, 0))), (8, 14));
    }

    #[test]
    fn uris_name_files() {
        for path in ["/a b/ä%.peng.yaml", "/plain.yaml"] {
            assert_eq!(path_of(&uri_of(Path::new(path))), Path::new(path));
        }
        assert_eq!(path_of("untitled:Untitled-1"), Path::new("untitled:Untitled-1"));
        assert_eq!(path_of("file:///a%2"), Path::new("/a%2"));
    }
}
