//! Conformance of spaces with the trainer: sampled, mutated and crossed-over networks are built with the parameters that are
//! counted, train, and go on bit for bit in the middle of an epoch.

use std::sync::Arc;

use burn::module::Module;
use burn::tensor::Device;
use peng_estimator::Progress;
use peng_spec::arch::{Genome, Op, Shape};
use peng_spec::catalog::DatasetFacts;
use peng_spec::plan::{self, Decayed, EpochFraction, OptimizerPlan, SchedulePlan, TrainingPlan};
use rand::RngExt as _;
use serde_json::{Value, json};

use super::BurnFactory;
use super::network::Network;
use crate::data::{Examples, Splits};
use crate::seed::SeedTree;
use crate::space::{self, SearchSpace};
use crate::train::{Measurement, Trainer, TrainerFactory, TrainingJob};

/// Spaces that have every layer in every place, on images that are small and have sides that differ.
fn spaces() -> Vec<(&'static str, Value)> {
    vec![
        (
            "2x9x7",
            json!({
                "blocks": [
                    { "layer": ["conv", "separable", "factorised", "dilated"], "repeat": "1..2", "filters": "2..6",
                      "kernel": "1..6", "stride": "1..3", "dilation": 2, "then": ["batch_norm", "relu"] },
                    { "layer": "depthwise", "kernel": "1..4", "repeat": "0..1", "then": ["relu", "dropout(0.25)"] },
                    { "layer": ["max_pool", "avg_pool"], "kernel": "1..5", "stride": "1..3", "repeat": "0..2" },
                ],
                "training": { "lr": "log(1e-3..1e-2)", "batch_size": [5, 8], "momentum": "0..0.95" },
            }),
        ),
        (
            "1x6x6",
            json!({
                "head": "flatten",
                "blocks": [
                    { "layer": ["conv", "dilated", "factorised", "separable"], "filters": [2, 4], "kernel": "1..9",
                      "dilation": "1..3", "padding": "valid", "repeat": "1..3" },
                    { "layer": ["max_pool", "avg_pool"], "kernel": "1..4", "padding": "valid", "repeat": "0..1" },
                    { "layer": "dropout", "rate": [0.0, 0.5], "repeat": "0..1" },
                    { "layer": "dense", "units": "2..9", "repeat": "0..2", "then": ["batch_norm", "relu", "dropout(0.1)"] },
                ],
            }),
        ),
        (
            "3x7x8",
            json!({
                "blocks": [
                    { "name": "stem", "layer": "conv", "filters": "2..4", "kernel": "1..3", "stride": "1..2" },
                    { "layer": "residual", "repeat": "0..3", "blocks": [
                        { "layer": ["conv", "separable", "depthwise"], "filters": "2..5", "kernel": "1..4",
                          "stride": "1..2", "repeat": "1..2", "then": ["batch_norm", "relu"] },
                        { "layer": "dropout", "rate": 0.3, "repeat": "0..1" },
                    ] },
                    { "layer": "concat", "repeat": "0..2", "blocks": [
                        { "layer": "dilated", "filters": "= stem.filters", "dilation": "1..3", "kernel": "2..3" },
                        { "layer": "avg_pool", "kernel": "2..3", "stride": "1..2", "repeat": "0..1" },
                    ] },
                    { "layer": ["global_pool", "flatten"] },
                    { "layer": "batch_norm" },
                    { "layer": "relu" },
                    { "layer": "dense", "units": 6 },
                ],
                "where": ["params <= 20k"],
            }),
        ),
        (
            "1x1x12",
            json!({
                "head": "flatten",
                "blocks": [
                    { "layer": "dense", "units": "log(4..32)", "repeat": "1..3", "then": ["batch_norm", "relu"] },
                    { "layer": "dropout", "rate": "0.1..0.5" },
                ],
                "training": { "weight_decay": "log(1e-5..1e-2)" },
            }),
        ),
    ]
}

/// Noise with labels that a network can learn a little of.
fn examples(input: Shape, count: usize, seed: SeedTree) -> Examples {
    let mut rng = seed.rng();
    let labels: Vec<u16> = (0..count).map(|i| (i % 3) as u16).collect();
    let pixels = labels
        .iter()
        .flat_map(|&label| {
            (0..input.numel()).map(|_| rng.random::<f32>() + f32::from(label)).collect::<Vec<_>>()
        })
        .collect();
    Examples { input, classes: 3, pixels, labels }
}

