//! What kinds tell the compiler.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::arch::{Cost, Shape};
use crate::plan::{EpochFraction, Metric, Objective, Setting};

/// What a network tells of an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Target {
    /// Which one of so many classes it is of: classification.
    #[serde(rename = "classes")]
    Classes(usize),
    /// So many numbers: regression.
    #[serde(rename = "targets")]
    Values(usize),
}

impl Target {
    /// Numbers that a network puts out: a score a class, or the values.
    pub fn outputs(self) -> usize {
        match self {
            Self::Classes(outputs) | Self::Values(outputs) => outputs,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Classes(1) => f.write_str("1 class"),
            Self::Classes(classes) => write!(f, "{classes} classes"),
            Self::Values(1) => f.write_str("1 target"),
            Self::Values(targets) => write!(f, "{targets} targets"),
        }
    }
}

/// What is known of a data set without reading it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WrittenFacts", into = "WrittenFacts")]
pub struct DatasetFacts {
    /// Shape of one example.
    pub input: Shape,
    /// What a network tells of it.
    pub target: Target,
    /// Examples of the training part, before a validation split and a limit.
    pub train: usize,
    /// Examples of the test part, which the search never sees.
    pub test: usize,
}

/// The form in plans: either `classes` or `targets`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFacts {
    input: Shape,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    classes: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    targets: Option<usize>,
    train: usize,
    test: usize,
}

impl From<DatasetFacts> for WrittenFacts {
    fn from(facts: DatasetFacts) -> Self {
        let DatasetFacts { input, target, train, test } = facts;
        let (classes, targets) = match target {
            Target::Classes(classes) => (Some(classes), None),
            Target::Values(targets) => (None, Some(targets)),
        };
        Self { input, classes, targets, train, test }
    }
}

impl TryFrom<WrittenFacts> for DatasetFacts {
    type Error = &'static str;

    fn try_from(written: WrittenFacts) -> Result<Self, Self::Error> {
        let target = match (written.classes, written.targets) {
            (Some(classes), None) => Target::Classes(classes),
            (None, Some(targets)) => Target::Values(targets),
            (None, None) | (Some(_), Some(_)) => return Err("expected one of `classes` and `targets`"),
        };
        Ok(Self { input: written.input, target, train: written.train, test: written.test })
    }
}

/// Which moves a space offers, or a search needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moves {
    /// A small change of one genome.
    pub mutate: bool,
    /// Two children of two genomes.
    pub crossover: bool,
    /// Genomes are lists of phases, each a list of bits, in which any bit may be set. No part of a plan.
    #[serde(skip)]
    pub bits: bool,
}

/// What is known of a search space for a data set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpaceFacts {
    /// Number of genomes before conditions, without what varies continuously; exact up to 2^53, an upper bound
    /// where it cannot be told fast.
    pub genomes: f64,
    /// What varies continuously.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub continuous: Vec<String>,
    /// Settings of the training that each network brings along.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<Setting>,
    /// The moves that it offers.
    pub moves: Moves,
    /// A lower bound of the cost of its networks, each figure for itself.
    pub least: Cost,
    /// An upper bound of the cost of its networks, each figure for itself.
    pub most: Cost,
}

/// What a search needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchNeeds {
    /// Moves that the space must offer.
    pub moves: Moves,
    /// Networks that it asks for, at most.
    pub trials: u64,
    /// Generations in which it asks for them.
    pub generations: u64,
    /// Networks of each generation but the first.
    pub offspring: u64,
}

/// What an estimator may know of the training when it is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrainingFacts {
    /// Planned epochs of a training.
    pub epochs: u32,
    /// Epochs between two measurements.
    pub measure_every: EpochFraction,
    /// The observed metric.
    pub metric: Metric,
    /// What a network tells of an example.
    pub target: Target,
    /// Examples on which the metric is measured, if that is known.
    pub examples: Option<u64>,
    /// What the search is after.
    pub objectives: Vec<Objective>,
}

/// What an estimator needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EstimatorNeeds {
    /// Measurements before which it never stops a training; `None`: it never stops one.
    pub fewest_points: Option<usize>,
    /// Trainings that must have ended before it stops the first one.
    pub fewest_trials: u64,
    /// Whether its decisions depend on the ended trials of earlier generations.
    pub history: bool,
    /// Whether it resumes trainings at the end of each generation.
    pub resumes: bool,
    /// Names of metrics without which it cannot work, besides the one that it observes.
    pub metrics: Vec<String>,
}
