//! What can be said of parameters of which some do not fit the schema: blocks, settings and conditions that do are checked
//! as usual, and of a block that does not, each expression for itself. What may follow from such a block is not told.

use peng_spec::catalog::{Fits, Issue};
use peng_spec::diag::codes;
use peng_spec::expr::condition;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::domain::Domain;
use super::params::{BlockSpec, Param, TrainingSpace, Written};
use super::program::{Maker, REPEAT, chain, single};
use crate::space::constrained::issues_beside;

/// What is wrong with what fits.
pub(super) fn issues(params: &Value, fits: Fits<'_>) -> Vec<Issue> {
    let mut reader = Reader { maker: Maker::default(), fits, names_are_known: true };
    for (index, block) in elements(params, "blocks").iter().enumerate() {
        let at = format!("/blocks/{index}");
        let begin = reader.maker.issues.len();
        match BlockSpec::deserialize(block) {
            Ok(spec) if fits(&at) => reader.maker.block(&spec, &at, None, index),
            Ok(_) | Err(_) => reader.block(block, &at),
        }
        if !reader.names_are_known {
            let found = reader.maker.issues.split_off(begin);
            let kept = found.into_iter().filter(|issue| issue.code != Some(codes::E0308));
            reader.maker.issues.extend(kept);
        }
    }
    let settings = params["training"].as_object().into_iter().flatten();
    let settings: Map<String, Value> = settings
        .filter(|(key, _)| fits(&format!("/training/{key}")))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if let Ok(space) = TrainingSpace::deserialize(Value::Object(settings)) {
        reader.maker.training(&space);
    }
    reader.maker.issues.extend(issues_beside(params, fits));
    reader.maker.issues
}

fn elements<'a>(mapping: &'a Value, key: &str) -> &'a [Value] {
    mapping[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

struct Reader<'a> {
    maker: Maker,
    fits: Fits<'a>,
    /// Whether the names of all blocks so far could be read.
    names_are_known: bool,
}

impl Reader<'_> {
    /// Reads the expressions of a block that does not fit, or stands in one.
    fn block(&mut self, block: &Value, at: &str) {
        for param in Param::ALL {
            if let Some((written, pointer)) = self.written::<Written>(block, at, param.name()) {
                let read = Domain::read(&written, param.limits(), &self.maker.names, &pointer);
                self.maker.keep(read);
            }
        }
        if let Some((written, pointer)) = self.written::<Written>(block, at, "repeat") {
            self.maker.drawn("repeat", &written, REPEAT, &pointer);
        }
        if let Some((text, pointer)) = self.written::<String>(block, at, "when") {
            let read = condition(&text, &self.maker.names);
            self.maker.keep(read.map_err(|error| Issue::in_formula(pointer, 0, error)));
        }
        for (index, link) in elements(block, "then").iter().enumerate() {
            let pointer = format!("{at}/then/{index}");
            if let Some(text) = link.as_str().filter(|_| (self.fits)(&pointer)) {
                self.maker.keep(chain(text, &pointer));
            }
        }
        for (index, inner) in elements(block, "blocks").iter().enumerate() {
            self.block(inner, &format!("{at}/blocks/{index}"));
        }
        // Later blocks may refer to it, whatever it is; one without its layer may lack its name as well.
        self.names_are_known &= block.get("layer").is_some() && (self.fits)(&format!("{at}/name"));
        if let Some((name, _)) = self.written::<String>(block, at, "name") {
            let names = Param::ALL.into_iter().filter(|&param| param != Param::Rate);
            self.maker.names.extend(names.map(|param| single(format!("{name}.{}", param.name()))));
        }
        self.maker.sure = vec![true; self.maker.names.len()];
    }

    /// The value of a key, if it is written and fits, and where it stands.
    fn written<T: for<'a> Deserialize<'a>>(&self, block: &Value, at: &str, key: &str) -> Option<(T, String)> {
        let pointer = format!("{at}/{key}");
        let value = block.get(key).filter(|_| (self.fits)(&pointer))?;
        Some((T::deserialize(value).ok()?, pointer))
    }
}
