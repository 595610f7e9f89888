//! Measures a policy on recorded curves: savings, error and regret by data set, at the end of a search and at the time of
//! each stop, and how often intervals cover the truth.
//!
//! `policies CURVES ORDERS KIND PARAMS [sequential|generations] [one|batch] [orders=N] [only=TEXT] [dump=FILE] [sets]
//! [coverage]`
//! CURVES is text: `population NAME SCALE max|min`, then `run ID VALUES...`, `other METRIC VALUES...` and `covariate NAME
//! VALUE` lines; ORDERS is CSV: `population,order,index,run_id`.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program that prints a table"
)]
#![allow(
    clippy::needless_for_each,
    clippy::needless_range_loop,
    clippy::manual_midpoint,
    reason = "a table is numbers by place"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use peng_estimator::{
    Curve, Direction, EndedTrial, Estimator, History, Outcome, Point, PolicyKind, Progress, Revises, Rule,
    Scale, TrainingFacts, TrialRecord, Verdict, policy,
};

type Failure = Box<dyn std::error::Error>;

const LEVELS: [f64; 3] = [0.5, 0.8, 0.95];

struct Population {
    name: String,
    scale: Scale,
    direction: Direction,
    runs: BTreeMap<String, TrialRecord>,
    orders: BTreeMap<usize, Vec<String>>,
}

/// What was decided of one run: points seen and the fitness, at the time of the stop and at the end.
#[derive(Clone)]
struct Decided {
    points: [usize; 2],
    fitness: [f64; 2],
    /// By level: whether the interval covered the truth, at the time and at the end.
    covered: [Option<[bool; 3]>; 2],
}

#[derive(Clone, Copy, Default)]
struct Measures([f64; 5]);

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [curves, orders, kind, params, options @ ..] = &arguments[..] else {
        return Err("usage: policies CURVES ORDERS KIND PARAMS [OPTIONS]".into());
    };
    let option = |name: &str| options.iter().find_map(|option| option.strip_prefix(name));
    let has = |name: &str| options.iter().any(|option| option == name);
    let count: usize = option("orders=").map_or(Ok(5), str::parse)?;
    let only = option("only=").unwrap_or("");
    let kind = policy::find(kind).ok_or("no such kind")?;
    let params: serde_json::Value = serde_json::from_str(params)?;
    let mut rows: Vec<(String, usize, [Measures; 2])> = Vec::new();
    let mut coverage: BTreeMap<String, [[usize; 4]; 2]> = BTreeMap::new();
    let mut dump = String::from("population,order,index,run_id,stop,fitness,stop_now,fitness_now\n");
    for population in read(curves, orders)? {
        let Population { name, .. } = &population;
        if !name.contains(only) {
            continue;
        }
        for (&order, ids) in population.orders.iter().filter(|(order, _)| **order < count) {
            let runs: Vec<&TrialRecord> = ids.iter().map(|id| &population.runs[id]).collect();
            let search = Search { population: &population, runs: &runs, kind, params: &params };
            let decided = search.play(has("generations"), has("one"), has("coverage"))?;
            rows.push((name.clone(), order, [0, 1].map(|when| measure(&population, &runs, &decided, when))));
            let set = name.split('/').next().unwrap_or(name).to_owned();
            for (when, table) in coverage.entry(set).or_default().iter_mut().enumerate() {
                for covered in decided.iter().filter_map(|decided| decided.covered[when]) {
                    table[3] += 1;
                    (0..3).for_each(|level| table[level] += usize::from(covered[level]));
                }
            }
            for (index, (id, decided)) in ids.iter().zip(&decided).enumerate() {
                let Decided { points: [now, end], fitness: [told, last], .. } = decided;
                writeln!(dump, "{name},{order},{index},{id},{end},{last:.4},{now},{told:.4}")?;
            }
        }
    }
    if let Some(file) = option("dump=") {
        fs::write(file, dump)?;
    }
    print_tables(&rows, &coverage, has("sets"));
    Ok(())
}

