//! What differs between two plans, by meaning: the settings, named by their keys in a spec, and what follows from them.

use peng_spec::expr::Dimension;
use peng_spec::plan::Plan;
use serde_json::{Map, Value};

use crate::explain::describe;

/// A setting that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its key in a spec, such as `training.epochs`.
    pub key: String,
    /// What it is in the first plan; `None`: it has none.
    pub before: Option<String>,
    /// What it is in the second plan; `None`: it has none.
    pub after: Option<String>,
}

/// What differs between two plans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differences {
    /// Settings, in the order of the plan.
    pub settings: Vec<Difference>,
    /// What follows from them: what is said of the first plan alone, and of the second alone.
    pub consequences: [Vec<String>; 2],
}

/// Compares two plans.
pub fn differences(before: &Plan, after: &Plan) -> Differences {
    let (mut old, new) = (settings(before), settings(after));
    let mut found = Vec::new();
    for (key, after) in new {
        let before = old.shift_remove(&key);
        if before.as_ref() != Some(&after) {
            found.push(Difference { key, before: text(before), after: text(Some(after)) });
        }
    }
    found.extend(old.into_iter().map(|(key, before)| Difference {
        key,
        before: text(Some(before)),
        after: None,
    }));
    let (old, new) = (consequences(before), consequences(after));
    let alone = |of: &[String], other: &[String]| {
        of.iter().filter(|line| !other.contains(*line)).cloned().collect::<Vec<_>>()
    };
    Differences { settings: found, consequences: [alone(&old, &new), alone(&new, &old)] }
}

fn text(value: Option<Value>) -> Option<String> {
    value.and_then(|value| value.as_str().map(str::to_owned))
}

/// What is said of the sizes and the cost of a plan, which nobody sets.
fn consequences(plan: &Plan) -> Vec<String> {
    let sections = describe(plan, None).into_iter();
    let line = |title: &'static str| move |line: String| format!("{title}: {line}");
    sections
        .flat_map(|section| {
            // The first line of a kind repeats its parameters.
            let told = match section.title {
                "data" | "space" | "search" => section.lines.into_iter().skip(1).collect(),
                "cost" | "steps" => section.lines,
                _ => Vec::new(),
            };
            told.into_iter().map(line(section.title))
        })
        .collect()
}

/// Where a plan and a spec name things differently: beginnings of addresses in the plan, and of keys.
const KEYS: &[(&str, &str)] = &[
    ("dataset.call.params", "dataset"),
    ("dataset.call", "dataset"),
    ("dataset.validation_percent", "dataset.validation"),
    ("space.call.params", "search_space"),
    ("space.call", "search_space"),
    ("search.params", "search"),
    ("estimator.call.params", "estimator"),
    ("estimator.call", "estimator"),
    ("estimator.audit_percent", "estimator.audit"),
    ("execution.device", "gpu_budget.devices"),
    ("execution.max_failed_percent", "execution.max_failed"),
    ("execution.budget.slot_secs", "gpu_budget.gpu_hours"),
    ("execution.budget.wall_secs", "gpu_budget.wall_time"),
];

/// What a plan has besides its settings.
const DERIVED: &[&str] = &[
    "format",
    "digest",
    "dataset.facts",
    "dataset.splits",
    "space.facts",
    "estimator.fewest_points",
    "cost",
    "steps",
];

/// The settings of a plan as a person writes them, by their keys.
fn settings(plan: &Plan) -> Map<String, Value> {
    let mut found = Map::new();
    let value = serde_json::to_value(plan).expect("a plan has string keys and finite numbers");
    collect(&value, "", &mut found);
    found
}

fn collect(value: &Value, at: &str, found: &mut Map<String, Value>) {
    if DERIVED.contains(&at) {
        return;
    }
    match value {
        Value::Null => {}
        Value::Object(map) => {
            if let (Some(above), Some(below)) = (&map.get("numerator"), &map.get("denominator")) {
                let fraction = if **below == 1 { above.to_string() } else { format!("{above}/{below}") };
                found.insert(key(at), Value::String(format!("{fraction} epochs")));
            } else {
                let dot = if at.is_empty() { "" } else { "." };
                map.iter().for_each(|(name, value)| collect(value, &format!("{at}{dot}{name}"), found));
            }
        }
        Value::Array(list) if list.iter().any(Value::is_object) => {
            for (index, element) in list.iter().enumerate() {
                collect(element, &format!("{at}[{index}]"), found);
            }
        }
        Value::Array(_) | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            found.insert(key(at), Value::String(shown(at, value)));
        }
    }
}

/// The key of an address in a plan.
fn key(at: &str) -> String {
    let is_below = |rest: &str| rest.is_empty() || rest.starts_with(['.', '[']);
    let renamed = KEYS.iter().find_map(|(from, to)| {
        let rest = at.strip_prefix(from).filter(|rest| is_below(rest))?;
        Some(format!("{to}{rest}"))
    });
    renamed.unwrap_or_else(|| at.to_owned())
}

fn shown(at: &str, value: &Value) -> String {
    let dimension = if at.ends_with("_percent") {
        Some(Dimension::Percent)
    } else if at.ends_with("_secs") {
        Some(Dimension::Time)
    } else {
        None
    };
    match (dimension, value.as_f64(), value) {
        (Some(dimension), Some(number), _) => dimension.format(number),
        (None, Some(number), Value::Number(written)) if written.is_f64() => number.to_string(),
        (_, _, Value::String(text)) => text.clone(),
        _ => value.to_string(),
    }
}
