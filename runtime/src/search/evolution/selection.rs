//! Who becomes a parent and who survives: the selections of NSGA-II (Deb et al. 2002, section III).

use std::cmp::Ordering;

use peng_spec::arch::Genome;
use rand::RngExt;
use rand::seq::SliceRandom;

use crate::search::pareto;
use crate::seed::Rng;

/// A survivor.
#[derive(Debug, Clone)]
pub(in crate::search) struct Member {
    /// The network.
    pub(in crate::search) genome: Genome,
    /// Its objectives, less is better.
    pub(in crate::search) costs: Vec<f64>,
    /// Its crowding distance in its front.
    pub(in crate::search) crowding: f64,
}

/// The winners of `count` binary tournaments: the one that dominates, else the less crowded one, else either. Opponents
/// are neighbours in random orders of the population, so that all take part equally often.
pub(in crate::search) fn tournaments<'a>(
    population: &'a [Member],
    count: usize,
    rng: &mut Rng,
) -> Vec<&'a Member> {
    let mut entrants: Vec<&Member> = Vec::new();
    while entrants.len() < 2 * count {
        let mut order: Vec<&Member> = population.iter().collect();
        order.shuffle(rng);
        entrants.extend(order);
    }
    let mut winner = |a: &'a Member, b: &'a Member| {
        let order = pareto::domination(&a.costs, &b.costs).then(b.crowding.total_cmp(&a.crowding));
        match order {
            Ordering::Less => a,
            Ordering::Equal if rng.random_bool(0.5) => a,
            Ordering::Equal | Ordering::Greater => b,
        }
    };
    entrants.chunks_exact(2).take(count).map(|pair| winner(pair[0], pair[1])).collect()
}

/// The best `count`: front by front, and of the front that does not fit those that are least crowded, ties at random.
pub(in crate::search) fn survivors(population: &[Member], count: usize, rng: &mut Rng) -> Vec<Member> {
    let costs: Vec<Vec<f64>> = population.iter().map(|member| member.costs.clone()).collect();
    let mut survivors = Vec::new();
    for front in pareto::fronts(&costs) {
        let crowding = pareto::crowding(&front.iter().map(|&i| costs[i].clone()).collect::<Vec<_>>());
        let mut front: Vec<Member> = front
            .iter()
            .zip(crowding)
            .map(|(&i, crowding)| Member { crowding, ..population[i].clone() })
            .collect();
        let room = count - survivors.len();
        if front.len() > room {
            front.shuffle(rng);
            front.sort_by(|a, b| b.crowding.total_cmp(&a.crowding));
            front.truncate(room);
        }
        survivors.append(&mut front);
    }
    survivors
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::seed::SeedTree;

    fn member(name: u32, costs: &[f64], crowding: f64) -> Member {
        Member { genome: Genome::new(json!(name)), costs: costs.to_vec(), crowding }
    }

    #[test]
    fn the_least_crowded_of_a_front_survive() {
        // The last point is dominated by the fourth; those at the ends come first, in either order.
        let points = [[0.0, 10.0], [1.0, 9.0], [2.0, 8.0], [6.0, 4.0], [10.0, 0.0], [7.0, 5.0]];
        let population: Vec<Member> = (0..).zip(&points).map(|(i, costs)| member(i, costs, 0.0)).collect();
        let left = survivors(&population, 3, &mut SeedTree::new(0).rng());
        let mut names: Vec<String> = left.iter().map(|member| member.genome.to_string()).collect();
        names[..2].sort();
        assert_eq!(names, ["0", "4", "3"]);
        assert!((left[2].crowding - 0.8).abs() < 1e-12);
    }

    #[test]
    fn tournaments_are_won_by_domination_then_room_then_chance() {
        let wins = |population: [Member; 2]| {
            let winners = tournaments(&population, 100, &mut SeedTree::new(4).rng());
            winners.iter().filter(|m| m.genome == population[0].genome).count()
        };
        assert_eq!(wins([member(0, &[1.0], 0.0), member(1, &[2.0], 9.0)]), 100);
        assert_eq!(wins([member(0, &[1.0], 0.5), member(1, &[1.0], 0.4)]), 100);
        assert!((30..70).contains(&wins([member(0, &[1.0], 0.5), member(1, &[1.0], 0.5)])));
    }
}
