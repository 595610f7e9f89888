//! `menndl`: the evolutionary search of MENNDL (Young et al. 2015, "Optimizing deep learning hyper-parameters through an
//! evolutionary algorithm"; Patton et al. 2018, "167-PFlops deep learning for electron microscopy"), over architecture and
//! settings of the training at once.
//!
//! MENNDL itself is closed. Public is the scheme: a population of networks, selection, crossover and mutation, the accuracy
//! after training as fitness, and trainings that end when the training loss has had no new minimum for 10 epochs (the
//! estimator `patience` with `patience: 10, watch: train_loss, value: last`). Its operators and rates are not, so those here
//! are the plain ones: binary tournaments, each child bred of two parents with `crossover_rate` and mutated with
//! `mutation_rate` by the space's own moves, and of parents and children the best survive. Children that were asked for
//! before, also under another genome, are made again.

use peng_spec::arch::Genome;
use peng_spec::catalog::{Issue, Moves, SearchKind, SearchNeeds, Typed, read_params};
use peng_spec::plan::Mode;
use rand::RngExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::distinct::Known;
use super::evolution::{Breed, Evolution, Rejects, Sizes, Stock, tournaments};
use super::{SearchEntry, SearchStrategy};
use crate::seed::{Rng, SeedTree};
use crate::space::{GenomeError, SearchSpace};

/// Rounds of breeding after which a generation is filled up with networks at random.
const ROUNDS: u32 = 100;

/// Parameters of `menndl`.
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
    /// How often a child has two parents instead of one, from 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    crossover_rate: f64,
    /// How often a child is mutated, from 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    mutation_rate: f64,
}

impl Default for Params {
    fn default() -> Self {
        Self { population: 40, offspring: 40, generations: 30, crossover_rate: 0.8, mutation_rate: 0.5 }
    }
}

impl Params {
    fn sizes(&self) -> Sizes {
        let &Params { population, offspring, generations, .. } = self;
        Sizes { population, offspring, generations }
    }
}

/// The kind `menndl`.
pub(crate) struct Menndl;

impl Typed for Menndl {
    type Params = Params;
    const NAME: &'static str = "menndl";
    const SUMMARY: &'static str = "an evolution of architecture and training like MENNDL's: tournaments, crossover, mutation; one objective";
}

impl SearchKind for Menndl {
    fn needs(&self, params: &Value) -> SearchNeeds {
        let params: Params = read_params(params).expect("the parameters are normalised");
        let moves = Moves {
            mutate: params.mutation_rate > 0.0,
            crossover: params.crossover_rate > 0.0,
            ..Moves::default()
        };
        params.sizes().needs(moves)
    }

    fn most_objectives(&self) -> usize {
        1
    }
}

impl SearchEntry for Menndl {
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
        Rejects::Archive
    }

    fn breed(
        &self,
        stock: &Stock,
        (_, wanted): (usize, usize),
        known: &mut Known,
        space: &dyn SearchSpace,
        rng: &mut Rng,
    ) -> Result<Vec<Genome>, GenomeError> {
        let mut children = Vec::new();
        if stock.population.is_empty() {
            return Ok(children);
        }
        for _ in 0..ROUNDS {
            let missing = wanted - children.len();
            if missing == 0 {
                break;
            }
            let parents = tournaments(&stock.population, 2 * missing.div_ceil(2), rng);
            for pair in parents.chunks_exact(2) {
                let [first, second] = [&pair[0].genome, &pair[1].genome];
                let pair = if rng.random::<f64>() < self.crossover_rate {
                    space.crossover(first, second, rng)?
                } else {
                    [first.clone(), second.clone()]
                };
                for child in pair {
                    let is_mutated = rng.random::<f64>() < self.mutation_rate;
                    let child = if is_mutated { space.mutate(&child, rng)? } else { child };
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
mod tests {
    use std::collections::BTreeSet;

    use peng_spec::catalog::{DatasetFacts, Target};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::search::Scored;
    use crate::search::tests::{conforms, play};
    use crate::space::identity;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn it_conforms(population in 2..12_usize, offspring in 1..12_usize, generations in 1..6_usize, seed: u64) {
            conforms(
                &Menndl,
                &json!({ "population": population, "offspring": offspring, "generations": generations }),
                seed,
            );
        }
    }

    /// A space of layers, in which the learning rate varies too.
    fn layers() -> Box<dyn SearchSpace> {
        let input = "1x12x12".parse().unwrap();
        let dataset = DatasetFacts { input, target: Target::Classes(2), train: 10, test: 10 };
        let kind = crate::space::find("layers").unwrap();
        let params = json!({
            "blocks": [
                { "name": "features", "repeat": "1..4", "layer": "conv", "filters": "4..64 step 4", "kernel": [1, 3, 5] },
                { "layer": "dense", "units": "8..64" },
            ],
            "training": { "lr": "log(1e-4..1e-1)" },
            "where": ["depth >= 3"],
        });
        kind.build(&kind.normalise(&params).unwrap(), &dataset).unwrap()
    }

    #[test]
    fn it_finds_layers_that_random_search_does_not() {
        let space = layers();
        let best = |kind: &str, params: Value, seed: u64| {
            let kind = crate::search::find(kind).unwrap();
            let params = kind.normalise(&params).unwrap();
            let mut search = kind.build(&params, Mode::Generations, SeedTree::new(seed)).unwrap();
            // The best network has few weights and a learning rate of 0.01.
            let score = |genome: &Genome| {
                let graph = layers().decode(genome).unwrap();
                let lr = genome.value()["training"]["lr"].as_f64().unwrap();
                Some(vec![(graph.cost().unwrap().params as f64).ln() + 10.0 * (lr.log10() + 2.0).abs()])
            };
            let played = play(&mut *search, &*space, score).concat();
            let networks: BTreeSet<String> =
                played.iter().map(|s| identity(&*space, &s.genome).unwrap()).collect();
            assert_eq!(networks.len(), played.len(), "no network is asked for twice");
            assert!(played.iter().all(|s| space.satisfies(&s.genome).unwrap()));
            played
                .iter()
                .filter_map(|s: &Scored| s.costs.as_ref())
                .map(|c| c[0])
                .fold(f64::INFINITY, f64::min)
        };
        for seed in 0..3 {
            let bred = best("menndl", json!({ "population": 20, "offspring": 20, "generations": 10 }), seed);
            let drawn = best("random", json!({ "networks": 200 }), seed);
            assert!(bred < drawn, "{bred} against {drawn}");
        }
    }
}
