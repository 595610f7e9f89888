//! The shape of a study: its own keys are checked here, its estimators as parts of experiments.

use serde_json::{Map, Value, json};

use super::compose::{SpecSchema, fixed_of};
use super::publish::{Draft, header, quantities};
use super::unfit::Unfit;
use super::{convert, explain};
use crate::diag::{Diagnostic, Sink};
use crate::document::Document;
use crate::model::StudySpec;

/// Where the schema of this version is found.
const ID: &str = "https://github.com/peng-nas/peng/raw/main/schemas/study.v1.json";

/// The schema of a study.
#[derive(Debug, Clone)]
pub struct StudySchema(SpecSchema);

impl StudySchema {
    /// The schema; the kinds of estimators are not in it.
    #[expect(
        clippy::new_without_default,
        reason = "it is composed from the model, which a default would hide"
    )]
    pub fn new() -> Self {
        Self(SpecSchema { fixed: fixed_of::<StudySpec>(), slots: Vec::new() })
    }

    /// Keywords of the schema that the shape does not read, which therefore must be none.
    pub fn unread_keywords(&self) -> Vec<String> {
        self.0.unread_keywords()
    }

    /// The published schema, whose estimators are those of `experiment`.
    pub fn published(&self, draft: Draft, experiment: &SpecSchema) -> Value {
        let mut schema = self.0.fixed.clone();
        schema["properties"]["version"] =
            json!({ "description": schema["properties"]["version"]["description"], "const": 1 });
        quantities(&mut schema);
        let arm = &mut schema["properties"]["arms"]["items"]["properties"];
        let description = arm["estimator"]["description"].take();
        arm["estimator"] = experiment.estimator();
        arm["estimator"]["description"] = description;
        let mut published: Map<String, Value> = header(draft, ID);
        published.insert("title".to_owned(), json!("Study of peng"));
        if let Value::Object(mut rest) = schema {
            rest.shift_remove("title");
            published.extend(rest);
        }
        Value::Object(published)
    }
}

/// Checks the shape of a study: what was found, and what can be read of it. Without an error among what was found, all of
/// it fits.
pub fn check_study(document: &Document, schema: &StudySchema) -> (StudySpec, Vec<Diagnostic>) {
    let mut sink = Sink::with(document.findings().to_vec());
    let mut unfit = Unfit::of(document);
    let StudySchema(schema) = schema;
    let converted = convert::convert(document, &schema.fixed, &mut unfit, &mut sink);
    explain::explain_all(document, &schema.fixed, &converted, &mut unfit, &mut sink);
    let study = StudySpec::decode(document, &|pointer| unfit.admits(document, pointer));
    (study, sink.into_list())
}
