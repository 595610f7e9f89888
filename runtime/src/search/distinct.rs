//! Networks that must not be asked for again, shared by searches.

use std::collections::BTreeSet;

use peng_spec::arch::Genome;

use crate::seed::Rng;
use crate::space::{GenomeError, SearchSpace, SpaceError, identity};

/// Draws in a row that only find known networks, after which the space counts as exhausted.
const DRAWS: u32 = 10_000;

/// What makes two networks one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Same {
    /// Their genomes are equal.
    #[default]
    Genome,
    /// They are one computation with one training, whatever their genomes.
    Network,
}

/// A set of networks.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    by: Same,
    genomes: BTreeSet<String>,
    /// Their networks, if these are told apart.
    networks: BTreeSet<String>,
}

impl Known {
    /// None.
    pub(super) fn new(by: Same) -> Self {
        Self { by, ..Self::default() }
    }

    /// These, told apart by their genomes.
    pub(super) fn genomes<'a>(genomes: impl IntoIterator<Item = &'a Genome>) -> Self {
        Self { genomes: genomes.into_iter().map(Genome::to_string).collect(), ..Self::default() }
    }

    /// Adds a network; whether it is new.
    pub(super) fn insert(&mut self, genome: &Genome, space: &dyn SearchSpace) -> Result<bool, GenomeError> {
        let is_new = self.genomes.insert(genome.to_string());
        match self.by {
            Same::Network if is_new => Ok(self.networks.insert(identity(space, genome)?)),
            Same::Genome | Same::Network => Ok(is_new),
        }
    }

    /// Up to `count` new networks at random, which are known from then on; fewer if no more are found.
    pub(super) fn sample(
        &mut self,
        count: usize,
        space: &dyn SearchSpace,
        rng: &mut Rng,
    ) -> Result<Vec<Genome>, SpaceError> {
        let mut found = Vec::new();
        let mut missed = 0;
        while found.len() < count && missed < DRAWS {
            let genome = space.sample(rng)?;
            if self.insert(&genome, space)? {
                missed = 0;
                found.push(genome);
            } else {
                missed += 1;
            }
        }
        Ok(found)
    }
}
