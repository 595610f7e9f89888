//! The shared vocabulary of `peng`.
//!
//! Text becomes a [`document`], put together with others as an [`overlay`]; a document that fits the [`shape`] becomes a typed spec in [`model`], a compiled spec
//! is a [`plan`]. [`arch`] describes networks, [`catalog`] what the compiler may ask about kinds that the runtime
//! implements, [`diag`] what is wrong in a user's text. Nothing here does I/O, reads a clock or draws a random number.
//!
//! # Glossary: one word for each thing, everywhere
//!
//! | word | meaning |
//! |---|---|
//! | spec | what a user writes: a YAML file |
//! | plan | what the compiler makes of it: complete, versioned, without defaults |
//! | step | a stage of a plan: prepare, search, confirm, evaluate |
//! | run | one execution of a plan; its journal is the truth about it |
//! | generation | the networks that a search asks for at once |
//! | candidate | a network that a search proposes |
//! | trial | the training of one candidate in a run |
//! | attempt | one try at a trial; a lost worker makes another |
//! | lease | what hands an attempt to a worker |
//! | measurement | the metrics of a network at one point of its training |
//! | curve | the measurements of one metric so far |
//! | estimate | what an estimator says about a curve |
//! | verdict | the decision of an estimate: go on, converged, pruned |
//! | observed, predicted | a measured value; a value that an estimator extrapolated |
//! | fitness | the values of the objectives that the search is told |
//! | front | the trials that no other trial dominates |
//! | study | one experiment under several estimators and seeds, against the truth |
//! | arm | an estimator of a study |
//! | truth | what a network comes to when it is trained to the end |
//! | confirm | to train the predicted members of a front to the end |
//! | slot, kind | a place where things plug in (data set, space, search, estimator); a thing that does |

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod arch;
pub mod catalog;
pub mod diag;
pub mod document;
pub mod expr;
pub mod model;
pub mod overlay;
pub mod plan;
pub mod shape;
pub mod source;
