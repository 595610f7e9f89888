//! Time of the front end: load, schema, shape, decode, the whole check of a spec, and of another one in the same call.
//!
//! `cargo bench --no-default-features --bench front -- [SPEC]` prints a line for each; without SPEC it takes the
//! quickstart. Each figure is the least and the median of many rounds. The time of the whole process, paired with
//! another checker, is measured by `check_jsonschema.py` next to this.
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark reads the clock and prints")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use peng_compiler::{compile, compile_with};
use peng_runtime::catalog;
use peng_spec::document::load;
use peng_spec::model::decode;
use peng_spec::shape::{SpecSchema, check};
use peng_spec::source::SourceMap;

const ROUNDS: usize = 300;

fn main() {
    let asked = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let path = asked
        .unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/examples/quickstart.peng.yaml").to_owned());
    let bytes = std::fs::read(&path).expect("the spec can be read");
    let mut sources = SourceMap::new();
    let file = sources.add_bytes(path, &bytes);
    let document = load(&sources, file).expect("the spec is YAML");
    let schema = SpecSchema::new(&catalog());
    let (shaped, _) = check(&document, &schema);
    assert!(shaped.well_formed().is_some(), "the spec fits the schema");

    measure("load", || load(&sources, file));
    measure("schema", || SpecSchema::new(&catalog()));
    measure("shape", || check(&document, &schema));
    measure("decode", || decode(&shaped));
    measure("check", || compile(&sources, file, &catalog()));
    measure("another", || {
        load(&sources, file).and_then(|document| compile_with(document, &catalog(), &schema))
    });
}

/// Prints the least and the median time of a call.
fn measure<T>(name: &str, call: impl Fn() -> T) {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            black_box(call());
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    println!("{name:8} least {:8.1?}  median {:8.1?}", times[0], times[ROUNDS / 2]);
}
