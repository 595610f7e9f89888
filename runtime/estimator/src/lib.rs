//! The prediction engine of PEng4NN: when may the training of a network stop, and with which fitness.
//!
//! It sits next to a search for network architectures, sees nothing but learning curves, and is pure: no
//! file, no clock, no environment, no randomness, no training framework. An [`Estimator`] is a function from
//! the [`TrialRecord`] of a trial and the [`History`] of ended ones to an [`Observation`]. The same arguments give the same
//! answer, on every platform: what IEEE 754 leaves to them, such as `pow`, is `libm`'s.
//!
//! # The papers' terms
//!
//! The rule [`penguin`](policy::penguin) fits F(x) = a - b^(c - x) to the points so far, x counting
//! measurements from 1, and evaluates it where the search would stop anyway. When its last predictions agree,
//! the training ends with the newest one as its fitness. [`a4nn`](policy::a4nn) is its later form. Both come as they
//! were published, oddities included, and [corrected](policy::penguin::Params::corrected).
//!
//! | paper | here | |
//! |---|---|---|
//! | `e_pred` | `predict_at` | the epoch whose value is predicted |
//! | N | `window` | how many successive predictions must agree |
//! | t | `tolerance` | how far each may lie from their median, in percentage points |
//! | `C_min` | `min_points` | how many points the first fit has (the published code never reads its 3 and takes 2) |
//! | E | `TrainingFacts::measure_every` | epochs between measurements |
//! | a, b, c | [`family::exp3`] | the asymptote, the rate, the shift; [`family::published`] fits them exactly |
//! | the function index | [`family::FORMS`] | the other curves, by their names |
//!
//! * PEng4NN: Keller Rorabaugh et al., "PEng4NN: an accurate performance estimation engine for efficient
//!   automated neural network architecture search", arXiv 2101.04185, 2021.
//! * PENGUIN: Keller Rorabaugh et al., "Building high-throughput neural architecture search workflows via a
//!   decoupled fitness prediction engine", IEEE TPDS 33(11), 2022, doi 10.1109/TPDS.2022.3140681.
//! * A4NN: "Composable workflow for accelerating neural architecture search using in situ analytics for
//!   protein classification", ICPP 2023.
//!
//! # In a training loop of your own
//!
//! What is known before a training picks the estimator, once for all trainings alike. It learns from the trainings that have
//! ended (`penguin` needs none), and the rule it hands back judges the curve after each measurement:
//!
//! ```
//! use peng_estimator::{
//!     Curve, EndedTrial, History, Outcome, Point, Progress, TrainingFacts, TrialRecord, Verdict, policy,
//! };
//! use serde_json::json;
//!
//! # fn train_one_epoch(network: usize, epoch: u32) -> f64 {
//! #     (70.0 + network as f64) * (1.0 - 0.5_f64.powi(epoch as i32))
//! # }
//! let planned = Progress::whole(25);
//! let facts = TrainingFacts::percent(planned, Progress::whole(1));
//! let kind = policy::find("penguin").ok_or("no such kind")?;
//! let estimator = kind.build(json!({"window": 3, "tolerance": 0.5}), &facts).map_err(|issues| issues[0].clone())?;
//!
//! let mut history = History::default();
//! for network in 0..10 {
//!     let rule = estimator.learn(&history);
//!     let mut trial = TrialRecord::new(network, Curve::new());
//!     let (mut outcome, mut fitness) = (Outcome::Completed, f64::NAN);
//!     for epoch in 1..=25 {
//!         fitness = train_one_epoch(network, epoch);
//!         trial.curve.push(Point { at: Progress::whole(epoch), value: fitness })?;
//!         // With all points but this one the rule has said to go on.
//!         let observation = rule.judge(&trial, trial.curve.len() - 1);
//!         match observation.verdict {
//!             // At the last epoch there is nothing to predict any more.
//!             _ if epoch == 25 => {}
//!             Verdict::Continue => continue,
//!             Verdict::Converged { predicted } => (outcome, fitness) = (Outcome::Converged, predicted),
//!             Verdict::Pruned => outcome = Outcome::Pruned,
//!         }
//!         break;
//!     }
//!     assert_eq!(outcome, Outcome::Converged);
//!     assert!((fitness - (70.0 + network as f64)).abs() < 0.5);
//!     history.trials.push(EndedTrial { record: trial, points_planned: facts.points, outcome, fitness });
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # As a service
//!
//! A search in another language, or one with many trainings at once, keeps no curves and no history of its own: it sends
//! lines to a [`Service`](service::Service), which `peng engine` runs on stdin and stdout.
//!
//! ```
//! use peng_estimator::service::{ScaleOrigin, Service, Setup};
//! use peng_estimator::{Direction, Scale, policy};
//! use serde_json::{Value, json};
//!
//! let mut service = Service::new(Setup {
//!     kind: policy::find("penguin").ok_or("no such kind")?,
//!     params: json!({}),
//!     metric: "val_accuracy".to_owned(),
//!     direction: Direction::Maximize,
//!     scale: Some(Scale::Percent),
//!     scale_origin: ScaleOrigin::Given,
//!     confidence: 0.9,
//!     costs: Vec::new(),
//! })
//! .map_err(|issues| issues[0].clone())?;
//! let request = r#"{"op":"observe","run":"net-7","epoch":1,"planned":25,"metrics":{"val_accuracy":61.2}}"#;
//! let reply: Value = serde_json::from_str(&service.answer(request.as_bytes()))?;
//! assert_eq!(reply["verdict"], "continue");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Map
//!
//! [`policy`] holds the kinds of estimators, a file each; [`family`] the curves they fit and [`fit`] the
//! fitter; [`replay`] runs a kind over recorded curves and [`score`] compares its decisions with the truth;
//! [`audit`] estimates that in a search, which knows few truths. [`service`] answers searches in other languages.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::disallowed_methods))]

#[cfg(feature = "engine")]
pub mod audit;
#[cfg(test)]
mod conformance;
mod curve;
mod estimator;
pub mod extended;
mod extrapolation;
pub mod family;
pub mod fit;
mod handed;
pub mod policy;
mod progress;
mod quantile;
#[cfg(feature = "engine")]
pub mod replay;
mod scale;
#[cfg(feature = "engine")]
pub mod score;
#[cfg(feature = "engine")]
pub mod service;
mod trial;
mod verdict;

#[cfg(feature = "engine")]
pub use audit::{AuditError, AuditEstimate, AuditTrial, Judged};
pub use curve::{Curve, CurveError, Direction, Point};
pub use estimator::{Estimator, Needs, Revises, Rule};
pub use handed::Handed;
pub use policy::{POLICIES, ParamIssue, PolicyKind};
pub use progress::{Progress, ProgressError};
#[cfg(feature = "engine")]
pub use replay::{Decision, HistoryRule, RecordedRun, ReplayError, Setting};
pub use scale::{Scale, ScaleError};
#[cfg(feature = "engine")]
pub use score::{Measure, ScoreError, Scored, Scoring};
pub use trial::{CostObjective, EndedTrial, History, Outcome, TrainingFacts, TrialRecord};
pub use verdict::{Observation, Resumption, Revised, Revision, Verdict};
