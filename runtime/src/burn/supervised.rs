//! The training loop: plain supervised learning with stochastic gradient descent, from measurement to measurement.
//!
//! With B = ⌈n / batch size⌉ batches an epoch, the point of p/q epochs lies after pB/q batches, rounded half up. The order
//! of the data is a fresh permutation each epoch, the last short batch is trained too.

use std::collections::BTreeMap;
use std::f64::consts::PI;
use std::path::Path;

use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::{Device, Int, Tensor, TensorData};
use peng_estimator::Progress;
use peng_spec::arch::{Shape, ShapeError};
use peng_spec::plan::{Metric, OptimizerPlan, SchedulePlan, TrainingPlan};
use rand::seq::SliceRandom;

use super::network::Network;
use super::record::{self, Saved};
use super::tally::Tally;
use crate::data::Examples;
use crate::seed::SeedTree;
use crate::train::{Measurement, TrainError, Trainer, TrainingJob};

/// One network and how far its training is.
pub(super) struct Supervised {
    job: TrainingJob,
    /// For inference; the network trains on its autodiff twin.
    device: Device,
    /// `None` only while a step is being made.
    network: Option<Network>,
    optimizer: ModuleOptimizer,
    /// Batches trained since the beginning.
    batches: u64,
    order: Order,
}

impl Supervised {
    /// A training at its beginning, or where a checkpoint left it.
    pub(super) fn start(job: TrainingJob, checkpoint: Option<&Path>, device: Device) -> Result<Self, TrainError> {
        let train = &job.data.train;
        if job.arch.input != train.input {
            let reason = format!("found an input of {}, expected the data's {}", job.arch.input, train.input);
            return Err(ShapeError(reason).into());
        }
        let mut saved = Saved {
            batches: 0,
            network: Network::new(
                &job.arch,
                train.classes,
                job.seed.child("weights", 0),
                &device.clone().autodiff(),
            )?,
            optimizer: optimizer(&job.training.optimizer),
        };
        if let Some(dir) = checkpoint {
            saved = record::load(dir, &job.arch, saved)?;
        }
        let order = Order::new(job.seed.child("order", 0));
        let Saved { batches, network, optimizer } = saved;
        Ok(Self { job, device, network: Some(network), optimizer, batches, order })
    }

    /// Trains the next batch, and counts it as the network saw it.
    fn step(&mut self, tally: &mut Tally) {
        let train = &self.job.data.train;
        let per_epoch = batches_per_epoch(train, &self.job.training);
        let (epoch, batch) = (self.batches / per_epoch, (self.batches % per_epoch) as usize);
        let order = self.order.of_epoch(epoch, train.labels.len());
        let size = self.job.training.batch_size;
        let chosen = &order[batch * size..order.len().min((batch + 1) * size)];
        let labels: Vec<u16> = chosen.iter().map(|&i| train.labels[i as usize]).collect();

        let network = self.network.take().expect("it is put back below");
        let device = self.device.clone().autodiff();
        let scores = network.forward(images(train, chosen.iter().map(|&i| i as usize), &device));
        tally.add(scores.clone(), &labels);
        let targets: Vec<i64> = labels.iter().map(|&label| i64::from(label)).collect();
        let targets = Tensor::<1, Int>::from_data(TensorData::new(targets, [labels.len()]), &device);
        let loss = CrossEntropyLossConfig::new().init(&device).forward(scores, targets);
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        let rate = learning_rate(&self.job.training, epoch);
        self.network = Some(self.optimizer.step(rate, network, gradients));
        self.batches += 1;
    }

    fn network(&self) -> &Network {
        self.network.as_ref().expect("a step puts it back")
    }

    /// Counts examples as the network of now sees them, in inference mode.
    fn evaluate(&self, examples: &Examples) -> Tally {
        let network = self.network().valid();
        let mut tally = Tally::default();
        let size = self.job.training.batch_size;
        for start in (0..examples.labels.len()).step_by(size) {
            let end = examples.labels.len().min(start + size);
            let scores = network.forward(images(examples, start..end, &self.device));
            tally.add(scores, &examples.labels[start..end]);
        }
        tally
    }
}

