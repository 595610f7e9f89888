//! Executes a plan: it searches for networks, trains them with burn in worker processes, lets an estimator stop
//! trainings early, and writes down what happened.
//!
//! What a run did is its journal ([`event`]); [`state`] is the fold of the journal, [`report`] reads nothing else.
//! [`run`] is the coordinator, [`trial`] what a worker does, [`execute`] how workers are started, [`store`] the files.
//! [`data`], [`space`], [`search`] and [`estimate`] are the slots. `burn` occurs under `burn/` only, behind the feature
//! `train`.

#![recursion_limit = "256"]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod audit;
mod catalog;
pub mod clock;
pub mod data;
pub mod estimate;
pub mod event;
pub mod execute;
pub mod fitness;
pub mod report;
pub mod run;
pub mod search;
pub mod seed;
pub mod sink;
pub mod space;
pub mod state;
pub mod store;
pub mod train;
pub mod trial;
pub mod verify;

#[cfg(feature = "train")]
mod burn;

pub use catalog::RuntimeCatalog;

/// The kinds that a spec may name in this version.
pub fn catalog() -> RuntimeCatalog {
    RuntimeCatalog
}

/// What trains networks in this build.
pub fn trainer() -> Box<dyn train::TrainerFactory> {
    #[cfg(feature = "train")]
    return Box::new(burn::BurnFactory);
    #[cfg(not(feature = "train"))]
    return Box::new(train::NoTrainer);
}

/// Whether this build can train.
pub const CAN_TRAIN: bool = cfg!(feature = "train");
