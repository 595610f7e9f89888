//! Trainings on a graphics card, or on what computes like one, beside those on the processor: the same curves, as far as
//! 32-bit floats that are added in another order allow.

use std::path::Path;

use peng_spec::arch::{ArchGraph, Op, Padding, PoolBy, Shape};
use peng_spec::plan::{Augmentation, Backend, Device, Metric};

use super::fixtures::{Job, every_op, small_net};
use crate::burn::adapters;

/// The first adapter that wgpu finds, such as llvmpipe of Mesa.
fn card() -> Option<Device> {
    if !adapters(Backend::Wgpu).is_empty() {
        return Some(Device::Card { backend: Backend::Wgpu, index: 0 });
    }
    let required = std::env::var_os("PENG_REQUIRE_VULKAN").is_some_and(|value| value == "1");
    assert!(!required, "wgpu finds no adapter, which PENG_REQUIRE_VULKAN asks for");
    eprintln!("not run: wgpu finds no adapter; on Debian `apt-get install mesa-vulkan-drivers` brings one");
    None
}

/// The layers that `every_op` has not.
fn other_ops() -> ArchGraph {
    let mut arch = ArchGraph::new(Shape::Image { channels: 1, height: 8, width: 8 });
    let general = |groups, dilation| Op::GeneralConv {
        filters: 4,
        kernel: [3, 1],
        stride: [1, 1],
        dilation,
        groups,
        padding: Padding::Same,
        bias: true,
    };
    let first = arch.push("first", general(1, 1), []);
    let depthwise = arch.push("depthwise", general(4, 2), [first]);
    let sum = arch.push("sum", Op::Add, [first, depthwise]);
    let mean = Op::Pool { by: PoolBy::Mean, kernel: 3, stride: 2, padding: Padding::Same };
    let pool = arch.push("pool", mean, [sum]);
    let flat = arch.push("flat", Op::Flatten, [pool]);
    let dropped = arch.push("dropped", Op::Dropout { rate: 0.25 }, [flat]);
    arch.push("head", Op::Linear { units: 10 }, [dropped]);
    arch
}

/// A training of three batches, and of three more.
fn job(arch: ArchGraph) -> Job {
    Job {
        epochs: 2,
        limit: Some(70),
        augment: vec![Augmentation::HorizontalFlip, Augmentation::Mixup { alpha: 0.4 }],
        change: |plan| {
            plan.label_smoothing = 0.1;
            plan.clip_gradients = Some(5.0);
        },
        ..Job::digits(arch)
    }
}

/// The loss of each measurement, in training and on the validation split.
fn losses(job: &Job, checkpoint: Option<&Path>, points: std::ops::Range<usize>) -> Vec<f64> {
    let mut trainer = job.start(checkpoint);
    let all = job.points();
    let measured = all[points].iter().map(|&at| trainer.advance(at, &mut |_, _| {}).unwrap());
    let losses =
        measured.flat_map(|m| [m.metrics[&Metric::TrainLoss], m.metrics[&Metric::ValLoss]]).collect();
    assert!(trainer.memory().is_some_and(|held| held > 0), "memory is measured");
    losses
}

fn assert_close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= 2e-3 * expected.abs(), "{found} is not near {expected}");
    }
}

#[test]
fn a_card_trains_as_the_processor_does() {
    let Some(device) = card() else { return };
    for arch in [small_net(), every_op(), other_ops()] {
        let on_processor = job(arch);
        let on_card = Job { device, ..on_processor.clone() };
        assert_close(&losses(&on_card, None, 0..2), &losses(&on_processor, None, 0..2));
    }
}

/// With the weights and momenta of one checkpoint on both sides.
#[test]
fn a_card_goes_on_where_the_processor_was_and_back() {
    let Some(device) = card() else { return };
    let on_processor = job(every_op());
    let on_card = Job { device, ..on_processor.clone() };
    for (first, second) in [(&on_processor, &on_card), (&on_card, &on_processor)] {
        let dir = tempfile::tempdir().unwrap();
        let mut trainer = first.start(None);
        trainer.advance(first.points()[0], &mut |_, _| {}).unwrap();
        trainer.save(dir.path()).unwrap();
        let expected = losses(first, Some(dir.path()), 1..2);
        assert_close(&losses(second, Some(dir.path()), 1..2), &expected);
    }
}

#[test]
fn a_card_has_the_same_curve_every_time() {
    let Some(device) = card() else { return };
    let job = Job { device, ..job(small_net()) };
    assert_eq!(job.curve(), job.curve());
}
