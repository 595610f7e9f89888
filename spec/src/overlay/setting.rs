//! A value that the command line sets: `training.epochs=10`, `objectives[0].maximize=val_accuracy`.
//!
//! Keys are joined by dots, `[N]` is the element N of a list, from 0; the number of its elements appends one. The value
//! is YAML. Keys and lists on the way that are not there are made; a value goes over another as that of a file over its
//! base.

use std::ops::Range;

use super::{COMMAND_LINE, EXTENDS, merge};
use crate::diag::{Diagnostic, Diagnostics, Sink, codes, quoted};
use crate::document::{self, Document, Doubt, Entry, Node, NodeValue, Pointer};
use crate::source::{FileId, SourceMap, Span};

/// How the argument begins in what diagnostics show.
const OPTION: &str = "--set ";

/// What stands before the value where it is read.
const BEFORE: &str = "v: ";

/// Steps beyond which no spec goes; the recursion over them relies on it.
const MOST_STEPS: usize = 50;

/// A value to be set, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// As it was written.
    text: String,
    steps: Vec<(Step, Range<usize>)>,
    /// Where the value begins in the text.
    value: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Element(usize),
}

impl Setting {
    /// Reads `PATH=VALUE`; the value is looked at when it is applied.
    pub fn parse(text: &str) -> Result<Self, String> {
        let form = "expected `KEY.KEY=VALUE`, such as `training.epochs=10`";
        let Some(equals) = text.find('=') else { return Err(format!("found no `=`, {form}")) };
        let mut steps = Vec::new();
        let mut at = 0;
        for part in text[..equals].split('.') {
            let key = part.split('[').next().unwrap_or_default();
            let is_key = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
            if key.is_empty() || !key.chars().all(is_key) {
                return Err(format!("found {} as a key, {form}", quoted(key)));
            }
            steps.push((Step::Key(key.to_owned()), at..at + key.len()));
            let mut from = at + key.len();
            for index in part[key.len()..].split_inclusive(']') {
                let digits = index.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
                let Some(element) = digits.and_then(|digits| digits.parse().ok()) else {
                    return Err(format!("found {}, expected an element such as `[0]`", quoted(index)));
                };
                steps.push((Step::Element(element), from..from + index.len()));
                from += index.len();
            }
            at += part.len() + 1;
        }
        if steps.len() > MOST_STEPS {
            return Err(format!("found {} keys, expected at most {MOST_STEPS}", steps.len()));
        }
        Ok(Self { text: text.to_owned(), steps, value: equals + 1 })
    }

    /// The argument as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Sets the value in a document.
    pub(super) fn apply(&self, document: &mut Document, sources: &mut SourceMap, sink: &mut Sink) {
        let file = sources.add(COMMAND_LINE, format!("{OPTION}{}", self.text));
        document.texts.push((file, sources.text(file).clone()));
        let placed = Placed { setting: self, file };
        if let Some((Step::Key(key), _)) = self.steps.first()
            && key == EXTENDS
        {
            let message = "`extends` is no value that can be set";
            sink.push(
                Diagnostic::error(codes::E0013, placed.span(0), message).help(
                    "write it into a file, and set the values that differ on the command line".to_owned(),
                ),
            );
            return;
        }
        match placed.read() {
            Ok((value, findings)) => {
                document.findings.extend(findings);
                // What was made on the way to a place that is refused would be refused once more.
                let before = document.root.clone();
                if let Err(refused) = placed.set(&mut document.root, 0, value) {
                    document.root = before;
                    document.doubts.push(Doubt::other(self.pointer()));
                    sink.push(*refused);
                }
            }
            Err(found) => {
                document.doubts.push(Doubt::other(self.pointer()));
                found.into_vec().into_iter().for_each(|found| sink.push(found));
            }
        }
    }

    /// The address of what is set.
    fn pointer(&self) -> Pointer {
        self.steps.iter().fold(Pointer::root(), |at, (step, _)| match step {
            Step::Key(key) => at.key(key),
            Step::Element(index) => at.index(*index),
        })
    }
}

/// A setting as a source.
struct Placed<'a> {
    setting: &'a Setting,
    file: FileId,
}

