//! `regularized-evolution`: aging evolution (Real, Aggarwal, Huang and Le 2019, "Regularized evolution for image classifier
//! architecture search", AAAI; algorithm 1).
//!
//! The population is a queue. A child is a mutation of the best of `sample` members drawn with replacement; it comes in at one
//! end, and the oldest goes out at the other, however good. With `offspring: 1`, the default, this is the published loop; with
//! more, as many children are made of one queue, so that as many trainings may run at once.
//!
//! A mutation that leaves a genome as it is is drawn again. A failed network is no member, and takes none out. A network that
//! comes up again is not trained again, as everywhere in `peng`: it has the result that it had, where in the paper a new
//! training would draw it anew.

use std::collections::VecDeque;

use peng_spec::arch::Genome;
use peng_spec::catalog::{Issue, Moves, SearchKind, SearchNeeds, Typed, read_params};
use peng_spec::plan::Mode;
use rand::RngExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::distinct::Known;
use super::{Ask, Scored, SearchEntry, SearchStrategy, pareto};
use crate::seed::{Rng, SeedTree};
use crate::space::{GenomeError, SearchSpace, SpaceError};

/// Mutations in a row that only find known networks, after which one at random takes the place of a child.
const MUTATIONS: u32 = 100;

/// Parameters of `regularized-evolution`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Params {
    /// Networks of the queue; the first so many are drawn at random.
    #[serde(default = "default_population")]
    #[schemars(range(min = 1))]
    population: usize,
    /// Members that are drawn for a child, of which the best is its parent.
    #[serde(default = "default_sample")]
    #[schemars(range(min = 1))]
    sample: usize,
    /// Networks in all, with the first ones; the paper has 20,000.
    #[schemars(range(min = 1))]
    cycles: usize,
    /// Children that are made of one queue.
    #[serde(default = "default_offspring")]
    #[schemars(range(min = 1))]
    offspring: usize,
}

fn default_population() -> usize {
    100
}

fn default_sample() -> usize {
    25
}

fn default_offspring() -> usize {
    1
}

/// The kind `regularized-evolution`.
pub(crate) struct RegularizedEvolution;

impl Typed for RegularizedEvolution {
    type Params = Params;
    const NAME: &'static str = "regularized-evolution";
    const SUMMARY: &'static str =
        "aging evolution: the best of a sample is mutated, the oldest of the population dies; one objective";

    fn check(params: &Params) -> Vec<Issue> {
        let Params { population, cycles, .. } = *params;
        if population <= cycles {
            return Vec::new();
        }
        let message = format!(
            "found `cycles: {cycles}`, expected no fewer than the {population} networks of the population"
        );
        vec![Issue::new("/cycles", message).help("raise it, or lower `population`")]
    }
}

impl SearchKind for RegularizedEvolution {
    fn needs(&self, params: &Value) -> SearchNeeds {
        let Params { population, cycles, offspring, .. } =
            read_params(params).expect("the parameters are normalised");
        SearchNeeds {
            moves: Moves { mutate: true, ..Moves::default() },
            trials: cycles as u64,
            generations: 1 + (cycles - population).div_ceil(offspring) as u64,
            offspring: offspring as u64,
        }
    }

    fn most_objectives(&self) -> usize {
        1
    }
}

impl SearchEntry for RegularizedEvolution {
    fn build(
        &self,
        params: &Value,
        mode: Mode,
        seed: SeedTree,
    ) -> Result<Box<dyn SearchStrategy>, Vec<Issue>> {
        let params = read_params(params)?;
        Ok(Box::new(Aging { params, mode, seed, asked: 0, queue: VecDeque::new(), pending: Vec::new() }))
    }
}

/// A member of the queue.
#[derive(Debug, Clone)]
struct Member {
    genome: Genome,
    costs: Vec<f64>,
}

struct Aging {
    params: Params,
    mode: Mode,
    seed: SeedTree,
    asked: usize,
    /// The oldest first.
    queue: VecDeque<Member>,
    /// Networks that were asked for and not told yet.
    pending: Vec<Genome>,
}

impl Aging {
    /// The best of a sample.
    fn parent(&self, rng: &mut Rng) -> Option<&Member> {
        if self.queue.is_empty() {
            return None;
        }
        let draws = (0..self.params.sample).map(|_| &self.queue[rng.random_range(0..self.queue.len())]);
        draws.reduce(
            |best, drawn| {
                if pareto::domination(&drawn.costs, &best.costs).is_lt() { drawn } else { best }
            },
        )
    }

    /// A mutation of the best of a sample that is not known yet.
    fn child(
        &self,
        known: &mut Known,
        space: &dyn SearchSpace,
        rng: &mut Rng,
    ) -> Result<Option<Genome>, GenomeError> {
        let Some(parent) = self.parent(rng) else { return Ok(None) };
        for _ in 0..MUTATIONS {
            let child = space.mutate(&parent.genome, rng)?;
            if child != parent.genome && known.insert(&child, space)? {
                return Ok(Some(child));
            }
        }
        Ok(None)
    }
}

