//! `nsga-net`: the genetic algorithm of NSGA-Net (Lu et al. 2019, "NSGA-Net: neural architecture search using multi-objective
//! genetic algorithm"), which is NSGA-II (Deb et al. 2002) on genomes.
//!
//! The defaults are the form of its published code (pymoo 0.3) and of A4NN: two-point crossover, polynomial mutation, and
//! children that are not in the population. The options are those of the engine that the paper was written with, which
//! is in the history of that code (commit `bf49596`): crossover that keeps common bits, no mutation (its rate was 0), no
//! network of the whole archive again, and at the end generations that are drawn from a Bayesian network of the phases
//! ([`bits`]). Two things of that engine are not here: its first generation, which is made of phases that are pairwise
//! different, and its generations that shrink when there are too few new children; here networks at random fill up.

mod bits;

use peng_spec::arch::Genome;
use peng_spec::catalog::{Issue, Moves, SearchKind, SearchNeeds, Typed, read_params};
use peng_spec::plan::Mode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::distinct::Known;
use super::evolution::{Breed, Evolution, Rejects, Sizes, Stock, tournaments};
use super::{SearchEntry, SearchStrategy};
use crate::seed::{Rng, SeedTree};
use crate::space::{GenomeError, SearchSpace};

/// Rounds of mating after which a generation is filled up with networks at random.
const MATING_ROUNDS: u32 = 100;

/// Parameters of `nsga-net`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Params {
    /// Networks of the first generation, and most that survive a generation.
    #[schemars(range(min = 2))]
    population: usize,
    /// Networks of each later generation; 1: steady state.
    #[schemars(range(min = 1))]
    offspring: usize,
    /// Generations, with the first.
    #[schemars(range(min = 1))]
    generations: usize,
    /// `two-point`: the space's own crossover, of two cuts in a space of bits; `common-bits`: children keep the bits in which
    /// their parents agree, and of the others as many are set, anywhere, as lies between what the parents have.
    #[serde(skip_serializing_if = "is_default")]
    crossover: Crossover,
    /// Whether children are mutated; NSGA-Net's original engine did not.
    #[serde(skip_serializing_if = "is_true")]
    mutate: bool,
    /// `population`: a child is no genome of the population; `archive`: no network that was asked for before, also under
    /// another genome.
    #[serde(skip_serializing_if = "is_default")]
    duplicates: Duplicates,
    /// The last so many generations are drawn from the better half of all networks so far instead of bred: each phase as it
    /// follows there on the phase before (NSGA-Net's Bayesian step), and never a network again.
    #[serde(skip_serializing_if = "is_default")]
    exploitation: usize,
}

/// How two genomes are crossed over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Crossover {
    #[default]
    TwoPoint,
    CommonBits,
}

/// What a child must not be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Duplicates {
    #[default]
    Population,
    Archive,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it so")]
fn is_true(value: &bool) -> bool {
    *value
}

impl Default for Params {
    fn default() -> Self {
        Self {
            population: 40,
            offspring: 40,
            generations: 30,
            crossover: Crossover::default(),
            mutate: true,
            duplicates: Duplicates::default(),
            exploitation: 0,
        }
    }
}

/// The kind `nsga-net`.
pub(crate) struct NsgaNet;

impl Typed for NsgaNet {
    type Params = Params;
    const NAME: &'static str = "nsga-net";
    const SUMMARY: &'static str =
        "NSGA-Net's genetic algorithm: NSGA-II with crossover and mutation of genomes";

    fn check(params: &Params) -> Vec<Issue> {
        let Params { generations, exploitation, .. } = *params;
        if exploitation == 0 || exploitation < generations {
            return Vec::new();
        }
        let message = format!(
            "found `exploitation: {exploitation}` of {generations} generations, expected fewer than there are"
        );
        vec![Issue::new("/exploitation", message).help("raise `generations`, or lower it")]
    }
}

impl Params {
    fn sizes(&self) -> Sizes {
        let &Params { population, offspring, generations, .. } = self;
        Sizes { population, offspring, generations }
    }

    fn is_exploiting(&self, generation: usize) -> bool {
        generation + self.exploitation >= self.generations
    }
}

impl SearchKind for NsgaNet {
    fn needs(&self, params: &Value) -> SearchNeeds {
        let params: Params = read_params(params).expect("the parameters are normalised");
        let by_bits = params.crossover == Crossover::CommonBits;
        let moves =
            Moves { mutate: params.mutate, crossover: !by_bits, bits: by_bits || params.exploitation > 0 };
        params.sizes().needs(moves)
    }
}

impl SearchEntry for NsgaNet {
    fn build(
        &self,
        params: &Value,
        mode: Mode,
        seed: SeedTree,
    ) -> Result<Box<dyn SearchStrategy>, Vec<Issue>> {
        let params: Params = read_params(params)?;
        Ok(Box::new(Evolution::new(params.sizes(), params, mode, seed)))
    }
}

impl Breed for Params {
    fn rejects(&self) -> Rejects {
        // Exploitation is about all networks so far in any case.
        match self.duplicates {
            Duplicates::Population if self.exploitation == 0 => Rejects::Population,
            Duplicates::Population | Duplicates::Archive => Rejects::Archive,
        }
    }

    fn breed(
        &self,
        stock: &Stock,
        (generation, wanted): (usize, usize),
        known: &mut Known,
        space: &dyn SearchSpace,
        rng: &mut Rng,
    ) -> Result<Vec<Genome>, GenomeError> {
        if stock.population.is_empty() {
            return Ok(Vec::new());
        }
        if self.is_exploiting(generation) {
            return bits::exploit(stock, wanted, known, space, rng);
        }
        let mut children = Vec::new();
        for _ in 0..MATING_ROUNDS {
            let missing = wanted - children.len();
            if missing == 0 {
                break;
            }
            let parents = tournaments(&stock.population, 2 * missing.div_ceil(2), rng);
            for pair in parents.chunks_exact(2) {
                let [first, second] = [&pair[0].genome, &pair[1].genome];
                let pair = match self.crossover {
                    Crossover::TwoPoint => space.crossover(first, second, rng)?.to_vec(),
                    Crossover::CommonBits => bits::keep_common(first, second, space, rng)?,
                };
                for child in pair {
                    let child = if self.mutate { space.mutate(&child, rng)? } else { child };
                    if children.len() < wanted && known.insert(&child, space)? {
                        children.push(child);
                    }
                }
            }
        }
        Ok(children)
    }
}

#[cfg(test)]
mod tests;
