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
}

/// Reads what was asked for. `None`: it is rejected, and the findings are printed.
pub(crate) fn read(text: &str, ui: Ui, out: &mut dyn Write) -> anyhow::Result<Option<Asked>> {
    let mut sources = SourceMap::new();
    let path = Path::new(text);
    let file = if path.is_file() {
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
    let mut take = |key: &str| section.shift_remove(key).and_then(|v| v.as_str().map(str::to_owned));
    // A replay knows every truth, so nothing is audited.
    let _ = (take("audit"), take("max_regret"));
    let (name, metric) = (take("kind").unwrap_or_default(), take("metric"));
    let kind = policy::find(&name).expect("the schema lists the kinds of the catalogue");
    let metrics = metric.into_iter().collect();
    Ok(Some(Asked { name: text.to_owned(), kind, params: Value::Object(section), metrics }))
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
