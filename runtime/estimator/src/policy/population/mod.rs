//! `population`: predicts the final score of a network from how the networks before it went, and pauses its training
//! where no amount of further training is worth its cost. The parts are in the files beside this one.
//!
//! A Gaussian process a decision point, learned from the trainings that have finished, predicts the final score
//! from features of the curve so far. An error costs a price, and more if it can change which networks are the
//! best; training costs its share of a training. A stop is a pause: with what is known later, uncertain
//! contenders are taken up again.

use super::ParamIssue;
use super::typed::Typed;
use crate::estimator::{Estimator, Needs, Revises, Rule};
use crate::trial::{CostObjective, History, TrainingFacts};
use crate::verdict::Revision;

mod agreement;
mod answer;
mod calibration;
mod confirm;
mod covariates;
mod front;
mod gaussian;
mod grid;
mod interval;
mod kernel;
mod knowledge;
mod matrix;
mod memory;
mod mixture;
mod model;
mod normal;
mod params;
mod resolution;
mod rule;
mod series;
mod standard;
#[cfg(all(test, feature = "engine"))]
mod tests;
mod waiting;

pub use params::{Confirm, Params, Profile};

use grid::Grid;
use knowledge::Knowledge;
use memory::Memory;
use rule::Learned;
use series::Metric;

const NAME: &str = "population";

/// The kind.
pub struct PopulationKind;

/// The estimator.
#[derive(Clone, Debug)]
pub struct Population {
    params: Params,
    metric: Metric,
    planned: usize,
    confidence: f64,
    costs: Vec<CostObjective>,
    memory: Memory,
}

impl Population {
    /// With parameters that were checked against the facts.
    fn new(params: Params, facts: &TrainingFacts) -> Self {
        Population {
            params,
            metric: Metric::new(facts).expect("a metric without a scale was refused"),
            planned: facts.points,
            confidence: facts.confidence,
            costs: facts.costs.clone(),
            memory: Memory::default(),
        }
    }
}

impl Typed for PopulationKind {
    type Params = Params;
    const NAME: &'static str = NAME;
    const SUMMARY: &'static str =
        "predicts from the networks before, and pauses where no further training is worth its cost";
    const WEIGHS_COSTS: bool = true;

    fn complete(params: Params, facts: Option<&TrainingFacts>) -> Result<Params, Vec<ParamIssue>> {
        params::checked(params, facts)
    }

    fn estimator(params: &Params, facts: &TrainingFacts) -> Box<dyn Estimator> {
        Box::new(Population::new(*params, facts))
    }
}

impl Estimator for Population {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Needs {
        let revises = match self.params.confirm {
            Confirm::Generation => Revises::EachGeneration,
            Confirm::End => Revises::AtEnd,
            Confirm::None => Revises::Never,
        };
        let fewest_points = Grid::new(self.planned).points(grid::FIRST, self.planned);
        Needs { metrics: Vec::new(), fewest_points, fewest_trials: 0, uses_history: true, revises }
    }

    fn learn(&self, history: &History) -> Box<dyn Rule> {
        let knowledge = Knowledge::newest(history, self);
        Box::new(Learned { estimator: self.clone(), knowledge })
    }

    fn revise(&self, history: &History) -> Revision {
        match self.params.confirm {
            Confirm::Generation | Confirm::End => confirm::revise(&Knowledge::new(history, self), self),
            Confirm::None => Revision::default(),
        }
    }
}
