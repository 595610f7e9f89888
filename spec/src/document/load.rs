//! Text to [`Document`]: never a panic, in bounded time.
//!
//! What YAML has and a spec does not need is refused by name: several documents, merge keys, keys that are no
//! scalars, application tags. Duplicate keys are findings. Anchors are expanded within a budget.

use granit_parser::{Event, Parser, options};

use super::doubt::Doubt;
use super::events::Builder;
use super::syntax::{check_text, refused};
use super::{Document, Node, NodeValue, Pointer};
use crate::diag::{Diagnostic, Diagnostics, Sink, codes};
use crate::source::{FileId, SourceMap, Span};

/// Nesting from which on a text is refused; what recurses over a document relies on it.
pub(super) const DEEPEST: usize = 100;

/// Loads a file of `sources`.
pub fn load(sources: &SourceMap, file: FileId) -> Result<Document, Diagnostics> {
    let Read { root, doubts, mut sink } = read(sources, file);
    // Values that are not what was meant hide nothing else: later passes go on to find the rest.
    if let Some(doubts) = doubts {
        if doubts.iter().all(|doubt| doubt.pointer != Pointer::root()) {
            check_root(file, root.as_ref(), &mut sink);
        }
        if let Some(root @ Node { value: NodeValue::Map(_), .. }) = root {
            let texts = vec![(file, sources.text(file).clone())];
            return Ok(Document { file, texts, links: Vec::new(), root, findings: sink.into_list(), doubts });
        }
    }
    sink.finish().map(|_| unreachable!("a text without errors has a root that is a mapping"))
}

/// What was read of a file.
pub(super) struct Read {
    /// The root, whatever it is; an empty text has none.
    pub(super) root: Option<Node>,
    /// Values that are not what was meant; `None`: the text as a whole makes no sense.
    pub(super) doubts: Option<Vec<Doubt>>,
    /// What was found.
    pub(super) sink: Sink,
}

/// Reads the one document of a file.
pub(super) fn read(sources: &SourceMap, file: FileId) -> Read {
    let text = sources.text(file);
    let mut sink = Sink::new();
    if let Err(refusal) = check_text(file, text, sources.broken_at(file)) {
        sink.push(*refusal);
        return Read { root: None, doubts: None, sink };
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
                sink.push(refused(file, text, &error, builder.bracket()));
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
    let (root, doubts) = builder.finish(sink.errors());
    Read { root, doubts, sink }
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
