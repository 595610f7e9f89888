//! The parser's events put together to a tree, without recursion.

use std::collections::BTreeMap;

use granit_parser::{Event, ScalarStyle, StructureStyle, Tag};

use super::doubt::{Doubt, LONGEST_POINTER, MOST_DOUBTS};
use super::extent::{Extent, MOST_COPIED_BYTES, MOST_VALUES};
use super::indentation::{self, Opening};
use super::load::DEEPEST;
use super::typed::{typed, unknown_tag};
use super::{Entry, Node, NodeValue, Pointer};
use crate::diag::{Diagnostic, Severity, Sink, codes, quoted};
use crate::source::{FileId, Span};

/// A collection that is not closed yet.
struct Open {
    span: Span,
    anchor: usize,
    style: StructureStyle,
    items: Items,
    /// How many values were doubted before it.
    doubts: usize,
}

enum Items {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, seen: BTreeMap<String, Span>, key: Option<(String, Span)> },
}

/// What an anchor names.
struct Anchored {
    node: Node,
    extent: Extent,
    is_doubted: bool,
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
    /// Values that are not what was meant; the rest of the text makes sense all the same.
    doubts: Vec<Doubt>,
    /// How many findings are about these.
    told: usize,
    /// Whether there are not too many of them.
    makes_sense: bool,
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
            doubts: Vec::new(),
            told: 0,
            makes_sense: true,
        }
    }

    /// Whether a document is complete.
    pub(super) fn has_root(&self) -> bool {
        self.root.is_some()
    }

    /// The tree, as far as it was read, and what of it is doubted; `None`: there are errors that are about more than
    /// single values.
    pub(super) fn finish(self, errors: usize) -> (Option<Node>, Option<Vec<Doubt>>) {
        (self.root, (self.makes_sense && errors <= self.told).then_some(self.doubts))
    }

    /// The innermost bracket that is open, if there is one.
    pub(super) fn bracket(&self) -> Option<Span> {
        // A pair in a list is a mapping without brackets.
        let starts = self.open.iter().rev().map(|open| open.span.start);
        let start = starts.into_iter().find(|&start| self.text[start..].starts_with(['{', '[']))?;
        Some(Span::new(self.file, start, start + 1))
    }

    /// The address of the value that comes next.
    fn here(&self) -> Pointer {
        self.open.iter().fold(Pointer::root(), |at, open| match &open.items {
            Items::List(elements) => at.index(elements.len()),
            Items::Map { key: Some((key, _)), .. } => at.key(key),
            Items::Map { key: None, .. } => at,
        })
    }

    /// Takes a finding about the value that comes next; what it is about keeps nothing else from being read.
    fn doubt(&mut self, doubt: fn(Pointer) -> Doubt, found: Diagnostic, sink: &mut Sink) {
        match self.mark(doubt) {
            Some(pointer) => {
                self.told += 1;
                sink.push(found.at(pointer));
            }
            None => sink.push(found),
        }
    }

    /// Marks the value that comes next. Where too much is marked, the text as a whole makes no sense.
    fn mark(&mut self, doubt: fn(Pointer) -> Doubt) -> Option<Pointer> {
        let key = |open: &Open| match &open.items {
            Items::Map { key: Some((key, _)), .. } => key.len(),
            Items::Map { key: None, .. } | Items::List(_) => 0,
        };
        let length: usize = self.open.iter().map(key).sum();
        if self.doubts.len() >= MOST_DOUBTS || length > LONGEST_POINTER {
            self.makes_sense = false;
            return None;
        }
        let pointer = self.here();
        self.doubts.push(doubt(pointer.clone()));
        Some(pointer)
    }

    /// Takes an event; `false`: the rest of the text makes no sense.
    pub(super) fn take(&mut self, event: Event<'_>, span: Span, sink: &mut Sink) -> bool {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(&text, style, anchor, tag.as_deref(), span, sink)
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.begin(Items::List(Vec::new()), style, anchor, tag.as_deref(), span, sink)
            }
            Event::MappingStart(style, anchor, tag) => {
                let items = Items::Map { entries: Vec::new(), seen: BTreeMap::new(), key: None };
                self.begin(items, style, anchor, tag.as_deref(), span, sink)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span, sink),
            Event::Alias(id) => self.alias(id, span, sink),
            Event::UnresolvedAlias(name) => {
                let message = format!("alias {} has no anchor before it", quoted(&format!("*{name}")));
                let help = "name the value above with `&`, or quote a text that begins with `*`";
                let found = Diagnostic::error(codes::E0005, span, message).help(help.to_owned());
                self.doubt(Doubt::unread, found, sink);
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
        let doubts = self.doubts.len();
        let value = if self.awaits_key() {
            check_key(text, style, span, sink);
            self.check_tag(tag, span, sink);
            // An empty key reads `~` in events.
            NodeValue::String(if span.start == span.end { String::new() } else { text.to_owned() })
        } else if style == ScalarStyle::Plain || tag.is_some() {
            let (value, found) = typed(self.text, text, style, tag, span);
            for found in found {
                match found.severity {
                    Severity::Error => self.doubt(Doubt::unread, found, sink),
                    Severity::Warning => sink.push(found),
                }
            }
            value
        } else {
            NodeValue::String(text.to_owned())
        };
        if matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted) {
            self.check_indentation(span, Opening::Quote, sink);
        }
        let node = Node { span, value };
        self.remember(anchor, &node, doubts, sink) && self.add(node, sink)
    }

    /// A tag that a spec does not have, on a key or a collection.
    fn check_tag(&mut self, tag: Option<&Tag>, span: Span, sink: &mut Sink) {
        if let Some(found) = unknown_tag(self.text, tag, span) {
            self.doubt(Doubt::other, found, sink);
        }
    }

    /// The lines of a value in brackets or quotes that stands in a block.
    fn check_indentation(&self, value: Span, opening: Opening, sink: &mut Sink) {
        let Some(Open { style: StructureStyle::Block, span, items, .. }) = self.open.last() else { return };
        let block = match items {
            // The parser's mark of a list may stand behind its `-`.
            Items::List(_) if !self.text[span.start..].starts_with('-') => {
                self.text[..span.start].rfind('-').unwrap_or(span.start)
            }
            Items::List(_) | Items::Map { .. } => span.start,
        };
        if let Some(refused) = indentation::check(self.file, self.text, block, value, opening) {
            sink.push(refused);
        }
    }

    fn begin(
        &mut self,
        items: Items,
        style: StructureStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
        sink: &mut Sink,
    ) -> bool {
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
        let doubts = self.doubts.len();
        self.check_tag(tag, span, sink);
        self.open.push(Open { span, anchor, style, items, doubts });
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
        if open.style == StructureStyle::Flow {
            self.check_indentation(node.span, Opening::Bracket, sink);
        }
        self.remember(open.anchor, &node, open.doubts, sink) && self.add(node, sink)
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
        let (mut node, is_doubted) = (anchored.node.clone(), anchored.is_doubted);
        if is_doubted {
            self.mark(Doubt::unread);
        }
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
    /// It is doubted if anything was since there were `doubts`.
    fn remember(&mut self, anchor: usize, node: &Node, doubts: usize, sink: &mut Sink) -> bool {
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
        let is_doubted = self.doubts.len() > doubts;
        self.anchors.insert(anchor, Anchored { node: node.clone(), extent, is_doubted });
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
        if let Some(Open { items: Items::Map { seen, key: Some((key, key_span)), .. }, .. }) =
            self.open.last()
            && let Some(&first) = seen.get(key)
        {
            let found =
                Diagnostic::error(codes::E0004, *key_span, format!("key {} occurs twice", quoted(key)))
                    .also(first, "first here")
                    .help("remove one of them".to_owned());
            self.doubt(Doubt::other, found, sink);
        }
        match self.open.last_mut().map(|open| &mut open.items) {
            None => self.root = Some(node),
            Some(Items::List(elements)) => elements.push(node),
            Some(Items::Map { entries, seen, key }) => match key.take() {
                None => *key = Some((node.as_str().unwrap_or_default().to_owned(), node.span)),
                Some((key, _)) if seen.contains_key(&key) => {}
                Some((key, key_span)) => {
                    seen.insert(key.clone(), key_span);
                    entries.push(Entry { key, key_span, value: node });
                }
            },
        }
        true
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
