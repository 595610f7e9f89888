//! The training loop: plain supervised learning, a step a batch, from measurement to measurement.
//!
//! Metrics of training are those of the batches since the last measurement, as the network saw them; metrics of
//! validation are those of the whole split, with the running statistics of batch norm.

use std::collections::BTreeMap;
use std::path::Path;

use burn::module::Module;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::Device;
use peng_estimator::Progress;
use peng_spec::arch::ShapeError;

use super::augment;
use super::batches::{Batches, images, pixels};
use super::clip::clip;
use super::criterion::Criterion;
use super::meter::Meter;
use super::network::{Network, Noise};
use super::optimizer::optimizer;
use super::rate::rate;
use super::record::{self, Saved};
use super::tally::{Of, Tally};
use crate::data::Examples;
use crate::train::{Measurement, OutOfMemory, TrainError, Trainer, TrainingJob};

/// One network and how far its training is.
pub(super) struct Supervised {
    job: TrainingJob,
    /// For inference; the network trains on its autodiff twin.
    device: Device,
    /// `None` only while a step is being made.
    network: Option<Network>,
    optimizer: ModuleOptimizer,
    criterion: Criterion,
    batches: Batches,
    /// Batches trained since the beginning.
    done: u64,
    meter: Meter,
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
        let meter = Meter::start(&device, job.memory);
        let weights = job.seed.child("weights", 0);
        let network =
            Network::new(&job.arch, train.labels.target().outputs(), weights, &device.clone().autodiff())?;
        let made = |network: &Network| optimizer(&job.training.optimizer, network);
        let saved = match checkpoint {
            Some(dir) => record::load(dir, &job.arch, network, &made)?,
            None => Saved { batches: 0, optimizer: made(&network), network },
        };
        let criterion = Criterion::new(train, &job.training);
        let batches = Batches::new(train.count(), job.training.batch_size, job.seed);
        let Saved { batches: done, network, optimizer } = saved;
        Ok(Self { job, device, network: Some(network), optimizer, criterion, batches, done, meter })
    }

    /// Trains the next batch, and counts it as the network saw it.
    fn step(&mut self, tally: &mut Tally) {
        let train = &self.job.data.train;
        let epoch = self.batches.epoch(self.done);
        let chosen = self.batches.examples(self.done);
        let (augment, seed) = (&self.job.augment, self.job.seed);
        let mut read = pixels(train, chosen.iter().map(|&i| i as usize));
        for (image, &example) in read.chunks_exact_mut(train.input.numel() as usize).zip(chosen) {
            augment::augment(image, train.input, augment, seed, (epoch, example.into()));
        }
        let mixture = augment::mix(&mut read, chosen.len(), augment, seed, self.done);
        let chosen: Vec<usize> = chosen.iter().map(|&i| i as usize).collect();
        let labels = train.labels.pick(&chosen);

        let network = self.network.take().expect("it is put back below");
        let device = self.device.clone().autodiff();
        let training = &self.job.training;
        let noise = Noise {
            seed: self.job.seed.child("dropout", self.done),
            elapsed: epoch as f64 / f64::from(training.epochs),
        };
        let outputs = network.forward_training(images(read, train.input, &device), noise);
        tally.add(outputs.own.clone(), &labels);
        let loss_of = |outputs| self.criterion.loss(outputs, &labels, mixture.as_ref(), &device);
        let mut loss = loss_of(outputs.own);
        if let Some((outputs, weight)) = outputs.auxiliary {
            loss = loss + loss_of(outputs) * weight;
        }
        let mut gradients = GradientsParams::from_grads(loss.backward(), &network);
        if let Some(most) = training.clip_gradients {
            gradients = clip(gradients, &network, most);
        }
        let rate = rate(training, self.done, self.batches.per_epoch());
        self.network = Some(self.optimizer.step(rate, network, gradients));
        self.done += 1;
    }

    /// Ends a training that holds more than it may.
    fn stay_within(&mut self) -> Result<(), TrainError> {
        let Some(allowed) = self.job.memory else { return Ok(()) };
        let held = self.meter.most();
        if held.is_some_and(|held| held > allowed) {
            return Err(TrainError::OutOfMemory(OutOfMemory { held }));
        }
        Ok(())
    }

    fn network(&self) -> &Network {
        self.network.as_ref().expect("a step puts it back")
    }

    /// Counts examples as the network of now sees them, in inference mode.
    fn evaluate(&self, examples: &Examples) -> Tally {
        let network = self.network().valid();
        let mut tally = self.criterion.tally();
        let size = self.job.training.batch_size;
        for start in (0..examples.count()).step_by(size) {
            let end = examples.count().min(start + size);
            let read = pixels(examples, start..end);
            let scores = network.forward(images(read, examples.input, &self.device));
            tally.add(scores, &examples.labels.pick(&(start..end).collect::<Vec<_>>()));
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
        let mut train = self.criterion.tally();
        while self.done < end {
            self.step(&mut train);
            self.stay_within()?;
            on_batch(self.done - start, end - start);
        }
        let images = train.examples();
        if images == 0 {
            // Measurements lie closer than batches: nothing was seen in training since the last one.
            train = self.evaluate(&self.job.data.train);
        }
        let validation = self.evaluate(&self.job.data.validation);
        self.stay_within()?;
        let metrics = [(train, Of::Training), (validation, Of::Validation)];
        let metrics = metrics.into_iter().flat_map(|(tally, of)| tally.metrics(of));
        Ok(Measurement { at: until, metrics: metrics.collect::<BTreeMap<_, _>>(), images, account: None })
    }

    fn memory(&mut self) -> Option<u64> {
        self.meter.most()
    }

    fn save(&mut self, dir: &Path) -> Result<(), TrainError> {
        record::save(dir, &self.job.arch, self.done, self.network(), &self.optimizer)
    }
}

#[cfg(test)]
mod tests {
    use peng_spec::arch::{ArchGraph, Op, Shape};
    use peng_spec::plan::Metric;

    use super::*;
    use crate::burn::fixtures::{Job, every_op, small_net};

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

    /// Right after a step too, the running statistics of batch norm are those of all batches.
    #[test]
    fn the_measured_network_is_the_trained_one() {
        let job = Job { limit: Some(64), lr: 0.0, ..Job::digits(small_net()) };
        let mut trainer = job.start(None);
        let measured: Vec<f64> = (1..=30)
            .map(|epoch| trainer.advance(Progress::whole(epoch), &mut |_, _| {}).unwrap())
            .map(|measured| measured.metrics[&Metric::ValLoss] - measured.metrics[&Metric::TrainLoss])
            .collect();
        // The weights stay, so that the statistics come nearer and nearer to those of the batches.
        assert!(measured[29].abs() < 0.05 && measured[29].abs() < measured[0].abs(), "{measured:?}");
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
}
