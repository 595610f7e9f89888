//! Each kind of data set is trained on, from small files in its true form.

use peng_spec::arch::{ArchGraph, Op, Shape};
use peng_spec::catalog::Target;
use peng_spec::plan::Metric;

use super::fixtures::Job;
use crate::data::{DATASETS, Examples, Splits, normalize, small};

/// A convolution and what is told; of a table what is told alone.
fn net(examples: &Examples) -> ArchGraph {
    let mut arch = ArchGraph::new(examples.input);
    let before = match examples.input {
        Shape::Vector { .. } => None,
        Shape::Image { .. } => {
            let conv = Op::Conv { filters: 4, kernel: 3, stride: 2, padding: 1, bias: true };
            let conv = arch.push("conv", conv, []);
            let relu = arch.push("relu", Op::Relu, [conv]);
            Some(arch.push("mean", Op::GlobalAvgPool, [relu]))
        }
    };
    arch.push("head", Op::Linear { units: examples.labels.target().outputs() }, Vec::from_iter(before));
    arch
}

#[test]
fn every_kind_of_data_is_trained_on() {
    let all = small::all();
    for kind in DATASETS {
        assert!(all.iter().any(|(name, _)| *name == kind.name()), "{}", kind.name());
    }
    for (name, examples) in all {
        let mut splits = Splits { train: examples, validation: Splits::default().validation };
        normalize(&mut splits);
        let examples = splits.train;
        let arch = net(&examples);
        let target = examples.labels.target();
        let job = Job { epochs: 6, lr: 0.05, change: |plan| plan.batch_size = 8, ..Job::on(examples, arch) };
        let curve = job.curve();
        let losses: Vec<f64> = curve.iter().map(|measured| measured.metrics[&Metric::TrainLoss]).collect();
        assert!(losses.iter().all(|loss| loss.is_finite()), "{name}: {losses:?}");
        assert!(losses[5] < losses[0], "{name} of {target}: {losses:?}");
        for measured in &curve {
            let metrics = measured.metrics.keys().copied();
            let expected =
                Metric::ALL.into_iter().filter(|metric| metric.is_measured() && metric.suits(target));
            assert_eq!(metrics.clone().count(), expected.clone().count(), "{name}");
            assert!(expected.clone().all(|metric| measured.metrics.contains_key(&metric)), "{name}");
        }
        match target {
            // The brightness tells all about the files; the others are harder.
            Target::Classes(_) => assert_eq!(curve.len(), 6),
            Target::Values(_) => assert!(curve[5].metrics[&Metric::TrainR2].is_finite()),
        }
    }
}
