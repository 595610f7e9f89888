//! Whole specs through all passes, against the small catalogue.

use std::path::Path;

use peng_spec::diag::{CODES, Diagnostic, Diagnostics, Example, Severity};
use peng_spec::overlay;
use peng_spec::plan::Plan;
use peng_spec::shape::SpecSchema;
use peng_spec::source::{FileId, SourceMap};
use proptest::prelude::*;

use crate::test_catalog::TestCatalog;
use crate::{Compiled, compile_document};

/// A spec without findings, some of its sections replaced.
fn with(part: &'static str) -> String {
    Example::Part(part).spec().unwrap()
}

/// Compiles a text, over `base.peng.yaml` if it extends that.
fn run(text: &str) -> Result<Compiled, Vec<Diagnostic>> {
    let mut sources = SourceMap::new();
    let file: FileId = sources.add("example.yaml", text);
    let base = |path: &Path| match path.to_str() {
        Some("base.peng.yaml") => Ok(with("").into_bytes()),
        Some(_) | None => Err("no such file".to_owned()),
    };
    overlay::load(&mut sources, file, &[], &base)
        .and_then(|document| compile_document(document, &TestCatalog))
        .map_err(Diagnostics::into_vec)
}

fn codes(text: &str) -> Vec<String> {
    let found = match run(text) {
        Ok(compiled) => compiled.warnings,
        Err(found) => found,
    };
    found.iter().map(|d| d.code.to_string()).collect()
}

#[test]
fn a_spec_becomes_a_plan() {
    let plan = run(&with("")).unwrap().plan;
    assert_eq!(plan.cost.trials, 8);
    assert_eq!(plan.cost.epochs_at_most, 64);
    assert_eq!(plan.dataset.splits, [1293, 144, 360]);
    assert_eq!(plan.estimator.call.kind, "never");
    let read = Plan::from_json(&plan.to_json()).unwrap();
    assert_eq!(read, plan);
}

#[test]
fn the_same_meaning_has_the_same_bytes() {
    let one = run(&with("training: {epochs: 8, batch_size: 64}\nseed: 7\n")).unwrap().plan;
    let other = run(&format!(
        "# a comment\nseed: 7.0\n{}",
        with("training:\n  batch_size: 6.4e1\n  'epochs': 8\n")
            .replace("nodes: 3, channels: 8", "channels: 8, nodes: 3")
    ))
    .unwrap()
    .plan;
    assert_eq!(one.to_json(), other.to_json());
}

#[test]
fn what_no_kind_of_this_version_brings_about_is_found() {
    assert_eq!(codes(&with("search_space: {kind: fixed}\n")), ["E0402", "W0401"]);
    assert_eq!(codes(&with("search: {kind: climb}\n")), ["E0403"]);
    assert_eq!(
        codes(&with("search: {kind: nsga-net, population: 1, offspring: 4, generations: 2}\n")),
        ["E0401"]
    );
}

/// Values that a mutation puts somewhere.
const VALUES: &[&str] = &[
    "null",
    "true",
    "no",
    "0",
    "-1",
    "1",
    "2",
    "3",
    "7.0",
    "2.5",
    "1e3",
    "99999999999",
    "9007199254740993",
    "1e300",
    "[]",
    "{}",
    "[1]",
    "{a: 1}",
    "\"\"",
    "x",
    "10%",
    "10 %",
    "0%",
    "100%",
    "0.5pp",
    "2h",
    "90min",
    "1h30min",
    "1/2 epoch",
    "2 epochs",
    "1 epoch",
    "16GiB",
    "auto",
    "cpu",
    "digits",
    "synthetic",
    "nsga-macro",
    "random",
    "penguin",
    "val_loss",
    "flops",
    "front",
    "1x8x8",
    "cosine",
];

/// Keys that a mutation puts somewhere.
const KEYS: &[&str] = &[
    "kind",
    "validation",
    "limit",
    "train",
    "test",
    "input",
    "classes",
    "phases",
    "nodes",
    "channels",
    "population",
    "offspring",
    "generations",
    "networks",
    "epochs",
    "batch_size",
    "optimizer",
    "schedule",
    "lr",
    "momentum",
    "measure_every",
    "window",
    "tolerance",
    "predict_at",
    "metric",
    "devices",
    "gpu_hours",
    "wall_time",
    "memory",
    "workers",
    "max_failed",
    "confirm",
    "dir",
    "audit",
    "maximize",
    "minimize",
    "unknown",
];

/// Sections that a mutation rewrites.
const SECTIONS: &[&str] = &[
    "version",
    "name",
    "seed",
    "dataset",
    "search_space",
    "search",
    "objectives",
    "training",
    "estimator",
    "gpu_budget",
    "execution",
    "finally",
    "output",
];

