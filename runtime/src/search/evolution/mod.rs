//! What the searches that breed a population have in common (`nsga-net`, `menndl`): the best survive, and children are made
//! of them, a generation at a time or one whenever there is room for one.
//!
//! Children are distinct from one another and from what [`Breed::rejects`] says, always from networks whose trials failed. If
//! breeding finds too few, networks at random fill up; if the space has too few left a generation is smaller, and if none
//! is left the search is over.

mod selection;

use peng_spec::arch::Genome;
use peng_spec::catalog::{Moves, SearchNeeds};
use peng_spec::plan::Mode;

pub(super) use self::selection::{Member, survivors, tournaments};
use super::distinct::{Known, Same};
use super::{Ask, Scored, SearchStrategy};
use crate::seed::{Rng, SeedTree};
use crate::space::{GenomeError, SearchSpace, SpaceError};

/// How many networks a search breeds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    /// Networks of the first generation, and most that survive.
    pub(super) population: usize,
    /// Networks of each later generation.
    pub(super) offspring: usize,
    /// Generations, with the first.
    pub(super) generations: usize,
}

impl Sizes {
    /// All networks.
    fn networks(self) -> usize {
        (self.generations - 1).saturating_mul(self.offspring).saturating_add(self.population)
    }

    /// The generation of a network, by its number.
    fn generation(self, number: usize) -> usize {
        number.checked_sub(self.population).map_or(0, |later| later / self.offspring + 1)
    }

    /// What a search of these sizes needs.
    pub(super) fn needs(self, moves: Moves) -> SearchNeeds {
        SearchNeeds {
            moves,
            trials: self.networks() as u64,
            generations: self.generations as u64,
            offspring: self.offspring as u64,
        }
    }
}

/// What children must not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rejects {
    /// Genomes of the population.
    Population,
    /// Networks that were asked for before, also under another genome.
    Archive,
}

/// What children are made of.
#[derive(Debug, Default)]
pub(super) struct Stock {
    /// The survivors.
    pub(super) population: Vec<Member>,
    /// All networks with a result, in the order in which they were told.
    pub(super) archive: Vec<Member>,
    /// Networks whose trials failed.
    failed: Vec<Genome>,
}

/// How children are made.
pub(super) trait Breed: Send {
    /// What they must not be.
    fn rejects(&self) -> Rejects;

    /// Up to so many children (`wanted.1`) for a generation (`wanted.0`, from 1) that are not known yet, and are known from then
    /// on.
    fn breed(
        &self,
        stock: &Stock,
        wanted: (usize, usize),
        known: &mut Known,
        space: &dyn SearchSpace,
        rng: &mut Rng,
    ) -> Result<Vec<Genome>, GenomeError>;
}

/// A search that breeds a population.
pub(super) struct Evolution<B> {
    sizes: Sizes,
    breed: B,
    mode: Mode,
    seed: SeedTree,
    stock: Stock,
    /// Networks asked for so far, if children must not be any of them.
    seen: Known,
    asked: usize,
    told: usize,
    /// Generations told so far, where they are told as such.
    generation: usize,
    /// Networks that were asked for and not told yet.
    pending: Vec<Genome>,
}

impl<B: Breed> Evolution<B> {
    /// A search at its beginning.
    pub(super) fn new(sizes: Sizes, breed: B, mode: Mode, seed: SeedTree) -> Self {
        Self {
            sizes,
            breed,
            mode,
            seed,
            stock: Stock::default(),
            seen: Known::new(Same::Network),
            asked: 0,
            told: 0,
            generation: 0,
            pending: Vec::new(),
        }
    }

    /// Which generation is asked for next, how many networks of it, and the seed of what is drawn for them.
    fn next(&self) -> Option<(usize, usize, SeedTree)> {
        let of_generation = |generation: usize| self.seed.child("generation", generation as u64);
        match self.mode {
            Mode::Generations if self.generation == self.sizes.generations => None,
            Mode::Generations => {
                let wanted = if self.generation == 0 { self.sizes.population } else { self.sizes.offspring };
                Some((self.generation, wanted, of_generation(self.generation).child("ask", 0)))
            }
            Mode::Asynchronous if self.asked == 0 => {
                Some((0, self.sizes.population, of_generation(0).child("ask", 0)))
            }
            Mode::Asynchronous => {
                let is_due = self.asked < self.sizes.networks();
                // A first generation that found fewer networks than it has counts as whole.
                let generation = self.sizes.generation(self.asked).max(1);
                is_due.then(|| (generation, 1, self.seed.child("network", self.asked as u64)))
            }
        }
    }

    /// The seed of what is drawn when results are told.
    fn seed_of_results(&self) -> SeedTree {
        match self.mode {
            Mode::Generations => self.seed.child("generation", self.generation as u64).child("tell", 0),
            Mode::Asynchronous => self.seed.child("result", self.told as u64),
        }
    }
}

impl<B: Breed> SearchStrategy for Evolution<B> {
    fn ask(&mut self, space: &dyn SearchSpace) -> Result<Ask, SpaceError> {
        let Some((generation, wanted, seed)) = self.next() else { return Ok(Ask::Finished) };
        let mut rng = seed.rng();
        let mut known = match self.breed.rejects() {
            Rejects::Population => {
                let population = self.stock.population.iter().map(|member| &member.genome);
                Known::genomes(population.chain(&self.stock.failed).chain(&self.pending))
            }
            Rejects::Archive => self.seen.clone(),
        };
        let mut genomes = Vec::new();
        if generation > 0 {
            genomes = self.breed.breed(&self.stock, (generation, wanted), &mut known, space, &mut rng)?;
        }
        genomes.extend(known.sample(wanted - genomes.len(), space, &mut rng)?);
        if genomes.is_empty() {
            return Ok(Ask::Finished);
        }
        if self.breed.rejects() == Rejects::Archive {
            self.seen = known;
        }
        self.asked += genomes.len();
        self.pending.extend_from_slice(&genomes);
        Ok(Ask::Generation(genomes))
    }

    /// The population is ranked anew when the next results come.
    fn amend(&mut self, results: &[Scored]) {
        for result in results {
            let is_it = |member: &Member| member.genome == result.genome;
            let Some(costs) = &result.costs else {
                self.stock.population.retain(|member| !is_it(member));
                self.stock.archive.retain(|member| !is_it(member));
                self.stock.failed.push(result.genome.clone());
                continue;
            };
            let known = self.stock.population.iter_mut().chain(&mut self.stock.archive);
            for member in known.filter(|member| is_it(member)) {
                member.costs.clone_from(costs);
            }
        }
    }

    fn tell(&mut self, results: &[Scored]) {
        for result in results {
            if let Some(at) = self.pending.iter().position(|genome| *genome == result.genome) {
                self.pending.remove(at);
            }
            match &result.costs {
                Some(costs) => {
                    let member =
                        Member { genome: result.genome.clone(), costs: costs.clone(), crowding: 0.0 };
                    self.stock.archive.push(member.clone());
                    self.stock.population.push(member);
                }
                None => self.stock.failed.push(result.genome.clone()),
            }
        }
        let mut rng = self.seed_of_results().rng();
        self.stock.population = survivors(&self.stock.population, self.sizes.population, &mut rng);
        self.told += results.len();
        self.generation += 1;
    }
}

#[cfg(test)]
pub(super) mod tests;
