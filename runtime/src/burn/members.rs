//! Conformance of spaces with the trainer: sampled, mutated and crossed-over networks are built with the parameters that are
//! counted, train, and go on bit for bit in the middle of an epoch and on another number of threads.

use std::sync::Arc;

use burn::module::Module;
use burn::tensor::Device;
use peng_estimator::Progress;
use peng_spec::arch::{ArchGraph, Genome, Op, Shape};
use peng_spec::catalog::{DatasetFacts, Target};
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
    Examples::classified(input, 3, pixels, labels)
}

fn genomes(space: &dyn SearchSpace, seed: u64, pairs: usize) -> Vec<Genome> {
    let mut rng = SeedTree::new(seed).rng();
    let mut found = Vec::new();
    for _ in 0..pairs {
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

/// Builds a member with the parameters that are counted, trains it, and has it go on bit for bit in the middle of an epoch and on
/// another number of threads.
fn check(space: &dyn SearchSpace, genome: &Genome, data: &Arc<Splits>, seed: SeedTree) -> ArchGraph {
    let arch = space.decode(genome).unwrap();
    let network = Network::new(&arch, 3, seed, &Device::flex()).unwrap();
    let trained = arch.trained();
    let shapes = trained.shapes().unwrap();
    let norms = trained.nodes.iter().zip(&shapes).filter(|(node, _)| node.op == Op::BatchNorm);
    let running: usize = norms.map(|(_, shape)| 2 * shape.channels()).sum();
    assert_eq!((network.num_params() - running) as u64, trained.cost().unwrap().params, "{genome}");

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
    let training = training.with(&space.settings(genome).unwrap());
    let job = TrainingJob {
        augment: Vec::new(),
        arch: arch.clone(),
        data: Arc::clone(data),
        training,
        seed,
        memory: None,
    };
    let factory = BurnFactory::new(plan::Device::Cpu);
    let mut trainer = factory.start(job.clone(), None).unwrap();
    let whole = measure(&mut *trainer, points());
    let losses = whole.iter().flat_map(|measured| measured.metrics.values());
    assert!(losses.clone().all(|metric| metric.is_finite()), "{genome}");

    let dir = tempfile::tempdir().unwrap();
    // After half an epoch, a whole one, or one and a half.
    let stop = 1 + genome.to_string().len() % 3;
    let threads = |count| rayon::ThreadPoolBuilder::new().num_threads(count).build().unwrap();
    threads(2).install(|| {
        let mut trainer = factory.start(job.clone(), None).unwrap();
        assert_eq!(measure(&mut *trainer, points().take(stop)), whole[..stop], "{genome}");
        trainer.save(dir.path()).unwrap();
    });
    threads(1).install(|| {
        let mut trainer = factory.start(job, Some(dir.path())).unwrap();
        assert_eq!(measure(&mut *trainer, points().skip(stop)), whole[stop..], "{genome}");
    });
    arch
}

fn space(kind: &str, params: &Value, input: Shape) -> Box<dyn SearchSpace> {
    let kind = space::find(kind).unwrap();
    let facts = DatasetFacts { input, target: Target::Classes(3), train: 24, test: 3 };
    kind.build(&kind.normalise(params).unwrap(), &facts).unwrap()
}

fn splits(input: Shape, train: usize, seed: SeedTree) -> Arc<Splits> {
    Arc::new(Splits {
        train: examples(input, train, seed.child("train", 0)),
        validation: examples(input, 9, seed.child("validation", 0)),
    })
}

#[test]
fn members_of_layers_are_built_trained_and_resumed() {
    let mut trained = std::collections::BTreeSet::new();
    for (number, (input, params)) in (0..).zip(spaces()) {
        let input: Shape = input.parse().unwrap();
        let space = space("layers", &params, input);
        let seed = SeedTree::new(number);
        let data = splits(input, 23, seed);
        for genome in genomes(&*space, number, 5) {
            let arch = check(&*space, &genome, &data, seed);
            trained.extend(arch.nodes.iter().map(|node| node.op.kind()));
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

/// 100 members of each: 20 pairs of parents, a mutant and two children of each pair.
fn members_are_built_trained_and_resumed(kind: &str, params: &Value, input: &str) {
    let input: Shape = input.parse().unwrap();
    let space = space(kind, params, input);
    let seed = SeedTree::new(7);
    let data = splits(input, 11, seed);
    let members = genomes(&*space, 7, 20);
    assert_eq!(members.len(), 100);
    for genome in members {
        check(&*space, &genome, &data, seed);
    }
}

#[test]
fn members_of_nsga_macro_are_built_trained_and_resumed() {
    for variant in ["standard", "preact"] {
        let params = json!({ "phases": 3, "nodes": 4, "channels": 3, "variant": variant });
        members_are_built_trained_and_resumed("nsga-macro", &params, "2x9x8");
    }
}

#[test]
fn members_of_dense_and_of_variable_phases_are_built_trained_and_resumed() {
    for (variant, double_channels) in [("dense", false), ("variable", true)] {
        let params = json!({
            "phases": 2, "nodes": 3, "channels": 3, "variant": variant, "double_channels": double_channels,
        });
        members_are_built_trained_and_resumed("nsga-macro", &params, "1x6x5");
    }
}

#[test]
fn members_of_nsga_micro_are_built_trained_and_resumed() {
    let params = json!({ "cells": 3, "blocks": 3, "channels": 2 });
    members_are_built_trained_and_resumed("nsga-micro", &params, "2x7x6");
}

#[test]
fn members_with_all_that_is_for_training_are_built_trained_and_resumed() {
    let params = json!({
        "cells": 3, "blocks": 2, "channels": 2, "increment": 1, "drop_path": 0.5, "auxiliary_weight": 0.4,
        "squeeze_excite": true,
    });
    members_are_built_trained_and_resumed("nsga-micro", &params, "1x5x6");
}
