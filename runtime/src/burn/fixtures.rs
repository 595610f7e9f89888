//! Networks and trainings that the tests of this directory share.

use std::path::Path;
use std::sync::Arc;

use peng_estimator::Progress;
use peng_spec::arch::{ArchGraph, Op, Shape};
use peng_spec::plan::{
    Augmentation, Decayed, Device, EpochFraction, Limit, OptimizerPlan, SchedulePlan, TrainingPlan,
};
use serde_json::Value;

use super::BurnFactory;
use super::supervised::Supervised;
use crate::data::{self, Examples, Part};
use crate::seed::SeedTree;
use crate::train::{Measurement, TrainError, Trainer, TrainingJob};

fn conv(filters: usize, kernel: usize, padding: usize) -> Op {
    Op::Conv { filters, kernel, stride: 1, padding, bias: false }
}

/// Two convolutions with batch norm.
pub(super) fn small_net() -> ArchGraph {
    let mut arch = ArchGraph::new(Shape::Image { channels: 1, height: 8, width: 8 });
    arch.push("conv1", conv(8, 3, 1), []);
    arch.push("norm1", Op::BatchNorm, [0]);
    arch.push("relu1", Op::Relu, [1]);
    arch.push("pool", Op::MaxPool { kernel: 2, stride: 2 }, [2]);
    arch.push("conv2", conv(16, 3, 1), [3]);
    arch.push("norm2", Op::BatchNorm, [4]);
    arch.push("relu2", Op::Relu, [5]);
    arch.push("mean", Op::GlobalAvgPool, [6]);
    arch.push("head", Op::Linear { units: 10 }, [7]);
    arch
}

/// Every operation, a value that is read twice, and one that is read late.
pub(super) fn every_op() -> ArchGraph {
    let mut arch = ArchGraph::new(Shape::Image { channels: 1, height: 8, width: 8 });
    let conv1 = arch.push("conv1", Op::Conv { filters: 4, kernel: 3, stride: 1, padding: 1, bias: true }, []);
    let norm1 = arch.push("norm1", Op::BatchNorm, [conv1]);
    let relu1 = arch.push("relu1", Op::Relu, [norm1]);
    let conv2 = arch.push("conv2", conv(4, 3, 1), [relu1]);
    let concat = arch.push("concat", Op::Concat, [relu1, conv2, relu1]);
    let merge = arch.push("merge", conv(6, 1, 0), [concat]);
    let norm2 = arch.push("norm2", Op::BatchNorm, [merge]);
    let pool = arch.push("pool", Op::MaxPool { kernel: 2, stride: 2 }, [norm2]);
    let early = arch.push("early", Op::MaxPool { kernel: 2, stride: 2 }, [conv1]);
    let late = arch.push("late", Op::Concat, [pool, early]);
    let mean = arch.push("mean", Op::GlobalAvgPool, [late]);
    let hidden = arch.push("hidden", Op::Linear { units: 12 }, [mean]);
    let norm3 = arch.push("norm3", Op::BatchNorm, [hidden]);
    let relu3 = arch.push("relu3", Op::Relu, [norm3]);
    arch.push("head", Op::Linear { units: 10 }, [relu3]);
    arch
}

/// A training, on digits unless told.
#[derive(Clone)]
pub(super) struct Job {
    /// The examples of both splits.
    pub(super) examples: Arc<Examples>,
    /// The network.
    pub(super) arch: ArchGraph,
    /// Epochs, with half a cosine of the learning rate.
    pub(super) epochs: u32,
    /// Whether half epochs are measured.
    pub(super) halves: bool,
    /// Training examples, at most.
    pub(super) limit: Option<usize>,
    /// Learning rate.
    pub(super) lr: f64,
    /// Momentum.
    pub(super) momentum: f64,
    /// Changes of the images.
    pub(super) augment: Vec<Augmentation>,
    /// What else is different.
    pub(super) change: fn(&mut TrainingPlan),
    /// Seed of the training, not of the data.
    pub(super) seed: u64,
    /// Where it is trained.
    pub(super) device: Device,
    /// Bytes that it may hold.
    pub(super) memory: Option<u64>,
}

impl Job {
    pub(super) fn digits(arch: ArchGraph) -> Self {
        Self::on(data::find("digits").unwrap().open(&Value::Null, Part::Train).unwrap(), arch)
    }

    pub(super) fn on(examples: Examples, arch: ArchGraph) -> Self {
        Self {
            examples: Arc::new(examples),
            arch,
            epochs: 1,
            halves: false,
            limit: None,
            lr: 0.05,
            momentum: 0.9,
            augment: Vec::new(),
            change: |_| (),
            seed: 1,
            device: Device::Cpu,
            memory: None,
        }
    }

    pub(super) fn points(&self) -> Vec<Progress> {
        let step = Progress::new(1, if self.halves { 2 } else { 1 }).unwrap();
        (1..=self.epochs * step.denominator()).map(|k| step.times(k).unwrap()).collect()
    }

    pub(super) fn try_start(&self, checkpoint: Option<&Path>) -> Result<Box<dyn Trainer>, TrainError> {
        let part = Examples::clone(&self.examples);
        let limit = Limit { train: self.limit, validation: None, test: None };
        let data = Arc::new(data::split(part, 25.0, &limit, SeedTree::new(0)).unwrap());
        let mut training = TrainingPlan {
            epochs: self.epochs,
            batch_size: 32,
            optimizer: OptimizerPlan::Sgd {
                lr: self.lr,
                momentum: self.momentum,
                nesterov: false,
                weight_decay: 3e-4,
                decayed: Decayed::All,
            },
            schedule: SchedulePlan::Cosine,
            warm_up: 0,
            label_smoothing: 0.0,
            clip_gradients: None,
            measure_every: EpochFraction::new(1, if self.halves { 2 } else { 1 }).unwrap(),
        };
        (self.change)(&mut training);
        let job = TrainingJob {
            augment: self.augment.clone(),
            arch: self.arch.clone(),
            data,
            training,
            seed: SeedTree::new(self.seed),
            memory: self.memory,
        };
        let device = BurnFactory::new(self.device).device()?;
        Ok(Box::new(Supervised::start(job, checkpoint, device)?))
    }

    pub(super) fn start(&self, checkpoint: Option<&Path>) -> Box<dyn Trainer> {
        self.try_start(checkpoint).unwrap()
    }

    pub(super) fn curve(&self) -> Vec<Measurement> {
        let mut trainer = self.start(None);
        self.points().into_iter().map(|point| trainer.advance(point, &mut |_, _| {}).unwrap()).collect()
    }
}
