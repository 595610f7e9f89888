//! The parser's events put together to a tree, without recursion.

use std::collections::BTreeMap;

use granit_parser::{Event, ScalarStyle, Tag};
use serde_json::Number;

use super::extent::{Extent, MOST_COPIED_BYTES, MOST_VALUES};
use super::load::DEEPEST;
use super::scalar::{self, Plain};
use super::{Entry, Node, NodeValue};
use crate::diag::{Diagnostic, Sink, codes, quoted};
use crate::source::{FileId, Span};

/// A collection that is not closed yet.
struct Open {
    span: Span,
    anchor: usize,
    items: Items,
}

enum Items {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, seen: BTreeMap<String, Span>, key: Option<(String, Span)> },
}

/// What an anchor names.
struct Anchored {
    node: Node,
    extent: Extent,
}

/// Builds the tree.
pub(super) struct Builder<'a> {
    file: FileId,
    text: &'a str,
    open: Vec<Open>,
    root: Option<Node>,
    anchors: BTreeMap<usize, Anchored>,
    /// Values so far, copies included.
    values: usize,
    /// Bytes of text that aliases have copied.
    copied_bytes: usize,
    /// What all anchors name, in sum: each keeps a copy.
    anchored: Extent,
}

impl<'a> Builder<'a> {
    pub(super) fn new(file: FileId, text: &'a str) -> Self {
        Self {
            file,
            text,
            open: Vec::new(),
            root: None,
            anchors: BTreeMap::new(),
            values: 0,
            copied_bytes: 0,
            anchored: Extent::default(),
        }
    }

    /// Whether a document is complete.
    pub(super) fn has_root(&self) -> bool {
        self.root.is_some()
    }

    /// The tree so far, if it is complete.
    pub(super) fn finish(self) -> Option<Node> {
        self.root
    }

