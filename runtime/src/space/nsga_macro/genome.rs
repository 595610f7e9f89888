//! The encoding of `nsga-macro`, a list of bits a phase, and the moves in it: those of NSGA-Net's published code, which
//! takes them from pymoo 0.3.

use peng_spec::arch::Genome;
use rand::RngExt;
use serde_json::Value;

use super::Layout;
use crate::seed::Rng;
use crate::space::GenomeError;

/// The bits of all phases, one phase after another.
///
/// Those of a phase: 1→2; 1→3, 2→3; 1→4, 2→4, 3→4; and so on; last the residual connection from the phase's input to
/// its output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bits(pub(super) Vec<bool>);

/// The spread of the polynomial mutation; larger is nearer.
const ETA: f64 = 3.0;
/// Bounds between which a bit is mutated before it is rounded.
const BOUNDS: [f64; 2] = [-0.5, 1.5];

impl Bits {
    /// Reads a genome.
    pub(super) fn read(layout: &Layout, genome: &Genome) -> Result<Self, GenomeError> {
        let fail = |reason: String| GenomeError { genome: genome.to_string(), reason };
        let no_list =
            |what: &str| fail(format!("{what} is no list; expected lists of bits, such as `[[1,0],[0,1]]`"));
        let phases = genome.value().as_array().ok_or_else(|| no_list("it"))?;
        if phases.len() != layout.phases {
            return Err(fail(format!("found {} phases, expected {}", phases.len(), layout.phases)));
        }
        let mut bits = Vec::with_capacity(layout.bits());
        for (number, phase) in (1..).zip(phases) {
            let phase = phase.as_array().ok_or_else(|| no_list(&format!("phase {number}")))?;
            if phase.len() != layout.phase_bits() {
                let (found, expected) = (phase.len(), layout.phase_bits());
                return Err(fail(format!("phase {number}: found {found} bits, expected {expected}")));
            }
            for bit in phase {
                bits.push(match bit.as_u64() {
                    Some(0) => false,
                    Some(1) => true,
                    _ => return Err(fail(format!("phase {number}: found `{bit}`, expected 0 or 1"))),
                });
            }
        }
        Ok(Self(bits))
    }

    /// Writes the genome.
    pub(super) fn encode(&self, layout: &Layout) -> Genome {
        let phase = |bits: &[bool]| bits.iter().map(|&bit| u8::from(bit)).collect::<Value>();
        Genome::new(self.0.chunks(layout.phase_bits()).map(phase).collect())
    }

    /// Fair bits, which is what rounding `U[-0.5, 1.5)` gives.
    pub(super) fn sample(layout: &Layout, rng: &mut Rng) -> Self {
        Self((0..layout.bits()).map(|_| rng.random_bool(0.5)).collect())
    }

    /// Polynomial mutation with probability 1/n a bit, rounded. It moves a selected bit far enough to flip it with
    /// probability 8/51 = 0.157 only, so that most children are left as they are.
    pub(super) fn mutate(mut self, rng: &mut Rng) -> Self {
        let probability = 1.0 / self.0.len() as f64;
        for bit in &mut self.0 {
            if rng.random::<f64>() < probability {
                let moved = polynomial(f64::from(u8::from(*bit)), rng.random());
                *bit = moved.round_ties_even() >= 1.0;
            }
        }
        self
    }

    /// Two-point crossover: two distinct cuts strictly inside the genome, and what is between them is swapped. A genome
    /// of two bits has room for one cut only; there the last bit is swapped.
    pub(super) fn crossover(mut self, mut other: Self, rng: &mut Rng) -> [Self; 2] {
        let end = self.0.len();
        let between = if end < 3 {
            1..end
        } else {
            let first = rng.random_range(1..end);
            let second = rng.random_range(1..end - 1);
            let second = if second < first { second } else { second + 1 };
            first.min(second)..first.max(second)
        };
        self.0[between.clone()].swap_with_slice(&mut other.0[between]);
        [self, other]
    }
}

