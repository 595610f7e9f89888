//! Search spaces: the slot's trait and its list.

use peng_spec::arch::{ArchGraph, Genome, NetworkFacts};
use peng_spec::catalog::{DatasetFacts, Issue, SpaceKind};
use peng_spec::plan::{Plan, Settings};
use serde_json::Value;

use crate::seed::Rng;

mod constrained;
mod count;
mod genes;
mod identity;
mod impossible;
mod layers;
mod nsga_macro;
mod nsga_micro;

pub(crate) use identity::identity;
#[cfg(feature = "engine")]
pub(crate) use identity::network_key;

pub use count::{Bound, Satisfying, Share, Size, SpaceCount};

/// All search spaces, in the order in which they are listed to users.
pub static SPACES: &[&dyn SpaceEntry] = &[&nsga_macro::NsgaMacro, &nsga_micro::NsgaMicro, &layers::Layers];

/// A kind of search space.
pub trait SpaceEntry: SpaceKind {
    /// The space for a data set. `params` are normalised.
    fn build(&self, params: &Value, dataset: &DatasetFacts) -> Result<Box<dyn SearchSpace>, Vec<Issue>>;
    /// How many networks it holds; this may take seconds. `params` are normalised.
    fn count(&self, params: &Value, dataset: &DatasetFacts) -> Result<SpaceCount, Vec<Issue>>;
    /// Whether `count` may tell more than the facts also where there are no conditions.
    fn counts_more_than_its_facts(&self) -> bool {
        false
    }
}

/// A set of networks and the moves in it. All randomness comes from the generator that is handed in.
pub trait SearchSpace: Send + Sync {
    /// A genome at random, or that none is found.
    fn sample(&self, rng: &mut Rng) -> Result<Genome, Scarce>;
    /// A small change of a genome, which may leave it as it is.
    fn mutate(&self, genome: &Genome, rng: &mut Rng) -> Result<Genome, GenomeError>;
    /// Two children of two genomes.
    fn crossover(&self, first: &Genome, second: &Genome, rng: &mut Rng) -> Result<[Genome; 2], GenomeError>;
    /// The network that a genome encodes. Every genome of the space has one, and it has shapes.
    fn decode(&self, genome: &Genome) -> Result<ArchGraph, GenomeError>;
    /// What the network brings along of its training, in place of what the plan says.
    fn settings(&self, _genome: &Genome) -> Result<Settings, GenomeError> {
        Ok(Settings::new())
    }
    /// Whether the network satisfies the conditions of the space. Those that the space itself makes do.
    fn satisfies(&self, _genome: &Genome) -> Result<bool, GenomeError> {
        Ok(true)
    }
    /// What conditions may say of the network.
    fn facts(&self, genome: &Genome) -> Result<NetworkFacts, GenomeError> {
        Ok(self.decode(genome)?.facts().expect("networks of a space have shapes"))
    }
}

/// Why a space yields no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpaceError {
    /// It was given a genome that is none of its own.
    #[error(transparent)]
    Genome(#[from] GenomeError),
    /// Too few networks satisfy its conditions.
    #[error(transparent)]
    Scarce(#[from] Scarce),
}

impl SpaceError {
    /// The stable code of the error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Scarce(_) => "E0810",
            Self::Genome(_) => "E0806",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Scarce(_) => {
                Some("loosen `where`; `peng plan` tells which share of the networks satisfies it".to_owned())
            }
            Self::Genome(_) => None,
        }
    }
}

/// That no network was found which satisfies the conditions of a space.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("none of {draws} networks drawn at random satisfies `{conditions}`")]
pub struct Scarce {
    /// Networks that were drawn.
    pub draws: u32,
    /// The conditions.
    pub conditions: String,
}

/// A genome that is not of its space.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{genome}` is no genome of the space: {reason}")]
pub struct GenomeError {
    /// The genome.
    pub genome: String,
    /// What is wrong and what was expected.
    pub reason: String,
}

/// The space of a plan, or why the plan has none.
pub fn of_plan(plan: &Plan) -> Result<Box<dyn SearchSpace>, String> {
    let call = &plan.space.call;
    let kind = find(&call.kind).ok_or_else(|| format!("unknown search space `{}`", call.kind))?;
    kind.build(&call.params, &plan.dataset.facts)
        .map_err(|issues| issues.iter().map(|i| i.message.as_str()).collect::<Vec<_>>().join("; "))
}

/// How many networks the space of a plan holds.
pub fn count_of_plan(plan: &Plan) -> Result<SpaceCount, String> {
    let call = &plan.space.call;
    let kind = find(&call.kind).ok_or_else(|| format!("unknown search space `{}`", call.kind))?;
    kind.count(&call.params, &plan.dataset.facts)
        .map_err(|issues| issues.iter().map(|i| i.message.as_str()).collect::<Vec<_>>().join("; "))
}

/// Whether [`count_of_plan`] may tell more than the facts of the plan also where there are no conditions.
pub fn counts_more_than_its_facts(plan: &Plan) -> bool {
    find(&plan.space.call.kind).is_some_and(SpaceEntry::counts_more_than_its_facts)
}

/// The kind of that name.
pub fn find(name: &str) -> Option<&'static dyn SpaceEntry> {
    SPACES.iter().copied().find(|kind| kind.name() == name)
}

#[cfg(test)]
pub(crate) mod tests {
    use peng_spec::arch::{Cost, Shape};
    use peng_spec::catalog::Moves;

    use super::*;
    use crate::seed::SeedTree;

    /// What every space must do, on a few networks made by its moves.
    pub(crate) fn conforms(kind: &dyn SpaceEntry, params: &Value, dataset: &DatasetFacts, seed: u64) {
        let params = kind.normalise(params).unwrap();
        assert_eq!(kind.normalise(&params).unwrap(), params, "normalised parameters stay as they are");
        let facts = kind.facts(&params, dataset).unwrap();
        let space = kind.build(&params, dataset).unwrap();
        let genomes = moves(&*space, seed, facts.moves);
        assert_eq!(genomes, moves(&*space, seed, facts.moves), "moves depend on the generator only");
        for genome in &genomes {
            let read = Genome::new(serde_json::from_str(&genome.to_string()).unwrap());
            assert_eq!(read, *genome, "a genome is the same when it was written and read");
            let network = space.decode(genome).unwrap();
            assert_eq!(space.facts(genome).unwrap(), network.facts().unwrap());
            assert_eq!(
                network.shapes().unwrap().last(),
                Some(&Shape::Vector { features: dataset.target.outputs() })
            );
            let (least, cost, most) = (facts.least, network.cost().unwrap(), facts.most);
            for figure in [|c: Cost| c.params, |c: Cost| c.flops, |c: Cost| c.activation_bytes] {
                assert!(
                    (figure(least)..=figure(most)).contains(&figure(cost)),
                    "{genome}: {least:?} {cost:?} {most:?}"
                );
            }
        }
        assert!(space.decode(&Genome::new(Value::Null)).is_err(), "null is no genome");
    }

    fn moves(space: &dyn SearchSpace, seed: u64, offered: Moves) -> Vec<Genome> {
        let mut rng = SeedTree::new(seed).rng();
        let mut genomes = vec![space.sample(&mut rng).unwrap(), space.sample(&mut rng).unwrap()];
        if offered.mutate {
            genomes.push(space.mutate(&genomes[0], &mut rng).unwrap());
        }
        if offered.crossover {
            genomes.extend(space.crossover(&genomes[0], &genomes[1], &mut rng).unwrap());
        }
        genomes
    }
}
