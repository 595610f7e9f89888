//! `nsga-net` in its published form, and with the options of its original engine.

use std::collections::BTreeSet;

use peng_spec::catalog::Kind;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::search::tests::{conforms, play, score, space};
use crate::search::{Ask, Scored};
use crate::space::identity;

#[expect(clippy::needless_pass_by_value, reason = "called with what is written there")]
fn search(params: Value, seed: u64) -> Box<dyn SearchStrategy> {
    NsgaNet.build(&NsgaNet.normalise(&params).unwrap(), Mode::Generations, SeedTree::new(seed)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn it_conforms(population in 2..30_usize, offspring in 1..30_usize, generations in 1..8_usize, seed: u64) {
        let params = json!({ "population": population, "offspring": offspring, "generations": generations });
        conforms(&NsgaNet, &params, seed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]
    #[test]
    fn its_original_form_conforms(population in 2..12_usize, offspring in 1..12_usize, seed: u64) {
        let params = json!({
            "population": population, "offspring": offspring, "generations": 6, "crossover": "common-bits",
            "mutate": false, "duplicates": "archive", "exploitation": 2,
        });
        conforms(&NsgaNet, &params, seed);
    }
}

#[test]
fn it_finds_what_random_search_does_not() {
    let ones = |genome: &Genome| Some(vec![genome.to_string().matches('1').count() as f64]);
    let best = |played: Vec<Vec<Scored>>| {
        let costs = played.concat().into_iter().filter_map(|s| s.costs).map(|costs| costs[0]);
        costs.fold(f64::INFINITY, f64::min)
    };
    let random = crate::search::find("random").unwrap();
    let sizes = json!({ "population": 20, "offspring": 20, "generations": 20 });
    for seed in 0..5 {
        let searched = best(play(&mut *search(sizes.clone(), seed), &*space(3), ones));
        let params = random.normalise(&json!({ "networks": 400 })).unwrap();
        let mut random = random.build(&params, Mode::Generations, SeedTree::new(seed)).unwrap();
        let drawn = best(play(&mut *random, &*space(3), ones));
        assert!(searched < drawn, "{searched} of 21 bits, at random {drawn}");
    }
}

#[test]
fn archive_wide_no_network_comes_twice() {
    let networks = |duplicates: &str| {
        let params = json!({
            "population": 20, "offspring": 20, "generations": 8, "duplicates": duplicates,
        });
        let space = space(2);
        let played = play(&mut *search(params, 2), &*space, score).concat();
        let networks: BTreeSet<String> =
            played.iter().map(|s| identity(&*space, &s.genome).unwrap()).collect();
        (played.len(), networks.len())
    };
    assert_eq!(networks("archive"), (160, 160));
    let (asked, different) = networks("population");
    assert!(different < asked, "{different} of {asked}");
}

#[test]
fn exploitation_draws_phases_of_the_better_half() {
    let params = json!({ "population": 40, "offspring": 40, "generations": 7, "exploitation": 1 });
    let mut search = search(params, 3);
    // Of two phases, what follows on the first would always be a network that there is.
    let (space, mut told) = (space(3), Vec::new());
    let ones = |genome: &Genome| Some(vec![genome.to_string().matches('1').count() as f64]);
    for _ in 0..6 {
        let Ask::Generation(genomes) = search.ask(&*space).unwrap() else { panic!("it asks") };
        let results = crate::search::tests::scored(genomes, ones);
        search.tell(&results);
        told.extend(results);
    }
    let Ask::Generation(drawn) = search.ask(&*space).unwrap() else { panic!("it asks") };
    told.sort_by(|a, b| a.costs.partial_cmp(&b.costs).unwrap());
    // The half may be cut among equals.
    let worst = told[told.len() / 2].costs.clone();
    let better: Vec<&Genome> = told.iter().filter(|s| s.costs <= worst).map(|s| &s.genome).collect();
    let has =
        |genome: &Genome, phase: usize| better.iter().any(|b| b.value()[phase] == genome.value()[phase]);
    let recombined = drawn.iter().filter(|genome| (0..3).all(|phase| has(genome, phase))).count();
    // Where too few new ones are drawn, networks at random fill up.
    assert!(recombined > 20, "{recombined} of {}", drawn.len());
}

#[test]
fn options_are_left_out_where_they_are_defaults() {
    let params = NsgaNet.normalise(&json!({})).unwrap();
    assert_eq!(params, json!({ "population": 40, "offspring": 40, "generations": 30 }));
    let needs = NsgaNet.needs(&params);
    assert_eq!((needs.trials, needs.generations), (1200, 30));
    assert_eq!(needs.moves, Moves { mutate: true, crossover: true, bits: false });
    let original = json!({
        "population": 40, "offspring": 40, "generations": 30, "crossover": "common-bits", "mutate": false,
        "duplicates": "archive", "exploitation": 10,
    });
    assert_eq!(NsgaNet.normalise(&original).unwrap(), original);
    assert_eq!(NsgaNet.needs(&original).moves, Moves { bits: true, ..Moves::default() });
    let issues = NsgaNet.normalise(&json!({ "generations": 5, "exploitation": 5 })).unwrap_err();
    let message = "found `exploitation: 5` of 5 generations, expected fewer than there are";
    assert_eq!((issues[0].pointer.as_str(), issues[0].message.as_str()), ("/exploitation", message));
}