impl Placed<'_> {
    /// Where a step stands.
    fn span(&self, step: usize) -> Span {
        let Range { start, end } = self.setting.steps[step].1;
        Span::new(self.file, OPTION.len() + start, OPTION.len() + end)
    }

    /// The steps before one, as they were written.
    fn before(&self, step: usize) -> String {
        let end = step.checked_sub(1).map_or(0, |last| self.setting.steps[last].1.end);
        quoted(&self.setting.text[..end])
    }

    /// The value, read as a document of its own whose places are then moved to the command line.
    fn read(&self) -> Result<(Node, Vec<Diagnostic>), Diagnostics> {
        let written = &self.setting.text[self.setting.value..];
        let mut alone = SourceMap::new();
        let file = alone.add(COMMAND_LINE, format!("{BEFORE}{written}"));
        let moved = |span: Span| {
            let at = |byte: usize| OPTION.len() + self.setting.value + byte.saturating_sub(BEFORE.len());
            Span::new(self.file, at(span.start), at(span.end))
        };
        let document = document::load(&alone, file).map_err(|found| found.map(|d| d.moved(&moved)))?;
        let findings = document.findings().iter().cloned().map(|d| d.moved(&moved)).collect();
        let findings = Sink::with(findings).finish()?;
        if let [entry] = document.root().entries() {
            return Ok((with_places(entry.value.clone(), &moved), findings));
        }
        let end = OPTION.len() + self.setting.text.len();
        let span = Span::new(self.file, OPTION.len() + self.setting.value, end);
        Err(Diagnostic::error(codes::E0013, span, "found several values, expected one").into())
    }

    /// Sets the value below `node`, which the first `step` steps lead to.
    fn set(&self, node: &mut Node, step: usize, value: Node) -> Result<(), Box<Diagnostic>> {
        let Some((next, _)) = self.setting.steps.get(step) else {
            let base = std::mem::replace(node, Node { span: value.span, value: NodeValue::Null });
            *node = merge::over(value, base);
            return Ok(());
        };
        let span = self.span(step);
        let is_last = step + 1 == self.setting.steps.len();
        if matches!(node.value, NodeValue::Null) {
            node.value = match next {
                Step::Key(_) => NodeValue::Map(Vec::new()),
                Step::Element(_) => NodeValue::List(Vec::new()),
            };
        }
        match (next, &mut node.value) {
            (Step::Key(key), NodeValue::Map(entries)) => {
                if is_last {
                    let entry = Entry { key: key.clone(), key_span: span, value };
                    let over = Node { span: node.span, value: NodeValue::Map(vec![entry]) };
                    let base =
                        Node { span: node.span, value: std::mem::replace(&mut node.value, NodeValue::Null) };
                    *node = merge::over(over, base);
                    return Ok(());
                }
                let at = entries.iter().position(|entry| entry.key == *key).unwrap_or_else(|| {
                    let empty = Node { span, value: NodeValue::Null };
                    entries.push(Entry { key: key.clone(), key_span: span, value: empty });
                    entries.len() - 1
                });
                self.set(&mut entries[at].value, step + 1, value)
            }
            (Step::Element(index), NodeValue::List(elements)) if *index <= elements.len() => {
                if *index == elements.len() {
                    elements.push(Node { span, value: NodeValue::Null });
                }
                self.set(&mut elements[*index], step + 1, value)
            }
            (Step::Element(_), NodeValue::List(elements)) => {
                let message = match elements.len() {
                    0 => format!("{} is an empty list", self.before(step)),
                    count => format!("{} has the elements 0 to {}", self.before(step), count - 1),
                };
                let help = format!("write `[{}]` to append one", elements.len());
                Err(Box::new(self.refused(span, node.span, message).help(help)))
            }
            (Step::Key(key), _) => {
                let message =
                    format!("{} is no mapping, so it has no key {}", self.before(step), quoted(key));
                Err(Box::new(self.refused(span, node.span, message)))
            }
            (Step::Element(_), _) => {
                let message = format!("{} is no list, so it has no elements", self.before(step));
                Err(Box::new(self.refused(span, node.span, message)))
            }
        }
    }

    fn refused(&self, span: Span, found: Span, message: String) -> Diagnostic {
        let refused = Diagnostic::error(codes::E0013, span, message);
        if found.file == self.file { refused } else { refused.also(found, "it is written here") }
    }
}

fn with_places(node: Node, moved: &impl Fn(Span) -> Span) -> Node {
    let value = match node.value {
        NodeValue::List(elements) => {
            NodeValue::List(elements.into_iter().map(|node| with_places(node, moved)).collect())
        }
        NodeValue::Map(entries) => {
            let entry = |entry: Entry| Entry {
                key_span: moved(entry.key_span),
                value: with_places(entry.value, moved),
                key: entry.key,
            };
            NodeValue::Map(entries.into_iter().map(entry).collect())
        }
        value @ (NodeValue::Null | NodeValue::Bool(_) | NodeValue::Number(_) | NodeValue::String(_)) => value,
    };
    Node { span: moved(node.span), value }
}
