//! The exact fits against a dense grid with polish: 500 prefixes a form, of accuracies and what can be made of them.
#![allow(clippy::unwrap_used)]

mod reference;

use peng_estimator::family::{Form, Scratch};
use peng_estimator::fit::exact::Steps;
use reference::{REFERENCES, Reference};

const PREFIXES: usize = 500;
/// Relative, above the reference.
const EXCESS: f64 = 1e-6;
/// Of the values' square sum: sums of squares below are rounding.
const ROUNDING: f64 = 1e-13;
const NODES: [usize; 3] = [1, 800, 48];

/// Accuracies in percent, a line a curve.
fn curves() -> Vec<Vec<f64>> {
    let lines = include_str!("../data/scipy_curves.csv").lines().filter(|line| !line.starts_with('#'));
    let values =
        |line: &str| line.split_once(',').unwrap().1.split(' ').map(|v| v.parse().unwrap()).collect();
    lines.map(values).collect()
}

/// What a metric may look like: accuracy, share, error, loss, perplexity, a growing magnitude.
fn metric(kind: usize, accuracy: f64) -> f64 {
    match kind % 7 {
        0 | 1 => accuracy,
        2 => accuracy / 100.0,
        3 => 100.0 - accuracy,
        4 => -((accuracy + 0.5) / 101.0).ln(),
        5 => (6.0 - accuracy / 20.0).exp(),
        _ => -1e6 + 3e4 * accuracy,
    }
}

struct Case {
    values: Vec<f64>,
    steps: Steps,
}

/// The cases of a form, spread over curves, lengths and metrics by a generator of fixed numbers.
fn cases(curves: &[Vec<f64>], seed: u64) -> impl Iterator<Item = Case> + '_ {
    let mut state = seed;
    let mut draw = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    (0..PREFIXES).map(move |i| {
        let curve = &curves[draw(curves.len())];
        let length = 4 + draw(curve.len() - 3);
        let steps = [Steps::FROM_ONE, Steps::FROM_ZERO, Steps::new(0.5, 0.5).unwrap()][draw(3)];
        Case { values: curve[..length].iter().map(|v| metric(i, *v)).collect(), steps }
    })
}

fn check(reference: &Reference, nodes: usize) {
    let form = Form::find(reference.name).unwrap();
    let curves = curves();
    let mut scratch = Scratch::default();
    for (i, case) in cases(&curves, form.name.bytes().map(u64::from).sum()).enumerate() {
        let Case { values, steps } = case;
        let Ok(found) = form.fit(&values, steps, &mut scratch) else {
            assert!(values.len() < form.parameters.len() + 2);
            continue;
        };
        let least = reference.least(&values, steps, nodes).unwrap();
        let rounding = ROUNDING * values.iter().map(|v| v * v).sum::<f64>();
        let excess = found.sse - least;
        assert!(
            excess <= EXCESS * least + rounding,
            "{} case {i} of {}: {:e} found, {least:e} expected\n{found:?}\n{values:?} {steps:?}",
            form.name,
            values.len(),
            found.sse
        );
        let again: f64 =
            (found.left_out..values.len()).map(|i| found.value(steps.at(i)) - values[i]).map(|r| r * r).sum();
        assert!((again - found.sse).abs() <= 1e-9 * found.sse + rounding, "{again:e} {:e}", found.sse);
    }
}

#[test]
fn forms_without_nonlinear_parameters_are_solved() {
    for reference in REFERENCES.iter().filter(|r| ["log2", "ilog2"].contains(&r.name)) {
        check(reference, NODES[0]);
    }
}

#[test]
fn forms_with_one_nonlinear_parameter_are_as_good_as_a_dense_grid() {
    for reference in
        REFERENCES.iter().filter(|r| ["default", "pow2", "pow3", "exp2", "exp3"].contains(&r.name))
    {
        check(reference, NODES[1]);
    }
}

#[test]
fn vap3_is_as_good_as_a_dense_grid() {
    check(REFERENCES.iter().find(|r| r.name == "vap3").unwrap(), NODES[2]);
}

#[test]
fn expp3_is_as_good_as_a_dense_grid() {
    check(REFERENCES.iter().find(|r| r.name == "expp3").unwrap(), NODES[2]);
}

#[test]
fn mmf4_is_as_good_as_a_dense_grid() {
    check(REFERENCES.iter().find(|r| r.name == "mmf4").unwrap(), NODES[2]);
}

#[test]
fn wbl4_is_as_good_as_a_dense_grid() {
    check(REFERENCES.iter().find(|r| r.name == "wbl4").unwrap(), NODES[2]);
}
