//! What does not fit the schema in our words and with our places: one cause, one diagnostic.

use std::collections::BTreeMap;

use serde_json::Value;

use super::advice::Advice;
use super::convert::Converted;
use super::keys::{self, Keys};
use super::unfit::Unfit;
use super::validate::{Rule, Violation, validate};
use super::{advice, describe, unsupported};
use crate::diag::{Diagnostic, Sink, codes, did_you_mean, one_of, only_one, quoted};
use crate::document::{Document, Node, NodeValue, Pointer};

/// Validates, and reports what does not fit. Gives for each mapping the keys that do not belong there.
pub(super) fn explain_all(
    document: &Document,
    effective: &Value,
    converted: &Converted,
    unfit: &mut Unfit,
    sink: &mut Sink,
) -> Vec<(Pointer, Vec<String>)> {
    let mut values: BTreeMap<Pointer, Diagnostic> = BTreeMap::new();
    let mut keys: BTreeMap<Pointer, Keys> = BTreeMap::new();
    let cx = Explainer { document, effective };
    for violation in validate(&converted.value, effective).into_iter().flat_map(of_its_branch) {
        let pointer = violation.pointer.clone();
        if converted.reported.contains(pointer.as_str()) || unfit.is_unread(&pointer) {
            continue;
        }
        match violation.rule {
            Rule::Unknown(unknown) => {
                keys.entry(pointer).or_default().unknown.extend(unknown);
            }
            Rule::Missing(key) => keys.entry(pointer).or_default().missing.push(key.to_owned()),
            rule => {
                cx.value(&pointer, &rule, &mut values);
                unfit.value(pointer);
            }
        }
    }
    let unknown = keys.iter().map(|(pointer, keys)| (pointer.clone(), keys.unknown.clone())).collect();
    let homes = keys::homes(document, effective);
    let moved = keys::elsewhere(&homes, &keys);
    for (pointer, keys) in keys {
        values.remove(&pointer);
        keys.without(&pointer, &moved, unfit).report(document, (effective, &homes), &pointer, unfit, sink);
    }
    for diagnostic in values.into_values() {
        sink.push(diagnostic);
    }
    unknown
}

/// Of a value that fits no branch of a union: what it breaks in the branch that takes its type, if there is one.
fn of_its_branch(violation: Violation<'_>) -> Vec<Violation<'_>> {
    let Violation { pointer, rule: Rule::Union(mut branches) } = violation else { return vec![violation] };
    let is_of_another = |broken: &Violation<'_>| {
        broken.pointer == pointer && matches!(broken.rule, Rule::Type | Rule::Constant(_))
    };
    match branches.iter().position(|branch| !branch.iter().any(is_of_another)) {
        Some(at) => branches.swap_remove(at).into_iter().flat_map(of_its_branch).collect(),
        None => vec![Violation { pointer, rule: Rule::Union(branches) }],
    }
}

/// The schema of the value at a pointer.
pub(super) fn schema_at<'a>(schema: &'a Value, pointer: &Pointer) -> &'a Value {
    pointer.tokens().fold(schema, |at, token| {
        let is_index = token.parse::<usize>().is_ok();
        let branches = || std::iter::once(at).chain(at["anyOf"].as_array().into_iter().flatten());
        let property = branches().find_map(|branch| branch["properties"].get(&token));
        let element = || branches().find_map(|branch| branch.get("items")).filter(|_| is_index);
        property.or_else(element).unwrap_or(&Value::Null)
    })
}

struct Explainer<'a> {
    document: &'a Document,
    effective: &'a Value,
}

