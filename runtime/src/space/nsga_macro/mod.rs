//! `nsga-macro`: NSGA-Net's macro search space (Lu et al. 2019, "NSGA-Net: neural architecture search using
//! multi-objective genetic algorithm", after Xie and Yuille 2017, "Genetic CNN").
//!
//! Here are its parameters, its size and the bounds of its costs. [`genome`] is the encoding and the moves in it,
//! [`decode`] what it means.

mod count;
mod decode;
mod genome;

use peng_spec::arch::{ArchGraph, Cost, Genome, Shape};
use peng_spec::catalog::{DatasetFacts, Issue, Moves, SpaceFacts, SpaceKind, Typed, read_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::genome::Bits;
use super::constrained::{conditions, constrained, impossible};
use super::{GenomeError, Scarce, SearchSpace, SpaceCount, SpaceEntry};
use crate::seed::Rng;

/// Parameters of `nsga-macro`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Params {
    /// Number of phases; between two of them a pooling halves height and width.
    #[schemars(range(min = 1, max = 8))]
    phases: usize,
    /// Nodes of a phase, each a 3x3 convolution with batch norm and `ReLU`.
    #[schemars(range(min = 2, max = 10))]
    nodes: usize,
    /// Channels of the first phase; each later phase has twice those of the one before.
    #[schemars(range(min = 1, max = 4096))]
    channels: usize,
    /// Conditions that all of its networks satisfy, such as `params <= 2M`; networks are drawn again until they do.
    #[serde(rename = "where", skip_serializing_if = "Vec::is_empty")]
    conditions: Vec<String>,
}

impl Default for Params {
    fn default() -> Self {
        Self { phases: 3, nodes: 4, channels: 24, conditions: Vec::new() }
    }
}

/// The kind `nsga-macro`.
pub(crate) struct NsgaMacro;

impl Typed for NsgaMacro {
    type Params = Params;
    const NAME: &'static str = "nsga-macro";
    const SUMMARY: &'static str =
        "NSGA-Net's macro space: phases of 3x3 convolutions, whose connections are bits";

    fn check(params: &Params) -> Vec<Issue> {
        conditions(&params.conditions).err().unwrap_or_default()
    }
}

impl SpaceKind for NsgaMacro {
    fn facts(&self, params: &Value, dataset: &DatasetFacts) -> Result<SpaceFacts, Vec<Issue>> {
        let params: Params = read_params(params)?;
        let layout = Layout::new(&params, dataset)?;
        let [least, most] = layout.cost_bounds();
        impossible(&params.conditions, least, most)?;
        let moves = Moves { mutate: true, crossover: true };
        Ok(SpaceFacts {
            genomes: f64::powi(2.0, layout.bits() as i32),
            continuous: Vec::new(),
            settings: Vec::new(),
            moves,
            least,
            most,
        })
    }
}

impl SpaceEntry for NsgaMacro {
    fn build(&self, params: &Value, dataset: &DatasetFacts) -> Result<Box<dyn SearchSpace>, Vec<Issue>> {
        let params: Params = read_params(params)?;
        constrained(Box::new(Layout::new(&params, dataset)?), &params.conditions)
    }

    fn count(&self, params: &Value, dataset: &DatasetFacts) -> Result<SpaceCount, Vec<Issue>> {
        let params: Params = read_params(params)?;
        Ok(count::count(&Layout::new(&params, dataset)?, &conditions(&params.conditions)?))
    }
}

/// What all networks of a space have in common.
#[derive(Debug, Clone)]
struct Layout {
    phases: usize,
    nodes: usize,
    channels: usize,
    input: Shape,
    outputs: usize,
}

impl Layout {
    fn new(params: &Params, dataset: &DatasetFacts) -> Result<Self, Vec<Issue>> {
        let &Params { phases, nodes, channels, .. } = params;
        let Shape::Image { channels: depth, height, width } = dataset.input else {
            let message = format!("found examples of {} numbers, expected images", dataset.input);
            return Err(vec![Issue::new("", message).help("use a data set of images")]);
        };
        // The first phase's convolution without padding takes two pixels, the poolings halve what is left.
        let margin = if depth == channels { 0 } else { 2 };
        let fits = |phases: usize| height.min(width) >= margin + (1 << (phases - 1));
        if !fits(phases) {
            let least = margin + (1 << (phases - 1));
            let message = format!(
                "`phases: {phases}` does not fit into images of {height}x{width}, expected at least {least}x{least}"
            );
            let help = match (1..phases).rev().find(|&fewer| fits(fewer)) {
                Some(fewer) => format!("use `phases: {fewer}` or fewer, or larger images"),
                None => "use larger images".to_owned(),
            };
            return Err(vec![Issue::new("/phases", message).help(help)]);
        }
        Ok(Self { phases, nodes, channels, input: dataset.input, outputs: dataset.target.outputs() })
    }

    /// Bits of one phase: one a pair of nodes, and one for the residual connection.
    fn phase_bits(&self) -> usize {
        self.nodes * (self.nodes - 1) / 2 + 1
    }

    /// Bits of a genome.
    fn bits(&self) -> usize {
        self.phases * self.phase_bits()
    }

    /// The least and the most of each figure of the cost, exactly.
    ///
    /// Which phases are dropped does not matter, only how many are; and the cost of a phase depends on no other. The
    /// cheapest phase has one connection and thus two nodes. The dearest has all bits: each node that feeds the output
    /// instead of a later node, and so makes the last concatenation longer, makes that of the last node shorter.
    fn cost_bounds(&self) -> [Cost; 2] {
        let mut cheapest = vec![false; self.phase_bits()];
        cheapest[0] = true;
        let dearest = vec![true; self.phase_bits()];
        let costs = |phase: &[bool]| -> Vec<Cost> {
            (0..=self.phases)
                .map(|active| {
                    let dropped = vec![false; (self.phases - active) * self.phase_bits()];
                    let bits = [phase.repeat(active), dropped].concat();
                    decode::decode(self, &Bits(bits)).cost().expect("networks of the space have shapes")
                })
                .collect()
        };
        let each = |costs: &[Cost], pick: fn(u64, u64) -> u64| {
            costs.iter().copied().reduce(|a, b| Cost {
                params: pick(a.params, b.params),
                flops: pick(a.flops, b.flops),
                activation_bytes: pick(a.activation_bytes, b.activation_bytes),
            })
        };
        [each(&costs(&cheapest), u64::min), each(&costs(&dearest), u64::max)]
            .map(|cost| cost.expect("there is at least one phase"))
    }
}

impl SearchSpace for Layout {
    fn sample(&self, rng: &mut Rng) -> Result<Genome, Scarce> {
        Ok(Bits::sample(self, rng).encode(self))
    }

    fn mutate(&self, genome: &Genome, rng: &mut Rng) -> Result<Genome, GenomeError> {
        Ok(Bits::read(self, genome)?.mutate(rng).encode(self))
    }

    fn crossover(&self, first: &Genome, second: &Genome, rng: &mut Rng) -> Result<[Genome; 2], GenomeError> {
        let children = Bits::read(self, first)?.crossover(Bits::read(self, second)?, rng);
        Ok(children.map(|child| child.encode(self)))
    }

    fn decode(&self, genome: &Genome) -> Result<ArchGraph, GenomeError> {
        Ok(decode::decode(self, &Bits::read(self, genome)?))
    }
}

#[cfg(test)]
mod tests;
