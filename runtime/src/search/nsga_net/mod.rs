//! `nsga-net`: the genetic algorithm of NSGA-Net (Lu et al. 2019), which is NSGA-II (Deb et al. 2002) on genomes, in the
//! form of its published code (pymoo 0.3) and of A4NN. The Bayesian step of the paper is not in that code, nor here.
//!
//! Children are distinct from one another, from the population, and from networks whose trials failed. If mating finds
//! too few, networks at random fill up the generation; if the space has too few left it is smaller, and if none is left
//! the search is over.

mod selection;

use peng_spec::arch::Genome;
use peng_spec::catalog::{Issue, Moves, SearchKind, SearchNeeds, Typed, read_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::selection::{Member, survivors, tournaments};
use super::distinct::Known;
use super::{Ask, Scored, SearchEntry, SearchStrategy};
use crate::seed::{Rng, SeedTree};
use crate::space::{GenomeError, SearchSpace, SpaceError};

/// Rounds of mating after which a generation is filled up with networks at random.
const MATING_ROUNDS: u32 = 100;

/// Parameters of `nsga-net`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Params {
    /// Networks of the first generation, and most that survive a generation.
    #[schemars(range(min = 2))]
    population: usize,
    /// Networks of each later generation.
    #[schemars(range(min = 1))]
    offspring: usize,
    /// Generations, with the first.
    #[schemars(range(min = 1))]
    generations: usize,
}

impl Default for Params {
    fn default() -> Self {
        Self { population: 40, offspring: 40, generations: 30 }
    }
}

/// The kind `nsga-net`.
pub(crate) struct NsgaNet;

impl Typed for NsgaNet {
    type Params = Params;
    const NAME: &'static str = "nsga-net";
    const SUMMARY: &'static str =
        "NSGA-Net's genetic algorithm: NSGA-II with crossover and mutation of genomes";
}

impl SearchKind for NsgaNet {
    fn needs(&self, params: &Value) -> SearchNeeds {
        let params: Params = read_params(params).expect("the parameters are normalised");
        let [population, offspring, generations] =
            [params.population, params.offspring, params.generations].map(|count| count as u64);
        SearchNeeds {
            moves: Moves { mutate: true, crossover: true },
            fewest_objectives: 1,
            most_objectives: usize::MAX,
            trials: (generations - 1).saturating_mul(offspring).saturating_add(population),
            generations,
        }
    }
}

impl SearchEntry for NsgaNet {
    fn build(&self, params: &Value, seed: SeedTree) -> Result<Box<dyn SearchStrategy>, Vec<Issue>> {
        let params = read_params(params)?;
        Ok(Box::new(NsgaNetSearch {
            params,
            seed,
            generation: 0,
            population: Vec::new(),
            failed: Vec::new(),
        }))
    }
}

struct NsgaNetSearch {
    params: Params,
    seed: SeedTree,
    /// Generations told so far.
    generation: usize,
    population: Vec<Member>,
    /// Networks whose trials failed: not asked for again.
    failed: Vec<Genome>,
}

impl SearchStrategy for NsgaNetSearch {
    fn ask(&mut self, space: &dyn SearchSpace) -> Result<Ask, SpaceError> {
        if self.generation == self.params.generations {
            return Ok(Ask::Finished);
        }
        let mut rng = self.seed().child("ask", 0).rng();
        let mut known: Known = self.population.iter().map(|m| &m.genome).chain(&self.failed).collect();
        let (count, mut genomes) = if self.generation == 0 {
            (self.params.population, Vec::new())
        } else {
            (self.params.offspring, self.mate(&mut known, space, &mut rng)?)
        };
        genomes.extend(known.sample(count - genomes.len(), space, &mut rng)?);
        // Nothing is left of a space that is smaller than the population.
        Ok(if genomes.is_empty() { Ask::Finished } else { Ask::Generation(genomes) })
    }

    /// The population is ranked anew when the next results come.
    fn amend(&mut self, results: &[Scored]) {
        for result in results {
            let Some(costs) = &result.costs else {
                self.population.retain(|member| member.genome != result.genome);
                self.failed.push(result.genome.clone());
                continue;
            };
            for member in self.population.iter_mut().filter(|m| m.genome == result.genome) {
                member.costs.clone_from(costs);
            }
        }
    }

    fn tell(&mut self, results: &[Scored]) {
        for result in results {
            match &result.costs {
                Some(costs) => self.population.push(Member {
                    genome: result.genome.clone(),
                    costs: costs.clone(),
                    crowding: 0.0,
                }),
                None => self.failed.push(result.genome.clone()),
            }
        }
        let mut rng = self.seed().child("tell", 0).rng();
        self.population = survivors(&self.population, self.params.population, &mut rng);
        self.generation += 1;
    }
}

impl NsgaNetSearch {
    /// The seed of the generation at hand.
    fn seed(&self) -> SeedTree {
        self.seed.child("generation", self.generation as u64)
    }

