//! How many networks of `nsga-macro` satisfy conditions.
//!
//! What a phase adds to a network depends on its type, its wiring and on how many phases before it were not dropped, and on nothing
//! else. So a dynamic program over the phases suffices, whose states are sums of what was added so far, each with the number
//! of genomes that have it.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use peng_spec::arch::{NetworkFacts, SINGLES};
use peng_spec::expr::Formula;

use super::Layout;
use super::decode::decode;
use super::genome::Genes;
use super::wiring::Phase;
use crate::seed::SeedTree;
use crate::space::count::{Bound, Satisfying, Share, SpaceCount, sampled};
use crate::space::genes;

/// Most bits of a phase whose wirings are all looked at.
const MOST_BITS: usize = 16;
/// Most phases of networks that are made.
const MOST_PHASES: usize = 400_000;
/// Most sums that are made of what there was before a phase.
const MOST_STEPS: usize = 10_000_000;
/// Most states of the program.
const MOST_STATES: usize = 1_200_000;

/// What a phase adds: differences of the numbers, and what is appended to the lists.
type Added = (Vec<i64>, [Vec<u32>; 3]);

/// Counts genomes.
pub(super) fn count(layout: &Layout, conditions: &[Formula]) -> SpaceCount {
    let satisfying = (!conditions.is_empty()).then(|| {
        let sampled = || Satisfying::Sampled(share(layout, conditions));
        exactly(layout, conditions).map_or_else(sampled, Satisfying::Exactly)
    });
    SpaceCount { genomes: Bound::counted(layout.genomes()), satisfying }
}

fn facts(layout: &Layout, phases: &[&[u8]]) -> NetworkFacts {
    let dropped = vec![0; (layout.phases - phases.len()) * layout.phase_bounds().len()];
    let genes = [phases.concat(), dropped].concat();
    decode(layout, &Genes(genes)).facts().expect("networks of the space have shapes")
}

/// `None`: it would take too long.
fn exactly(layout: &Layout, conditions: &[Formula]) -> Option<u128> {
    if layout.phase_bits() > MOST_BITS {
        return None;
    }
    let mut used = [false; SINGLES.len() + 3];
    conditions.iter().flat_map(Formula::names).for_each(|name| used[name] = true);
    // A phase stands for all codes that make it.
    let mut phases: BTreeMap<Phase, (Vec<u8>, u128)> = BTreeMap::new();
    let mut dropped = 0_u128;
    for code in 0..1_u32 << layout.phase_bits() {
        let bits: Vec<u8> = (0..layout.phase_bits()).map(|i| (code >> i & 1) as u8).collect();
        for kind in layout.types() {
            let genes = [bits.as_slice(), kind].concat();
            match Phase::new(layout, &genes) {
                Some(phase) => phases.entry(phase).or_insert((genes, 0)).1 += 1,
                None => dropped += 1,
            }
        }
    }
    // Each phase is looked at in each place, in a network with as many phases.
    if phases.len() * layout.phases * (layout.phases + 1) / 2 > MOST_PHASES {
        return None;
    }
    let plain = phases.values().next()?.0.clone();
    let mut total = 0_u128;
    // States of networks with so many phases that are left.
    let mut states: IndexMap<Added, u128> =
        IndexMap::from([((vec![0; SINGLES.len()], Default::default()), 1)]);
    for left in 0..=layout.phases {
        let base = facts(layout, &vec![plain.as_slice(); left]);
        let ways =
            dropped.checked_pow((layout.phases - left) as u32)?.checked_mul(binomial(layout.phases, left))?;
        for ((sums, lists), genomes) in &states {
            let network = whole(&base, sums, lists, &used);
            if network.satisfy(conditions) {
                total = total.checked_add(genomes.checked_mul(ways)?)?;
            }
        }
        if left == layout.phases {
            break;
        }
        let mut added: IndexMap<Added, u128> = IndexMap::new();
        let plains = vec![plain.as_slice(); left + 1];
        let with_plain = facts(layout, &plains);
        for (genes, codes) in phases.values() {
            let mut places = plains.clone();
            places[left] = genes;
            *added.entry(difference(&facts(layout, &places), &with_plain, &base, &used)).or_default() +=
                codes;
        }
        if states.len().saturating_mul(added.len()) > MOST_STEPS {
            return None;
        }
        let mut next: IndexMap<Added, u128> = IndexMap::new();
        for ((sums, lists), genomes) in &states {
            for ((more, tail), codes) in &added {
                let sums = sums.iter().zip(more).map(|(a, b)| a + b).collect();
                let lists = [0, 1, 2].map(|i| [lists[i].as_slice(), &tail[i]].concat());
                let entry = next.entry((sums, lists)).or_default();
                *entry = entry.checked_add(genomes.checked_mul(*codes)?)?;
            }
            if next.len() > MOST_STATES {
                return None;
            }
        }
        states = next;
    }
    Some(total)
}

/// What a network has more than the one with a plain phase in its last place, and what it lists after `base`.
fn difference(network: &NetworkFacts, plain: &NetworkFacts, base: &NetworkFacts, used: &[bool]) -> Added {
    let sums =
        (0..SINGLES.len()).map(|i| if used[i] { (network.singles[i] - plain.singles[i]) as i64 } else { 0 });
    let lists = [0, 1, 2].map(|i| {
        let tail = network.lists[i][base.lists[i].len()..].iter();
        if used[SINGLES.len() + i] { tail.map(|&value| value as u32).collect() } else { Vec::new() }
    });
    (sums.collect(), lists)
}

