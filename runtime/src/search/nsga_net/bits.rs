//! What NSGA-Net's original engine does with genomes that are lists of phases, each a list of bits: crossover that keeps
//! common bits, and the Bayesian step.

use peng_spec::arch::Genome;
use rand::RngExt;
use rand::seq::{IndexedRandom, SliceRandom};
use serde_json::{Value, json};

use crate::search::distinct::Known;
use crate::search::evolution::{Stock, survivors};
use crate::seed::Rng;
use crate::space::{GenomeError, SearchSpace};

/// Draws for one network of the Bayesian step, after which it is left out.
const TRIALS: u32 = 21;

/// The bits of a genome, phase by phase.
fn phases(genome: &Genome) -> Result<Vec<Vec<bool>>, GenomeError> {
    let bit = |value: &Value| match value.as_u64() {
        Some(0) => Some(false),
        Some(1) => Some(true),
        _ => None,
    };
    let phase = |value: &Value| value.as_array()?.iter().map(bit).collect::<Option<Vec<bool>>>();
    let read = genome.value().as_array().and_then(|phases| phases.iter().map(phase).collect());
    read.ok_or_else(|| GenomeError {
        genome: genome.to_string(),
        reason: "it is no list of lists of bits".to_owned(),
    })
}

fn genome(phases: &[Vec<bool>]) -> Genome {
    let phases: Value =
        phases.iter().map(|bits| json!(bits.iter().map(|&bit| u8::from(bit)).collect::<Vec<_>>())).collect();
    Genome::new(phases)
}

/// Two children of two genomes, or fewer where they do not satisfy the conditions of the space.
///
/// A child has the bits in which both agree. Of the others, at random ones are set: with `a` and `b` ones of the parents there,
/// a number from the smaller and below the larger of both; if they are equal, so many. In a phase that is left without
/// connections the first one is set.
pub(super) fn keep_common(
    first: &Genome,
    second: &Genome,
    space: &dyn SearchSpace,
    rng: &mut Rng,
) -> Result<Vec<Genome>, GenomeError> {
    let parents = [phases(first)?, phases(second)?];
    let mut children = Vec::new();
    for _ in 0..2 {
        let child = genome(&child(&parents, rng));
        if space.satisfies(&child)? {
            children.push(child);
        }
    }
    Ok(children)
}

fn child(parents: &[Vec<Vec<bool>>; 2], rng: &mut Rng) -> Vec<Vec<bool>> {
    let [a, b] = parents;
    let places = a.iter().enumerate().flat_map(|(phase, bits)| (0..bits.len()).map(move |bit| (phase, bit)));
    let mut open: Vec<(usize, usize)> =
        places.filter(|&(phase, bit)| a[phase][bit] != b[phase][bit]).collect();
    let surplus = |of: &[Vec<bool>]| open.iter().filter(|&&(phase, bit)| of[phase][bit]).count();
    let [fewest, most] = [surplus(a).min(surplus(b)), surplus(a).max(surplus(b))];
    let ones = if fewest < most { rng.random_range(fewest..most) } else { fewest };
    open.shuffle(rng);
    let mut child = a.clone();
    for (number, &(phase, bit)) in open.iter().enumerate() {
        child[phase][bit] = number < ones;
    }
    for bits in &mut child {
        let (_, connections) = bits.split_last_mut().expect("a phase has bits");
        if let (false, Some(first)) = (connections.contains(&true), connections.first_mut()) {
            *first = true;
        }
    }
    child
}

/// Up to `wanted` networks that are not known yet, drawn from the better half of the archive: the first phase as often as it
/// occurs there, each further one as often as it follows there on the phase before.
///
/// Phases are told apart bit by bit here; the original takes some for one whose nodes are renumbered.
pub(super) fn exploit(
    stock: &Stock,
    wanted: usize,
    known: &mut Known,
    space: &dyn SearchSpace,
    rng: &mut Rng,
) -> Result<Vec<Genome>, GenomeError> {
    let half = (stock.archive.len() / 2).max(1);
    let better = survivors(&stock.archive, half, rng);
    let better = better.iter().map(|member| phases(&member.genome)).collect::<Result<Vec<_>, _>>()?;
    let mut drawn = Vec::new();
    for _ in 0..wanted {
        for _ in 0..TRIALS {
            let network = genome(&draw(&better, rng));
            if space.satisfies(&network)? && known.insert(&network, space)? {
                drawn.push(network);
                break;
            }
        }
    }
    Ok(drawn)
}

