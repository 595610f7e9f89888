//! All that names burn: networks are built from architectures, trained and saved.
//!
//! Every tensor here is made and read by one thread, and nothing is drawn from burn's own generator, so equal jobs on
//! equal machines have equal curves, bit for bit.

use std::path::Path;
use std::sync::OnceLock;

use burn::tensor::Device;
use peng_spec::plan;

use crate::train::{TrainError, Trainer, TrainerFactory, TrainingJob};

mod augment;
mod batches;
#[cfg(all(test, feature = "wgpu"))]
mod cards;
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
mod meter;
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

pub(crate) use device::adapters;

/// Makes trainers that run on burn.
#[derive(Debug)]
pub(crate) struct BurnFactory {
    device: plan::Device,
    opened: OnceLock<Device>,
}

impl BurnFactory {
    /// Trainers on a device.
    pub(crate) fn new(device: plan::Device) -> Self {
        Self { device, opened: OnceLock::new() }
    }

    fn device(&self) -> Result<Device, TrainError> {
        if let Some(device) = self.opened.get() {
            return Ok(device.clone());
        }
        let device = device::bind(self.device).ok_or(TrainError::NoDevice { device: self.device })?;
        Ok(self.opened.get_or_init(|| device).clone())
    }
}

impl TrainerFactory for BurnFactory {
    fn open(&self) -> Result<(), TrainError> {
        self.device().map(|_| ())
    }

    fn start(&self, job: TrainingJob, checkpoint: Option<&Path>) -> Result<Box<dyn Trainer>, TrainError> {
        peng_ops::keep_freed_memory();
        Ok(Box::new(supervised::Supervised::start(job, checkpoint, self.device()?)?))
    }

    fn computes(&self) -> String {
        match self.device {
            plan::Device::Cpu => {
                let (level, arithmetic) = (peng_ops::Level::detected().name(), peng_ops::ARITHMETIC);
                format!("burn on cpu, {level}, arithmetic {arithmetic}")
            }
            card => {
                let name = self.device().ok().and_then(|device| device::name(&device));
                format!("burn on {card}, {}", name.unwrap_or_else(|| "unknown".to_owned()))
            }
        }
    }
}
