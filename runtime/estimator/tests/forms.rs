//! The table of forms: names, curves found again, data that are no curves, errors of the parameters.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "tests need not give the same bits everywhere")]

use peng_estimator::family::{CurveFit, FORMS, Form, Scratch};
use peng_estimator::fit::exact::{ExactFitError, NoCovariance, Side, Steps};
use proptest::prelude::*;

const NAMES: [&str; 14] = [
    "default",
    "pow2",
    "pow3",
    "log2",
    "exp2",
    "exp3",
    "exp4",
    "expp3",
    "expd3",
    "vap3",
    "mmf4",
    "wbl4",
    "ilog2",
    "janoschek",
];

fn fit(name: &str, values: &[f64], steps: Steps) -> Result<CurveFit, ExactFitError> {
    Form::find(name).unwrap().fit(values, steps, &mut Scratch::default())
}

#[test]
fn every_name_of_the_papers_has_one_form() {
    for name in NAMES {
        let found = FORMS.iter().filter(|form| form.name == name || form.aliases.contains(&name)).count();
        assert_eq!(found, 1, "{name}");
    }
    assert_eq!(FORMS.iter().map(|form| 1 + form.aliases.len()).sum::<usize>(), NAMES.len());
    assert!(Form::find("exp5").is_none());
}

#[test]
fn what_no_form_fits_is_refused() {
    for form in &FORMS {
        let refused = |values: &[f64]| fit(form.name, values, Steps::FROM_ONE).unwrap_err();
        assert_eq!(refused(&[1.0, f64::NAN, 2.0, 3.0, 4.0, 5.0]), ExactFitError::NotFinite { index: 1 });
        assert_eq!(refused(&[f64::INFINITY, 1.0]), ExactFitError::NotFinite { index: 0 });
        assert_eq!(refused(&[1.0, 1e200, 2.0]), ExactFitError::TooLarge { index: 1 });
        let expected = form.parameters.len();
        assert_eq!(refused(&[]), ExactFitError::TooFewPoints { found: 0, expected });
    }
}

#[test]
fn points_where_a_form_is_undefined_are_left_out() {
    let values = [9.0, 20.0, 30.0, 35.0, 38.0, 40.0];
    for (name, first, left_out) in [
        ("pow2", 0.0, 1),
        ("pow3", 0.0, 1),
        ("log2", 0.0, 1),
        ("vap3", 0.0, 1),
        ("ilog2", 0.0, 2),
        ("ilog2", 1.0, 1),
    ] {
        let steps = Steps::new(first, 1.0).unwrap();
        let found = fit(name, &values, steps).unwrap();
        assert_eq!(found.left_out, left_out, "{name}");
        assert!(found.value(0.0).is_nan() && found.value(3.0).is_finite(), "{name}");
        // The same as if they had never been.
        let later = fit(name, &values[left_out..], Steps::new(steps.at(left_out), 1.0).unwrap()).unwrap();
        assert_eq!((later.params, later.sse), (found.params, found.sse), "{name}");
    }
    for name in ["exp2", "exp3", "mmf4", "wbl4", "expp3", "default"] {
        assert_eq!(fit(name, &values, Steps::FROM_ZERO).unwrap().left_out, 0, "{name}");
    }
}

#[test]
fn flat_curves_stay_flat() {
    for form in &FORMS {
        for level in [0.0, 10.0, 73.25] {
            if form.name == "default" && level == 0.0 {
                continue;
            }
            let found = form.fit(&[level; 8], Steps::FROM_ONE, &mut Scratch::default()).unwrap();
            // vap3, exp2 and pow2 have no offset, but amplitudes; expp3's steps are below rounding.
            assert!((found.value(40.0) - level).abs() < 1e-6, "{} {level} {found:?}", form.name);
            assert!(found.sse < 1e-12, "{} {level} {found:?}", form.name);
        }
    }
}

/// Curves with noise of a known size, a fixed one.
fn noisy(curve: &dyn Fn(f64) -> f64, size: f64, seed: u64) -> Vec<f64> {
    let mut state = seed;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..30)
        .map(|i| {
            let noise: f64 = (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
            curve(1.0 + f64::from(i)) + size * noise
        })
        .collect()
}

#[test]
fn standard_errors_cover_the_truth_as_often_as_they_should() {
    let curves: [(&str, &dyn Fn(f64) -> f64); 6] = [
        ("pow3", &|x| 80.0 - 50.0 * x.powf(-0.7)),
        ("log2", &|x| 10.0 + 7.0 * x.ln()),
        ("exp3", &|x| 2.0 + 3.0 * (-0.15 * x).exp()),
        ("exp2", &|x| 4.0 * (0.05 * x).exp()),
        ("default", &|x| 90.0 - 70.0 * 0.85_f64.powf(x)),
        ("wbl4", &|x| 90.0 - 70.0 * (-(x / 9.0).powf(1.5)).exp()),
    ];
    for (name, curve) in curves {
        let (mut inside, mut all) = (0, 0);
        for seed in 0..200 {
            let found = fit(name, &noisy(curve, 0.02, seed), Steps::FROM_ONE).unwrap();
            let Some(error) = found.standard_error(20.0) else { continue };
            all += 1;
            inside += usize::from((found.value(20.0) - curve(20.0)).abs() < error);
        }
        let share = f64::from(u32::try_from(inside).unwrap()) / f64::from(all);
        assert!(all > 150 && (0.58..0.78).contains(&share), "{name}: {inside} of {all}");
    }
}