fn print_tables(
    rows: &[(String, usize, [Measures; 2])],
    coverage: &BTreeMap<String, [[usize; 4]; 2]>,
    sets: bool,
) {
    let set_of = |name: &str| name.split('/').next().unwrap_or(name).to_owned();
    let mut by_order: BTreeMap<usize, BTreeMap<String, Vec<[Measures; 2]>>> = BTreeMap::new();
    let mut by_name: BTreeMap<String, Vec<[Measures; 2]>> = BTreeMap::new();
    for (name, order, measures) in rows {
        by_order.entry(*order).or_default().entry(set_of(name)).or_default().push(*measures);
        by_name.entry(name.clone()).or_default().push(*measures);
    }
    let mean = |all: &[[Measures; 2]], when: usize| {
        let mut sum = [0.0; 5];
        all.iter().for_each(|both| (0..5).for_each(|k| sum[k] += both[when].0[k] / all.len() as f64));
        Measures(sum)
    };
    if sets {
        println!("| population | saved | nMAE | rho | rec10t | nReg | +- | at the time |");
        for (name, all) in &by_name {
            let end = mean(all, 1);
            let spread = all.iter().map(|both| (both[1].0[4] - end.0[4]).powi(2)).sum::<f64>();
            let error = (spread / (all.len() as f64 - 1.0).max(1.0) / all.len() as f64).sqrt();
            println!("| {name} | {} | {error:.2} | {} |", show(end), show(mean(all, 0)));
        }
    }
    for (label, when) in [("end", 1), ("now", 0)] {
        let orders: Vec<Measures> = by_order
            .values()
            .map(|sets| {
                let each: Vec<[Measures; 2]> =
                    sets.values().map(|all| [mean(all, 0), mean(all, 1)]).collect();
                mean(&each, when)
            })
            .collect();
        let pairs: Vec<[Measures; 2]> = orders.iter().map(|&order| [order, order]).collect();
        let all = mean(&pairs, 0);
        let error = |k: usize| {
            let count = orders.len() as f64;
            let spread = orders.iter().map(|order| (order.0[k] - all.0[k]).powi(2)).sum::<f64>();
            (spread / (count - 1.0).max(1.0) / count).sqrt()
        };
        let worst = by_name.values().map(|each| mean(each, when).0[4]).fold(0.0, f64::max);
        println!(
            "{label}: saved {:.1}+-{:.1} nMAE {:.2}+-{:.2} rho {:.3} rec {:.2} nReg {:.2}+-{:.2} worst {worst:.1}",
            all.0[0],
            error(0),
            all.0[1],
            error(1),
            all.0[2],
            all.0[3],
            all.0[4],
            error(4)
        );
    }
    for (label, when) in [("now", 0), ("end", 1)] {
        let mut shares = Vec::new();
        for (set, tables) in coverage {
            let [a, b, c, count] = tables[when];
            if count > 0 {
                shares.push([a, b, c].map(|hits| 100.0 * hits as f64 / count as f64));
                if sets {
                    println!("coverage {label} {set}: {:.1?} of {count}", shares[shares.len() - 1]);
                }
            }
        }
        let mean = [0, 1, 2].map(|k| shares.iter().map(|s| s[k]).sum::<f64>() / shares.len().max(1) as f64);
        println!("coverage {label}, mean over sets: {mean:.1?}");
    }
}

fn show(Measures([saved, nmae, rho, rec, nreg]): Measures) -> String {
    format!("{saved:.1} | {nmae:.2} | {rho:.3} | {rec:.2} | {nreg:.2}")
}

struct Search<'a> {
    population: &'a Population,
    runs: &'a [&'a TrialRecord],
    kind: &'a dyn PolicyKind,
    params: &'a serde_json::Value,
}

