//! How good a policy's decisions were, against the recorded truth: what `peng replay` reports.
//!
//! [`Measure`] lists what is measured; `population` measures one order of one population; `summary` means and
//! intervals over runs, orders, populations and data sets. Metrics become scores first, higher is better.

mod bootstrap;
mod distribution;
mod interval;
mod measure;
mod population;
mod rank;
mod summary;

pub use bootstrap::{FEWEST_RESAMPLES, MOST_DRAWS, RESAMPLES, resamples};
pub use distribution::{SameDistribution, same_distribution};
pub use interval::share_interval;
pub use measure::{Measure, Unit, Values};
pub use population::{Counts, ScoreError, Scored, Scoring, Sets, Top, score, sets};
pub use summary::{Estimate, Summary, mean, median};