/// The facts of a network that has so much more than `base`.
fn whole(base: &NetworkFacts, sums: &[i64], lists: &[Vec<u32>; 3], used: &[bool]) -> NetworkFacts {
    let mut network = base.clone();
    for (i, sum) in sums.iter().enumerate() {
        network.singles[i] += *sum as f64;
    }
    for (i, list) in lists.iter().enumerate() {
        if used[SINGLES.len() + i] {
            network.lists[i] = list.iter().copied().map(f64::from).collect();
        }
    }
    network
}

/// The share of genomes that are drawn uniformly.
fn share(layout: &Layout, conditions: &[Formula]) -> Share {
    let (seed, bounds) = (SeedTree::new(0), layout.bounds());
    sampled(conditions, |number| {
        let genes = genes::sample(&bounds, &mut seed.child("count", number.into()).rng());
        Some(decode(layout, &Genes(genes)).facts().expect("networks of the space have shapes"))
    })
}

fn binomial(n: usize, k: usize) -> u128 {
    (0..k).fold(1, |product, i| product * (n - i) as u128 / (i + 1) as u128)
}

#[cfg(test)]
mod tests {
    use peng_spec::catalog::{DatasetFacts, Target};
    use proptest::prelude::*;

    use super::super::tests::every_genome;
    use super::super::{Params, Variant};
    use super::*;
    use crate::space::constrained::conditions;

    fn layout(phases: usize, nodes: usize, channels: usize, input: &str) -> Layout {
        of_variant(Params { phases, nodes, channels, ..Params::default() }, input)
    }

    #[expect(clippy::needless_pass_by_value, reason = "called with what is written there")]
    fn of_variant(params: Params, input: &str) -> Layout {
        let dataset =
            DatasetFacts { input: input.parse().unwrap(), target: Target::Classes(3), train: 9, test: 9 };
        Layout::new(&params, &dataset).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn the_program_agrees_with_brute_force(
            (phases, nodes) in prop_oneof![Just((1, 4)), Just((2, 3)), Just((3, 3)), Just((4, 2)), Just((3, 2))],
            channels in 1..4_usize,
            which in 0..6_usize,
            part in 0.0..1.0_f64,
            variant in prop_oneof![
                2 => Just(Variant::Standard),
                1 => Just(Variant::Preact),
                1 => Just(Variant::Dense),
                2 => Just(Variant::Variable),
            ],
            double_channels: bool,
        ) {
            // With types there are more genomes.
            let phases = if variant == Variant::Variable { phases.min(2) } else { phases };
            let params = Params { phases, nodes, channels, double_channels, variant, ..Params::default() };
            let layout = of_variant(params, "1x19x18");
            let all: Vec<NetworkFacts> = every_genome(&layout)
                .map(|genes| decode(&layout, &genes).facts().unwrap())
                .collect();
            // Bounds that networks have.
            let of = all[(part * (all.len() - 1) as f64) as usize].singles;
            let text = match which {
                0 => format!("params <= {}", of[0]),
                1 => format!("flops > {} or bytes <= {} B", of[1], of[2]),
                2 => format!("depth == {} and params * 2 >= {}", of[3], of[0]),
                3 => "filters[i + 1] >= filters[i] and height > 3".to_owned(),
                4 => format!("max(filters) <= {} and count(kernel) < 9", of[4]),
                _ => format!("filters[2] == {} or sum(filters) > {}", of[4], of[3] * 3.0),
            };
            let conditions = conditions(&[text]).unwrap();
            let expected = all.iter().filter(|facts| facts.satisfy(&conditions)).count() as u128;
            prop_assert_eq!(exactly(&layout, &conditions), Some(expected));
        }
    }

    #[test]
    fn a_sampled_share_agrees_with_the_exact_count() {
        let layout = layout(3, 4, 4, "1x28x28");
        let conditions = conditions(&["params <= 12k".to_owned(), "depth >= 8".to_owned()]).unwrap();
        let exact = exactly(&layout, &conditions).unwrap() as f64 / f64::from(1 << 21);
        let [low, high] = share(&layout, &conditions).interval();
        assert!(exact > 0.01 && exact < 0.99 && low <= exact && exact <= high, "{exact} {low} {high}");
    }

    #[test]
    fn the_published_size_is_counted_exactly() {
        let layout = layout(3, 6, 8, "3x32x32");
        let all = conditions(&["params >= 0".to_owned()]).unwrap();
        assert_eq!(exactly(&layout, &all), Some(1 << 48));
    }

    #[test]
    fn what_no_integer_holds_is_not_counted() {
        let all = conditions(&["depth >= 0".to_owned()]).unwrap();
        let counted = |nodes| count(&layout(8, nodes, 8, "1x256x256"), &all);
        let share = Share { hits: 10_000, draws: 10_000 };
        assert_eq!(counted(6).genomes, Bound::MoreThan(u128::MAX));
        assert_eq!(counted(6).satisfying, Some(Satisfying::Sampled(share)));
        assert_eq!(counted(5).satisfying, Some(Satisfying::Exactly(1 << 88)));
    }
}
