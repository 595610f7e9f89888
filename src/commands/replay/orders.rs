//! The orders in which the runs of a population come: that of the file, seeded shuffles of it, or those of a file.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use peng_runtime::seed::SeedTree;

use crate::commands::replay::dataset::Population;
use crate::commands::rows::Rows;
use crate::failure::{Exit, Failure};

/// The seed of all shuffles.
const SEED: u64 = 0;

/// The orders as they are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum OrdersArg {
    /// So many: number 0 is the file's, the others are shuffles.
    Number(u64),
    /// Those of a CSV file.
    File(PathBuf),
}

impl FromStr for OrdersArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(number) if (1..=MOST_ORDERS).contains(&number) => Ok(OrdersArg::Number(number)),
            Err(_) if Path::new(text).exists() => Ok(OrdersArg::File(text.into())),
            Ok(_) | Err(_) => Err(format!("expected a whole number from 1 to {MOST_ORDERS}, or a CSV file")),
        }
    }
}

/// More orders than this say no more, and their runs are all held in memory.
const MOST_ORDERS: u64 = 10_000;

/// One order of a population.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Order {
    /// Its number.
    pub(super) number: u64,
    /// Places in the population.
    pub(super) runs: Vec<usize>,
}

/// Where orders come from.
pub(super) enum Orders {
    /// So many.
    Number(u64),
    /// By population.
    Listed(HashMap<String, Vec<Order>>),
}

impl Orders {
    /// Reads what is asked for, for these populations.
    pub(super) fn new(asked: &OrdersArg, populations: &[&Population]) -> Result<Self, Failure> {
        match asked {
            OrdersArg::Number(number) => Ok(Orders::Number(*number)),
            OrdersArg::File(file) => Ok(Orders::Listed(listed(file, populations)?)),
        }
    }

    /// The orders of a population, each cut after `limit` runs; none if a file lists none.
    pub(super) fn of(&self, population: &Population, limit: usize) -> Vec<Order> {
        match self {
            Orders::Number(number) => {
                (0..*number).map(|number| cut(shuffled(population, number), limit)).collect()
            }
            Orders::Listed(listed) => {
                let listed = listed.get(&population.name).cloned().unwrap_or_default();
                listed.into_iter().map(|order| cut(order, limit)).collect()
            }
        }
    }
}

/// The first runs of an order; the others take no memory any more.
fn cut(mut order: Order, limit: usize) -> Order {
    order.runs.truncate(limit);
    order.runs.shrink_to_fit();
    order
}

/// Order 0 is the file's. Order k is the shuffle of Fisher and Yates from the last place down, with `ChaCha8` from the
/// seed that [`SeedTree`] derives (SHA-256) from the population's name and k.
fn shuffled(population: &Population, number: u64) -> Order {
    use chacha20::rand_core::Rng as _;
    let mut runs: Vec<usize> = (0..population.runs.len()).collect();
    if number > 0 {
        let mut random = SeedTree::new(SEED).child(&population.name, number).rng();
        for last in (1..runs.len()).rev() {
            let other = (u128::from(random.next_u64()) * (last as u128 + 1)) >> 64;
            runs.swap(last, other as usize);
        }
    }
    Order { number, runs }
}

fn listed(file: &Path, populations: &[&Population]) -> Result<HashMap<String, Vec<Order>>, Failure> {
    let places: HashMap<&str, HashMap<&str, usize>> = populations
        .iter()
        .map(|population| {
            let runs = population.runs.iter().enumerate().map(|(place, run)| (run.run_id.as_str(), place));
            (population.name.as_str(), runs.collect())
        })
        .collect();
    let mut rows = Rows::open(file, ["population", "order", "index", "run_id"])?;
    // By population and number, runs by index.
    let mut found: BTreeMap<(String, u64), BTreeMap<u64, usize>> = BTreeMap::new();
    while rows.step()? {
        let [population, number, index, run] = rows.values();
        let runs = places.get(population).ok_or_else(|| {
            let names: Vec<String> = populations.iter().take(5).map(|p| format!("`{}`", p.name)).collect();
            let more = if populations.len() > 5 { ", ..." } else { "" };
            rows.fail(format!("unknown population `{population}`"))
                .help(format!("there are {}{more}", names.join(", ")))
        })?;
        let place = *runs
            .get(run)
            .ok_or_else(|| rows.fail(format!("unknown run `{run}` in population `{population}`")))?;
        let whole = |name: &str, text: &str| {
            text.trim()
                .parse::<u64>()
                .map_err(|_| rows.fail(format!("`{name}` is `{text}`, expected a whole number")))
        };
        let (number, index) = (whole("order", number)?, whole("index", index)?);
        let order = found.entry((population.to_owned(), number)).or_default();
        if order.insert(index, place).is_some() {
            return Err(rows.fail(format!("index {index} occurs twice in order {number} of `{population}`")));
        }
    }
    let mut orders: HashMap<String, Vec<Order>> = HashMap::new();
    for ((population, number), by_index) in found {
        let runs: Vec<usize> = by_index.into_values().collect();
        let mut seen = runs.clone();
        seen.sort_unstable();
        if let Some(pair) = seen.windows(2).find(|pair| pair[0] == pair[1]) {
            let run =
                populations.iter().find(|p| p.name == population).map_or("", |p| &p.runs[pair[0]].run_id);
            let message =
                format!("`{}`: run `{run}` occurs twice in order {number} of `{population}`", file.display());
            return Err(Failure::new(Exit::Environment, message));
        }
        orders.entry(population).or_default().push(Order { number, runs });
    }
    if orders.is_empty() {
        return Err(Failure::new(
            Exit::Environment,
            format!("`{}` has no rows below its header", file.display()),
        ));
    }
    Ok(orders)
}

#[cfg(test)]
mod tests {
    use peng_estimator::replay::RecordedRun;

    use super::*;

    fn population(name: &str, runs: usize) -> Population {
        let run = |number: usize| RecordedRun { run_id: number.to_string(), ..RecordedRun::default() };
        Population { name: name.to_owned(), runs: (0..runs).map(run).collect() }
    }

    #[test]
    fn shuffles_depend_on_population_and_number_alone() {
        let shuffle = |name, number| shuffled(&population(name, 10), number).runs;
        assert_eq!(shuffle("a", 0), (0..10).collect::<Vec<_>>());
        // The stream is a promise: decisions of other versions can be compared.
        assert_eq!(shuffle("a", 1), [8, 7, 4, 2, 3, 0, 5, 9, 6, 1]);
        assert_ne!(shuffle("a", 1), shuffle("b", 1));
        assert_ne!(shuffle("a", 1), shuffle("a", 2));
        let mut sorted = shuffle("a", 2);
        sorted.sort_unstable();
        assert_eq!(sorted, shuffle("a", 0));
    }

    #[test]
    fn the_limit_cuts_after_the_shuffle() {
        let population = population("a", 10);
        let whole = Orders::Number(3).of(&population, usize::MAX);
        let cut = Orders::Number(3).of(&population, 4);
        assert_eq!((whole.len(), cut.len()), (3, 3));
        for (whole, cut) in whole.iter().zip(&cut) {
            assert_eq!(whole.runs[..4], cut.runs);
            assert_eq!(cut.runs.capacity(), 4);
        }
    }
}