impl Search<'_> {
    fn play(&self, generations: bool, one_at_a_time: bool, covers: bool) -> Result<Vec<Decided>, Failure> {
        let longest = self.runs.iter().map(|run| run.curve.len()).max().unwrap_or(0);
        let reviser = LEVELS.map(|level| self.build(longest, level));
        let Some(main) = &reviser[0] else { return Err("the policy does not fit".into()) };
        let revises = main.needs().revises;
        let mut history = History::default();
        let mut decided: Vec<Decided> = Vec::new();
        let numbers: Vec<usize> = (0..self.runs.len()).collect();
        for generation in numbers.chunks(if generations { 10 } else { 1 }) {
            let mut rules: BTreeMap<usize, Vec<Option<Box<dyn Rule>>>> = BTreeMap::new();
            let mut ended = Vec::new();
            for &number in generation {
                let run = self.runs[number];
                let planned = run.curve.len();
                let rules = rules.entry(planned).or_insert_with(|| {
                    LEVELS
                        .map(|level| Some(self.build(planned, level)?.learn(&history)))
                        .into_iter()
                        .collect()
                });
                let trial = TrialRecord { number, ..run.clone() };
                let truth = run.curve.points()[planned - 1].value;
                let mut one = Decided { points: [planned; 2], fitness: [truth; 2], covered: [None; 2] };
                let mut outcome = Outcome::Completed;
                if let Some(rule) = &rules[0] {
                    let seen = rule.judge(&trial, 0);
                    if let (Verdict::Converged { predicted }, true) = (seen.verdict, seen.points < planned) {
                        one.points = [seen.points; 2];
                        one.fitness = [predicted; 2];
                        outcome = Outcome::Converged;
                        let prefix = trial.prefix(seen.points);
                        let inside = |rule: &Option<Box<dyn Rule>>| {
                            let interval = rule.as_ref().and_then(|rule| rule.judge(&prefix, 0).interval);
                            interval.is_some_and(|[low, high]| self.covers(low, high, truth))
                        };
                        if covers {
                            one.covered[0] = Some([0, 1, 2].map(|level| inside(&rules[level])));
                        }
                    }
                }
                let record = trial.prefix(one.points[0]);
                ended.push(EndedTrial { record, points_planned: planned, outcome, fitness: one.fitness[0] });
                decided.push(one);
            }
            history.trials.extend(ended);
            if generations && revises == Revises::EachGeneration {
                self.revise(&**main, &mut history, &mut decided, one_at_a_time);
                for &number in generation {
                    let Decided { points, fitness, .. } = &mut decided[number];
                    (points[0], fitness[0]) = (points[1], fitness[1]);
                }
            }
        }
        if revises != Revises::Never {
            self.revise(&**main, &mut history, &mut decided, one_at_a_time);
            let revisions: Vec<_> =
                reviser.iter().flatten().map(|each| each.revise(&history).predictions).collect();
            for place in 0..revisions[0].len() {
                let number = revisions[0][place].number;
                let run = self.runs[number];
                let truth = run.curve.points()[run.curve.len() - 1].value;
                let inside = |level: usize| {
                    revisions[level][place].interval.is_some_and(|[low, high]| self.covers(low, high, truth))
                };
                decided[number].covered[1] = Some([0, 1, 2].map(inside));
            }
        }
        Ok(decided)
    }

    /// Possible values only: beyond the scale's ends the score is all that counts.
    fn covers(&self, low: f64, high: f64, truth: f64) -> bool {
        let score = |value: f64| self.population.scale.score(value);
        let [a, b, truth] = [score(low), score(high), score(truth)];
        (a.min(b) - 1e-9..=a.max(b) + 1e-9).contains(&truth)
    }

    fn revise(&self, estimator: &dyn Estimator, history: &mut History, decided: &mut [Decided], one: bool) {
        loop {
            let revision = estimator.revise(history);
            for revised in &revision.predictions {
                decided[revised.number].fitness[1] = revised.predicted;
                history.trials[revised.number].fitness = revised.predicted;
            }
            let most = if one { 1 } else { usize::MAX };
            for resumption in revision.resumptions.iter().take(most) {
                let (run, trial) = (self.runs[resumption.number], &mut history.trials[resumption.number]);
                let points = resumption.until_points;
                assert!(points > trial.record.curve.len() && points <= run.curve.len());
                trial.record = TrialRecord { number: resumption.number, ..run.prefix(points) };
                decided[resumption.number].points[1] = points;
                if points == run.curve.len() {
                    trial.outcome = Outcome::Completed;
                    trial.fitness = run.curve.points()[points - 1].value;
                    decided[resumption.number].fitness[1] = trial.fitness;
                }
            }
            if revision.resumptions.is_empty() {
                return;
            }
        }
    }

    fn build(&self, points: usize, confidence: f64) -> Option<Box<dyn Estimator>> {
        let facts = TrainingFacts {
            planned: Progress::whole(points as u32),
            measure_every: Progress::whole(1),
            points,
            direction: self.population.direction,
            scale: Some(self.population.scale),
            confidence,
            costs: Vec::new(),
        };
        self.kind.build(self.params.clone(), &facts).ok()
    }
}

