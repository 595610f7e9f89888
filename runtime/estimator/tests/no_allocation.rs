//! Exact fits allocate nothing: the published default never, the other forms once their scratch memory has grown to the
//! longest curve.
#![allow(clippy::unwrap_used)]

use std::hint::black_box;

use allocation_counter::measure;
use peng_estimator::family::{FORMS, Scratch, published};
use peng_estimator::fit::exact::Steps;

const LONGEST: usize = 40;

/// Real curves, and shapes that no form has.
fn curves() -> Vec<Vec<f64>> {
    let lines = include_str!("data/scipy_curves.csv").lines().filter(|line| !line.starts_with('#'));
    let values =
        |line: &str| line.split_once(',').unwrap().1.split(' ').map(|v| v.parse().unwrap()).collect();
    let mut curves: Vec<Vec<f64>> = lines.step_by(9).map(values).collect();
    curves.push(vec![50.0; LONGEST]);
    curves.push((0..LONGEST).map(|i| if i % 2 == 0 { 1e99 } else { -1e99 }).collect());
    curves.push((0..LONGEST).map(|i| if i == 7 { f64::NAN } else { i as f64 }).collect());
    curves
}

fn allocations(call: impl FnOnce()) -> u64 {
    measure(call).count_total
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(black_box(vec![0.0; 8]))), 1);
}

#[test]
fn the_published_default_is_fitted_without_an_allocation() {
    for curve in curves() {
        for length in 0..=curve.len() {
            let values = &curve[..length];
            let count = allocations(|| {
                let _ = black_box(published::fit(black_box(values), Steps::FROM_ONE));
            });
            assert_eq!(count, 0, "{values:?}");
        }
    }
}

#[test]
fn every_form_is_fitted_and_evaluated_without_an_allocation() {
    let curves = curves();
    let mut scratch = Scratch::default();
    for form in &FORMS {
        form.fit(&[50.0; LONGEST], Steps::FROM_ONE, &mut scratch).unwrap();
        for curve in &curves {
            for length in [2, 5, 12, curve.len()] {
                let values = &curve[..length];
                let count = allocations(|| {
                    if let Ok(fit) = form.fit(black_box(values), Steps::FROM_ONE, &mut scratch) {
                        let at_the_end = (fit.value(60.0), fit.standard_error(60.0));
                        black_box((at_the_end, fit.residuals(values, Steps::FROM_ONE).sum::<f64>()));
                    }
                });
                assert_eq!(count, 0, "{} {values:?}", form.name);
            }
        }
    }
}
