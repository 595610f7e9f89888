//! `nsga-micro`: NSGA-Net's micro search space, cells of blocks of operations.
//!
//! Here are its parameters, its size and what is common to its networks. [`genome`] is the encoding, [`operation`] the nine
//! operations, [`cell`] puts them together, [`decode`] makes a network of cells, [`bounds`] tells what one may cost.
//!
#![doc = include_str!("README.md")]

mod bounds;
mod cell;
mod decode;
mod genome;
mod operation;

use peng_spec::arch::{ArchGraph, Genome, Shape};
use peng_spec::catalog::{DatasetFacts, Fits, Issue, Moves, SpaceFacts, SpaceKind, Typed, read_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::genome::Genes;
use super::constrained::{conditions, constrained, issues_beside};
use super::count::{Bound, Satisfying, Size, sampled};
use super::impossible::impossible;
use super::{GenomeError, Scarce, SearchSpace, SpaceCount, SpaceEntry, genes};
use crate::seed::{Rng, SeedTree};

/// Parameters of `nsga-micro`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Params {
    /// Cells of a network, one after another (NSGA-Net's `layers`); those after a third and after two thirds halve height and
    /// width, and are reduction cells, all others are normal cells.
    #[schemars(range(min = 3, max = 60))]
    cells: usize,
    /// Blocks of a cell, each the sum of two operations on earlier blocks or on the two cells before.
    #[schemars(range(min = 1, max = 10))]
    blocks: usize,
    /// Channels of each block of the first cell; a reduction cell and those after it have twice those before.
    #[schemars(range(min = 1, max = 1024))]
    channels: usize,
    /// Channels that each block of a cell has more than those of the cell before, in place of twice as many from reductions on.
    #[schemars(with = "usize", range(min = 1, max = 1024))]
    #[serde(skip_serializing_if = "Option::is_none")]
    increment: Option<usize>,
    /// The share of examples for which an operation is left out, at the end of the training; it grows with the epochs.
    #[schemars(extend("minimum" = 0, "exclusiveMaximum" = 1))]
    drop_path: f64,
    /// The weight of the loss of a second classifier after the second reduction, which is there in training only; 0: there is
    /// none. NSGA-Net's is 0.4.
    #[schemars(extend("minimum" = 0))]
    auxiliary_weight: f64,
    /// Whether each cell scales its channels by what their means say.
    squeeze_excite: bool,
    /// Conditions that all of its networks satisfy, such as `params <= 2M`; networks are drawn again until they do.
    #[serde(rename = "where", skip_serializing_if = "Vec::is_empty")]
    conditions: Vec<String>,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            cells: 11,
            blocks: 5,
            channels: 24,
            increment: None,
            drop_path: 0.0,
            auxiliary_weight: 0.0,
            squeeze_excite: false,
            conditions: Vec::new(),
        }
    }
}

/// The kind `nsga-micro`.
pub(crate) struct NsgaMicro;

impl Typed for NsgaMicro {
    type Params = Params;
    const NAME: &'static str = "nsga-micro";
    const SUMMARY: &'static str =
        "NSGA-Net's micro space: a normal and a reduction cell, whose operations and inputs are numbers";

    fn check(params: &Params) -> Vec<Issue> {
        conditions(&params.conditions).err().unwrap_or_default()
    }

    fn check_beside(params: &Value, fits: Fits<'_>) -> Vec<Issue> {
        issues_beside(params, fits)
    }
}

impl SpaceKind for NsgaMicro {
    fn facts(&self, params: &Value, dataset: &DatasetFacts) -> Result<SpaceFacts, Vec<Issue>> {
        let params: Params = read_params(params)?;
        let layout = Layout::new(&params, dataset)?;
        let [least, most] = bounds::bounds(&layout);
        impossible(&params.conditions, &conditions(&params.conditions)?, [least, most])?;
        Ok(SpaceFacts {
            genomes: layout.genomes().rounded(),
            continuous: Vec::new(),
            settings: Vec::new(),
            moves: Moves { mutate: true, crossover: true, bits: false },
            least,
            most,
        })
    }
}

impl SpaceEntry for NsgaMicro {
    fn build(&self, params: &Value, dataset: &DatasetFacts) -> Result<Box<dyn SearchSpace>, Vec<Issue>> {
        let params: Params = read_params(params)?;
        constrained(Box::new(Layout::new(&params, dataset)?), &params.conditions)
    }