fn measure(population: &Population, runs: &[&TrialRecord], decided: &[Decided], when: usize) -> Measures {
    let score = |value: f64| population.scale.score(value);
    let truth: Vec<f64> =
        runs.iter().map(|run| score(run.curve.points()[run.curve.len() - 1].value)).collect();
    let told: Vec<f64> = decided.iter().map(|decided| score(decided.fitness[when])).collect();
    let seen: usize = decided.iter().map(|decided| decided.points[when]).sum();
    let planned: usize = runs.iter().map(|run| run.curve.len()).sum();
    let count = truth.len();
    let best = count.div_ceil(10);
    let top = |values: &[f64]| {
        let mut places: Vec<usize> = (0..count).collect();
        places.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
        places.truncate(best);
        places
    };
    let (true_top, told_top) = (top(&truth), top(&told));
    let mut sorted = truth.clone();
    sorted.sort_by(f64::total_cmp);
    let spread = (percentile(&sorted, 0.95) - percentile(&sorted, 0.05)).max(1e-9);
    let error = truth.iter().zip(&told).map(|(a, b)| (a - b).abs()).sum::<f64>() / count as f64;
    let mean = |places: &[usize]| places.iter().map(|&place| truth[place]).sum::<f64>() / best as f64;
    let kth = truth[true_top[best - 1]];
    let found = told_top.iter().filter(|&&place| truth[place] >= kth - 1e-9).count();
    Measures([
        100.0 * (1.0 - seen as f64 / planned as f64),
        100.0 * error / spread,
        correlation(&ranks(&truth), &ranks(&told)),
        found as f64 / best as f64,
        100.0 * (mean(&true_top) - mean(&told_top)) / spread,
    ])
}

fn percentile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let below = place as usize;
    let above = sorted[(below + 1).min(sorted.len() - 1)];
    sorted[below] + (place - below as f64) * (above - sorted[below])
}

fn ranks(values: &[f64]) -> Vec<f64> {
    let rank = |x: &f64| {
        let below = values.iter().filter(|y| *y < x).count();
        let equal = values.iter().filter(|y| *y == x).count();
        below as f64 + (equal as f64 + 1.0) / 2.0
    };
    values.iter().map(rank).collect()
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let mut sums = [0.0; 3];
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (a - mean_a, b - mean_b);
        sums = [sums[0] + a * b, sums[1] + a * a, sums[2] + b * b];
    }
    if sums[1] == 0.0 || sums[2] == 0.0 { 0.0 } else { sums[0] / (sums[1] * sums[2]).sqrt() }
}

fn read(curves: &str, orders: &str) -> Result<Vec<Population>, Failure> {
    let mut populations: Vec<Population> = Vec::new();
    let mut id = String::new();
    for line in fs::read_to_string(curves)?.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["population", name, scale, direction] => populations.push(Population {
                name: name.to_owned(),
                scale: scale.parse()?,
                direction: if direction == "max" { Direction::Maximize } else { Direction::Minimize },
                runs: BTreeMap::new(),
                orders: BTreeMap::new(),
            }),
            [word @ ("run" | "other" | "covariate"), name, ref values @ ..] => {
                let population = populations.last_mut().ok_or("a run before its population")?;
                if word == "run" {
                    name.clone_into(&mut id);
                }
                let run = population.runs.entry(id.clone()).or_default();
                match word {
                    "run" => run.curve = curve(values)?,
                    "other" => drop(run.others.insert(name.to_owned(), curve(values)?)),
                    _ => drop(run.covariates.insert(name.to_owned(), values[0].parse()?)),
                }
            }
            _ => return Err(format!("unreadable: {line}").into()),
        }
    }
    for line in fs::read_to_string(orders)?.lines().skip(1) {
        let [name, order, _, id] = line.split(',').collect::<Vec<_>>()[..] else { return Err(line.into()) };
        if let Some(population) = populations.iter_mut().find(|population| population.name == name) {
            population.orders.entry(order.parse()?).or_default().push(id.to_owned());
        }
    }
    Ok(populations)
}

fn curve(values: &[&str]) -> Result<Curve, Failure> {
    let mut curve = Curve::new();
    for (value, epoch) in values.iter().zip(1..) {
        curve.push(Point { at: Progress::whole(epoch), value: value.parse()? })?;
    }
    Ok(curve)
}