/// Sections in which a mutation puts a value at `$`.
const LEAVES: &[&str] = &[
    "version: $",
    "name: $",
    "seed: $",
    "dataset: {kind: digits, validation: $}",
    "dataset: {kind: digits, limit: {train: $}}",
    "dataset: {kind: synthetic, input: $, classes: 2, train: 99, test: 9}",
    "dataset: {kind: synthetic, input: 1x8x8, classes: $, train: 4000, test: 9}",
    "search_space: {kind: nsga-macro, phases: $, nodes: 3}",
    "search: {kind: random, networks: $}",
    "objectives: [{maximize: $}]",
    "objectives: [{minimize: $}]",
    "training: {epochs: $}",
    "training: {epochs: 8, batch_size: $}",
    "training: {epochs: 8, measure_every: $}",
    "training: {epochs: 8, optimizer: {lr: $, momentum: 0.5}}",
    "training: {epochs: 8, optimizer: {momentum: $}}",
    "training: {epochs: 8, schedule: {kind: $}}",
    "estimator: {kind: penguin, window: $}",
    "estimator: {kind: penguin, tolerance: $}",
    "estimator: {kind: penguin, predict_at: $}",
    "estimator: {kind: penguin, metric: $}",
    "gpu_budget: {devices: $}",
    "gpu_budget: {wall_time: $}",
    "gpu_budget: {memory: $}",
    "execution: {workers: $}",
    "execution: {max_failed: $}",
    "finally: {confirm: $}",
    "output: {dir: $}",
];

/// A spec with one leaf rewritten at random.
fn mutated_leaf() -> impl Strategy<Value = String> {
    (prop::sample::select(LEAVES), prop::sample::select(VALUES)).prop_map(|(leaf, value)| {
        let section = leaf.split(':').next().unwrap_or_default();
        let rest = with("");
        let untouched = rest.lines().filter(|line| line.split(':').next() != Some(section));
        let rest: Vec<&str> = untouched.collect();
        format!("{}\n{}\n", rest.join("\n"), leaf.replace('$', value))
    })
}

/// A spec with some sections rewritten at random.
fn mutated() -> impl Strategy<Value = String> {
    let value = prop::sample::select(VALUES).prop_map(str::to_owned);
    let entry =
        (prop::sample::select(KEYS), value.clone()).prop_map(|(key, value)| format!("{key}: {value}"));
    let map = prop::collection::vec(entry, 0..5).prop_map(|entries| format!("{{{}}}", entries.join(", ")));
    let kind = prop::sample::select(vec![
        "digits",
        "synthetic",
        "nsga-macro",
        "random",
        "nsga-net",
        "never",
        "penguin",
    ]);
    let of_kind = (kind, map.clone())
        .prop_map(|(kind, map)| map.replacen('{', &format!("{{kind: {kind}, "), 1).replace(", }", "}"));
    let list = prop::collection::vec(map.clone(), 0..3).prop_map(|maps| format!("[{}]", maps.join(", ")));
    let section = prop_oneof![value, map, of_kind, list];
    prop::collection::btree_map(prop::sample::select(SECTIONS), section, 0..4).prop_map(|sections| {
        let part: Vec<String> = sections.iter().map(|(key, value)| format!("{key}: {value}\n")).collect();
        let untouched = |line: &&str| !sections.contains_key(line.split(':').next().unwrap_or_default());
        let rest = with("");
        let rest: Vec<&str> = rest.lines().filter(untouched).collect();
        format!("{}\n{}", rest.join("\n"), part.concat())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_fits_the_schema_is_decoded(text in prop_oneof![mutated(), mutated_leaf(), mutated_leaf()]) {
        let mut sources = SourceMap::new();
        let file = sources.add("spec.yaml", text.as_str());
        let Ok(document) = peng_spec::document::load(&sources, file) else { return Ok(()) };
        let schema = SpecSchema::new(&TestCatalog);
        let (shaped, found) = peng_spec::shape::check(&document, &schema);
        let has_errors = found.iter().any(|found| found.severity == Severity::Error);
        prop_assert_eq!(shaped.well_formed().is_none(), has_errors, "{}", text);
        let decoded = peng_spec::model::decode(&shaped);
        prop_assert!(decoded.is_ok(), "{decoded:?} of {text}");
        if let Ok(compiled) = run(&text) {
            prop_assert_eq!(Plan::from_json(&compiled.plan.to_json()).unwrap(), compiled.plan);
        }
    }

    #[test]
    fn the_order_of_keys_does_not_change_the_plan(order in Just((0..7).collect::<Vec<usize>>()).prop_shuffle()) {
        let text = with("estimator: {kind: penguin, window: 2, tolerance: 1pp}\n");
        let lines: Vec<&str> = text.lines().collect();
        let shuffled: Vec<&str> = order.iter().chain(&[7]).map(|&i| lines[i]).collect();
        let shuffled = shuffled.join("\n");
        let swapped = shuffled.replace("window: 2, tolerance: 1pp", "tolerance: 1, window: 2.0");
        prop_assert_eq!(run(&swapped).unwrap().plan.to_json(), run(&text).unwrap().plan.to_json());
    }
}

/// Editors and peng agree on the shape of specs.
#[test]
fn the_published_schema_accepts_what_peng_accepts() {
    let published = SpecSchema::new(&TestCatalog).published(peng_spec::shape::Draft::Draft7);
    let validator = jsonschema::draft7::new(&published).unwrap();
    let is_accepted = |text: &str| {
        let mut sources = SourceMap::new();
        let file = sources.add("spec.yaml", text);
        let document = peng_spec::document::load(&sources, file).unwrap();
        validator.is_valid(&document.root().to_json())
    };
    for info in CODES.iter().copied().flatten() {
        // Examples with kinds that this catalogue has not are tested with the one that has them.
        if let Some(good) = info.good.spec().filter(|good| codes(good).is_empty()) {
            assert!(is_accepted(&good), "the good example of {}", info.code);
        }
        let of_shape = info.code.as_str().starts_with("E01") || info.code.as_str().starts_with("E02");
        if let Some(bad) = info.bad.spec().filter(|_| of_shape) {
            assert!(!is_accepted(&bad), "the bad example of {}", info.code);
        }
    }
}
