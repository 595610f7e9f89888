//! Genomes of whole numbers, each from 0 to a bound of its own, and the moves in them: those of NSGA-Net's published code, which
//! takes them from pymoo 0.3.

use rand::RngExt;

use crate::seed::Rng;

/// The spread of the polynomial mutation; larger is nearer.
const ETA: f64 = 3.0;

/// Each number equally often, which is what rounding `U[-0.5, bound + 0.5)` gives.
pub(super) fn sample(bounds: &[u8], rng: &mut Rng) -> Vec<u8> {
    let draw = |&bound: &u8| bound - ((f64::from(bound) + 1.0) * rng.random::<f64>()) as u8;
    bounds.iter().map(draw).collect()
}

/// Polynomial mutation with probability 1/n a gene, rounded. It seldom moves a gene far: a selected bit flips with
/// probability 8/51 = 0.157 only, so that most children of bits are left as they are.
pub(super) fn mutate(genes: &mut [u8], bounds: &[u8], rng: &mut Rng) {
    let probability = 1.0 / genes.len() as f64;
    for (gene, &bound) in genes.iter_mut().zip(bounds) {
        if rng.random::<f64>() < probability {
            let moved = polynomial(f64::from(*gene), f64::from(bound), rng.random());
            *gene = moved.round_ties_even().clamp(0.0, f64::from(bound)) as u8;
        }
    }
}

/// Two-point crossover: two distinct cuts strictly inside the genome, and what is between them is swapped. A genome of two
/// genes has room for one cut only; there the last gene is swapped.
pub(super) fn crossover(one: &mut [u8], other: &mut [u8], rng: &mut Rng) {
    let end = one.len();
    let between = if end < 3 {
        1..end
    } else {
        let first = rng.random_range(1..end);
        let second = rng.random_range(1..end - 1);
        let second = if second < first { second } else { second + 1 };
        first.min(second)..first.max(second)
    };
    one[between.clone()].swap_with_slice(&mut other[between]);
}

/// Polynomial mutation within bounds, half a step beyond the least and the greatest number (Deb and Agrawal 1999, "A
/// niched-penalty approach for constraint handling in genetic algorithms"; in the bounded form of Deb's NSGA-II code): where
/// `x` goes if the uniform draw is `u`.
fn polynomial(x: f64, bound: f64, u: f64) -> f64 {
    let (lower, upper) = (-0.5, bound + 0.5);
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
                let moved = polynomial(bit, 1.0, (f64::from(i) + 0.5) / f64::from(DRAWS));
                assert!((-0.5..=1.5).contains(&moved));
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
        let parent: Vec<u8> = (0..21).map(|i| u8::from(i % 3 == 0)).collect();
        let flips: usize = (0..CHILDREN)
            .map(|_| {
                let mut child = parent.clone();
                mutate(&mut child, &[1; 21], &mut rng);
                child.iter().zip(&parent).filter(|(a, b)| a != b).count()
            })
            .sum();
        let mean = flips as f64 / f64::from(CHILDREN);
        // Five standard errors.
        assert!((mean - FLIPS).abs() < 5.0 * (FLIPS / f64::from(CHILDREN)).sqrt(), "{mean}");
    }

    /// The share of changes that pymoo's formula makes of a gene from 0 to 8: `x` is left if it moves by less than a half.
    #[test]
    fn genes_of_more_values_move_more_often_and_stay_in_bounds() {
        let mut rng = SeedTree::new(5).rng();
        let bounds = [8, 1, 8, 2];
        let mut changed = [0; 4];
        for _ in 0..20_000 {
            let parent = sample(&bounds, &mut rng);
            let mut child = parent.clone();
            mutate(&mut child, &bounds, &mut rng);
            assert!(child.iter().zip(&bounds).all(|(gene, bound)| gene <= bound));
            for gene in 0..4 {
                changed[gene] += u32::from(child[gene] != parent[gene]);
            }
        }
        // Of a quarter that is selected: 0.66 of genes from 0 to 8 (by quadrature of the formula), 0.157 of bits.
        let shares = changed.map(|count| f64::from(count) / 5_000.0);
        assert!((shares[0] - shares[2]).abs() < 0.05 && (0.6..0.72).contains(&shares[0]), "{shares:?}");
        assert!((shares[1] - FLIPS).abs() < 0.03, "{shares:?}");
    }

    #[test]
    fn every_number_is_drawn_equally_often() {
        let mut rng = SeedTree::new(6).rng();
        let mut counts = [[0_u32; 9]; 3];
        for _ in 0..9_000 {
            for (gene, counts) in sample(&[1, 2, 8], &mut rng).into_iter().zip(&mut counts) {
                counts[usize::from(gene)] += 1;
            }
        }
        for (counts, values) in counts.iter().zip([2, 3, 9]) {
            let expected = 9_000.0 / f64::from(values);
            let (drawn, rest) = counts.split_at(values as usize);
            assert!(drawn.iter().all(|&count| (f64::from(count) - expected).abs() < 5.0 * expected.sqrt()));
            assert!(rest.iter().all(|&count| count == 0));
        }
    }

    #[test]
    fn a_crossover_swaps_one_stretch_inside() {
        let mut rng = SeedTree::new(2).rng();
        let mut stretches = [[0; 7]; 7];
        for _ in 0..4_000 {
            let (mut one, mut other) = ([0; 7], [1; 7]);
            crossover(&mut one, &mut other, &mut rng);
            assert!(one.iter().zip(&other).all(|(a, b)| a != b));
            let start = one.iter().position(|&bit| bit == 1).unwrap();
            let end = one.iter().rposition(|&bit| bit == 1).unwrap() + 1;
            assert!(start >= 1 && end <= 6 && one[start..end].iter().all(|&bit| bit == 1));
            stretches[start][end] += 1;
        }
        // 6 cuts make 15 pairs, of which each is drawn about 267 times.
        let counts: Vec<u32> = stretches.concat().into_iter().filter(|&count| count > 0).collect();
        assert_eq!(counts.len(), 15);
        assert!(counts.iter().all(|count| (180..350).contains(count)), "{counts:?}");
    }

    #[test]
    fn the_shortest_genomes_swap_their_last_gene() {
        let (mut one, mut other) = ([0; 2], [1; 2]);
        crossover(&mut one, &mut other, &mut SeedTree::new(3).rng());
        assert_eq!((one, other), ([0, 1], [1, 0]));
    }
}
