//! Searches: the slot's trait and its list.

use peng_spec::arch::Genome;
use peng_spec::catalog::{Issue, SearchKind};
use peng_spec::plan::Mode;
#[cfg(feature = "engine")]
use peng_spec::plan::Plan;
use serde_json::Value;

use crate::seed::SeedTree;
use crate::space::{SearchSpace, SpaceError};

mod distinct;
mod evolution;
mod menndl;
mod nsga_net;
pub mod pareto;
mod random;
mod regularized_evolution;

/// What is listed of a search: a checker, which begins none, does not even have the strategies.
#[cfg(feature = "engine")]
pub type Listed = dyn SearchEntry;
/// What is listed of a search: a checker, which begins none, does not even have the strategies.
#[cfg(not(feature = "engine"))]
pub type Listed = dyn SearchKind;

/// All searches, in the order in which they are listed to users.
pub static SEARCHES: &[&Listed] =
    &[&nsga_net::NsgaNet, &menndl::Menndl, &regularized_evolution::RegularizedEvolution, &random::Random];

/// A kind of search.
pub trait SearchEntry: SearchKind {
    /// A search at its beginning. `params` are normalised; all its randomness derives from `seed`.
    fn build(
        &self,
        params: &Value,
        mode: Mode,
        seed: SeedTree,
    ) -> Result<Box<dyn SearchStrategy>, Vec<Issue>>;
}

/// What a search wants next.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// These networks, as one generation; not empty. In [`Mode::Asynchronous`]: the next ones.
    Generation(Vec<Genome>),
    /// Nothing: the search is over. In [`Mode::Asynchronous`]: nothing before more results are known, and if none are to come
    /// the search is over.
    Finished,
}

/// A trial as the search is told of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// The network.
    pub genome: Genome,
    /// The objectives in the order of the plan, each turned so that less is better; `None`: the trial failed, and must
    /// never be a parent.
    pub costs: Option<Vec<f64>>,
}

/// A search: a deterministic function of its seed, its space, and what it is told.
///
/// It is never saved; after an interruption a new one is asked and told the same again.
pub trait SearchStrategy: Send {
    /// What it wants next. In [`Mode::Generations`] it is asked again only after it was told the results of the last generation;
    /// in [`Mode::Asynchronous`] whenever a network can be trained and all that it asked for have begun, and what it wants
    /// depends on the networks that it asked for and the results that it was told, not on how often it was asked in vain.
    fn ask(&mut self, space: &dyn SearchSpace) -> Result<Ask, SpaceError>;
    /// What is known now of networks that it was told of before, in trial order: it is told so before the results of a
    /// generation, for example when a prediction has come true. A search that keeps no results has nothing to do.
    fn amend(&mut self, results: &[Scored]) {
        let _ = results;
    }
    /// The results of the last generation, in trial order. In [`Mode::Asynchronous`]: one result, as soon as it is known.
    fn tell(&mut self, results: &[Scored]);
}

/// The search of a plan at its beginning, or why the plan has none.
#[cfg(feature = "engine")]
pub fn of_plan(plan: &Plan) -> Result<Box<dyn SearchStrategy>, String> {
    let call = &plan.search;
    let kind = find(&call.kind).ok_or_else(|| format!("unknown search `{}`", call.kind))?;
    let seed = SeedTree::new(plan.seed).child("search", 0);
    kind.build(&call.params, call.mode, seed)
        .map_err(|issues| issues.iter().map(|i| i.message.as_str()).collect::<Vec<_>>().join("; "))
}