/// A network of the phases of others.
fn draw(networks: &[Vec<Vec<bool>>], rng: &mut Rng) -> Vec<Vec<bool>> {
    let mut drawn: Vec<Vec<bool>> = Vec::new();
    for phase in 0..networks[0].len() {
        let fitting = networks.iter().filter(|network| phase == 0 || network[phase - 1] == drawn[phase - 1]);
        let fitting: Vec<&Vec<bool>> = fitting.map(|network| &network[phase]).collect();
        drawn.push((*fitting.choose(rng).expect("the phase before is of one of them")).clone());
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::evolution::Member;
    use crate::search::tests::space;
    use crate::seed::SeedTree;

    fn read(text: &str) -> Genome {
        Genome::new(serde_json::from_str(text).unwrap())
    }

    #[test]
    fn children_keep_what_parents_agree_on_and_lie_between_them() {
        let [a, b] = ["[[1,0,0,0,0,0,1],[1,1,1,1,0,0,0]]", "[[1,0,1,0,0,0,0],[1,0,0,0,0,0,0]]"].map(read);
        let mut rng = SeedTree::new(1).rng();
        let [p, q] = [&a, &b].map(|genome| phases(genome).unwrap().concat());
        let mut ones_seen = [0; 8];
        for _ in 0..2_000 {
            for child in keep_common(&a, &b, &*space(2), &mut rng).unwrap() {
                let bits = phases(&child).unwrap().concat();
                let agreed = |i: usize| p[i] == q[i];
                assert!((0..14).filter(|&i| agreed(i)).all(|i| bits[i] == p[i]), "{child}");
                ones_seen[(0..14).filter(|&i| !agreed(i) && bits[i]).count()] += 1;
            }
        }
        // The parents have 4 and 1 ones of their own: 1, 2 or 3 are drawn, each as often.
        assert_eq!((ones_seen[0], ones_seen[4..].iter().sum::<u32>()), (0, 0), "{ones_seen:?}");
        assert!(ones_seen[1..4].iter().all(|seen| (1_200..1_470).contains(seen)), "{ones_seen:?}");
    }

    #[test]
    fn equal_surpluses_stay_and_empty_phases_get_their_first_bit() {
        let [a, b] = ["[[0,1,0,0,0,0,0],[0,0,0,0,0,0,1]]", "[[0,0,1,0,0,0,0],[0,0,0,0,0,0,0]]"].map(read);
        let mut rng = SeedTree::new(2).rng();
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..200 {
            for child in keep_common(&a, &b, &*space(2), &mut rng).unwrap() {
                let bits = phases(&child).unwrap();
                assert!(bits[1][0], "{child}");
                seen.insert(child.to_string());
            }
        }
        // One of three bits is set (two ones against one), or none but the first of its phase.
        assert_eq!(seen.len(), 3, "{seen:?}");
        let same = keep_common(&a, &a, &*space(1), &mut rng).unwrap();
        assert_eq!(same[0], read("[[0,1,0,0,0,0,0],[1,0,0,0,0,0,1]]"));
    }

    #[test]
    fn exploitation_recombines_phases_that_follow_one_another_in_the_better_half() {
        let member = |text: &str, cost: f64| Member { genome: read(text), costs: vec![cost], crowding: 0.0 };
        let [x, y, z] = ["[1,0,0,0,0,0,0]", "[0,1,0,0,0,0,0]", "[0,0,1,0,0,0,0]"];
        let of = |phases: [&str; 3]| format!("[{}]", phases.join(","));
        let good = [of([x, x, y]), of([z, x, z]), of([x, y, y])];
        let mut stock = Stock::default();
        stock.archive = (0..).zip(&good).map(|(cost, text)| member(text, f64::from(cost))).collect();
        stock.archive.extend([of([y, y, y]), of([z, z, z]), of([y, z, x])].map(|text| member(&text, 9.0)));
        let mut known = Known::genomes(stock.archive.iter().map(|member| &member.genome));
        let mut rng = SeedTree::new(3).rng();
        let mut drawn = Vec::new();
        for _ in 0..20 {
            drawn.extend(exploit(&stock, 2, &mut known, &*space(3), &mut rng).unwrap());
        }
        let mut drawn: Vec<String> = drawn.iter().map(Genome::to_string).collect();
        drawn.sort();
        // x, z, x may begin; x is followed by x or y, z by x; in the middle x by y or z, y by y.
        let mut expected = [of([x, x, z]), of([z, x, y])];
        expected.sort();
        assert_eq!(drawn, expected, "all that are new, each once");
    }
}
