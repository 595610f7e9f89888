//! Text to [`Document`]: never a panic, in bounded time.
//!
//! What YAML has and a spec does not need is refused by name: several documents, merge keys, keys that are no
//! scalars, application tags. Duplicate keys are findings. Anchors are expanded within a budget.

use granit_parser::{Event, Parser, options};

use super::events::Builder;
use super::syntax::{check_text, refused};
use super::{Document, Node, NodeValue};
use crate::diag::{Diagnostic, Diagnostics, Sink, codes};
use crate::source::{FileId, SourceMap, Span};

/// Nesting from which on a text is refused; what recurses over a document relies on it.
pub(super) const DEEPEST: usize = 100;

/// Loads a file of `sources`.
pub fn load(sources: &SourceMap, file: FileId) -> Result<Document, Diagnostics> {
    let (root, mut sink) = read(sources, file);
    if !sink.has_errors_but(codes::E0004) {
        check_root(file, root.as_ref(), &mut sink);
    }
    // A key that occurs twice hides nothing else: its first value counts, and later passes go on to find the rest.
    let findings = sink.finish_unless_only(codes::E0004)?;
    let root = root.expect("a text without other findings has a root");
    Ok(Document { file, texts: vec![(file, sources.text(file).clone())], links: Vec::new(), root, findings })
}

/// Reads the one document of a file, whatever its root is. Without an error among the findings there is a root, unless
/// the text is empty.
pub(super) fn read(sources: &SourceMap, file: FileId) -> (Option<Node>, Sink) {
    let text = sources.text(file);
    let mut sink = Sink::new();
    if let Err(refusal) = check_text(file, text, sources.broken_at(file)) {
        sink.push(*refusal);
        return (None, sink);
    }
    let options = options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        flow_nesting_limit: DEEPEST,
        block_nesting_limit: DEEPEST,
    };
    let mut builder = Builder::new(file, text);
    for next in Parser::new_from_str_with_options(text, options) {
        let (event, span) = match next {
            Ok(next) => next,
            Err(error) => {
                sink.push(refused(file, text, &error));
                break;
            }
        };
        let range = span.byte_range().unwrap_or_default();
        let span = Span::new(file, range.start, range.end);
        if matches!(event, Event::DocumentStart(..)) && builder.has_root() {
            sink.push(
                Diagnostic::error(codes::E0005, span, "found a second document, expected one spec a file")
                    .help("move it to a file of its own".to_owned()),
            );
            break;
        }
        if !builder.take(event, span, &mut sink) {
            break;
        }
    }
    (builder.finish(), sink)
}

fn check_root(file: FileId, root: Option<&Node>, sink: &mut Sink) {
    let start = Span::start_of(file);
    let (span, found) = match root.map(|node| (node.span, &node.value)) {
        None | Some((_, NodeValue::Null)) => (start, "found an empty file"),
        Some((_, NodeValue::Map(_))) => return,
        Some((span, NodeValue::List(_))) => (Span::new(file, span.start, span.start + 1), "found a list"),
        Some((span, NodeValue::Bool(_) | NodeValue::Number(_) | NodeValue::String(_))) => {
            (span, "found a single value")
        }
    };
    sink.push(
        Diagnostic::error(codes::E0003, span, format!("{found}, expected a spec, which is a mapping"))
            .help("write the keys of a spec, beginning with `version: 1`".to_owned()),
    );
}
