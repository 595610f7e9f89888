//! What the rest of the runtime knows of training: a [`Trainer`] that goes on to a point and measures there.

mod curve_replay;
mod memory;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use peng_estimator::Progress;
use peng_spec::arch::ArchGraph;
use peng_spec::plan::{Augmentation, Device, Metric, TrainingPlan};

use crate::data::Splits;
use crate::seed::SeedTree;
use crate::study::cache::Known;

pub use curve_replay::CurveReplay;
pub use memory::{Need, OutOfMemory};

/// What a network is trained on and how: all that its curve depends on.
#[derive(Debug, Clone)]
pub struct TrainingJob {
    /// The network.
    pub arch: ArchGraph,
    /// The data; shared between the trials of a worker.
    pub data: Arc<Splits>,
    /// Changes of the training images, in order.
    pub augment: Vec<Augmentation>,
    /// How it is trained.
    pub training: TrainingPlan,
    /// The seed of initial weights and of the order of the data.
    pub seed: SeedTree,
    /// Bytes that it may hold on its device; `None`: what is there.
    pub memory: Option<u64>,
}

/// The metrics of a network at one point of its training.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// Where.
    pub at: Progress,
    /// All measured metrics; a diverged network has NaN or infinite ones.
    pub metrics: BTreeMap<Metric, f64>,
    /// Training images since the last measurement.
    pub images: u64,
    /// What a cache says of it; `None` without a cache.
    pub account: Option<Account>,
}

/// What a cache says of a measurement: the clock on the wall would tell how long it was played or waited for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Account {
    /// Seconds that it took when it was made.
    pub secs: f64,
    /// Whether it was not made now, but played.
    pub played: bool,
}

/// One training under way.
pub trait Trainer {
    /// Trains on to `until` and measures there. Points must come in order and be multiples of `measure_every`.
    ///
    /// `on_batch` is told the batches done and to do until the point, for progress bars.
    fn advance(
        &mut self,
        until: Progress,
        on_batch: &mut dyn FnMut(u64, u64),
    ) -> Result<Measurement, TrainError>;

    /// The most bytes that it has held on its device so far, if that is measured.
    fn memory(&mut self) -> Option<u64> {
        None
    }

    /// Writes all that is needed to go on exactly from here into a directory, which exists.
    fn save(&mut self, dir: &Path) -> Result<(), TrainError>;

    /// What a cache knew of this training when it was started; `None` without a cache.
    fn known(&self) -> Option<Known> {
        None
    }
}

/// Makes trainers. There is one in a worker.
pub trait TrainerFactory {
    /// Makes ready what all trainings need, such as a device.
    fn open(&self) -> Result<(), TrainError> {
        Ok(())
    }

    /// A training at its beginning, or where the checkpoint in `checkpoint` left it.
    fn start(&self, job: TrainingJob, checkpoint: Option<&Path>)
    -> Result<Box<dyn Trainer + '_>, TrainError>;

    /// What curves depend on besides the job: what computes, and on what kind of machine.
    fn computes(&self) -> String;
}

/// Why a training cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The architecture has no shapes.
    #[error("the network cannot be built: {0}")]
    Architecture(#[from] peng_spec::arch::ShapeError),
    /// A checkpoint cannot be written or read.
    #[error("the checkpoint `{path}` cannot be {action}: {reason}")]
    Checkpoint {
        /// The file.
        path: String,
        /// `written` or `read`.
        action: &'static str,
        /// Why.
        reason: String,
    },
    /// It holds more memory than it may.
    #[error("out of memory")]
    OutOfMemory(OutOfMemory),
    /// The device is not there, or not in this build.
    #[error("the device `{device}` cannot be opened")]
    NoDevice {
        /// The device.
        device: Device,
    },
    /// A curve of the cache cannot be gone on with.
    #[error("the cached curve `{entry}` cannot be gone on with: {reason}")]
    Cache {
        /// Its entry.
        entry: String,
        /// Why.
        reason: String,
    },
    /// It waited for another training of the same network, and is not to wait any longer.
    #[error("stopped while another training of the same network went on")]
    Stopped,
    /// Nothing that trains is compiled in.
    #[error("this build of peng cannot train: it was built without the feature `train`")]
    NoTrainer,
}

/// What a build without the feature `train` has instead of burn.
#[derive(Debug, Clone, Copy)]
pub struct NoTrainer;

impl TrainerFactory for NoTrainer {
    fn start(&self, _job: TrainingJob, _checkpoint: Option<&Path>) -> Result<Box<dyn Trainer>, TrainError> {
        Err(TrainError::NoTrainer)
    }

    fn computes(&self) -> String {
        "nothing".to_owned()
    }
}