    /// Up to `offspring` children that are not yet known.
    fn mate(
        &self,
        known: &mut Known,
        space: &dyn SearchSpace,
        rng: &mut Rng,
    ) -> Result<Vec<Genome>, GenomeError> {
        let mut children = Vec::new();
        if self.population.is_empty() {
            return Ok(children);
        }
        for _ in 0..MATING_ROUNDS {
            let missing = self.params.offspring - children.len();
            if missing == 0 {
                break;
            }
            let parents = tournaments(&self.population, 2 * missing.div_ceil(2), rng);
            for pair in parents.chunks_exact(2) {
                for child in space.crossover(&pair[0].genome, &pair[1].genome, rng)? {
                    let child = space.mutate(&child, rng)?;
                    if children.len() < self.params.offspring && known.insert(&child) {
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

    use peng_spec::catalog::Kind;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::search::pareto;
    use crate::search::tests::{conforms, play, score, scored, space};

    fn search(population: usize, offspring: usize, generations: usize, seed: u64) -> NsgaNetSearch {
        let params = Params { population, offspring, generations };
        let (population, failed) = (Vec::new(), Vec::new());
        NsgaNetSearch { params, seed: SeedTree::new(seed), generation: 0, population, failed }
    }

    fn genomes<'a>(genomes: impl IntoIterator<Item = &'a Genome>) -> BTreeSet<String> {
        genomes.into_iter().map(Genome::to_string).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn it_conforms(population in 2..30_usize, offspring in 1..30_usize, generations in 1..8_usize, seed: u64) {
            let params = json!({ "population": population, "offspring": offspring, "generations": generations });
            conforms(&NsgaNet, &params, seed);
        }

        #[test]
        fn the_best_survive(population in 2..20_usize, offspring in 1..20_usize, seed: u64) {
            let (mut search, space) = (search(population, offspring, 6, seed), space(3));
            while let Ask::Generation(asked) = search.ask(&*space).unwrap() {
                let parents = genomes(search.population.iter().map(|m| &m.genome));
                prop_assert!(genomes(&asked).is_disjoint(&parents), "children are not in the population");
                let mut pool: Vec<(Genome, Vec<f64>)> =
                    search.population.iter().map(|m| (m.genome.clone(), m.costs.clone())).collect();
                let results = scored(asked, score);
                search.tell(&results);
                pool.extend(results.into_iter().filter_map(|s| Some((s.genome, s.costs?))));
                let left = genomes(search.population.iter().map(|m| &m.genome));
                prop_assert_eq!(left.len(), pool.len().min(population));
                prop_assert!(left.is_subset(&genomes(pool.iter().map(|p| &p.0))), "failed trials are no parents");
                let costs: Vec<Vec<f64>> = pool.iter().map(|p| p.1.clone()).collect();
                let front = genomes(pareto::front(&costs).iter().map(|&i| &pool[i].0));
                prop_assert!(front.is_subset(&left) || left.is_subset(&front), "the front comes first");
            }
        }
    }

    #[test]
    fn it_finds_what_random_search_does_not() {
        let ones = |genome: &Genome| Some(vec![genome.to_string().matches('1').count() as f64]);
        let best = |played: Vec<Vec<Scored>>| {
            played
                .concat()
                .into_iter()
                .filter_map(|s| s.costs)
                .map(|costs| costs[0])
                .fold(f64::INFINITY, f64::min)
        };
        let random = crate::search::find("random").unwrap();
        for seed in 0..5 {
            let searched = best(play(&mut search(20, 20, 20, seed), &*space(3), ones));
            let mut random = random.build(&json!({ "networks": 400 }), SeedTree::new(seed)).unwrap();
            let drawn = best(play(&mut *random, &*space(3), ones));
            assert!(searched < drawn, "{searched} of 21 bits, at random {drawn}");
        }
    }

    #[test]
    fn a_failed_network_is_not_asked_for_again() {
        let mut search = search(4, 40, 10, 1);
        let played = play(&mut search, &*space(1), |_| None);
        let asked = played.concat();
        assert_eq!((asked.len(), genomes(asked.iter().map(|s| &s.genome)).len()), (128, 128));
    }

    #[test]
    fn amended_results_count_when_the_next_ones_come() {
        let mut search = search(2, 2, 9, 3);
        let Ask::Generation(genomes) = search.ask(&*space(3)).unwrap() else { panic!("it asks") };
        let result = |i: usize, cost| Scored { genome: genomes[i].clone(), costs: cost };
        search.tell(&[result(0, Some(vec![1.0])), result(1, Some(vec![2.0]))]);
        search.amend(&[result(0, Some(vec![5.0])), result(1, None)]);
        search.tell(&[]);
        let left: Vec<_> = search.population.iter().map(|m| (m.genome.clone(), m.costs.clone())).collect();
        assert_eq!(left, [(genomes[0].clone(), vec![5.0])]);
        assert_eq!(search.failed, [genomes[1].clone()]);
    }

    #[test]
    fn the_defaults_ask_for_1200_networks() {
        let params = NsgaNet.normalise(&json!({})).unwrap();
        assert_eq!(params, json!({ "population": 40, "offspring": 40, "generations": 30 }));
        let needs = NsgaNet.needs(&params);
        assert_eq!((needs.trials, needs.generations), (1200, 30));
    }
}
