//! Regression and two classes: what is learned, in which units it is measured, and that it goes on exactly.

use peng_spec::arch::{ArchGraph, Op, Shape};
use peng_spec::plan::{AdamPlan, Augmentation, Decayed, Metric, OptimizerPlan, TrainingPlan};
use rand::RngExt as _;

use super::fixtures::Job;
use crate::data::{Examples, Labels};
use crate::seed::SeedTree;
use crate::train::Measurement;

/// Four features and two targets that depend on them, the second in other units.
fn examples(unit: f64) -> Examples {
    let mut rng = SeedTree::new(5).rng();
    let mut pixels = Vec::new();
    let mut of = Vec::new();
    for _ in 0..400 {
        let x: [f64; 4] = std::array::from_fn(|_| f64::from(2.0 * rng.random::<f32>() - 1.0));
        pixels.extend(x.map(|x| x as f32));
        of.push(x[0] - 2.0 * x[1]);
        of.push(unit * (5.0 + x[2] * x[3]));
    }
    Examples { input: Shape::Vector { features: 4 }, pixels, labels: Labels::Values { targets: 2, of } }
}

fn mlp(outputs: usize) -> ArchGraph {
    let mut arch = ArchGraph::new(Shape::Vector { features: 4 });
    let hidden = arch.push("hidden", Op::Linear { units: 32 }, []);
    let relu = arch.push("relu", Op::Relu, [hidden]);
    arch.push("head", Op::Linear { units: outputs }, [relu]);
    arch
}

fn adam(training: &mut TrainingPlan) {
    training.optimizer = OptimizerPlan::Adam(AdamPlan {
        lr: 0.01,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        weight_decay: 0.0,
        decayed: Decayed::All,
    });
}

pub(super) fn job(unit: f64) -> Job {
    Job { epochs: 30, change: adam, ..Job::on(examples(unit), mlp(2)) }
}

#[test]
fn a_regression_is_learned_in_any_unit() {
    let of = |unit| job(unit).curve().pop().unwrap().metrics;
    let (small, large) = (of(1.0), of(1024.0));
    assert!(small[&Metric::ValR2] > 90.0, "{small:?}");
    assert!(small[&Metric::ValMae] < 0.2 && small[&Metric::ValRmse] < 0.25, "{small:?}");
    assert!((small[&Metric::ValLoss].sqrt() - small[&Metric::ValRmse]).abs() < 1e-12);
    // A factor that is a power of two changes no rounding: the same network is learned, and its errors grow.
    assert_eq!(small[&Metric::ValR2], large[&Metric::ValR2]);
    assert!(large[&Metric::ValMae] > 100.0 * small[&Metric::ValMae], "{small:?} {large:?}");
}

fn resumed(job: &Job, at: usize) -> Vec<Measurement> {
    let dir = tempfile::tempdir().unwrap();
    let points = job.points();
    let mut trainer = job.start(None);
    let mut curve: Vec<Measurement> =
        points[..at].iter().map(|&point| trainer.advance(point, &mut |_, _| {}).unwrap()).collect();
    trainer.save(dir.path()).unwrap();
    let mut trainer = job.start(Some(dir.path()));
    curve.extend(points[at..].iter().map(|&point| trainer.advance(point, &mut |_, _| {}).unwrap()));
    curve
}

#[test]
fn a_regression_goes_on_bit_for_bit_in_the_middle_of_an_epoch() {
    let plain = Job { epochs: 3, halves: true, ..job(7.0) };
    let mixed = Job { augment: vec![Augmentation::Mixup { alpha: 0.4 }], ..plain.clone() };
    assert_ne!(plain.curve(), mixed.curve());
    for job in [plain, mixed] {
        let whole = job.curve();
        for at in [1, 2, 3] {
            assert_eq!(resumed(&job, at), whole);
        }
    }
}

/// Two classes by the sign of the first target.
#[test]
fn two_classes_are_told_apart_and_ranked() {
    let Examples { input, pixels, labels } = examples(1.0);
    let Labels::Values { of, .. } = labels else { panic!() };
    let classes = of.chunks(2).map(|values| u16::from(values[0] > 0.4)).collect();
    let job =
        Job { epochs: 15, change: adam, ..Job::on(Examples::classified(input, 2, pixels, classes), mlp(2)) };
    let last = job.curve().pop().unwrap().metrics;
    assert!(last[&Metric::ValAccuracy] > 90.0 && last[&Metric::ValAuc] > 97.0, "{last:?}");
    assert!(last[&Metric::ValAuc] <= 100.0);
}
