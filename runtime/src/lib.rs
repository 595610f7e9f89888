//! Executes a plan: it searches for networks, trains them with burn in worker processes, lets an estimator stop
//! trainings early, and writes down what happened.
//!
//! What a run did is its journal ([`event`]); [`state`] is the fold of the journal, [`report`] reads nothing else.
//! [`run`] is the coordinator, [`trial`] what a worker does, [`execute`] how workers are started, [`store`] the files.
//! [`data`], [`space`], [`search`] and [`estimate`] are the slots. `burn` occurs under `burn/` only, behind the feature
//! `train`.

#![recursion_limit = "256"]
#![cfg_attr(test, allow(clippy::unwrap_used))]

#[cfg(feature = "engine")]
pub mod audit;
mod catalog;
#[cfg(feature = "engine")]
pub mod clock;
pub mod data;
#[cfg(feature = "engine")]
pub mod device;
pub mod estimate;
#[cfg(feature = "engine")]
pub mod event;
#[cfg(feature = "engine")]
pub mod execute;
#[cfg(feature = "engine")]
pub mod fitness;
#[cfg(feature = "engine")]
pub mod report;
#[cfg(feature = "engine")]
pub mod run;
pub mod search;
pub mod seed;
#[cfg(feature = "engine")]
pub mod sink;
pub mod space;
#[cfg(feature = "engine")]
pub mod state;
#[cfg(feature = "engine")]
pub mod store;
#[cfg(feature = "engine")]
pub mod study;
pub mod table;
#[cfg(feature = "engine")]
pub mod train;
#[cfg(feature = "engine")]
pub mod trial;
#[cfg(feature = "engine")]
pub mod verify;

#[cfg(feature = "train")]
mod burn;

pub use catalog::RuntimeCatalog;

/// The kinds that a spec may name in this version.
pub fn catalog() -> RuntimeCatalog {
    RuntimeCatalog
}

/// What trains networks in this build, on a device of this machine.
#[cfg(feature = "engine")]
#[cfg_attr(not(feature = "train"), expect(unused_variables, reason = "what does not train needs no device"))]
pub fn trainer(device: peng_spec::plan::Device) -> Box<dyn train::TrainerFactory> {
    #[cfg(feature = "train")]
    return Box::new(burn::BurnFactory::new(device));
    #[cfg(not(feature = "train"))]
    return Box::new(train::NoTrainer);
}

/// Whether this build can train.
pub const CAN_TRAIN: bool = cfg!(feature = "train");
