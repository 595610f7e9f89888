//! A study: one search under several estimators and seeds, against the truth.
//!
//! Each arm under each seed is a run like any other, in a directory of its own ([`dir`]), and so is the truth: a run whose
//! search asks for every network that an arm has met ([`truth`]). They share what they train through the [`cache`], so that
//! a study costs the union of its trainings and not their sum. [`run()`] runs them; [`tables`] compares them afterwards,
//! from plans and journals alone, and [`curves`] hands their curves on.

pub mod cache;
pub mod curves;
pub mod dir;
pub(crate) mod listed;
mod run;
pub mod tables;
#[cfg(test)]
pub(crate) mod tests;
mod timing;
pub mod truth;
pub mod verify;

pub use dir::{RunRecord, STUDY_FILE, StudyDir, StudyRun, runs};
pub use run::{Launcher, run};
