//! What a comparison must not depend on: the number of threads, the order of the populations, the other data sets.

use std::num::NonZeroUsize;

use peng_estimator::replay::{HistoryRule, RecordedRun};
use peng_estimator::{CostObjective, Curve, Direction, Point, Progress, Scale, policy};
use peng_runtime::report::Compared;

use super::compare::{Given, Task, compare, play};
use super::dataset::{Dataset, Population};
use super::orders::{Orders, OrdersArg};
use crate::commands::estimator::Asked;
use crate::commands::gaps::Gaps;

fn asked(kind: &str) -> Asked {
    Asked {
        name: kind.to_owned(),
        kind: policy::find(kind).unwrap(),
        params: serde_json::json!({}),
        metrics: Vec::new(),
        audits: Vec::new(),
    }
}

/// Curves that saturate, each at its own height and pace.
fn population(name: &str, runs: u32) -> Population {
    let run = |number: u32| {
        let top = 40.0 + f64::from(number * 7 % 50);
        let pace = 1.1 + f64::from(number % 5) / 4.0;
        let points = (1..=12).map(|epoch: i32| Point {
            at: Progress::whole(epoch.unsigned_abs()),
            value: top - top * pace.powi(-epoch) + f64::from(number * 13 % 7) * 0.1 / f64::from(epoch),
        });
        RecordedRun {
            run_id: number.to_string(),
            curve: Curve::try_from(points.collect::<Vec<_>>()).unwrap(),
            ..RecordedRun::default()
        }
    };
    Population { name: name.to_owned(), runs: (0..runs).map(run).collect() }
}

fn dataset(name: &str, populations: &[(&str, u32)]) -> Dataset {
    Dataset {
        name: name.to_owned(),
        metric: "val_accuracy".to_owned(),
        direction: Direction::Maximize,
        scale: Some(Scale::Percent),
        populations: populations.iter().map(|&(name, runs)| population(name, runs)).collect(),
        gaps: Gaps::default(),
    }
}

fn compared(datasets: &[Dataset], threads: usize) -> Vec<Compared> {
    let estimators = policy::POLICIES.iter().map(|kind| asked(kind.name())).collect::<Vec<_>>();
    let populations: Vec<&Population> = datasets.iter().flat_map(|dataset| &dataset.populations).collect();
    let source = Orders::new(&OrdersArg::Number(3), &populations).unwrap();
    let orders: Vec<Vec<_>> = datasets
        .iter()
        .map(|dataset| dataset.populations.iter().map(|population| source.of(population, 25)).collect())
        .collect();
    let mut tasks = Vec::new();
    for (estimator, asked) in estimators.iter().enumerate() {
        for (dataset, orders) in datasets.iter().zip(&orders) {
            for (population, orders) in dataset.populations.iter().zip(orders) {
                tasks.push(Task { estimator, asked, dataset, population, orders });
            }
        }
    }
    let threads = NonZeroUsize::new(threads).unwrap();
    let history = HistoryRule::Generations { size: 10 };
    let given = Given { confidence: 0.8, history, costs: &[], threads };
    let played = play(&tasks, &given);
    compare(&estimators, &tasks, &played, &given).unwrap()
}

#[test]
fn threads_do_not_matter() {
    let datasets = [dataset("one", &[("one/a", 30), ("one/b", 20)]), dataset("two", &[("two", 40)])];
    let alone = compared(&datasets, 1);
    assert!(alone.iter().all(|compared| compared.by_population.len() == 3));
    assert_eq!(alone, compared(&datasets, 2));
    assert_eq!(alone, compared(&datasets, 5));
}

#[test]
fn the_order_of_populations_does_not_matter() {
    let one = compared(&[dataset("one", &[("one/a", 30), ("one/b", 20)])], 2);
    let other = compared(&[dataset("one", &[("one/b", 20), ("one/a", 30)])], 2);
    for (one, other) in one.iter().zip(&other) {
        let reversed: Vec<_> = other.by_population.iter().rev().cloned().collect();
        assert_eq!(one.by_population, reversed);
        assert_eq!(one.mean.values(), other.mean.values());
    }
}

#[test]
fn what_a_data_set_yields_does_not_depend_on_the_others() {
    let one = compared(&[dataset("one", &[("one", 30)])], 2);
    let both = compared(&[dataset("two", &[("two", 20)]), dataset("one", &[("one", 30)])], 2);
    for (one, both) in one.iter().zip(&both) {
        assert_eq!(one.by_dataset[0], both.by_dataset[1]);
        assert_eq!(one.by_population[0], both.by_population[1]);
    }
}

#[test]
fn another_objective_keeps_networks_that_may_enter_the_front_in_training() {
    let mut datasets = [dataset("one", &[("one", 40)])];
    for (number, run) in datasets[0].populations[0].runs.iter_mut().enumerate() {
        run.covariates.insert("flops".to_owned(), (number * 17 % 41) as f64);
    }
    let asked = asked("population");
    let population = &datasets[0].populations[0];
    let orders = Orders::new(&OrdersArg::Number(1), &[population]).unwrap().of(population, 40);
    let saved = |costs: &[CostObjective]| {
        let task = Task { estimator: 0, asked: &asked, dataset: &datasets[0], population, orders: &orders };
        let threads = NonZeroUsize::MIN;
        let history = HistoryRule::Sequential;
        let given = Given { confidence: 0.8, history, costs, threads };
        let played = play(&[task], &given);
        let decisions = &played[0].as_ref().unwrap().orders[0].1;
        decisions.iter().map(|decision| decision.points_planned - decision.points_seen).sum::<usize>()
    };
    let [one, two] = [saved(&[]), saved(&[CostObjective::minimize("flops".to_owned())])];
    assert!(two < one, "{two} {one}");
}
