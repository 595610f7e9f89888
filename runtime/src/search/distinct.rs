//! Genomes that must not be asked for again, shared by searches.

use std::collections::BTreeSet;

use peng_spec::arch::Genome;

use crate::seed::Rng;
use crate::space::{Scarce, SearchSpace};

/// Draws in a row that only find known genomes, after which the space counts as exhausted.
const DRAWS: u32 = 10_000;

/// A set of genomes.
#[derive(Debug, Clone, Default)]
pub(super) struct Known(BTreeSet<String>);

impl Known {
    /// Adds a genome; whether it is new.
    pub(super) fn insert(&mut self, genome: &Genome) -> bool {
        self.0.insert(genome.to_string())
    }

    /// Up to `count` new genomes at random, which are known from then on; fewer if no more are found.
    pub(super) fn sample(
        &mut self,
        count: usize,
        space: &dyn SearchSpace,
        rng: &mut Rng,
    ) -> Result<Vec<Genome>, Scarce> {
        let mut found = Vec::new();
        let mut missed = 0;
        while found.len() < count && missed < DRAWS {
            let genome = space.sample(rng)?;
            if self.insert(&genome) {
                missed = 0;
                found.push(genome);
            } else {
                missed += 1;
            }
        }
        Ok(found)
    }
}

impl<'a> FromIterator<&'a Genome> for Known {
    fn from_iter<I: IntoIterator<Item = &'a Genome>>(genomes: I) -> Self {
        Self(genomes.into_iter().map(Genome::to_string).collect())
    }
}
