//! The prediction engine of PEng4NN: when may the training of a network stop, and with which fitness.
//!
//! It sits next to a search for network architectures, sees nothing but learning curves, and is pure: no
//! file, no clock, no environment, no randomness, no training framework. An [`Estimator`] is a function from
//! the [`TrialRecord`] of a trial and the [`History`] of ended ones to an [`Observation`]. The same arguments give the same
//! answer; across platforms as far as `pow` does, the only function in it that IEEE 754 leaves to them.
//!
//! # The papers' terms
//!
//! The rule [`penguin`](policy::penguin) fits F(x) = a - b^(c - x) to the points so far, x counting
//! measurements from 1, and evaluates it where the search would stop anyway. When its last predictions agree,
//! the training ends with the newest one as its fitness.
//!
//! | paper | here | |
//! |---|---|---|
//! | `e_pred` | `predict_at` | the epoch whose value is predicted |
//! | N | `window` | how many successive predictions must agree |
//! | t | `tolerance` | how far each may lie from their median, in percentage points |
//! | `C_min` | `min_points` | how many points the first fit has (the published code never reads its 3 and takes 2) |
//! | E | `TrainingFacts::measure_every` | epochs between measurements |
//! | a, b, c | [`family::exp3`] | the asymptote, the rate, the shift |
//!
//! * PEng4NN: Keller Rorabaugh et al., "PEng4NN: an accurate performance estimation engine for efficient
//!   automated neural network architecture search", arXiv 2101.04185, 2021.
//! * PENGUIN: Keller Rorabaugh et al., "Building high-throughput neural architecture search workflows via a
//!   decoupled fitness prediction engine", IEEE TPDS 33(11), 2022, doi 10.1109/TPDS.2022.3140681.
//! * A4NN: "Composable workflow for accelerating neural architecture search using in situ analytics for
//!   protein classification", ICPP 2023.
//!
//! # Map
//!
//! [`policy`] holds the kinds of estimators, a file each; [`family`] the curves they fit and [`fit`] the
//! fitter; [`replay`] runs a kind over recorded curves and [`score`] compares its decisions with the truth.
#![cfg_attr(test, allow(clippy::unwrap_used))]

#[cfg(test)]
mod conformance;
mod curve;
mod estimator;
pub mod extended;
pub mod family;
pub mod fit;
pub mod policy;
mod progress;
pub mod replay;
mod scale;
pub mod score;
mod trial;
mod verdict;

pub use curve::{Curve, CurveError, Direction, Point};
pub use estimator::{Estimator, Needs, Revises, Rule};
pub use policy::{POLICIES, ParamIssue, PolicyKind};
pub use progress::{Progress, ProgressError};
pub use replay::{Decision, HistoryRule, RecordedRun, ReplayError, Setting};
pub use scale::{Scale, ScaleError};
pub use score::{Measure, ScoreError, Scored, Scoring};
pub use trial::{CostObjective, EndedTrial, History, Outcome, TrainingFacts, TrialRecord};
pub use verdict::{Observation, Resumption, Revised, Revision, Verdict};
