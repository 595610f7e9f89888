//! Seeds derived by name, never drawn in sequence from a shared generator, so that no order of events changes them.

use chacha20::ChaCha8Rng;
use chacha20::rand_core::SeedableRng;
use sha2::{Digest, Sha256};

/// The generator that everything random is drawn from; its stream is the same on every machine.
pub type Rng = ChaCha8Rng;

/// A node in the tree of seeds of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeedTree([u8; 32]);

impl SeedTree {
    /// The root, from the seed of the plan.
    pub fn new(seed: u64) -> Self {
        Self(Sha256::digest([b"peng.seed/1".as_slice(), &seed.to_le_bytes()].concat()).into())
    }

    /// The seed for `purpose` number `index` below this one.
    #[must_use]
    pub fn child(&self, purpose: &str, index: u64) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update((purpose.len() as u64).to_le_bytes());
        hash.update(purpose);
        hash.update(index.to_le_bytes());
        Self(hash.finalize().into())
    }

    /// A generator that starts at this seed.
    pub fn rng(&self) -> Rng {
        Rng::from_seed(self.0)
    }

    /// The seed as a number, for generators that take one.
    pub fn number(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }
}

#[cfg(test)]
mod tests {
    use chacha20::rand_core::Rng as _;

    use super::*;

    #[test]
    fn seeds_depend_on_every_part_of_their_path() {
        let root = SeedTree::new(42);
        let seeds = [
            root,
            SeedTree::new(43),
            root.child("trial", 0),
            root.child("trial", 1),
            root.child("data", 0),
            root.child("trial", 0).child("data", 0),
        ];
        for (i, a) in seeds.iter().enumerate() {
            for b in &seeds[i + 1..] {
                assert_ne!(a.number(), b.number());
            }
        }
        assert_eq!(
            root.child("trial", 7).rng().next_u64(),
            SeedTree::new(42).child("trial", 7).rng().next_u64()
        );
    }
}