    /// Takes an event; `false`: the rest of the text makes no sense.
    pub(super) fn take(&mut self, event: Event<'_>, span: Span, sink: &mut Sink) -> bool {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(&text, style, anchor, tag.as_deref(), span, sink)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.begin(Items::List(Vec::new()), anchor, tag.as_deref(), span, sink)
            }
            Event::MappingStart(_, anchor, tag) => self.begin(
                Items::Map { entries: Vec::new(), seen: BTreeMap::new(), key: None },
                anchor,
                tag.as_deref(),
                span,
                sink,
            ),
            Event::SequenceEnd | Event::MappingEnd => self.end(span, sink),
            Event::Alias(id) => self.alias(id, span, sink),
            Event::UnresolvedAlias(name) => {
                let message = format!("alias {} has no anchor before it", quoted(&format!("*{name}")));
                let help = "name the value above with `&`, or quote a text that begins with `*`";
                sink.push(Diagnostic::error(codes::E0005, span, message).help(help.to_owned()));
                self.add(Node { span, value: NodeValue::Null }, sink)
            }
            _ => true,
        }
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
        sink: &mut Sink,
    ) -> bool {
        let value = if self.awaits_key() {
            check_key(text, style, span, sink);
            check_tag(self.text, tag, span, sink);
            // An empty key reads `~` in events.
            NodeValue::String(if span.start == span.end { String::new() } else { text.to_owned() })
        } else if style == ScalarStyle::Plain || tag.is_some() {
            typed(self.text, text, style, tag, span, sink)
        } else {
            NodeValue::String(text.to_owned())
        };
        let node = Node { span, value };
        self.remember(anchor, &node, sink) && self.add(node, sink)
    }

    fn begin(&mut self, items: Items, anchor: usize, tag: Option<&Tag>, span: Span, sink: &mut Sink) -> bool {
        if self.awaits_key() {
            sink.push(
                Diagnostic::error(codes::E0005, span, "found a key that is a collection, expected a text")
                    .help("quote a key that begins with a bracket".to_owned()),
            );
            return false;
        }
        if self.open.len() >= DEEPEST {
            sink.push(too_deep(span));
            return false;
        }
        check_tag(self.text, tag, span, sink);
        self.open.push(Open { span, anchor, items });
        true
    }

    fn end(&mut self, span: Span, sink: &mut Sink) -> bool {
        let Some(open) = self.open.pop() else { return true };
        let last = match &open.items {
            Items::List(elements) => elements.last().map(|node| node.span.end),
            Items::Map { entries, .. } => {
                entries.last().map(|entry| entry.value.span.end.max(entry.key_span.end))
            }
        };
        // The end of a block collection is an empty place after the line breaks that follow it; that of a flow
        // collection is its bracket.
        let end = if span.start < span.end {
            span.end
        } else {
            last.filter(|&l| l >= open.span.end).unwrap_or(open.span.end)
        };
        let value = match open.items {
            Items::List(elements) => NodeValue::List(elements),
            Items::Map { entries, .. } => NodeValue::Map(entries),
        };
        let node = Node { span: Span::new(self.file, open.span.start, end), value };
        self.remember(open.anchor, &node, sink) && self.add(node, sink)
    }

    fn alias(&mut self, id: usize, span: Span, sink: &mut Sink) -> bool {
        let name = quoted(&self.text[span.start..span.end]);
        let Some(anchored) = self.anchors.get(&id) else {
            let message = format!("alias {name} stands inside the value that it names");
            sink.push(Diagnostic::error(codes::E0005, span, message));
            return false;
        };
        if self.open.len() + anchored.extent.height > DEEPEST {
            sink.push(too_deep(span));
            return false;
        }
        let (values, bytes) =
            (self.values + anchored.extent.values, self.copied_bytes + anchored.extent.bytes);
        let too_much = match (values > MOST_VALUES, bytes > MOST_COPIED_BYTES) {
            (true, _) => Some(format!("alias {name} expands the spec to more than {MOST_VALUES} values")),
            (false, true) => {
                Some(format!("alias {name} expands the spec by more than {MOST_COPIED_BYTES} bytes"))
            }
            (false, false) => None,
        };
        if let Some(message) = too_much {
            sink.push(
                Diagnostic::error(codes::E0005, span, message)
                    .also(anchored.node.span, "what the alias names")
                    .help("use fewer aliases, or a shorter value".to_owned()),
            );
            return false;
        }
        (self.values, self.copied_bytes) = (values - 1, bytes);
        let mut node = anchored.node.clone();
        if self.awaits_key() && node.as_str().is_none() {
            let message = format!("found the key {name}, expected a text");
            sink.push(Diagnostic::error(codes::E0005, span, message));
            node.value = NodeValue::String(name.clone());
        }
        if !matches!(node.value, NodeValue::List(_) | NodeValue::Map(_)) {
            node.span = span;
        }
        self.add(node, sink)
    }

    fn awaits_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { items: Items::Map { key: None, .. }, .. }))
    }

    /// Keeps what an anchor names; `false`: anchors around anchors name too much.
    fn remember(&mut self, anchor: usize, node: &Node, sink: &mut Sink) -> bool {
        if anchor == 0 {
            return true;
        }
        let extent = Extent::of(node);
        self.anchored.values += extent.values;
        self.anchored.bytes += extent.bytes;
        if self.anchored.values > MOST_VALUES || self.anchored.bytes > MOST_COPIED_BYTES {
            let message = format!(
                "the anchors up to here name more than {MOST_VALUES} values or {MOST_COPIED_BYTES} bytes"
            );
            let span = Span::new(node.span.file, node.span.start, node.span.start + 1);
            sink.push(Diagnostic::error(codes::E0005, span, message).help("remove some anchors".to_owned()));
            return false;
        }
        self.anchors.insert(anchor, Anchored { node: node.clone(), extent });
        true
    }

    /// Puts a complete value into the innermost open collection.
    fn add(&mut self, node: Node, sink: &mut Sink) -> bool {
        self.values += 1;
        if self.values > MOST_VALUES {
            let message = format!("found more than {MOST_VALUES} values");
            sink.push(Diagnostic::error(codes::E0005, node.span, message));
            return false;
        }
        match self.open.last_mut().map(|open| &mut open.items) {
            None => self.root = Some(node),
            Some(Items::List(elements)) => elements.push(node),
            Some(Items::Map { entries, seen, key }) => match key.take() {
                None => *key = Some((node.as_str().unwrap_or_default().to_owned(), node.span)),
                Some((key, key_span)) => {
                    if let Some(&first) = seen.get(&key) {
                        sink.push(
                            Diagnostic::error(
                                codes::E0004,
                                key_span,
                                format!("key {} occurs twice", quoted(&key)),
                            )
                            .also(first, "first here")
                            .help("remove one of them".to_owned()),
                        );
                    } else {
                        seen.insert(key.clone(), key_span);
                        entries.push(Entry { key, key_span, value: node });
                    }
                }
            },
        }
        true
    }
}

