//! Loading: what is refused, where things stand, and that no text brings it down.

use proptest::prelude::*;

use super::*;
use crate::diag::Diagnostics;
use crate::diag::codes::E0005;
use crate::source::SourceMap;

fn document(text: &str) -> Result<Document, Diagnostics> {
    let mut sources = SourceMap::new();
    let file = sources.add("spec.yaml", text);
    load(&sources, file)
}

fn codes(text: &str) -> Vec<&'static str> {
    match document(text) {
        Ok(document) => document.findings().iter().map(|d| d.code.as_str()).collect(),
        Err(found) => found.as_slice().iter().map(|d| d.code.as_str()).collect(),
    }
}

#[test]
fn keys_and_values_know_their_places() {
    let document = document("\u{feff}ä: [1, {b: 'it''s'}]\r\nc:\n").unwrap();
    let found = document.find(&Pointer::from("/ä/1/b")).unwrap();
    assert_eq!(document.slice(found.key_span.unwrap()), "b");
    assert_eq!(document.slice(found.node.span), "'it''s'");
    assert_eq!(found.node.as_str(), Some("it's"));
    assert_eq!(document.slice(document.span_inside(found.node, 2, 1)), "''");
    let list = document.find(&Pointer::from("/ä")).unwrap();
    assert_eq!(document.slice(list.node.span), "[1, {b: 'it''s'}]");
    assert_eq!(document.slice(document.span_near(&Pointer::from("/c/missing"))), "c");
    assert_eq!(document.slice(document.span_near(&Pointer::from("/d/missing"))), "ä");
}

#[test]
fn block_collections_end_with_their_last_value() {
    let document = document("a:\n  - b: 1\n    c: 2  # two\n\nd: 3\n").unwrap();
    let list = document.find(&Pointer::from("/a")).unwrap();
    assert_eq!(document.slice(list.node.span), "- b: 1\n    c: 2");
}

#[test]
fn aliases_are_what_they_name() {
    let document = document("a: &x {b: 1}\nc: *x\n").unwrap();
    assert_eq!(document.root().to_json().to_string(), r#"{"a":{"b":1},"c":{"b":1}}"#);
}

#[test]
fn odd_texts_are_findings() {
    for (text, expected) in [
        ("", vec!["E0003"]),
        ("   \n\n", vec!["E0003"]),
        ("~", vec!["E0003"]),
        ("a: \0", vec!["E0001"]),
        ("a: 1\na: 2", vec!["E0004"]),
        ("{a: 1, 'a': 2}", vec!["E0004"]),
        ("a: *b", vec!["E0005"]),
        ("a: 1\n---\nb: 1", vec!["E0005"]),
        ("? {a: b}\n: c", vec!["E0005"]),
        ("a: !x 1", vec!["E0005"]),
        ("a: 007", vec!["W0001"]),
        ("a: '007'", vec![]),
        ("a: 1\r\nb: 2\r\n", vec![]),
    ] {
        assert_eq!(codes(text), expected, "{text:?}");
    }
}

#[test]
fn broken_bytes_are_a_finding() {
    let mut sources = SourceMap::new();
    let file = sources.add_bytes("spec.yaml", b"a: \xff\n");
    assert_eq!(load(&sources, file).unwrap_err().as_slice()[0].code.as_str(), "E0001");
}

/// Calls `f` with every node.
fn visit(node: &Node, f: &mut dyn FnMut(&Node)) {
    f(node);
    node.elements().iter().for_each(|element| visit(element, f));
    node.entries().iter().for_each(|entry| visit(&entry.value, f));
}

/// A text that is often YAML.
fn yaml_like() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a", "b: ", "- ", "\n", "\n  ", "\n    ", "[", "]", "{", "}", ", ", ": ", "? ", "'", "\"", "# c",
        "&x ", "*x", "|\n", ">\n", "12", "0x1F", "1.5e3", "~", "true", "ä", "\t", "\r\n", "%", "---\n",
        "!!str ", "!t ", "<<: ", "\u{feff}", "\\x41", "25%", " ",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_text_brings_it_down(text in any::<String>()) {
        let _ = document(&text);
    }

    #[test]
    fn no_yaml_brings_it_down(text in yaml_like()) {
        let _ = document(&text);
    }

    #[test]
    fn no_bytes_bring_it_down(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let mut sources = SourceMap::new();
        let file = sources.add_bytes("spec.yaml", &bytes);
        let _ = load(&sources, file);
    }

    #[test]
    fn the_span_of_a_plain_scalar_yields_its_text(text in yaml_like()) {
        let text = format!("k:\n- {text}");
        let Ok(document) = document(&text) else { return Ok(()) };
        let is_told = |span| document.findings().iter().any(|found| found.code == E0005 && found.span == span);
        let mut wrong = None;
        visit(document.root(), &mut |node| {
            let written = document.slice(node.span);
            let plain = !written.starts_with(['\'', '"', '|', '>', '*']) && !written.contains(['\n', '\r']);
            let same = match &node.value {
                NodeValue::String(value) => written == value,
                NodeValue::Bool(value) => written == value.to_string(),
                // A number that is too large is told of, and read as nothing.
                NodeValue::Null => matches!(written, "" | "~" | "null") || is_told(node.span),
                NodeValue::Number(_) => written.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)),
                NodeValue::List(_) | NodeValue::Map(_) => true,
            };
            let tagged = text.contains("!!str") || text.contains('|') || text.contains('>');
            if plain && !same && !tagged {
                wrong = Some((written.to_owned(), node.clone()));
            }
        });
        prop_assert!(wrong.is_none(), "{wrong:?} in {text:?}");
    }

    #[test]
    fn every_pointer_leads_to_its_value(text in yaml_like()) {
        let Ok(document) = document(&format!("k: {text}")) else { return Ok(()) };
        let mut stack = vec![(Pointer::root(), document.root())];
        while let Some((pointer, node)) = stack.pop() {
            prop_assert_eq!(document.find(&pointer).unwrap().node, node);
            let span = document.span_near(&pointer);
            prop_assert!(document.texts[0].1.get(span.start..span.end).is_some());
            stack.extend(node.entries().iter().map(|entry| (pointer.key(&entry.key), &entry.value)));
            stack.extend(node.elements().iter().enumerate().map(|(i, element)| (pointer.index(i), element)));
        }
    }
}
