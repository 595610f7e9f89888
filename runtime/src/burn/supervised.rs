//! The training loop: plain supervised learning with stochastic gradient descent, from measurement to measurement.
//!
//! Metrics of training are those of the batches since the last measurement, as the network saw them; metrics of
//! validation are those of the whole split, with the running statistics of batch norm.

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
use peng_spec::arch::ShapeError;
use peng_spec::plan::{Metric, OptimizerPlan, SchedulePlan, TrainingPlan};

use super::batches::{Batches, images};
use super::network::Network;
use super::record::{self, Saved};
use super::tally::Tally;
use crate::data::Examples;
use crate::train::{Measurement, TrainError, Trainer, TrainingJob};

/// One network and how far its training is.
pub(super) struct Supervised {
    job: TrainingJob,
    /// For inference; the network trains on its autodiff twin.
    device: Device,
    /// `None` only while a step is being made.
    network: Option<Network>,
    optimizer: ModuleOptimizer,
    batches: Batches,
    /// Batches trained since the beginning.
    done: u64,
}

impl Supervised {
    /// A training at its beginning, or where a checkpoint left it.
    pub(super) fn start(
        job: TrainingJob,
        checkpoint: Option<&Path>,
        device: Device,
    ) -> Result<Self, TrainError> {
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
        let batches = Batches::new(train.labels.len(), job.training.batch_size, job.seed);
        let Saved { batches: done, network, optimizer } = saved;
        Ok(Self { job, device, network: Some(network), optimizer, batches, done })
    }