#[test]
fn a_missing_covariance_has_a_reason() {
    let covariance =
        |name: &str, values: &[f64]| fit(name, values, Steps::FROM_ONE).unwrap().covariance.unwrap_err();
    assert_eq!(covariance("log2", &[1.0, 2.0]), NoCovariance::NoFreedom);
    assert_eq!(covariance("exp3", &[5.0; 6]), NoCovariance::Singular);
    let step = [5.0, 20.0, 20.0, 20.0, 20.0];
    assert_eq!(covariance("exp3", &step), NoCovariance::OnBound);
    assert_eq!(fit("exp3", &step, Steps::FROM_ONE).unwrap().active, [None, None, Some(Side::Lower), None]);
}

#[test]
fn units_do_not_matter_but_to_the_default_and_expp3() {
    let values = [9.0, 14.9, 17.3, 19.5, 19.1, 22.4, 22.0, 24.1, 23.9, 25.2];
    for form in FORMS.iter().filter(|form| !["default", "expp3"].contains(&form.name)) {
        let found = form.fit(&values, Steps::FROM_ONE, &mut Scratch::default()).unwrap();
        for scale in [-1.0, 1e-6, 1e7] {
            let scaled =
                form.fit(&values.map(|v| v * scale), Steps::FROM_ONE, &mut Scratch::default()).unwrap();
            let distance = (scaled.value(30.0) / scale - found.value(30.0)).abs();
            assert!(distance < 1e-5, "{} {scale} {distance}", form.name);
        }
    }
}

type Curve<'a> = Box<dyn Fn(f64) -> f64 + 'a>;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn curves_of_a_form_are_found_again(
        offset in -50.0..50.0_f64, amplitude in prop_oneof![-80.0..-5.0_f64, 5.0..80.0_f64], b in 0.1..1.5_f64, d in 0.6..2.0_f64
    ) {
        let curves: [(&str, Curve<'_>); 9] = [
            ("pow2", Box::new(|x: f64| amplitude * x.powf(-b))),
            ("pow3", Box::new(|x: f64| offset + amplitude * x.powf(-b))),
            ("log2", Box::new(|x: f64| offset + amplitude * x.ln())),
            ("exp2", Box::new(|x: f64| amplitude * (-b * x).exp())),
            ("expd3", Box::new(|x: f64| offset - (offset - amplitude) * (-b * x).exp())),
            ("vap3", Box::new(|x: f64| amplitude * (b / x + 0.1 * d * x.ln()).exp())),
            ("mmf4", Box::new(|x: f64| (offset * 9.0 * b + amplitude * x.powf(d)) / (9.0 * b + x.powf(d)))),
            ("janoschek", Box::new(|x: f64| offset - (offset - amplitude) * (-0.2 * b * x.powf(d)).exp())),
            ("ilog2", Box::new(|x: f64| offset - amplitude / x.ln())),
        ];
        for (name, curve) in curves {
            let steps = Steps::new(2.0, 1.0).unwrap();
            let values: Vec<f64> = (0..15).map(|i| curve(steps.at(i))).collect();
            let range = values.iter().fold(0.0_f64, |range, v| range.max((v - values[0]).abs()));
            let found = fit(name, &values, steps).unwrap();
            let size = values.iter().fold(0.0_f64, |size, v| size.max(v.abs()));
            prop_assert!(found.sse <= 1e-12 * size * size, "{name} {found:?}");
            let distance = (found.value(20.0) - curve(20.0)).abs();
            prop_assert!(distance <= 1e-3 * range.max(1e-6 * size), "{name} {distance} {found:?}");
        }
    }

    #[test]
    fn any_values_give_a_curve_or_a_reason(
        values in prop::collection::vec(prop_oneof![-1e3..1e3_f64, -1e100..1e100_f64, Just(0.0), Just(1e-300), Just(f64::NAN)], 0..12),
        first in 0..3_i32
    ) {
        let steps = Steps::new(f64::from(first), 0.5).unwrap();
        for form in &FORMS {
            if let Ok(found) = form.fit(&values, steps, &mut Scratch::default()) {
                prop_assert!(found.sse >= 0.0 && found.sse.is_finite(), "{} {found:?}", form.name);
                let again = form.fit(&values, steps, &mut Scratch::default()).unwrap();
                prop_assert_eq!(again.params.map(f64::to_bits), found.params.map(f64::to_bits));
            }
        }
    }
}