/// The value of a scalar: by its tag, by its quotes, or by the core schema.
fn typed(
    file_text: &str,
    text: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    span: Span,
    sink: &mut Sink,
) -> NodeValue {
    let text_value = || NodeValue::String(text.to_owned());
    let written_as = tag.and_then(Tag::core_suffix);
    if tag.is_some() && written_as.is_none() {
        check_tag(file_text, tag, span, sink);
        return text_value();
    }
    if written_as == Some("str") || (written_as.is_none() && style != ScalarStyle::Plain) {
        return text_value();
    }
    let text = if span.start == span.end { "" } else { text };
    let value = match scalar::plain(text) {
        Plain::Value(value) => value,
        Plain::LeadingZeros(number) => {
            sink.push(leading_zeros(text, &number, span));
            NodeValue::Number(number)
        }
        Plain::NotFinite => {
            let message = format!("found {}, expected a finite number", quoted(text));
            sink.push(Diagnostic::error(codes::E0005, span, message));
            NodeValue::Null
        }
    };
    let fits = match (written_as, &value) {
        (None, _)
        | (Some("null"), NodeValue::Null)
        | (Some("bool"), NodeValue::Bool(_))
        | (Some("int" | "float"), NodeValue::Number(_)) => true,
        (Some(_), _) => false,
    };
    if !fits {
        let message = format!("{} does not fit its tag `!!{}`", quoted(text), written_as.unwrap_or_default());
        sink.push(Diagnostic::error(codes::E0005, span, message).help("remove the tag".to_owned()));
    }
    value
}

/// W0001: readers of YAML 1.1 take `010` as eight, and `08`, which is no octal number, as a text.
fn leading_zeros(text: &str, number: &Number, span: Span) -> Diagnostic {
    let digits = text.trim_start_matches(['+', '-', '0']);
    let finding = |message: String| Diagnostic::warning(codes::W0001, span, message);
    let written = format!("write `{number}`");
    if digits.contains(['8', '9']) {
        finding(format!("{} is {number}, although YAML 1.1 reads it as a text", quoted(text)))
            .help(written)
            .fix(span, number.to_string())
    } else if digits.len() < 2 {
        finding(format!("found {}, expected a number without leading zeros", quoted(text)))
            .help(written)
            .fix(span, number.to_string())
    } else {
        let octal =
            if text.starts_with('0') { format!(", or `0o{digits}` if it is octal") } else { String::new() };
        finding(format!("{} is {number}, although YAML 1.1 reads it in octal", quoted(text)))
            .help(format!("{written}{octal}"))
    }
}

fn check_key(text: &str, style: ScalarStyle, span: Span, sink: &mut Sink) {
    if text == "<<" && style == ScalarStyle::Plain {
        sink.push(
            Diagnostic::error(codes::E0005, span, "found the merge key `<<`, which YAML 1.2 does not have")
                .help("write the keys out, or name the whole value with an alias".to_owned()),
        );
    }
}

fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0005, span, format!("found values that are nested more than {DEEPEST} deep"))
}

fn check_tag(text: &str, tag: Option<&Tag>, span: Span, sink: &mut Sink) {
    if let Some(tag) = tag.filter(|tag| !tag.is_yaml_core_schema()) {
        let message = format!("found the tag {}, which a spec does not have", quoted(&tag.original()));
        let diagnostic = without_tag(text, tag, Diagnostic::error(codes::E0005, span, message));
        sink.push(diagnostic.help("remove the tag".to_owned()));
    }
}

/// A tag that is farther before its value, in bytes, is not looked for.
const FARTHEST_TAG: usize = 256;

/// A finding about a tag stands at the tag, which is before its value, and goes away with it.
fn without_tag(text: &str, tag: &Tag, diagnostic: Diagnostic) -> Diagnostic {
    let value = diagnostic.span;
    let tag = tag.original();
    let near = text.floor_char_boundary(value.start.saturating_sub(tag.len() + FARTHEST_TAG));
    match text[near..value.start].rfind(tag.as_str()) {
        Some(offset) => {
            let start = near + offset;
            let rest = &text[start + tag.len()..value.start];
            let end = start + tag.len() + (rest.len() - rest.trim_start_matches(' ').len());
            let span = Span::new(value.file, start, start + tag.len());
            let fixed = diagnostic.fix(Span::new(value.file, start, end), String::new());
            Diagnostic { span, ..fixed }
        }
        None => diagnostic,
    }
}