/// Polynomial mutation within bounds (Deb and Agrawal 1999, "A niched-penalty approach for constraint handling in
/// genetic algorithms"; in the bounded form of Deb's NSGA-II code): where `x` goes if the uniform draw is `u`.
fn polynomial(x: f64, u: f64) -> f64 {
    let [lower, upper] = BOUNDS;
    let width = upper - lower;
    let power = ETA + 1.0;
    let shift = if u <= 0.5 {
        let rest = 1.0 - (x - lower) / width;
        (2.0 * u + (1.0 - 2.0 * u) * rest.powf(power)).powf(1.0 / power) - 1.0
    } else {
        let rest = 1.0 - (upper - x) / width;
        1.0 - (2.0 * (1.0 - u) + (2.0 * u - 1.0) * rest.powf(power)).powf(1.0 / power)
    };
    (x + shift * width).clamp(lower, upper)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::SeedTree;

    /// From 0, `u > 1/2` gives the shift `1 - (t + (1 - t)/4⁴)^(1/4)` of the width 2, where `t = 2(1 - u)` is uniform. It
    /// reaches 1/2 if `t + (1 - t)/256 < (3/4)⁴`, which is `t < 16/51`; so half of that is the probability.
    const FLIPS: f64 = 8.0 / 51.0;

    #[test]
    fn a_selected_bit_flips_as_rarely_as_published() {
        const DRAWS: u32 = 100_000;
        for bit in [0.0, 1.0] {
            let flips = |&i: &u32| {
                let moved = polynomial(bit, (f64::from(i) + 0.5) / f64::from(DRAWS));
                assert!((BOUNDS[0]..=BOUNDS[1]).contains(&moved));
                (moved.round_ties_even() >= 1.0) != (bit >= 1.0)
            };
            let share = (0..DRAWS).filter(flips).count() as f64 / f64::from(DRAWS);
            assert!((share - FLIPS).abs() < 2.0 / f64::from(DRAWS), "{bit}: {share}");
        }
    }

    #[test]
    fn a_mutation_flips_a_sixth_of_a_bit_on_average() {
        const CHILDREN: u32 = 20_000;
        let mut rng = SeedTree::new(1).rng();
        let parent = Bits((0..21).map(|i| i % 3 == 0).collect());
        let flips: usize = (0..CHILDREN)
            .map(|_| parent.clone().mutate(&mut rng).0.iter().zip(&parent.0).filter(|(a, b)| a != b).count())
            .sum();
        let mean = flips as f64 / f64::from(CHILDREN);
        // Five standard errors.
        assert!((mean - FLIPS).abs() < 5.0 * (FLIPS / f64::from(CHILDREN)).sqrt(), "{mean}");
    }

    #[test]
    fn a_crossover_swaps_one_stretch_inside() {
        let mut rng = SeedTree::new(2).rng();
        let mut stretches = [[0; 7]; 7];
        for _ in 0..4_000 {
            let [one, other] = Bits(vec![false; 7]).crossover(Bits(vec![true; 7]), &mut rng);
            assert!(one.0.iter().zip(&other.0).all(|(a, b)| a != b));
            let start = one.0.iter().position(|&bit| bit).unwrap();
            let end = one.0.iter().rposition(|&bit| bit).unwrap() + 1;
            assert!(start >= 1 && end <= 6 && one.0[start..end].iter().all(|&bit| bit));
            stretches[start][end] += 1;
        }
        // 6 cuts make 15 pairs, of which each is drawn about 267 times.
        let counts: Vec<u32> = stretches.concat().into_iter().filter(|&count| count > 0).collect();
        assert_eq!(counts.len(), 15);
        assert!(counts.iter().all(|count| (180..350).contains(count)), "{counts:?}");
    }

    #[test]
    fn the_shortest_genomes_swap_their_last_bit() {
        let mut rng = SeedTree::new(3).rng();
        let [one, other] = Bits(vec![false; 2]).crossover(Bits(vec![true; 2]), &mut rng);
        assert_eq!((one.0, other.0), (vec![false, true], vec![true, false]));
    }
}
