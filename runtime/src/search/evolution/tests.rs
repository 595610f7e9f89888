//! Who is in the population, and who is asked for again.

use std::collections::BTreeSet;

use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};

use super::*;
use crate::search::pareto;
use crate::search::tests::{play, score, scored, space};

/// Breeds by the space's moves alone.
struct Moving(Rejects);

impl Breed for Moving {
    fn rejects(&self) -> Rejects {
        self.0
    }

    fn breed(
        &self,
        stock: &Stock,
        (_, wanted): (usize, usize),
        known: &mut Known,
        space: &dyn SearchSpace,
        rng: &mut Rng,
    ) -> Result<Vec<Genome>, GenomeError> {
        let mut children = Vec::new();
        for _ in 0..if stock.population.len() > 1 { 100 } else { 0 } {
            let parents = tournaments(&stock.population, 2, rng);
            for child in space.crossover(&parents[0].genome, &parents[1].genome, rng)? {
                if children.len() < wanted && known.insert(&child, space)? {
                    children.push(child);
                }
            }
        }
        Ok(children)
    }
}

fn search(
    [population, offspring, generations]: [usize; 3],
    rejects: Rejects,
    mode: Mode,
    seed: u64,
) -> Evolution<Moving> {
    let sizes = Sizes { population, offspring, generations };
    Evolution::new(sizes, Moving(rejects), mode, SeedTree::new(seed))
}

fn genomes<'a>(genomes: impl IntoIterator<Item = &'a Genome>) -> BTreeSet<String> {
    genomes.into_iter().map(Genome::to_string).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_best_survive(population in 2..20_usize, offspring in 1..20_usize, seed: u64) {
        let mut search = search([population, offspring, 6], Rejects::Population, Mode::Generations, seed);
        let space = space(3);
        while let Ask::Generation(asked) = search.ask(&*space).unwrap() {
            let parents = genomes(search.stock.population.iter().map(|m| &m.genome));
            prop_assert!(genomes(&asked).is_disjoint(&parents), "children are not in the population");
            let mut pool: Vec<(Genome, Vec<f64>)> =
                search.stock.population.iter().map(|m| (m.genome.clone(), m.costs.clone())).collect();
            let results = scored(asked, score);
            search.tell(&results);
            pool.extend(results.into_iter().filter_map(|s| Some((s.genome, s.costs?))));
            let left = genomes(search.stock.population.iter().map(|m| &m.genome));
            prop_assert_eq!(left.len(), pool.len().min(population));
            prop_assert!(left.is_subset(&genomes(pool.iter().map(|p| &p.0))), "failed trials are no parents");
            let costs: Vec<Vec<f64>> = pool.iter().map(|p| p.1.clone()).collect();
            let front = genomes(pareto::front(&costs).iter().map(|&i| &pool[i].0));
            prop_assert!(front.is_subset(&left) || left.is_subset(&front), "the front comes first");
        }
    }

    #[test]
    fn no_network_of_the_archive_comes_again(seed: u64, asynchronous: bool) {
        let mode = if asynchronous { Mode::Asynchronous } else { Mode::Generations };
        let mut search = search([8, 6, 7], Rejects::Archive, mode, seed);
        let space = space(2);
        let played = play(&mut search, &*space, score).concat();
        let networks: BTreeSet<String> =
            played.iter().map(|s| crate::space::identity(&*space, &s.genome).unwrap()).collect();
        prop_assert_eq!((played.len(), networks.len()), (44, 44));
    }
}

#[test]
fn a_failed_network_is_not_asked_for_again() {
    let mut search = search([4, 40, 10], Rejects::Population, Mode::Generations, 1);
    let asked = play(&mut search, &*space(1), |_| None).concat();
    assert_eq!((asked.len(), genomes(asked.iter().map(|s| &s.genome)).len()), (128, 128));
}

#[test]
fn amended_results_count_when_the_next_ones_come() {
    let mut search = search([2, 2, 9], Rejects::Population, Mode::Generations, 3);
    let Ask::Generation(genomes) = search.ask(&*space(3)).unwrap() else { panic!("it asks") };
    let result = |i: usize, cost| Scored { genome: genomes[i].clone(), costs: cost };
    search.tell(&[result(0, Some(vec![1.0])), result(1, Some(vec![2.0]))]);
    search.amend(&[result(0, Some(vec![5.0])), result(1, None)]);
    search.tell(&[]);
    let found = |of: &[Member]| of.iter().map(|m| (m.genome.clone(), m.costs.clone())).collect::<Vec<_>>();
    assert_eq!(found(&search.stock.population), [(genomes[0].clone(), vec![5.0])]);
    assert_eq!(found(&search.stock.archive), [(genomes[0].clone(), vec![5.0])]);
    assert_eq!(search.stock.failed, [genomes[1].clone()]);
}

#[test]
fn an_asynchronous_search_breeds_from_what_has_ended() {
    let mut search = search([3, 5, 3], Rejects::Population, Mode::Asynchronous, 5);
    let space = space(3);
    let Ok(Ask::Generation(first)) = search.ask(&*space) else { panic!("it asks") };
    assert_eq!(first.len(), 3);
    let result = |genome: &Genome, cost: f64| Scored { genome: genome.clone(), costs: Some(vec![cost]) };
    search.tell(&[result(&first[1], 1.0)]);
    search.tell(&[result(&first[2], 2.0)]);
    let Ok(Ask::Generation(child)) = search.ask(&*space) else { panic!("it asks before all have ended") };
    assert_eq!((child.len(), search.pending.len()), (1, 2));
    assert!(!genomes(&first).contains(&child[0].to_string()));
    search.tell(&[result(&first[0], 0.5)]);
    assert_eq!(search.pending, child);
    assert_eq!(search.stock.population.len(), 3);
    let asked = (0..100).take_while(|_| search.ask(&*space).unwrap() != Ask::Finished).count();
    assert_eq!(asked, 3 + 2 * 5 - 3 - 1);
}
