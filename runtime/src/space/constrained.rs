//! `where`: a space cut to the networks that satisfy its conditions. Networks are drawn again until one does; where that is
//! in vain, walks lead from draws to networks that do.
//!
//! The conditions are about what [`SearchSpace::facts`] says, so nothing is trained for them.

use peng_spec::arch::{ArchGraph, Genome, NetworkFacts};
use peng_spec::catalog::{Fits, Issue};
use peng_spec::expr::{Formula, condition};
use peng_spec::plan::Settings;
use serde_json::Value;

use super::{GenomeError, Scarce, SearchSpace};
use crate::seed::Rng;

/// Draws at random in a row of which none satisfies the conditions, after which walks begin.
pub(crate) const DRAWS: u32 = 10_000;
/// Walks that come to no network which satisfies the conditions, after which there are too few that do.
const WALKS: u32 = 12;
/// Draws of which the one that lacks least is the begin of a walk.
const BEGINS: u32 = 100;
/// Steps of a walk to the first network that satisfies the conditions, and from there on among those that do.
const STEPS: [u32; 2] = [2_000, 200];
/// Tries of a mutation or a crossover, after which the parents stay as they are.
const MOVES: u32 = 100;

/// Reads the conditions of `where`.
pub(super) fn conditions(texts: &[String]) -> Result<Vec<Formula>, Vec<Issue>> {
    let names = NetworkFacts::names();
    let read = |(index, text): (usize, &String)| {
        condition(text, &names).map_err(|error| Issue::in_formula(format!("/where/{index}"), 0, error))
    };
    let (good, bad): (Vec<_>, Vec<_>) = texts.iter().enumerate().map(read).partition(Result::is_ok);
    let issues: Vec<Issue> = bad.into_iter().filter_map(Result::err).collect();
    if issues.is_empty() { Ok(good.into_iter().flatten().collect()) } else { Err(issues) }
}

/// What is wrong with the conditions that fit the schema, whatever else does not.
pub(super) fn issues_beside(params: &Value, fits: Fits<'_>) -> Vec<Issue> {
    let names = NetworkFacts::names();
    let texts = params["where"].as_array().into_iter().flatten().enumerate();
    let issues = texts.filter_map(|(index, text)| {
        let pointer = format!("/where/{index}");
        let error = condition(text.as_str().filter(|_| fits(&pointer))?, &names).err()?;
        Some(Issue::in_formula(pointer, 0, error))
    });
    issues.collect()
}

/// The space, cut if there are conditions.
pub(super) fn constrained(
    space: Box<dyn SearchSpace>,
    texts: &[String],
) -> Result<Box<dyn SearchSpace>, Vec<Issue>> {
    if texts.is_empty() {
        return Ok(space);
    }
    Ok(Box::new(Constrained { space, conditions: conditions(texts)?, texts: texts.to_vec() }))
}

/// A space cut to some of its networks.
struct Constrained {
    space: Box<dyn SearchSpace>,
    conditions: Vec<Formula>,
    texts: Vec<String>,
}

impl Constrained {
    fn shortfall(&self, genome: &Genome) -> f64 {
        let facts = self.space.facts(genome).expect("a space reads the genomes that it makes");
        self.conditions.iter().map(|condition| condition.shortfall(&facts)).sum()
    }

    /// A network that satisfies the conditions, found by moves none of which leads away from them; the walk goes on for a while
    /// among those that do, so that it does not end at their edge. Such networks are not drawn uniformly.
    fn walk(&self, rng: &mut Rng) -> Result<Option<Genome>, Scarce> {
        let mut at = self.space.sample(rng)?;
        let mut lacks = self.shortfall(&at);
        for _ in 1..BEGINS {
            let other = self.space.sample(rng)?;
            let other_lacks = self.shortfall(&other);
            if other_lacks < lacks {
                (at, lacks) = (other, other_lacks);
            }
        }
        let [mut to_the_first, mut among] = STEPS;
        while among > 0 {
            if lacks > 0.0 && to_the_first == 0 {
                return Ok(None);
            }
            let next = self.space.mutate(&at, rng).expect("a space moves the genomes that it makes");
            let next_lacks = self.shortfall(&next);
            if next_lacks <= lacks {
                (at, lacks) = (next, next_lacks);
            }
            if lacks > 0.0 { to_the_first -= 1 } else { among -= 1 }
        }
        Ok(Some(at))
    }
}

