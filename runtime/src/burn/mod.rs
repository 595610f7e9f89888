//! All that names burn: networks are built from architectures, trained and saved.
//!
//! Every tensor here is made and read by one thread, and nothing is drawn from burn's own generator, so equal jobs on
//! equal machines have equal curves, bit for bit.

use std::path::Path;

use peng_spec::plan;

use crate::train::{TrainError, Trainer, TrainerFactory, TrainingJob};

mod augment;
mod batches;
mod clip;
mod criterion;
mod device;
#[cfg(test)]
mod exactness;
#[cfg(test)]
mod fixtures;
mod fusion;
#[cfg(test)]
mod kinds;
mod layer;
#[cfg(test)]
mod members;
mod network;
mod optimizer;
#[cfg(test)]
mod published;
mod rate;
mod record;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod regression;
mod supervised;
mod tally;
#[cfg(test)]
mod threads;

/// Makes trainers that run on burn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BurnFactory;

impl TrainerFactory for BurnFactory {
    fn start(&self, job: TrainingJob, checkpoint: Option<&Path>) -> Result<Box<dyn Trainer>, TrainError> {
        peng_ops::keep_freed_memory();
        let device = device::bind(plan::Device::Cpu);
        Ok(Box::new(supervised::Supervised::start(job, checkpoint, device)?))
    }

    fn computes(&self) -> String {
        format!("burn on cpu, {}", peng_ops::Level::detected().name())
    }
}