impl Trainer for Supervised {
    fn advance(&mut self, until: Progress, on_batch: &mut dyn FnMut(u64, u64)) -> Result<Measurement, TrainError> {
        let start = self.batches;
        let end = batches_until(until, batches_per_epoch(&self.job.data.train, &self.job.training));
        let mut train = Tally::default();
        while self.batches < end {
            self.step(&mut train);
            on_batch(self.batches - start, end - start);
        }
        let images = train.examples();
        if images == 0 {
            // Measurements lie closer than batches: nothing was seen in training since the last one.
            train = self.evaluate(&self.job.data.train);
        }
        let validation = self.evaluate(&self.job.data.validation);
        let metrics = BTreeMap::from([
            (Metric::TrainAccuracy, train.accuracy()),
            (Metric::TrainLoss, train.loss()),
            (Metric::ValAccuracy, validation.accuracy()),
            (Metric::ValLoss, validation.loss()),
        ]);
        Ok(Measurement { at: until, metrics, images })
    }

    fn save(&mut self, dir: &Path) -> Result<(), TrainError> {
        record::save(dir, &self.job.arch, self.batches, self.network(), &self.optimizer)
    }
}

/// The order of the data, an epoch at a time.
#[derive(Debug)]
struct Order {
    seed: SeedTree,
    epoch: Option<u64>,
    indices: Vec<u32>,
}

impl Order {
    fn new(seed: SeedTree) -> Self {
        Self { seed, epoch: None, indices: Vec::new() }
    }

    fn of_epoch(&mut self, epoch: u64, examples: usize) -> &[u32] {
        if self.epoch != Some(epoch) {
            self.indices = (0..examples as u32).collect();
            self.indices.shuffle(&mut self.seed.child("epoch", epoch).rng());
            self.epoch = Some(epoch);
        }
        &self.indices
    }
}

/// Some examples as one tensor.
fn images(examples: &Examples, indices: impl ExactSizeIterator<Item = usize>, device: &Device) -> Tensor<4> {
    let [channels, height, width] = match examples.input {
        Shape::Image { channels, height, width } => [channels, height, width],
        Shape::Vector { features } => [1, 1, features],
    };
    let numel = channels * height * width;
    let count = indices.len();
    let mut pixels = Vec::with_capacity(count * numel);
    for index in indices {
        pixels.extend_from_slice(&examples.pixels[index * numel..(index + 1) * numel]);
    }
    Tensor::from_data(TensorData::new(pixels, [count, channels, height, width]), device)
}

/// Momentum and weight decay as PyTorch's SGD: `d = g + decay w`, `v = momentum v + d`, `w -= rate v`.
fn optimizer(plan: &OptimizerPlan) -> ModuleOptimizer {
    match *plan {
        OptimizerPlan::Sgd { lr: _, momentum, weight_decay } => SgdConfig::new()
            .with_momentum((momentum != 0.0).then_some(MomentumConfig { momentum, dampening: 0.0, nesterov: false }))
            .with_weight_decay((weight_decay != 0.0).then_some(WeightDecayConfig { penalty: weight_decay as f32 }))
            .init(),
    }
}

fn learning_rate(plan: &TrainingPlan, epoch: u64) -> f64 {
    let OptimizerPlan::Sgd { lr, .. } = plan.optimizer;
    match plan.schedule {
        SchedulePlan::Constant => lr,
        SchedulePlan::Cosine => lr * (1.0 + (PI * epoch as f64 / f64::from(plan.epochs)).cos()) / 2.0,
    }
}

fn batches_per_epoch(train: &Examples, plan: &TrainingPlan) -> u64 {
    train.labels.len().div_ceil(plan.batch_size).max(1) as u64
}

fn batches_until(point: Progress, per_epoch: u64) -> u64 {
    let (above, below) = (u64::from(point.numerator()), u64::from(point.denominator()));
    (2 * above * per_epoch + below) / (2 * below)
}