impl SearchSpace for Constrained {
    fn sample(&self, rng: &mut Rng) -> Result<Genome, Scarce> {
        for _ in 0..DRAWS {
            let genome = self.space.sample(rng)?;
            if self.satisfies(&genome).expect("a space reads the genomes that it draws") {
                return Ok(genome);
            }
        }
        for _ in 0..WALKS {
            if let Some(genome) = self.walk(rng)? {
                return Ok(genome);
            }
        }
        Err(Scarce { draws: DRAWS, conditions: self.texts.join("`, `") })
    }

    /// If no try satisfies the conditions, the genome stays as it is.
    fn mutate(&self, genome: &Genome, rng: &mut Rng) -> Result<Genome, GenomeError> {
        for _ in 0..MOVES {
            let changed = self.space.mutate(genome, rng)?;
            if self.satisfies(&changed)? {
                return Ok(changed);
            }
        }
        Ok(genome.clone())
    }

    /// A child that does not satisfy the conditions is made again; after many tries it is one of its parents.
    fn crossover(&self, first: &Genome, second: &Genome, rng: &mut Rng) -> Result<[Genome; 2], GenomeError> {
        let mut found = Vec::new();
        for _ in 0..MOVES {
            for child in self.space.crossover(first, second, rng)? {
                if found.len() < 2 && self.satisfies(&child)? {
                    found.push(child);
                }
            }
            if found.len() == 2 {
                break;
            }
        }
        let mut found = found.into_iter();
        Ok([first, second].map(|parent| found.next().unwrap_or_else(|| parent.clone())))
    }

    fn decode(&self, genome: &Genome) -> Result<ArchGraph, GenomeError> {
        self.space.decode(genome)
    }

    fn settings(&self, genome: &Genome) -> Result<Settings, GenomeError> {
        self.space.settings(genome)
    }

    fn satisfies(&self, genome: &Genome) -> Result<bool, GenomeError> {
        Ok(self.space.facts(genome)?.satisfy(&self.conditions))
    }

    fn facts(&self, genome: &Genome) -> Result<NetworkFacts, GenomeError> {
        self.space.facts(genome)
    }
}

#[cfg(test)]
mod tests {
    use peng_spec::catalog::{DatasetFacts, Target};
    use serde_json::json;

    use super::*;
    use crate::seed::SeedTree;

    fn space(kind: &str, params: &Value) -> Box<dyn SearchSpace> {
        let dataset = DatasetFacts {
            input: "1x12x12".parse().unwrap(),
            target: Target::Classes(2),
            train: 10,
            test: 10,
        };
        let kind = crate::space::find(kind).unwrap();
        kind.build(&kind.normalise(params).unwrap(), &dataset).unwrap()
    }

    /// None of them is met in 10,000 draws, or hardly ever.
    #[test]
    fn rare_networks_are_found() {
        // All phases dropped: one network of 2^18 connections, and its variants of residual bits.
        let dropped = json!({ "phases": 3, "nodes": 4, "channels": 8, "where": ["depth <= 1"] });
        let blocks =
            json!([{ "repeat": 8, "layer": "conv", "filters": "4..400 step 4", "kernel": [1, 3, 5] }]);
        let rising =
            json!({ "blocks": blocks, "where": ["filters[i + 1] >= filters[i] + 8", "params <= 300k"] });
        for (kind, params) in [("nsga-macro", dropped), ("layers", rising)] {
            let space = space(kind, &params);
            for seed in 0..3 {
                let mut rng = SeedTree::new(seed).rng();
                let [a, b] = [0, 1].map(|_| space.sample(&mut rng).unwrap());
                let mut made = vec![space.mutate(&a, &mut rng).unwrap()];
                made.extend(space.crossover(&a, &b, &mut rng).unwrap());
                made.extend([a, b]);
                assert!(made.iter().all(|genome| space.satisfies(genome).unwrap()), "{made:?}");
            }
        }
    }

    #[test]
    fn what_no_network_satisfies_is_scarce() {
        let blocks = json!([{ "repeat": "2..4", "layer": "conv", "filters": [4, 8] }]);
        let params = json!({ "blocks": blocks, "where": ["filters[i + 1] > filters[i] + 4"] });
        let scarce = space("layers", &params).sample(&mut SeedTree::new(1).rng()).unwrap_err();
        assert_eq!(scarce.draws, DRAWS);
        assert!(scarce.to_string().contains("filters[i + 1] > filters[i] + 4"), "{scarce}");
    }
}
