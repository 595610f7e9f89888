//! `layers`: a search space as data. Blocks in order, each with repetitions, choices, ranges, conditions, tied and derived
//! values; settings of the training that vary with the network.
//!
//! [`params`] is what is written, [`program`] what is made of it, [`walk`] goes through it from decision to decision; [`member`]
//! are networks and their genomes, [`build`] their operations, [`bounds`] and [`count`] what is known of all of them.
//!
#![doc = include_str!("README.md")]

mod beside;
mod bounds;
mod build;
mod count;
mod domain;
mod member;
mod params;
mod program;
mod walk;

use peng_spec::arch::{ArchGraph, Genome, Shape};
use peng_spec::catalog::{DatasetFacts, Fits, Issue, Moves, SpaceFacts, SpaceKind, Typed, read_params};
use peng_spec::plan::Settings;
use rand::RngExt;
use serde_json::Value;

use self::domain::Domain;
use self::params::Params;
use self::program::{Block, Program};
use self::walk::Walk;
use super::constrained::constrained;
use super::count::Size;
use super::impossible::{impossible, unsatisfied};
use super::{GenomeError, Scarce, SearchSpace, SpaceCount, SpaceEntry};
use crate::seed::Rng;

/// The kind `layers`.
pub(crate) struct Layers;

impl Typed for Layers {
    type Params = Params;
    const NAME: &'static str = "layers";
    const SUMMARY: &'static str =
        "a space as data: blocks of layers with repetitions, choices, ranges and conditions";

    fn check(params: &Params) -> Vec<Issue> {
        Program::new(params).err().unwrap_or_default()
    }

    fn check_beside(params: &Value, fits: Fits<'_>) -> Vec<Issue> {
        beside::issues(params, fits)
    }
}

impl SpaceKind for Layers {
    fn facts(&self, params: &Value, dataset: &DatasetFacts) -> Result<SpaceFacts, Vec<Issue>> {
        let params: Params = read_params(params)?;
        let walk = walk(&params, dataset)?;
        let [least, most] = bounds::bounds(&walk);
        let (texts, conditions) = (&params.conditions, &walk.program.conditions);
        impossible(texts, conditions, [least, most])?;
        let architectures = count::genomes(&walk);
        unsatisfied(texts, conditions, &walk, architectures.rounded(), || count::count(&walk))?;
        let settings: u128 = walk.program.training.iter().map(|(_, domain)| domain.count()).product();
        let genomes = architectures.times(Size::Whole(settings)).rounded();
        let moves = Moves { mutate: true, crossover: true, bits: false };
        let settings = walk.program.training.iter().map(|(setting, _)| *setting).collect();
        Ok(SpaceFacts { genomes, continuous: continuous(&walk), settings, moves, least, most })
    }

    fn largest_batch(&self, params: &Value) -> Option<(u64, String)> {
        let params: Params = read_params(params).ok()?;
        params.training?.largest_batch()
    }
}

impl SpaceEntry for Layers {
    fn build(&self, params: &Value, dataset: &DatasetFacts) -> Result<Box<dyn SearchSpace>, Vec<Issue>> {
        let params: Params = read_params(params)?;
        constrained(Box::new(walk(&params, dataset)?), &params.conditions)
    }

    fn count(&self, params: &Value, dataset: &DatasetFacts) -> Result<SpaceCount, Vec<Issue>> {
        Ok(count::count(&walk(&read_params(params)?, dataset)?))
    }

    fn counts_more_than_its_facts(&self) -> bool {
        true
    }
}

fn walk(params: &Params, dataset: &DatasetFacts) -> Result<Walk, Vec<Issue>> {
    let program = Program::new(params)?;
    let needy = program.blocks.iter().find_map(|block| block.kinds.iter().find(|kind| kind.needs_image()));
    if let (Some(kind), Shape::Vector { features }) = (needy, dataset.input) {
        let message = format!("found examples of {features} numbers, but `{}` needs images", kind.name());
        return Err(vec![Issue::new("/blocks", message).help("use dense layers, or a data set of images")]);
    }
    Ok(Walk { program, input: dataset.input, outputs: dataset.target.outputs() })
}

/// What varies continuously.
fn continuous(walk: &Walk) -> Vec<String> {
    let blocks = walk.program.blocks.iter().flat_map(|block| {
        let params = block.params.iter().zip(params::Param::ALL);
        let real = params.filter(|(domain, _)| matches!(domain, Some(Domain::Stretch { .. })));
        real.map(|(_, param)| format!("{}.{}", block.label, param.name()))
    });
    let training =
        walk.program.training.iter().filter(|(_, domain)| matches!(domain, Domain::Stretch { .. }));
    blocks.chain(training.map(|(setting, _)| setting.name().to_owned())).collect()
}

impl Walk {
    fn known(&self, genome: &Genome) -> Result<member::Member, GenomeError> {
        self.read(genome).map_err(|reason| GenomeError { genome: genome.to_string(), reason })
    }
}

impl SearchSpace for Walk {
    fn sample(&self, rng: &mut Rng) -> Result<Genome, Scarce> {
        Ok(self.encode(&self.member_like(&|_| Vec::new(), rng)))
    }

    /// One decision is made anew; later ones stay as they are where they still can.
    fn mutate(&self, genome: &Genome, rng: &mut Rng) -> Result<Genome, GenomeError> {
        let member = self.known(genome)?;
        if member.asked.is_empty() {
            return Ok(genome.clone());
        }
        let changed = member.asked[rng.random_range(0..member.asked.len())];
        let offer = |key| if key == changed { Vec::new() } else { member.offer(key).into_iter().collect() };
        Ok(self.encode(&self.member_like(&offer, rng)))
    }

    /// Each block, and the settings of the training, are of one parent in the first child and of the other in the second.
    fn crossover(&self, first: &Genome, second: &Genome, rng: &mut Rng) -> Result<[Genome; 2], GenomeError> {
        let parents = [self.known(first)?, self.known(second)?];
        let blocks = &self.program.blocks;
        let coins: Vec<bool> = (0..=blocks.len()).map(|_| rng.random_bool(0.5)).collect();
        let mut child = |swapped: bool| {
            let offer = |key: member::Key| {
                let outermost = |found: &Block| program::around(blocks, found.inside).last().unwrap_or(key.0);
                let block = blocks.get(key.0).map_or(blocks.len(), outermost);
                let from = usize::from(coins[block] != swapped);
                [&parents[from], &parents[1 - from]]
                    .into_iter()
                    .filter_map(|parent| parent.offer(key))
                    .collect()
            };
            self.encode(&self.member_like(&offer, rng))
        };
        Ok([child(false), child(true)])
    }

    fn decode(&self, genome: &Genome) -> Result<ArchGraph, GenomeError> {
        Ok(self.known(genome)?.graph)
    }

    fn settings(&self, genome: &Genome) -> Result<Settings, GenomeError> {
        Ok(self.settings_of(&self.known(genome)?))
    }
}

#[cfg(test)]
mod tests;