/// The kind of that name.
#[cfg(feature = "engine")]
pub fn find(name: &str) -> Option<&'static dyn SearchEntry> {
    // Plans of a study have a kind that no spec can name.
    let kinds = SEARCHES.iter().copied().chain([&crate::study::listed::Listed as &dyn SearchEntry]);
    kinds.into_iter().find(|kind| kind.name() == name)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::{BTreeSet, VecDeque};

    use peng_spec::catalog::{DatasetFacts, SearchNeeds, Target};
    use rand::RngExt;
    use serde_json::json;

    use super::*;

    /// The networks of 7 bits a phase.
    pub(crate) fn space(phases: usize) -> Box<dyn SearchSpace> {
        let input = "1x12x12".parse().unwrap();
        let dataset = DatasetFacts { input, target: Target::Classes(2), train: 10, test: 10 };
        let params = json!({ "phases": phases, "nodes": 4, "channels": 1 });
        crate::space::find("nsga-macro").unwrap().build(&params, &dataset).unwrap()
    }

    /// The number of ones and a number that wants other ones, so that there are fronts of several; some networks fail,
    /// others diverge.
    pub(crate) fn score(genome: &Genome) -> Option<Vec<f64>> {
        let bits: Vec<u32> = genome.to_string().chars().filter_map(|c| c.to_digit(2)).collect();
        let ones = f64::from(bits.iter().sum::<u32>());
        let other: u32 = (1..).zip(&bits).map(|(weight, bit)| weight * (1 - bit)).sum();
        match bits[..3] {
            [1, 1, 1] => None,
            [1, 1, 0] => Some(vec![ones, f64::NAN]),
            _ => Some(vec![ones, f64::from(other)]),
        }
    }

    pub(crate) fn scored(genomes: Vec<Genome>, score: fn(&Genome) -> Option<Vec<f64>>) -> Vec<Scored> {
        genomes.into_iter().map(|genome| Scored { costs: score(&genome), genome }).collect()
    }

    /// The generations of a whole search.
    pub(crate) fn play(
        search: &mut dyn SearchStrategy,
        space: &dyn SearchSpace,
        score: fn(&Genome) -> Option<Vec<f64>>,
    ) -> Vec<Vec<Scored>> {
        let mut generations = Vec::new();
        while let Ask::Generation(genomes) = search.ask(space).unwrap() {
            assert!(!genomes.is_empty(), "a generation is not empty");
            let results = scored(genomes, score);
            search.tell(&results);
            generations.push(results);
        }
        generations
    }

    /// Networks in the order in which they are asked for, and results in the order in which they are told, of a search that has so
    /// many slots, of which any may be the next one to end.
    fn play_asynchronously(
        search: &mut dyn SearchStrategy,
        space: &dyn SearchSpace,
        (slots, seed): (usize, u64),
    ) -> Vec<Result<Genome, Scored>> {
        let mut rng = SeedTree::new(seed).rng();
        let (mut queue, mut running) = (VecDeque::new(), Vec::new());
        let mut events = Vec::new();
        loop {
            while running.len() < slots {
                if queue.is_empty()
                    && let Ask::Generation(genomes) = search.ask(space).unwrap()
                {
                    assert!(!genomes.is_empty());
                    queue.extend(genomes);
                }
                let Some(genome) = queue.pop_front() else { break };
                events.push(Ok(genome.clone()));
                running.push(genome);
            }
            if running.is_empty() {
                return events;
            }
            let ended = running.remove(rng.random_range(0..running.len()));
            let result = scored(vec![ended], score).remove(0);
            search.tell(std::slice::from_ref(&result));
            events.push(Err(result));
        }
    }

    /// The same of a search whose slots do not wait for one another.
    fn conforms_asynchronously(kind: &dyn SearchEntry, params: &Value, seed: u64) {
        let build = || kind.build(params, Mode::Asynchronous, SeedTree::new(seed)).unwrap();
        let trials = kind.needs(params).trials;
        let large = space(3);
        for slots in [1, 3] {
            let events = play_asynchronously(&mut *build(), &*large, (slots, seed));
            let asked = || events.iter().filter_map(|event| event.as_ref().ok());
            assert_eq!(asked().count() as u64, trials, "it asks for what it said");
            assert!(asked().all(|genome| large.decode(genome).is_ok()));
            let mut again = build();
            let mut queue = VecDeque::new();
            for event in &events {
                match event {
                    Ok(genome) => {
                        if queue.is_empty() {
                            let Ask::Generation(genomes) = again.ask(&*large).unwrap() else {
                                panic!("it asks")
                            };
                            queue.extend(genomes);
                        }
                        assert_eq!(
                            queue.pop_front().as_ref(),
                            Some(genome),
                            "asking and telling again gives the same"
                        );
                    }
                    Err(result) => again.tell(std::slice::from_ref(result)),
                }
            }
            assert_eq!(again.ask(&*large), Ok(Ask::Finished));
        }
        let small = play_asynchronously(&mut *build(), &*space(1), (2, seed));
        assert!(small.iter().filter(|event| event.is_ok()).count() as u64 <= trials);
    }

    /// What every search must do. `params` must ask for less than the 2^21 networks of a large space.
    pub(crate) fn conforms(kind: &dyn SearchEntry, params: &Value, seed: u64) {
        let params = kind.normalise(params).unwrap();
        assert_eq!(kind.normalise(&params).unwrap(), params, "normalised parameters stay as they are");
        let build = |seed: u64| kind.build(&params, Mode::Generations, SeedTree::new(seed)).unwrap();
        let SearchNeeds { trials, generations, .. } = kind.needs(&params);

        let large = space(3);
        let played = play(&mut *build(seed), &*large, score);
        let asked = |played: &[Vec<Scored>]| played.iter().map(Vec::len).sum::<usize>() as u64;
        assert_eq!((asked(&played), played.len() as u64), (trials, generations), "it asks for what it said");
        for generation in &played {
            let distinct: BTreeSet<String> = generation.iter().map(|s| s.genome.to_string()).collect();
            assert_eq!(distinct.len(), generation.len(), "the networks of a generation are distinct");
            assert!(generation.iter().all(|s| large.decode(&s.genome).is_ok()), "they are of the space");
        }
        assert_ne!(play(&mut *build(seed ^ 1), &*large, score), played, "the seed matters");

        let mut again = build(seed);
        for generation in &played {
            let genomes = generation.iter().map(|s| s.genome.clone()).collect();
            assert_eq!(
                again.ask(&*large),
                Ok(Ask::Generation(genomes)),
                "asking and telling again gives the same"
            );
            again.tell(generation);
        }
        assert_eq!(again.ask(&*large), Ok(Ask::Finished));

        conforms_asynchronously(kind, &params, seed);
        let small = space(1);
        for score in [score, |_: &Genome| None, |_: &Genome| Some(vec![f64::NAN])] {
            let played = play(&mut *build(seed), &*small, score);
            assert!(
                asked(&played) <= trials && played.len() as u64 <= generations,
                "an exhausted space ends it"
            );
        }
    }
}
