//! `nsga-macro`: NSGA-Net's macro search space (Lu et al. 2019, "NSGA-Net: neural architecture search using
//! multi-objective genetic algorithm", after Xie and Yuille 2017, "Genetic CNN").
//!
//! Here are its parameters and its size. [`genome`] is the encoding, [`wiring`] and [`decode`] are what it means, [`bounds`] those
//! of the costs.
//!
//! The variants are the decoders of the published code (<https://github.com/ianwhale/nsga-net>, `models/macro_decoder.py`):
//! `standard` its `residual`, which the search uses; `preact` its `swapped-residual`; `dense`, with which the networks that were
//! found are trained to the end, at 128 channels in all phases; and `variable`, where the type of each phase is a gene. At 64
//! channels the published dense phase joins its outputs along the batch and fails if there are several; here they are joined
//! along the channels, as at all other widths. The moves are those of the published search, which are defined for genes of
//! any range, so that the type of a phase is drawn, mutated and crossed over as a bit is.

mod bounds;
mod count;
mod decode;
mod genome;
mod wiring;

use peng_spec::arch::{ArchGraph, Genome, Shape};
use peng_spec::catalog::{DatasetFacts, Fits, Issue, Moves, SpaceFacts, SpaceKind, Typed, read_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::genome::Genes;
use super::constrained::{conditions, constrained, issues_beside};
use super::count::Size;
use super::impossible::{impossible, unsatisfied};
use super::{GenomeError, Scarce, SearchSpace, SpaceCount, SpaceEntry, genes};
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
    /// Whether later phases have more channels; otherwise all have those of the first.
    #[schemars(extend("default" = true))]
    #[serde(skip_serializing_if = "std::clone::Clone::clone")]
    double_channels: bool,
    /// What the nodes of a phase are.
    #[schemars(extend("default" = "standard"))]
    #[serde(skip_serializing_if = "Variant::is_standard")]
    variant: Variant,
    /// Conditions that all of its networks satisfy, such as `params <= 2M`; networks are drawn again until they do.
    #[serde(rename = "where", skip_serializing_if = "Vec::is_empty")]
    conditions: Vec<String>,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            phases: 3,
            nodes: 4,
            channels: 24,
            double_channels: true,
            variant: Variant::Standard,
            conditions: Vec::new(),
        }
    }
}

/// What the nodes of phases are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Variant {
    /// Convolution, batch norm, `ReLU`, as NSGA-Net searches.
    #[default]
    Standard,
    /// Batch norm, `ReLU`, convolution.
    Preact,
    /// A bottleneck of 256 channels, then 64 new ones, as in a `DenseNet`; NSGA-Net trains what it has found so.
    Dense,
    /// Each phase is one of the three; a gene says which.
    Variable,
}

impl Variant {
    // The signature is serde's.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    fn is_standard(&self) -> bool {
        *self == Self::Standard
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

    fn check_beside(params: &Value, fits: Fits<'_>) -> Vec<Issue> {
        issues_beside(params, fits)
    }
}

impl SpaceKind for NsgaMacro {
    fn facts(&self, params: &Value, dataset: &DatasetFacts) -> Result<SpaceFacts, Vec<Issue>> {
        let params: Params = read_params(params)?;
        let layout = Layout::new(&params, dataset)?;
        let [least, most] = bounds::bounds(&layout);
        let (texts, conditions) = (&params.conditions, conditions(&params.conditions)?);
        impossible(texts, &conditions, [least, most])?;
        let genomes = layout.genomes().rounded();
        unsatisfied(texts, &conditions, &layout, genomes, || count::count(&layout, &conditions))?;
        let moves =
            Moves { mutate: true, crossover: true, bits: !matches!(params.variant, Variant::Variable) };
        Ok(SpaceFacts { genomes, continuous: Vec::new(), settings: Vec::new(), moves, least, most })
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
    double_channels: bool,
    variant: Variant,
    input: Shape,
    outputs: usize,
}

impl Layout {
    fn new(params: &Params, dataset: &DatasetFacts) -> Result<Self, Vec<Issue>> {
        let &Params { phases, nodes, channels, double_channels, variant, .. } = params;
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
        let (input, outputs) = (dataset.input, dataset.target.outputs());
        Ok(Self { phases, nodes, channels, double_channels, variant, input, outputs })
    }

    /// Bits of one phase: one a pair of nodes, and one for the residual connection.
    fn phase_bits(&self) -> usize {
        self.nodes * (self.nodes - 1) / 2 + 1
    }

    /// The greatest value of each gene of one phase: its bits, and its type where it has one.
    fn phase_bounds(&self) -> Vec<u8> {
        let mut bounds = vec![1; self.phase_bits()];
        match self.variant {
            Variant::Standard | Variant::Preact | Variant::Dense => {}
            Variant::Variable => bounds.push(2),
        }
        bounds
    }

    /// The genes that may follow the bits of a phase.
    fn types(&self) -> &'static [&'static [u8]] {
        match self.variant {
            Variant::Standard | Variant::Preact | Variant::Dense => &[&[]],
            Variant::Variable => &[&[0], &[1], &[2]],
        }
    }

    /// The greatest value of each gene.
    fn bounds(&self) -> Vec<u8> {
        self.phase_bounds().repeat(self.phases)
    }

    /// How many genomes there are.
    fn genomes(&self) -> Size {
        self.bounds()
            .into_iter()
            .fold(Size::ONE, |size, bound| size.times(Size::Whole(u128::from(bound) + 1)))
    }

    /// Channels of the phase that is left in place `index`, from 0.
    fn filters(&self, index: usize) -> usize {
        if self.double_channels { self.channels << index } else { self.channels }
    }

    /// What messages call the genes of a phase.
    fn unit(&self) -> &'static str {
        match self.variant {
            Variant::Standard | Variant::Preact | Variant::Dense => "bits",
            Variant::Variable => "genes",
        }
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
