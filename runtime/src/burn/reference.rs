//! Optimizers, weight decay, label smoothing and clipping against a reference by hand, in 64 bits: softmax regression on one
//! feature, with the update rules as the documentation of `PyTorch` writes them.

use peng_estimator::Progress;
use peng_spec::arch::{ArchGraph, Op, Shape};
use peng_spec::plan::{AdamPlan, Decayed, EpochFraction, Metric, OptimizerPlan, SchedulePlan, TrainingPlan};
use rand::RngExt as _;

use super::rate::rate;
use super::supervised::Supervised;
use crate::data::{Examples, Splits};
use crate::seed::SeedTree;
use crate::train::{Trainer as _, TrainingJob};

const XS: [f32; 3] = [0.5, 0.1, 0.9];
const LABELS: [u16; 3] = [0, 1, 1];
const SEED: u64 = 9;

/// Weight and bias of class 0, weight and bias of class 1.
type Four = [f64; 4];

fn plan(optimizer: OptimizerPlan) -> TrainingPlan {
    TrainingPlan {
        epochs: 6,
        batch_size: 3,
        optimizer,
        schedule: SchedulePlan::Cosine,
        warm_up: 0,
        label_smoothing: 0.0,
        clip_gradients: None,
        measure_every: EpochFraction::ONE,
    }
}

fn sgd(momentum: f64, nesterov: bool, decayed: Decayed) -> OptimizerPlan {
    OptimizerPlan::Sgd { lr: 0.8, momentum, nesterov, weight_decay: 0.1, decayed }
}

fn adam(weight_decay: f64, decayed: Decayed) -> AdamPlan {
    AdamPlan { lr: 0.05, beta1: 0.8, beta2: 0.99, epsilon: 1e-3, weight_decay, decayed }
}

fn scores(w: &Four, x: f64) -> [f64; 2] {
    let exp = [(w[0] * x + w[1]).exp(), (w[2] * x + w[3]).exp()];
    exp.map(|e| e / (exp[0] + exp[1]))
}

fn examples() -> impl Iterator<Item = (f64, usize)> {
    XS.into_iter().map(f64::from).zip(LABELS.map(usize::from))
}

/// The mean cross entropy without smoothing, and the gradient of the loss.
fn loss(w: &Four, smoothing: f64) -> (f64, Four) {
    let (mut loss, mut g) = (0.0, [0.0; 4]);
    for (x, label) in examples() {
        let p = scores(w, x);
        loss -= p[label].ln() / 3.0;
        for class in 0..2 {
            let hit = if class == label { 1.0 } else { 0.0 };
            let target = (1.0 - smoothing) * hit + smoothing / 2.0;
            let error = (p[class] - target) / 3.0;
            g[2 * class] += error * x;
            g[2 * class + 1] += error;
        }
    }
    (loss, g)
}

/// What an optimizer remembers: velocity, or the two means.
#[derive(Default)]
struct Memory {
    first: Four,
    second: Four,
    steps: i32,
}

fn step(plan: &TrainingPlan, memory: &mut Memory, w: &mut Four, g: &Four, rate: f64) {
    memory.steps += 1;
    let decays = |decayed: Decayed, k: usize| decayed == Decayed::All || k.is_multiple_of(2);
    for k in 0..4 {
        match &plan.optimizer {
            OptimizerPlan::Sgd { momentum, nesterov, weight_decay, decayed, .. } => {
                let decay = if decays(*decayed, k) { *weight_decay } else { 0.0 };
                let d = g[k] + decay * w[k];
                memory.first[k] = momentum * memory.first[k] + d;
                w[k] -= rate * if *nesterov { d + momentum * memory.first[k] } else { memory.first[k] };
            }
            OptimizerPlan::Adam(adam) | OptimizerPlan::AdamW(adam) => {
                let decay = if decays(adam.decayed, k) { adam.weight_decay } else { 0.0 };
                let mut d = g[k];
                if matches!(plan.optimizer, OptimizerPlan::AdamW(_)) {
                    w[k] -= rate * decay * w[k];
                } else {
                    d += decay * w[k];
                }
                memory.first[k] = adam.beta1 * memory.first[k] + (1.0 - adam.beta1) * d;
                memory.second[k] = adam.beta2 * memory.second[k] + (1.0 - adam.beta2) * d * d;
                let m = memory.first[k] / (1.0 - adam.beta1.powi(memory.steps));
                let v = memory.second[k] / (1.0 - adam.beta2.powi(memory.steps));
                w[k] -= rate * m / (v.sqrt() + adam.epsilon);
            }
        }
    }
}