    /// Exactly before conditions, and a share of uniform draws after them.
    fn count(&self, params: &Value, dataset: &DatasetFacts) -> Result<SpaceCount, Vec<Issue>> {
        let params: Params = read_params(params)?;
        let layout = Layout::new(&params, dataset)?;
        let conditions = conditions(&params.conditions)?;
        let (seed, bounds) = (SeedTree::new(0), layout.bounds());
        let satisfying = (!conditions.is_empty()).then(|| {
            Satisfying::Sampled(sampled(&conditions, |number| {
                let genes = genes::sample(&bounds, &mut seed.child("count", number.into()).rng());
                Some(
                    decode::decode(&layout, &Genes(genes))
                        .facts()
                        .expect("networks of the space have shapes"),
                )
            }))
        });
        Ok(SpaceCount { genomes: Bound::counted(layout.genomes()), satisfying })
    }
}

/// What all networks of a space have in common.
#[derive(Debug, Clone)]
struct Layout {
    cells: usize,
    blocks: usize,
    channels: usize,
    increment: Option<usize>,
    drop_path: f64,
    auxiliary_weight: f64,
    squeeze_excite: bool,
    input: Shape,
    outputs: usize,
}

impl Layout {
    fn new(params: &Params, dataset: &DatasetFacts) -> Result<Self, Vec<Issue>> {
        let Shape::Image { height, width, .. } = dataset.input else {
            let message = format!("found examples of {} numbers, expected images", dataset.input);
            return Err(vec![Issue::new("", message).help("use a data set of images")]);
        };
        // After two reductions two windows of at least a pixel are pooled along each side.
        if params.auxiliary_weight > 0.0 && height.min(width) < 5 {
            let message = format!(
                "the auxiliary head does not fit into images of {height}x{width}, expected at least 5x5"
            );
            return Err(vec![
                Issue::new("/auxiliary_weight", message).help("leave it out, or use larger images"),
            ]);
        }
        let &Params {
            cells, blocks, channels, increment, drop_path, auxiliary_weight, squeeze_excite, ..
        } = params;
        let (input, outputs) = (dataset.input, dataset.target.outputs());
        Ok(Self {
            cells,
            blocks,
            channels,
            increment,
            drop_path,
            auxiliary_weight,
            squeeze_excite,
            input,
            outputs,
        })
    }

    /// The greatest value of each gene.
    fn bounds(&self) -> Vec<u8> {
        let last = operation::Operation::ALL.len() as u8 - 1;
        // A block reads the two cells before, or a block before.
        let cell = (0..self.blocks as u8).flat_map(|block| [last, block + 1, last, block + 1]);
        cell.collect::<Vec<_>>().repeat(2)
    }

    /// How many genomes there are.
    fn genomes(&self) -> Size {
        self.bounds()
            .into_iter()
            .fold(Size::ONE, |size, bound| size.times(Size::Whole(u128::from(bound) + 1)))
    }

    /// The place, from 0, of the last cell that reduces.
    fn last_reduction(&self) -> usize {
        2 * self.cells / 3
    }

    /// Whether the cell in a place, from 0, reduces.
    fn reduces(&self, place: usize) -> bool {
        place == self.cells / 3 || place == self.last_reduction()
    }
}

impl SearchSpace for Layout {
    fn sample(&self, rng: &mut Rng) -> Result<Genome, Scarce> {
        Ok(Genes(genes::sample(&self.bounds(), rng)).encode(self))
    }

    fn mutate(&self, genome: &Genome, rng: &mut Rng) -> Result<Genome, GenomeError> {
        let mut child = Genes::read(self, genome)?;
        genes::mutate(&mut child.0, &self.bounds(), rng);
        Ok(child.encode(self))
    }

    fn crossover(&self, first: &Genome, second: &Genome, rng: &mut Rng) -> Result<[Genome; 2], GenomeError> {
        let mut children = [Genes::read(self, first)?, Genes::read(self, second)?];
        let [one, other] = &mut children;
        genes::crossover(&mut one.0, &mut other.0, rng);
        Ok(children.map(|child| child.encode(self)))
    }

    fn decode(&self, genome: &Genome) -> Result<ArchGraph, GenomeError> {
        Ok(decode::decode(self, &Genes::read(self, genome)?))
    }
}

#[cfg(test)]
mod tests;