impl SearchStrategy for Aging {
    fn ask(&mut self, space: &dyn SearchSpace) -> Result<Ask, SpaceError> {
        let left = self.params.cycles - self.asked.min(self.params.cycles);
        let (wanted, is_first) = match (self.asked, self.mode) {
            (0, _) => (self.params.population, true),
            (_, Mode::Generations) => (self.params.offspring.min(left), false),
            (_, Mode::Asynchronous) => (1.min(left), false),
        };
        let mut rng = self.seed.child("network", self.asked as u64).rng();
        let mut known = Known::genomes(&self.pending);
        let mut genomes = Vec::new();
        if !is_first {
            for _ in 0..wanted {
                genomes.extend(self.child(&mut known, space, &mut rng)?);
            }
        }
        genomes.extend(known.sample(wanted - genomes.len(), space, &mut rng)?);
        if genomes.is_empty() {
            return Ok(Ask::Finished);
        }
        self.asked += genomes.len();
        self.pending.extend_from_slice(&genomes);
        Ok(Ask::Generation(genomes))
    }

    fn amend(&mut self, results: &[Scored]) {
        for result in results {
            match &result.costs {
                Some(costs) => {
                    for member in self.queue.iter_mut().filter(|member| member.genome == result.genome) {
                        member.costs.clone_from(costs);
                    }
                }
                None => self.queue.retain(|member| member.genome != result.genome),
            }
        }
    }

    fn tell(&mut self, results: &[Scored]) {
        for result in results {
            if let Some(at) = self.pending.iter().position(|genome| *genome == result.genome) {
                self.pending.remove(at);
            }
            if let Some(costs) = &result.costs {
                self.queue.push_back(Member { genome: result.genome.clone(), costs: costs.clone() });
            }
            if self.queue.len() > self.params.population {
                self.queue.pop_front();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use peng_spec::catalog::Kind;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::search::tests::{conforms, play, space};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn it_conforms(population in 1..20_usize, sample in 1..9_usize, more in 0..60_usize, offspring in 1..8_usize, seed: u64) {
            let cycles = population + more;
            let params = json!({
                "population": population, "sample": sample, "cycles": cycles, "offspring": offspring,
            });
            conforms(&RegularizedEvolution, &params, seed);
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "a score may be missing")]
    fn ones(genome: &Genome) -> Option<Vec<f64>> {
        Some(vec![genome.to_string().matches('1').count() as f64])
    }

    /// The loop of algorithm 1 on the networks that the search asked for: each child differs from one living network by a
    /// move, the parent is the best of a sample, and none lives longer than `population` cycles.
    #[test]
    fn a_parent_is_alive_and_the_old_die() {
        let space = space(3);
        let params = json!({ "population": 12, "sample": 400, "cycles": 150 });
        let params = RegularizedEvolution.normalise(&params).unwrap();
        let mut search = RegularizedEvolution.build(&params, Mode::Generations, SeedTree::new(4)).unwrap();
        let played = play(&mut *search, &*space, ones).concat();
        assert_eq!(played.len(), 150);
        let bits = |genome: &Genome| -> Vec<char> {
            genome.to_string().chars().filter(char::is_ascii_digit).collect()
        };
        for (cycle, child) in played.iter().enumerate().skip(12) {
            let living = &played[cycle - 12..cycle];
            let best =
                living.iter().filter_map(|s| s.costs.as_ref()).map(|c| c[0]).fold(f64::INFINITY, f64::min);
            // A sample of 400 of 12 has all of them; a mutation flips few of 21 bits.
            let near =
                living.iter().filter(|s| s.costs.as_ref().is_some_and(|c| c[0] <= best)).any(|parent| {
                    let (parent, child) = (bits(&parent.genome), bits(&child.genome));
                    let flips = parent.iter().zip(&child).filter(|(a, b)| a != b).count();
                    (1..=4).contains(&flips)
                });
            assert!(near, "cycle {cycle}");
        }
    }

    #[test]
    fn small_samples_choose_weakly_and_large_ones_strongly() {
        let mut best = Vec::new();
        for sample in [1, 10] {
            let params = json!({ "population": 20, "sample": sample, "cycles": 300 });
            let params = RegularizedEvolution.normalise(&params).unwrap();
            let mut search =
                RegularizedEvolution.build(&params, Mode::Generations, SeedTree::new(6)).unwrap();
            let played = play(&mut *search, &*space(3), ones).concat();
            let last: f64 = played[280..].iter().filter_map(|s| s.costs.as_ref()).map(|c| c[0]).sum();
            best.push(last / 20.0);
        }
        assert!(best[1] + 3.0 < best[0], "{best:?}");
    }

    #[test]
    fn cycles_have_no_default_and_hold_the_population() {
        let issues = RegularizedEvolution.normalise(&json!({})).unwrap_err();
        assert_eq!(issues, [Issue::new("", "missing field `cycles`")]);
        let issues = RegularizedEvolution.normalise(&json!({ "cycles": 99 })).unwrap_err();
        assert_eq!(
            issues[0].message,
            "found `cycles: 99`, expected no fewer than the 100 networks of the population"
        );
        let params = RegularizedEvolution.normalise(&json!({ "cycles": 300, "offspring": 7 })).unwrap();
        let needs = RegularizedEvolution.needs(&params);
        assert_eq!((needs.trials, needs.generations), (300, 30));
    }
}