    /// Trains the next batch, and counts it as the network saw it.
    fn step(&mut self, tally: &mut Tally) {
        let train = &self.job.data.train;
        let chosen = self.batches.examples(self.done);
        let labels: Vec<u16> = chosen.iter().map(|&i| train.labels[i as usize]).collect();

        let network = self.network.take().expect("it is put back below");
        let device = self.device.clone().autodiff();
        let noise = self.job.seed.child("dropout", self.done);
        let read = images(train, chosen.iter().map(|&i| i as usize), &device);
        let scores = network.forward_training(read, noise);
        tally.add(scores.clone(), &labels);
        let targets: Vec<i64> = labels.iter().map(|&label| i64::from(label)).collect();
        let targets = Tensor::<1, Int>::from_data(TensorData::new(targets, [labels.len()]), &device);
        let loss = CrossEntropyLossConfig::new().init(&device).forward(scores, targets);
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        let rate = learning_rate(&self.job.training, self.batches.epoch(self.done));
        self.network = Some(self.optimizer.step(rate, network, gradients));
        self.done += 1;
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
    fn advance(
        &mut self,
        until: Progress,
        on_batch: &mut dyn FnMut(u64, u64),
    ) -> Result<Measurement, TrainError> {
        let start = self.done;
        let end = self.batches.until(until);
        let mut train = Tally::default();
        while self.done < end {
            self.step(&mut train);
            on_batch(self.done - start, end - start);
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
        record::save(dir, &self.job.arch, self.done, self.network(), &self.optimizer)
    }
}

/// Momentum and weight decay as `PyTorch`'s SGD: `d = g + decay w`, `v = momentum v + d`, `w -= rate v`.
fn optimizer(plan: &OptimizerPlan) -> ModuleOptimizer {
    match *plan {
        OptimizerPlan::Sgd { lr: _, momentum, weight_decay } => SgdConfig::new()
            .with_momentum((momentum != 0.0).then_some(MomentumConfig {
                momentum,
                dampening: 0.0,
                nesterov: false,
            }))
            .with_weight_decay(
                (weight_decay != 0.0).then_some(WeightDecayConfig { penalty: weight_decay as f32 }),
            )
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

#[cfg(test)]
mod tests {
    use peng_spec::arch::{ArchGraph, Op, Shape};
    use peng_spec::plan::EpochFraction;
    use rand::RngExt as _;

    use super::*;
    use crate::burn::fixtures::{Job, every_op, small_net};
    use crate::data::Splits;
    use crate::seed::SeedTree;

    #[test]
    fn a_small_network_learns_digits() {
        let curve = Job { epochs: 8, lr: 0.1, ..Job::digits(small_net()) }.curve();
        let last = &curve[7].metrics;
        assert!(last[&Metric::ValAccuracy] > 90.0, "{last:?}");
        assert!(last[&Metric::TrainLoss] < 0.5, "{last:?}");
        assert!(curve.iter().all(|m| m.images == 1078));
    }

    #[test]
    fn equal_jobs_have_equal_curves() {
        let job = Job { epochs: 2, limit: Some(100), ..Job::digits(every_op()) };
        assert_eq!(job.curve(), job.curve());
        assert_ne!(job.curve(), Job { seed: 2, ..job.clone() }.curve());
    }

    #[test]
    fn the_images_since_the_last_measurement_are_counted() {
        // 70 examples are the batches 32, 32 and 6; half an epoch ends after the second.
        let job = Job { epochs: 2, limit: Some(70), halves: true, ..Job::digits(small_net()) };
        let images: Vec<u64> = job.curve().iter().map(|m| m.images).collect();
        assert_eq!(images, [64, 6, 64, 6]);
    }

    #[test]
    fn a_measurement_without_a_batch_evaluates_both_splits() {
        let mut trainer = Job { limit: Some(20), ..Job::digits(small_net()) }.start(None);
        let measured = trainer.advance(Progress::new(1, 4).unwrap(), &mut |_, _| {}).unwrap();
        assert_eq!(measured.images, 0);
        assert!(measured.metrics.values().all(|metric| metric.is_finite()));
    }

    #[test]
    fn a_diverging_network_is_measured_and_does_not_panic() {
        for arch in [small_net(), every_op(), regression()] {
            let curve = Job { lr: 1e30, epochs: 2, limit: Some(100), ..Job::digits(arch) }.curve();
            assert!(curve.iter().any(|m| !m.metrics[&Metric::TrainLoss].is_finite()), "{curve:?}");
        }
    }

    #[test]
    fn progress_is_told_after_each_batch() {
        let mut told = Vec::new();
        let mut trainer = Job { limit: Some(70), ..Job::digits(small_net()) }.start(None);
        trainer.advance(Progress::whole(1), &mut |done, of| told.push((done, of))).unwrap();
        assert_eq!(told, [(1, 3), (2, 3), (3, 3)]);
    }

    #[test]
    fn an_architecture_for_other_data_is_refused() {
        let mut arch = small_net();
        arch.input = Shape::Image { channels: 1, height: 9, width: 8 };
        let error = Job::digits(arch).try_start(None).err().unwrap().to_string();
        assert_eq!(error, "the network cannot be built: found an input of 1x9x8, expected the data's 1x8x8");
    }

    fn regression() -> ArchGraph {
        let mut arch = ArchGraph::new(Shape::Image { channels: 1, height: 8, width: 8 });
        let pool = arch.push("pool", Op::GlobalAvgPool, []);
        arch.push("head", Op::Linear { units: 10 }, [pool]);
        arch
    }

    /// Softmax regression on one feature, by hand and in 64 bits.
    #[test]
    fn the_steps_are_those_of_momentum_decay_and_cosine() {
        let (xs, labels) = ([0.5_f32, 0.1, 0.9], [0_u16, 1, 1]);
        let input = Shape::Image { channels: 1, height: 1, width: 1 };
        let examples = Examples { input, classes: 2, pixels: xs.to_vec(), labels: labels.to_vec() };
        let mut arch = ArchGraph::new(input);
        let pool = arch.push("pool", Op::GlobalAvgPool, []);
        arch.push("head", Op::Linear { units: 2 }, [pool]);
        let seed = SeedTree::new(9);
        let training = TrainingPlan {
            epochs: 6,
            batch_size: 3,
            optimizer: OptimizerPlan::Sgd { lr: 0.8, momentum: 0.9, weight_decay: 0.1 },
            schedule: SchedulePlan::Cosine,
            measure_every: EpochFraction::ONE,
        };
        let data = Splits { train: examples.clone(), validation: examples }.into();
        let job = TrainingJob { arch, data, training, seed };
        let mut trainer = Supervised::start(job, None, Device::flex()).unwrap();

        let mut rng = seed.child("weights", 0).child("head", 0).rng();
        // Weight and bias of class 0, weight and bias of class 1; a fan-in of 1 makes the bound 1.
        let drawn: [f64; 4] = std::array::from_fn(|_| f64::from(2.0 * rng.random::<f32>() - 1.0));
        let mut w = [drawn[0], drawn[2], drawn[1], drawn[3]];
        let mut v = [0.0; 4];
        let forward = |w: &[f64; 4], x: f64| {
            let exp = [(w[0] * x + w[1]).exp(), (w[2] * x + w[3]).exp()];
            exp.map(|e| e / (exp[0] + exp[1]))
        };
        for epoch in 0..6 {
            let (mut loss, mut g) = (0.0, [0.0; 4]);
            for (x, label) in xs.iter().map(|&x| f64::from(x)).zip(labels.map(usize::from)) {
                let p = forward(&w, x);
                loss -= p[label].ln() / 3.0;
                for class in 0..2 {
                    let error = (p[class] - if class == label { 1.0 } else { 0.0 }) / 3.0;
                    g[2 * class] += error * x;
                    g[2 * class + 1] += error;
                }
            }
            let rate = 0.8 * (1.0 + (PI * f64::from(epoch) / 6.0).cos()) / 2.0;
            for k in 0..4 {
                v[k] = 0.9 * v[k] + g[k] + 0.1 * w[k];
                w[k] -= rate * v[k];
            }
            let after: f64 = xs
                .iter()
                .zip(labels)
                .map(|(&x, l)| -forward(&w, f64::from(x))[usize::from(l)].ln() / 3.0)
                .sum();
            let metrics = trainer.advance(Progress::whole(epoch as u32 + 1), &mut |_, _| {}).unwrap().metrics;
            assert!((metrics[&Metric::TrainLoss] - loss).abs() < 1e-5, "{metrics:?} {loss}");
            assert!((metrics[&Metric::ValLoss] - after).abs() < 1e-5, "{metrics:?} {after}");
        }
    }
}