/// Trains six steps and compares the losses before and after each with those by hand.
fn check(training: &TrainingPlan) {
    let input = Shape::Image { channels: 1, height: 1, width: 1 };
    let read = Examples::classified(input, 2, XS.to_vec(), LABELS.to_vec());
    let mut arch = ArchGraph::new(input);
    let pool = arch.push("pool", Op::GlobalAvgPool, []);
    arch.push("head", Op::Linear { units: 2 }, [pool]);
    let seed = SeedTree::new(SEED);
    let data = Splits { train: read.clone(), validation: read }.into();
    let job = TrainingJob { augment: Vec::new(), arch, data, training: training.clone(), seed, memory: None };
    let mut trainer = Supervised::start(job, None, burn::tensor::Device::flex()).unwrap();

    let mut rng = seed.child("weights", 0).child("head", 0).rng();
    // A fan-in of 1 makes the bound 1.
    let drawn: Four = std::array::from_fn(|_| f64::from(2.0 * rng.random::<f32>() - 1.0));
    let (mut w, mut memory) = ([drawn[0], drawn[2], drawn[1], drawn[3]], Memory::default());
    for epoch in 0..6 {
        let (before, mut g) = loss(&w, training.label_smoothing);
        if let Some(most) = training.clip_gradients {
            let length = g.iter().map(|g| g * g).sum::<f64>().sqrt();
            g = g.map(|g| g * (most / (length + 1e-6)).min(1.0));
        }
        step(training, &mut memory, &mut w, &g, rate(training, epoch, 1));
        let after = loss(&w, 0.0).0;
        let point = Progress::whole(epoch as u32 + 1);
        let metrics = trainer.advance(point, &mut |_, _| {}).unwrap().metrics;
        for (metric, expected) in [(Metric::TrainLoss, before), (Metric::ValLoss, after)] {
            let found = metrics[&metric];
            assert!(
                (found - expected).abs() < 1e-5,
                "{training:?}, epoch {epoch}, {metric}: {found} {expected}"
            );
        }
    }
}

#[test]
fn sgd_is_that_of_pytorch() {
    check(&plan(sgd(0.0, false, Decayed::All)));
    check(&plan(sgd(0.9, false, Decayed::All)));
    check(&plan(sgd(0.9, true, Decayed::All)));
    check(&plan(sgd(0.9, true, Decayed::Weights)));
}

#[test]
fn adam_and_adamw_are_those_of_pytorch() {
    for decayed in [Decayed::All, Decayed::Weights] {
        for weight_decay in [0.0, 0.3] {
            check(&plan(OptimizerPlan::Adam(adam(weight_decay, decayed))));
            check(&plan(OptimizerPlan::AdamW(adam(weight_decay, decayed))));
        }
    }
}

#[test]
fn schedules_are_followed() {
    let plan = plan(sgd(0.9, false, Decayed::All));
    check(&TrainingPlan { schedule: SchedulePlan::Constant, ..plan.clone() });
    check(&TrainingPlan { schedule: SchedulePlan::Step { every: 2, factor: 0.1 }, ..plan.clone() });
    check(&TrainingPlan { warm_up: 3, ..plan });
}

#[test]
fn labels_are_smoothed_and_gradients_cut() {
    let plan = plan(sgd(0.9, false, Decayed::All));
    check(&TrainingPlan { label_smoothing: 0.2, ..plan.clone() });
    // Some of the gradients are longer, some are not.
    check(&TrainingPlan { clip_gradients: Some(0.1), ..plan.clone() });
    check(&TrainingPlan { clip_gradients: Some(100.0), ..plan });
}