fn genomes(space: &dyn SearchSpace, seed: u64) -> Vec<Genome> {
    let mut rng = SeedTree::new(seed).rng();
    let mut found = Vec::new();
    for _ in 0..5 {
        let parents = [space.sample(&mut rng).unwrap(), space.sample(&mut rng).unwrap()];
        found.push(space.mutate(&parents[0], &mut rng).unwrap());
        found.extend(space.crossover(&parents[0], &parents[1], &mut rng).unwrap());
        found.extend(parents);
    }
    found
}

fn points() -> impl Iterator<Item = Progress> {
    (1..=4).map(|k| Progress::new(k, 2).unwrap())
}

fn measure(trainer: &mut dyn Trainer, points: impl Iterator<Item = Progress>) -> Vec<Measurement> {
    points.map(|point| trainer.advance(point, &mut |_, _| {}).unwrap()).collect()
}

#[test]
fn members_of_layers_are_built_trained_and_resumed() {
    let kind = space::find("layers").unwrap();
    let mut trained = std::collections::BTreeSet::new();
    for (number, (input, params)) in (0..).zip(spaces()) {
        let input: Shape = input.parse().unwrap();
        let facts = DatasetFacts { input, classes: 3, train: 24, test: 3 };
        let params = kind.normalise(&params).unwrap();
        let space = kind.build(&params, &facts).unwrap();
        let seed = SeedTree::new(number);
        let data = Arc::new(Splits {
            train: examples(input, 23, seed.child("train", 0)),
            validation: examples(input, 9, seed.child("validation", 0)),
        });
        for genome in genomes(&*space, number) {
            let arch = space.decode(&genome).unwrap();
            trained.extend(arch.nodes.iter().map(|node| node.op.kind()));
            let network = Network::new(&arch, 3, seed, &Device::flex()).unwrap();
            let shapes = arch.shapes().unwrap();
            let norms = arch.nodes.iter().zip(&shapes).filter(|(node, _)| node.op == Op::BatchNorm);
            let running: usize = norms.map(|(_, shape)| 2 * shape.channels()).sum();
            assert_eq!((network.num_params() - running) as u64, arch.cost().unwrap().params, "{genome}");

            let training = TrainingPlan {
                epochs: 2,
                batch_size: 6,
                optimizer: OptimizerPlan::Sgd {
                    lr: 0.01,
                    momentum: 0.9,
                    nesterov: false,
                    weight_decay: 1e-4,
                    decayed: Decayed::All,
                },
                schedule: SchedulePlan::Cosine,
                warm_up: 0,
                label_smoothing: 0.0,
                clip_gradients: None,
                measure_every: EpochFraction::new(1, 2).unwrap(),
            };
            let training = training.with(&space.settings(&genome).unwrap());
            let job = TrainingJob {
                augment: Vec::new(),
                arch,
                data: Arc::clone(&data),
                training,
                seed,
                memory: None,
            };
            let mut trainer = BurnFactory::new(plan::Device::Cpu).start(job.clone(), None).unwrap();
            let whole = measure(&mut *trainer, points());
            let losses = whole.iter().flat_map(|measured| measured.metrics.values());
            assert!(losses.clone().all(|metric| metric.is_finite()), "{genome}");

            let dir = tempfile::tempdir().unwrap();
            let mut trainer = BurnFactory::new(plan::Device::Cpu).start(job.clone(), None).unwrap();
            measure(&mut *trainer, points().take(1));
            trainer.save(dir.path()).unwrap();
            let mut trainer = BurnFactory::new(plan::Device::Cpu).start(job, Some(dir.path())).unwrap();
            assert_eq!(measure(&mut *trainer, points().skip(1)), whole[1..], "{genome}");
        }
    }
    let expected = [
        "add",
        "avg_pool",
        "batch_norm",
        "concat",
        "conv",
        "dropout",
        "flatten",
        "general_conv",
        "global_avg_pool",
        "grouped_conv",
        "linear",
        "max_pool",
        "relu",
    ];
    assert!(trained.into_iter().eq(expected), "every operation was among them");
}
