//! What is found in a text, and the edits that make it go away.

use std::path::Path;

use peng_compiler::{Compiled, CompiledStudy, Language, compile_study};
use peng_spec::diag::{Diagnostic, Diagnostics, Severity, codes};
use peng_spec::document::Document;
use peng_spec::model::is_study;
use peng_spec::overlay::{self, ReadBase};
use peng_spec::plan::Plan;
use peng_spec::shape::SpecSchema;
use peng_spec::source::{FileId, SourceMap, Span};
use serde_json::{Value, json};

use super::text::{path_of, range, uri_of};

/// A text that was checked.
pub(super) struct Checked {
    pub(super) sources: SourceMap,
    pub(super) file: FileId,
    /// The spec over its bases, if it is YAML.
    pub(super) document: Option<Document>,
    /// The plan, if nothing is wrong.
    pub(super) plan: Option<Plan>,
    pub(super) found: Vec<Diagnostic>,
}

/// Checks a text.
pub(super) fn check(
    path: &Path,
    text: &str,
    read: &ReadBase<'_>,
    compile: &dyn Fn(Document) -> Result<Compiled, Diagnostics>,
) -> Checked {
    let mut sources = SourceMap::new();
    let file = sources.add(path.display().to_string(), text);
    let document = match overlay::load(&mut sources, file, &[], read) {
        Ok(document) => document,
        Err(found) => {
            return Checked { sources, file, document: None, plan: None, found: found.into_vec() };
        }
    };
    if is_study(document.root()) {
        let found = study(&mut sources, file, read);
        // What is offered and shown is of experiments.
        return Checked { sources, file, document: None, plan: None, found };
    }
    let (plan, found) = match compile(document.clone()) {
        Ok(Compiled { plan, warnings }) => (Some(plan), warnings),
        Err(found) => (None, found.into_vec()),
    };
    Checked { sources, file, document: Some(document), plan, found }
}

/// What is found in a study and in its experiment.
fn study(sources: &mut SourceMap, file: FileId, read: &ReadBase<'_>) -> Vec<Diagnostic> {
    let catalog = peng_runtime::catalog();
    let schema = SpecSchema::new(&catalog);
    let language = Language { catalog: &catalog, schema: &schema };
    match compile_study(sources, file, &[], read, language) {
        Ok(CompiledStudy { warnings, .. }) => warnings,
        Err(found) => found.into_vec(),
    }
}

/// The findings as the protocol has them. Those in a base stand where it is extended.
pub(super) fn all(checked: &Checked, uri: &str) -> Value {
    checked.found.iter().map(|found| one(checked, found, uri)).collect()
}

fn one(checked: &Checked, found: &Diagnostic, uri: &str) -> Value {
    let name = |span: Span| {
        if span.file == checked.file {
            uri.to_owned()
        } else {
            uri_of(&path_of(checked.sources.name(span.file)))
        }
    };
    let place = |span: Span| json!({ "uri": name(span), "range": range(&checked.sources, span) });
    let own = found.labels.iter().map(|label| label.span).find(|span| span.file == checked.file);
    let is_here = found.span.file == checked.file;
    let shown = if is_here { found.span } else { own.unwrap_or(Span::start_of(checked.file)) };
    let mut related: Vec<Value> = found
        .labels
        .iter()
        .map(|label| json!({ "location": place(label.span), "message": label.message }))
        .collect();
    let mut message = found.message.clone();
    if !is_here {
        related.insert(0, json!({ "location": place(found.span), "message": found.message }));
        message = format!("in the base: {message}");
    }
    if let Some(help) = &found.help {
        message = format!("{message}\nhelp: {help}");
    }
    json!({
        "range": range(&checked.sources, shown),
        "severity": match found.severity { Severity::Error => 1, Severity::Warning => 2 },
        "code": found.code.as_str(),
        "codeDescription": { "href": codes::address(found.code) },
        "source": "peng",
        "message": message,
        "relatedInformation": related,
    })
}

/// The fixes of the findings in a range.
pub(super) fn fixes(checked: &Checked, uri: &str, asked: &Value) -> Value {
    let place = |value: &Value| (value["line"].as_u64(), value["character"].as_u64());
    let (from, to) = (place(&asked["start"]), place(&asked["end"]));
    let action = |found: &Diagnostic| {
        let fix = found.fix.as_ref().filter(|fix| fix.span.file == checked.file)?;
        let finding = one(checked, found, uri);
        let (start, end) = (place(&finding["range"]["start"]), place(&finding["range"]["end"]));
        let edit = json!({ "range": range(&checked.sources, fix.span), "newText": fix.text });
        (start <= to && from <= end).then(|| {
            json!({
                "title": found.help.clone().unwrap_or_else(|| format!("write `{}`", fix.text)),
                "kind": "quickfix",
                "isPreferred": true,
                "diagnostics": [finding],
                "edit": { "changes": { uri: [edit] } },
            })
        })
    };
    checked.found.iter().filter_map(action).collect()
}
