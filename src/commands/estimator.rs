//! An estimator on the command line: `KIND[:key=value,...]`, or a file with an `estimator:` section.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

use peng_estimator::policy::{self, PolicyKind};
use peng_spec::catalog::Slot;
use peng_spec::shape::{self, SpecSchema};
use peng_spec::source::SourceMap;
use serde_json::{Map, Value};

use crate::commands::load;
use crate::failure::{Exit, Failure};
use crate::ui::{Ui, diagnostics};

/// An estimator as it is asked for.
pub(crate) struct Asked {
    /// As it was written.
    pub(crate) name: String,
    /// The kind.
    pub(crate) kind: &'static dyn PolicyKind,
    /// Its parameters, of the right shape.
    pub(crate) params: Value,
    /// The metric that it names, if any.
    pub(crate) metrics: Vec<String>,
    /// The keys about audits that are set. Only runs audit: a replay knows every truth.
    pub(crate) audits: Vec<&'static str>,
}

/// Reads what was asked for. `None`: it is rejected, and the findings are printed.
pub(crate) fn read(text: &str, ui: Ui, out: &mut dyn Write) -> anyhow::Result<Option<Asked>> {
    let mut sources = SourceMap::new();
    let path = Path::new(text);
    let is_named_like_a_file = path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
    let file = if path.is_file() || is_named_like_a_file {
        sources.add_bytes(text, &load::read(path)?)
    } else {
        sources.add("<command line>", section(text)?)
    };
    let schema = SpecSchema::new(&peng_runtime::catalog());
    let read = load::document(&mut sources, file, &load::Settings::default())
        .and_then(|document| shape::check_section(&document, &schema, Slot::Estimator));
    let mut section: Map<String, Value> = match read {
        Ok(Value::Object(section)) => section,
        Ok(_) => unreachable!("the schema of a section admits mappings only"),
        Err(found) => {
            diagnostics::print(&sources, found.as_slice(), ui.color_stdout, out)?;
            return Ok(None);
        }
    };
    let audits = ["audit", "max_regret"].into_iter().filter(|key| section.shift_remove(*key).is_some());
    let audits = audits.collect();
    let mut take = |key: &str| section.shift_remove(key).and_then(|v| v.as_str().map(str::to_owned));
    let (name, metric) = (take("kind").unwrap_or_default(), take("metric"));
    let kind = policy::find(&name).expect("the schema lists the kinds of the catalogue");
    let metrics = metric.into_iter().collect();
    Ok(Some(Asked { name: text.to_owned(), kind, params: Value::Object(section), metrics, audits }))
}

/// Reads a confidence.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share: &f64| *share > 0.0 && *share < 1.0);
    share.ok_or_else(|| "expected a number above 0 and below 1".to_owned())
}

/// `KIND:key=value,...` as YAML.
fn section(text: &str) -> Result<String, Failure> {
    let (kind, params) = text.split_once(':').unwrap_or((text, ""));
    let mut yaml = format!("estimator:\n  kind: {kind}\n");
    for param in params.split(',').filter(|p| !p.is_empty()) {
        let Some((key, value)) = param.split_once('=') else {
            let message = format!("`{param}` in `--estimator {text}` is no parameter; expected `key=value`");
            return Err(Failure::new(Exit::Usage, message).help("write `KIND:key=value,key=value`"));
        };
        writeln!(yaml, "  {key}: {value}").expect("writing to a string cannot fail");
    }
    Ok(yaml)
}
