//! From a place in the text of a scalar to its place in the file: through quotes, escapes, line folding, indentation.
//!
//! How YAML folds white space is not repeated here: what is not white space stands in both texts in the same order.

use super::{Document, Node};
use crate::source::Span;

impl Document {
    /// Where bytes `at..at + len` of the text of a string node stand in the file; of an empty range the place before a
    /// character. Where that cannot be told, as for an alias, it is the whole scalar.
    pub fn span_inside(&self, node: &Node, at: usize, len: usize) -> Span {
        let written = self.slice(node.span);
        let found = node.as_str().and_then(|text| {
            let places = places(written, text)?;
            let first = places.get(at)?;
            let end = if len == 0 { first.0 } else { places.get(at + len - 1)?.1 };
            Some(Span::new(node.span.file, node.span.start + first.0, node.span.start + end))
        });
        found.unwrap_or(node.span)
    }
}

/// For each byte of the text of a scalar where its character begins and ends in what is written, and last the place after
/// all; `None` if the two do not agree.
fn places(written: &str, text: &str) -> Option<Vec<(usize, usize)>> {
    let mut units = units(written)?.into_iter().peekable();
    let mut after = units.peek().map_or(0, |unit| unit.at);
    let mut places = Vec::with_capacity(text.len() + 1);
    for c in text.chars() {
        if !c.is_whitespace() {
            while units.next_if(|unit| unit.c.is_whitespace()).is_some() {}
        }
        let place = match units.next_if(|unit| unit.c == c || (unit.c.is_whitespace() && c.is_whitespace())) {
            Some(unit) => (unit.at, unit.end),
            None if c.is_whitespace() => (after, after),
            None => return None,
        };
        after = place.1;
        places.extend(std::iter::repeat_n(place, c.len_utf8()));
    }
    places.push((after, after));
    units.all(|unit| unit.c.is_whitespace()).then_some(places)
}

/// A character of a scalar and where it is written.
struct Unit {
    c: char,
    at: usize,
    end: usize,
}

/// The characters of a scalar as they are written, escapes resolved; without quotes and the header of a block.
fn units(written: &str) -> Option<Vec<Unit>> {
    let (begin, end) = match written.as_bytes().first()? {
        b'\'' | b'"' => (1, written.len().checked_sub(1).filter(|&end| end >= 1)?),
        b'|' | b'>' => (written.find('\n')?, written.len()),
        _ => (0, written.len()),
    };
    let quote = written.as_bytes().first().copied().filter(|_| begin == 1);
    let content = written.get(..end)?;
    let mut units = Vec::with_capacity(end - begin);
    let mut at = begin;
    while let Some(c) = content.get(at..)?.chars().next() {
        let (read, len) = match (quote, c) {
            (Some(b'\''), '\'') => (Some(c), 2),
            (Some(b'"'), '\\') => escape(&content[at..])?,
            _ => (Some(c), c.len_utf8()),
        };
        units.extend(read.map(|c| Unit { c, at, end: at + len }));
        at += len;
    }
    Some(units)
}

/// The character of an escape, none for an escaped line break, and its length in bytes (YAML 1.2.2, section 5.7).
fn escape(written: &str) -> Option<(Option<char>, usize)> {
    let name = written[1..].chars().next()?;
    let code = |digits: usize| {
        let code = u32::from_str_radix(written.get(2..2 + digits)?, 16).ok()?;
        Some((Some(char::from_u32(code)?), 2 + digits))
    };
    let c = match name {
        'x' => return code(2),
        'u' => return code(4),
        'U' => return code(8),
        '\n' | '\r' => return Some((None, 2)),
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        'e' => '\u{1b}',
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        other => other,
    };
    Some((Some(c), 1 + name.len_utf8()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::load;
    use crate::document::Pointer;
    use crate::source::SourceMap;

    /// Line, column and text of bytes `at..at + len` of the value of `a`.
    fn place(yaml: &str, at: usize, len: usize) -> (usize, usize, String) {
        let mut sources = SourceMap::new();
        let file = sources.add("a", yaml);
        let document = load(&sources, file).unwrap();
        let node = document.find(&Pointer::from("/a")).unwrap().node;
        let span = document.span_inside(node, at, len);
        let place = sources.line_col(file, span.start);
        (place.line, place.column, sources.slice(span).to_owned())
    }

    #[test]
    fn a_place_is_found_in_every_style() {
        for (yaml, line, column) in [
            ("a: params <= 3h\n", 1, 14),
            ("a: 'params <= 3h'\n", 1, 15),
            ("a: \"params <= 3h\"\n", 1, 15),
            ("a: \"par\\x61ms \\u003c= 3h\"\n", 1, 23),
            ("a: \"params \\\n   <= 3h\"\n", 2, 7),
            ("a: params\n   <=\n   3h\n", 3, 4),
            ("a: >\n  params\n  <= 3h\n", 3, 6),
            ("a: >-\n\n  params <=\n\n  3h\n", 5, 3),
            ("a: |\n    params\n      <= 3h\n", 3, 10),
            ("a: !!str params <= 3h\n", 1, 20),
            ("a: &x 'params <= 3h'\n", 1, 18),
            ("a: >2-\n  params <=\n   3h\n", 3, 4),
        ] {
            let mut sources = SourceMap::new();
            let file = sources.add("a", yaml);
            let document = load(&sources, file).unwrap();
            let node = document.find(&Pointer::from("/a")).unwrap().node;
            let at = node.as_str().unwrap().find("3h").unwrap();
            assert_eq!(place(yaml, at, 2), (line, column, "3h".to_owned()), "{yaml}");
        }
        assert_eq!(place("a: 'it''s <= 3h'\n", 2, 2), (1, 7, "''s".to_owned()));
        // What an alias stands for is elsewhere.
        assert_eq!(place("b: &x params <= 3h\na: *x\n", 10, 2), (2, 4, "*x".to_owned()));
        assert_eq!(place("a: params <=\n", 9, 0), (1, 13, String::new()));
    }

    proptest! {
        #[test]
        fn every_character_of_a_quoted_text_is_found(text in "[a-z' <=]{0,5}[a-z]", at in 0..6_usize) {
            let at = at % text.len();
            let yaml = format!("a: '{}'\n", text.replace('\'', "''"));
            let found = place(&yaml, at, 1).2;
            prop_assert_eq!(found.replace("''", "'"), &text[at..=at]);
        }
    }
}
