//! The exact fits against a dense grid with polish: 500 prefixes a form, of accuracies and what can be made of them.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "tests need not give the same bits everywhere")]

mod reference;

use peng_estimator::family::{FORMS, Form, Scratch};
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

/// Curves that are none: constants, steps, spikes, divergence, tiny and huge values, and two or three points.
fn odd_cases() -> Vec<Case> {
    let of = |value: &dyn Fn(f64) -> f64| (0..18).map(|i| value(f64::from(i))).collect::<Vec<f64>>();
    let when = |is: bool, value: f64, other: f64| if is { value } else { other };
    let whole = [
        of(&|_| 0.0),
        of(&|_| 73.25),
        of(&|_| -1e99),
        of(&|i| when(i < 7.0, 10.0, 80.0)),
        of(&|i| when(i < 7.0, 80.0, 10.0)),
        of(&|i| when(i == 0.0, 100.0, 1.0)),
        of(&|i| when(i == 9.0, 100.0, 1.0)),
        of(&|i| when(i == 17.0, 100.0, 1.0)),
        of(&|i| when(i % 2.0 == 0.0, 0.0, 100.0)),
        of(&|i| 4.0 * i),
        of(&|i| 80.0 - 4.0 * i),
        of(&|i| (i - 9.0).abs()),
        of(&|i| i * i),
        of(&|i| 50.0 + 40.0 * i.sin()),
        of(&|i| when(i < 10.0, 10.0, 90.0 - 80.0 * 1.3_f64.powf(9.0 - i))),
        of(&|i| when(i < 4.0, 30.0 * i, 10.0)),
        of(&|i| (100.3 - 40.0 * 1.5_f64.powf(-i)).min(100.0)),
        of(&|i| 60.0 - 60.0 * 1.6_f64.powf(-i) + when(i < 9.0, 0.0, 20.0)),
        of(&|i| 2.3 * 10.0_f64.powf(0.5 * i)),
        of(&|i| 10.0_f64.powf(4.0 * i)),
        of(&|i| 1e99 * i.sin()),
        of(&|i| 1e-150 * i.sin()),
        of(&|i| 1e9 + i.sqrt()),
    ];
    let prefixes = |values: &Vec<f64>| {
        let steps = [Steps::FROM_ONE, Steps::FROM_ZERO];
        let prefix = |length: usize| steps.map(|steps| Case { values: values[..length].to_vec(), steps });
        [2, 3, 6, 11, 18].into_iter().flat_map(prefix).collect::<Vec<_>>()
    };
    whole.iter().flat_map(prefixes).collect()
}

/// Every form of the table has a reference.
#[test]
fn every_form_is_checked() {
    for form in &FORMS {
        assert!(REFERENCES.iter().any(|reference| reference.name == form.name), "{}", form.name);
    }
}

fn check(reference: &Reference, nodes: usize) {
    let curves = curves();
    let seed = reference.name.bytes().map(u64::from).sum();
    for (i, case) in cases(&curves, seed).chain(odd_cases()).enumerate() {
        check_case(reference, nodes, i, &case);
    }
}

fn check_case(reference: &Reference, nodes: usize, i: usize, case: &Case) {
    let form = Form::find(reference.name).unwrap();
    let Case { values, steps } = case;
    let Ok(found) = form.fit(values, *steps, &mut Scratch::default()) else {
        assert!(values.len() < form.parameters.len() + 2, "{} case {i}: {values:?}", form.name);
        return;
    };
    let least = reference.least(values, *steps, nodes).unwrap();
    // The second term is that of the published box, which does not shrink with the values.
    let rounding = ROUNDING * values.iter().map(|v| v * v).sum::<f64>() + 1e-28;
    let excess = found.sse - least;
    assert!(least.is_finite(), "{} case {i}: the reference finds nothing for {values:?}", form.name);
    assert!(
        excess <= EXCESS * least + rounding,
        "{} case {i} of {}: {:e} found, {least:e} expected\n{found:?}\n{values:?} {steps:?}",
        form.name,
        values.len(),
        found.sse
    );
    let again: f64 = found.residuals(values, *steps).map(|r| r * r).sum();
    assert!((again - found.sse).abs() <= 1e-9 * found.sse + rounding, "{again:e} {:e}", found.sse);
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
