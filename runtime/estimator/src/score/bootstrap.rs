//! Resampling with replacement (Efron, 1979) and percentile intervals. The generator is `ChaCha8` from a given seed, so
//! equal input has equal intervals on every machine.

use chacha20::ChaCha8Rng;
use chacha20::rand_core::{Rng, SeedableRng};

use super::measure::{Measure, Values};
use crate::quantile::quantile;

/// How many resamples there are, unless that were more than [`MOST_DRAWS`].
pub const RESAMPLES: usize = 1000;
/// Members drawn over all resamples at most, unless that were fewer than [`FEWEST_RESAMPLES`] resamples.
pub const MOST_DRAWS: usize = 4_000_000;
/// There are never fewer resamples.
pub const FEWEST_RESAMPLES: usize = 100;

/// How many resamples there are of so many members.
pub fn resamples(members: usize) -> usize {
    (MOST_DRAWS / members.max(1)).clamp(FEWEST_RESAMPLES, RESAMPLES)
}

/// The interval of every measure, from its values on resamples of `members`: `measured` is told how often each member
/// was drawn.
pub(super) fn intervals(
    members: usize,
    seed: u64,
    confidence: f64,
    mut measured: impl FnMut(&[u32]) -> Values,
) -> [Option<[f64; 2]>; Measure::ALL.len()] {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let mut counts = vec![0_u32; members];
    let mut replicates: [Vec<f64>; Measure::ALL.len()] = std::array::from_fn(|_| Vec::new());
    if members > 1 {
        for _ in 0..resamples(members) {
            counts.fill(0);
            for _ in 0..members {
                counts[below(members, &mut generator)] += 1;
            }
            let values = measured(&counts);
            for (replicates, measure) in replicates.iter_mut().zip(Measure::ALL) {
                replicates.extend(values.get(measure));
            }
        }
    }
    let tail = (1.0 - confidence) / 2.0;
    replicates.map(|mut replicates| {
        Some([quantile(&mut replicates, tail)?, quantile(&mut replicates, 1.0 - tail)?])
    })
}

/// A number from 0 to below `end`, by the high half of a product (Lemire, 2019, without his rejection: the bias is below
/// 2^-40 for fewer than 2^24 members).
fn below(end: usize, generator: &mut ChaCha8Rng) -> usize {
    ((u128::from(generator.next_u64()) * end as u128) >> 64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_mean_is_nearly_students() {
        // 0, 1, ..., 99: mean 49.5, standard error 2.887 (of the population), 90 % within 1.645 of them.
        let mean = |counts: &[u32]| {
            let mut values = Values::default();
            let sum: f64 = counts.iter().zip(0..).map(|(&c, value)| f64::from(c) * f64::from(value)).sum();
            values.set(Measure::Mae, sum / 100.0);
            values
        };
        let found = intervals(100, 7, 0.9, mean);
        let [low, high] = found[2].unwrap();
        assert!((low - (49.5 - 4.75)).abs() < 0.5 && (high - (49.5 + 4.75)).abs() < 0.5, "{low} {high}");
        assert_eq!(found[0], None);
        assert_eq!(intervals(100, 7, 0.9, mean), found);
        assert_eq!(intervals(1, 7, 0.9, mean)[2], None);
    }

    #[test]
    fn large_populations_have_fewer_resamples() {
        assert_eq!([1, 100, 8_000, 40_000, 1_000_000].map(resamples), [1000, 1000, 500, 100, 100]);
    }
}