impl Explainer<'_> {
    /// Explains an error about a value, unless another one about it says more.
    fn value(&self, pointer: &Pointer, rule: &Rule<'_>, found: &mut BTreeMap<Pointer, Diagnostic>) {
        let Some(node) = self.document.find(pointer).map(|found| found.node) else { return };
        let diagnostic = self.explain(pointer, node, rule);
        let says_more = |old: &Diagnostic| old.code != codes::E0103 && diagnostic.code == codes::E0103;
        if found.get(pointer).is_none_or(says_more) {
            found.insert(pointer.clone(), diagnostic);
        }
    }

    fn explain(&self, pointer: &Pointer, node: &Node, rule: &Rule<'_>) -> Diagnostic {
        let schema = schema_at(self.effective, pointer);
        let value = self.shown(node);
        let bound = |limit: &Value| describe::bound(schema, limit);
        let range = |what: &str, expected: String| {
            self.range(pointer, format!("{value} is {what}, expected {expected}"))
        };
        match rule {
            Rule::Type => self.wrong_type(pointer, node, &describe::expected(schema)),
            Rule::Constant(expected) => self.constant(pointer, node, expected),
            Rule::Words(words) => {
                // Beside words there may be texts of a form, which the schema has examples of.
                let examples = schema.get("examples").map(words_of).unwrap_or_default();
                self.word(pointer, node, &words_of(words), &examples)
            }
            Rule::Minimum(limit) => range("too small", format!("at least {}", bound(limit))),
            Rule::Maximum(limit) => range("too large", format!("at most {}", bound(limit))),
            Rule::ExclusiveMinimum(limit) => range("too small", format!("more than {}", bound(limit))),
            Rule::ExclusiveMaximum(limit) => range("too large", format!("less than {}", bound(limit))),
            Rule::MinLength(limit) if node.as_str() == Some("") => {
                let expected = plural(limit, "character");
                self.range(pointer, format!("found an empty text, expected at least {expected}"))
            }
            Rule::MinLength(limit) => range("too short", format!("at least {}", plural(limit, "character"))),
            Rule::MaxLength(limit) => range("too long", format!("at most {}", plural(limit, "character"))),
            Rule::Pattern(pattern) => {
                let expected = schema.get("x-expected").and_then(Value::as_str);
                let expected =
                    expected.map_or_else(|| format!("a text of the form `{pattern}`"), str::to_owned);
                self.range(pointer, format!("found {value}, expected {expected}"))
            }
            Rule::MinItems(limit) => {
                let found = match node.elements().len() {
                    0 => "an empty list".to_owned(),
                    count => format!("a list of {count}"),
                };
                let expected = plural(limit, "element");
                self.range(pointer, format!("found {found}, expected at least {expected}"))
            }
            Rule::MaxItems(limit) => {
                let count = node.elements().len();
                self.range(pointer, format!("found a list of {count}, expected at most {limit}"))
            }
            Rule::Count => {
                let count = node.entries().len();
                let expected = schema.get("x-expected").and_then(Value::as_str).unwrap_or("another number");
                let diagnostic = self.range(pointer, format!("found {count} keys, expected {expected}"));
                match node.entries() {
                    [_, second, ..] => Diagnostic { span: second.key_span, ..diagnostic }
                        .help("begin a list element for each of them".to_owned()),
                    [] | [_] => diagnostic,
                }
            }
            Rule::Union(_) => self.union(pointer, node, schema),
            Rule::Unknown(_) | Rule::Missing(_) => {
                self.range(pointer, format!("found {value} with other keys than expected"))
            }
        }
    }

    /// A value that no branch of a union without a discriminator takes.
    fn union(&self, pointer: &Pointer, node: &Node, schema: &Value) -> Diagnostic {
        let words = describe::words(schema);
        if words.is_empty() || schema.get("x-expected").is_some() {
            self.wrong_type(pointer, node, &describe::expected(schema))
        } else {
            self.word(pointer, node, &words, &[])
        }
    }

    fn constant(&self, pointer: &Pointer, node: &Node, expected: &Value) -> Diagnostic {
        if pointer.as_str() == "/version" {
            let message = format!(
                "spec version `{}` is unknown, expected `{expected}`",
                self.document.slice(node.span)
            );
            return self.at(codes::E0201, pointer, message).help(format!("write `version: {expected}`"));
        }
        let words: Vec<String> = expected.as_str().map(str::to_owned).into_iter().collect();
        self.word(pointer, node, &words, &[])
    }

    /// A text that is none of a few words, and none like the examples.
    fn word(&self, pointer: &Pointer, node: &Node, words: &[String], examples: &[String]) -> Diagnostic {
        let names = || words.iter().chain(examples).map(String::as_str);
        let Some(text) = node.as_str() else {
            return self.wrong_type(pointer, node, "one of a few words").help(one_of(names()));
        };
        // Of an element, the key of its list.
        let is_key = |token: &String| token.parse::<usize>().is_err();
        let key = pointer.tokens().filter(is_key).last().unwrap_or_default();
        if unsupported::is_value(pointer, text) {
            let message =
                format!("{} is not supported by this version of peng yet", quoted(&format!("{key}: {text}")));
            return self.at(codes::E0106, pointer, message).help(one_of(names()));
        }
        if self.is_known_around(pointer, &key, text) {
            let message = format!("found {} nested too deeply", quoted(&format!("{key}: {text}")));
            return self.at(codes::E0204, pointer, message).help(one_of(names()));
        }
        let help = did_you_mean(text, names()).unwrap_or_else(|| one_of(names()));
        let message = format!("unknown value {} of `{key}`", quoted(text));
        let meant = match words {
            [word] if examples.is_empty() => Some(word.clone()),
            _ => only_one(text, names()).filter(|name| words.contains(name)),
        };
        self.at(codes::E0204, pointer, message).help(help).fix(node.span, meant)
    }

    /// Whether the same key of a mapping around this one takes the word.
    fn is_known_around(&self, pointer: &Pointer, key: &str, word: &str) -> bool {
        let around = std::iter::successors(pointer.parent(), Pointer::parent).skip(1);
        around
            .map(|mapping| describe::words(schema_at(self.effective, &mapping.key(key))))
            .any(|words| words.iter().any(|known| known == word))
    }

    fn wrong_type(&self, pointer: &Pointer, node: &Node, expected: &str) -> Diagnostic {
        let message = format!("found {}, expected {expected}", describe::node(self.document, node));
        let schema = schema_at(self.effective, pointer);
        let Advice { help, instead } = advice::about_type(self.document, schema, node, expected);
        self.at(codes::E0103, pointer, message).help(help).fix(node.span, instead)
    }

    fn range(&self, pointer: &Pointer, message: String) -> Diagnostic {
        self.at(codes::E0104, pointer, message)
    }

    fn at(&self, code: codes::Code, pointer: &Pointer, message: String) -> Diagnostic {
        Diagnostic::error(code, self.document.span_near(pointer), message).at(pointer.clone())
    }

    /// A value as it was written, in backticks.
    fn shown(&self, node: &Node) -> String {
        match &node.value {
            NodeValue::String(text) => quoted(text),
            NodeValue::Bool(_) | NodeValue::Number(_) => quoted(self.document.slice(node.span)),
            NodeValue::Null | NodeValue::List(_) | NodeValue::Map(_) => describe::node(self.document, node),
        }
    }
}

/// "1 element", "2 elements".
fn plural(count: &Value, one: &str) -> String {
    if count.as_u64() == Some(1) { format!("1 {one}") } else { format!("{count} {one}s") }
}

fn words_of(options: &Value) -> Vec<String> {
    options.as_array().into_iter().flatten().filter_map(|word| word.as_str().map(str::to_owned)).collect()
}
