//! The measures of one population: the decisions of a policy on its runs, in one or more orders.
//!
//! Everything that needs sorting is sorted once; a resample is a weight for each run.

use std::collections::HashMap;

use serde::Serialize;

use super::bootstrap::intervals;
use super::interval::{share_interval, weighted_quantile};
use super::measure::{Measure, Values};
use super::rank::Pairs;
use super::summary::Summary;
use crate::curve::Direction;
use crate::replay::{Decision, RecordedRun};
use crate::scale::Scale;
use crate::trial::Outcome;

/// A smaller spread is none: the true scores are one but for rounding, and no error has a share of it.
const LEAST_SPREAD: f64 = 1e-9;
/// True scores that differ by no more are equally good.
const EQUALLY_GOOD: f64 = 1e-9;

/// What scoring takes as given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scoring {
    /// Which values of the metric are better.
    pub direction: Direction,
    /// How the metric becomes a score; `None`: its own units, turned round where smaller values are better.
    pub scale: Option<Scale>,
    /// The confidence of intervals, above 0 and below 1.
    pub confidence: f64,
    /// What the resamples are drawn from.
    pub seed: u64,
    /// How many of the runs are the top.
    pub top: Top,
}

/// How many of the runs are the top.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Top {
    /// A tenth, rounded up.
    #[default]
    Tenth,
    /// So many, or all if there are fewer.
    Count(u64),
}

impl Top {
    /// How many of so many runs.
    pub fn of(self, runs: u64) -> u64 {
        match self {
            Self::Tenth => runs.div_ceil(10),
            Self::Count(count) => count.min(runs),
        }
    }
}

/// The best of a population in truth and by fitness, as places in the order of the search, the best first; ties by that
/// order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sets {
    /// The best in truth.
    pub truly: Vec<usize>,
    /// Those that were handed over as the best.
    pub predicted: Vec<usize>,
}

/// The best sets of decisions on a population.
pub fn sets(runs: &[RecordedRun], decisions: &[Decision], scoring: &Scoring) -> Result<Sets, ScoreError> {
    let mut rows = Rows::default();
    for (member, decision) in decisions.iter().enumerate() {
        let run = runs.iter().find(|run| run.run_id == decision.run_id);
        let run = run.ok_or_else(|| ScoreError::Unknown { run_id: decision.run_id.clone() })?;
        rows.push(member, decision, run, scoring);
    }
    let size = scoring.top.of(decisions.len() as u64) as usize;
    let order = Order::new(rows, scoring.top);
    let first = |of: &[usize]| of.iter().copied().take(size).collect();
    Ok(Sets { truly: first(&order.by_truth), predicted: first(&order.by_fitness) })
}

/// A policy's decisions on a population, counted, over all orders.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Counts {
    /// Number of runs.
    pub runs: usize,
    /// Number of orders.
    pub orders: usize,
    /// Number of decisions.
    pub decisions: usize,
    /// Runs that were trained to the end.
    pub completed: usize,
    /// Runs that converged.
    pub converged: usize,
    /// Runs that were pruned.
    pub pruned: usize,
    /// Runs without an error, since their truth or prediction is NaN or infinite and no scale makes it a score.
    pub unscored: usize,
    /// Share of the runs that converged, 0 to 1.
    pub converged_share: f64,
    /// Its exact interval, for one order.
    pub converged_interval: Option<[f64; 2]>,
    /// Epochs trained.
    pub epochs_trained: f64,
    /// Epochs recorded.
    pub epochs_planned: f64,
}

/// A policy on a population: means over the orders, with intervals over the runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scored {
    /// What was decided.
    #[serde(flatten)]
    pub counts: Counts,
    /// How good it was.
    #[serde(flatten)]
    pub summary: Summary,
}

/// Why decisions cannot be scored.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ScoreError {
    /// A decision on a run that is not recorded.
    #[error("no run `{run_id}` is recorded")]
    Unknown {
        /// The run's name.
        run_id: String,
    },
    /// The confidence is no share between 0 and 1.
    #[error("the confidence is {confidence}; expected more than 0 and less than 1")]
    Confidence {
        /// As given.
        confidence: f64,
    },
}

/// Scores what a policy decided on a population, an entry of `orders` an order.
///
/// Intervals resample the runs that occur in an order, the same ones in each order.
pub fn score(runs: &[RecordedRun], orders: &[&[Decision]], scoring: &Scoring) -> Result<Scored, ScoreError> {
    let confidence = scoring.confidence;
    if !(confidence > 0.0 && confidence < 1.0) {
        return Err(ScoreError::Confidence { confidence });
    }
    let place: HashMap<&str, usize> =
        runs.iter().enumerate().map(|(place, run)| (run.run_id.as_str(), place)).collect();
    // Members of the population are numbered as they first occur, so that unused runs are never drawn.
    let mut members: HashMap<usize, usize> = HashMap::new();
    let mut counts = Counts { orders: orders.len(), ..Counts::default() };
    let mut measured = Vec::new();
    for &decisions in orders {
        let mut rows = Rows::default();
        for decision in decisions {
            let Some(&place) = place.get(decision.run_id.as_str()) else {
                return Err(ScoreError::Unknown { run_id: decision.run_id.clone() });
            };
            let next = members.len();
            let member = *members.entry(place).or_insert(next);
            rows.push(member, decision, &runs[place], scoring);
            counts.add(decision, &runs[place]);
        }
        counts.unscored += rows.error.iter().filter(|error| error.is_nan()).count();
        measured.push(Order::new(rows, scoring.top));
    }
    counts.runs = members.len();
    counts.converged_share = counts.converged as f64 / counts.decisions.max(1) as f64;
    counts.converged_interval =
        (orders.len() == 1).then(|| share_interval(counts.converged, counts.decisions, confidence));
    let values = |weight: &[u32]| super::mean(measured.iter().map(|order| order.values(weight)));
    let intervals = intervals(members.len(), scoring.seed, confidence, values);
    let once = vec![1; members.len()];
    let by_order: Vec<Values> = measured.iter().map(|order| order.values(&once)).collect();
    let undefined =
        Measure::ALL.map(|measure| usize::from(by_order.iter().any(|values| values.get(measure).is_none())));
    let values = super::mean(by_order.into_iter());
    Ok(Scored { counts, summary: Summary { values, intervals, undefined } })
}

impl Counts {
    fn add(&mut self, decision: &Decision, run: &RecordedRun) {
        self.decisions += 1;
        match decision.outcome {
            Outcome::Completed => self.completed += 1,
            Outcome::Converged => self.converged += 1,
            Outcome::Pruned => self.pruned += 1,
            Outcome::Failed => {}
        }
        self.epochs_trained += decision.stop_epoch.to_f64();
        self.epochs_planned += run.curve.last().map_or(0.0, |point| point.at.to_f64());
    }
}

/// What there is of each run in one order, in that order.
#[derive(Default)]
struct Rows {
    member: Vec<usize>,
    /// True final scores; without a scale, negative infinity for those that are no finite value.
    truth: Vec<f64>,
    fitness: Vec<f64>,
    /// `fitness - truth`; NaN where either is not finite.
    error: Vec<f64>,
    seen: Vec<f64>,
    planned: Vec<f64>,
    /// Whether the interval holds the truth, where there is one.
    covered: Vec<Option<bool>>,
}

impl Rows {
    fn push(&mut self, member: usize, decision: &Decision, run: &RecordedRun, scoring: &Scoring) {
        let value = run.curve.last().map_or(f64::NAN, |point| point.value);
        let truth = oriented(value, scoring);
        let is_whole = decision.points_seen >= decision.points_planned;
        let fitness = if is_whole { truth } else { oriented(decision.predicted_final, scoring) };
        self.member.push(member);
        self.truth.push(truth);
        self.fitness.push(fitness);
        self.error.push(if truth.is_finite() && fitness.is_finite() { fitness - truth } else { f64::NAN });
        self.seen.push(decision.points_seen.min(decision.points_planned) as f64);
        self.planned.push(decision.points_planned as f64);
        self.covered.push(decision.interval.map(|ends| holds(ends.map(|end| oriented(end, scoring)), truth)));
    }
}

/// Whether the truth lies between two ends in either order: beyond the ends of a scale, such as a loss that diverged, the score
/// is all that counts.
fn holds(ends: [f64; 2], truth: f64) -> bool {
    let [low, high] = [ends[0].min(ends[1]), ends[0].max(ends[1])];
    low - EQUALLY_GOOD <= truth && truth <= high + EQUALLY_GOOD
}

/// A value as a score, or at least with larger ones better; what is no finite value is worst.
fn oriented(value: f64, scoring: &Scoring) -> f64 {
    // Adding 0 makes -0 the same as 0.
    match (scoring.scale, scoring.direction) {
        (Some(scale), _) => scale.score(value) + 0.0,
        (None, _) if !value.is_finite() => f64::NEG_INFINITY,
        (None, Direction::Maximize) => value + 0.0,
        (None, Direction::Minimize) => 0.0 - value,
    }
}

/// One order, ready to be measured under any weights.
struct Order {
    rows: Rows,
    /// Best first, ties in the order of the search.
    by_truth: Vec<usize>,
    by_fitness: Vec<usize>,
    /// Those with an error, smallest absolute one first.
    by_error: Vec<usize>,
    pairs: Pairs,
    /// The lowest finite truth, as which an infinite one counts in means; `None` if there is none.
    floor: Option<f64>,
    top: Top,
}

impl Order {
    fn new(rows: Rows, top: Top) -> Self {
        let best_first = |values: &[f64]| {
            let mut order: Vec<usize> = (0..values.len()).collect();
            order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
            order
        };
        let mut by_error: Vec<usize> = (0..rows.error.len()).filter(|&i| !rows.error[i].is_nan()).collect();
        by_error.sort_by(|&a, &b| rows.error[a].abs().total_cmp(&rows.error[b].abs()));
        Order {
            by_truth: best_first(&rows.truth),
            by_fitness: best_first(&rows.fitness),
            by_error,
            pairs: Pairs::new(&rows.fitness, &rows.truth),
            floor: rows.truth.iter().copied().filter(|truth| truth.is_finite()).reduce(f64::min),
            rows,
            top,
        }
    }

    /// The measures where each member of the population occurs that often.
    fn values(&self, members: &[u32]) -> Values {
        let weight: Vec<u32> = self.rows.member.iter().map(|&member| members[member]).collect();
        let runs: u64 = weight.iter().map(|&w| u64::from(w)).sum();
        let mut values = Values::default();
        if runs == 0 {
            return values;
        }
        self.effort(&weight, &mut values);
        self.errors(&weight, &mut values);
        values.set(Measure::Spearman, self.pairs.spearman(&weight).unwrap_or(0.0));
        values.set(Measure::Kendall, self.pairs.kendall(&weight).unwrap_or(0.0));
        self.selection(&weight, self.top.of(runs), &mut values);
        values
    }

    fn effort(&self, weight: &[u32], values: &mut Values) {
        let sum = |of: &[f64]| of.iter().zip(weight).map(|(&x, &w)| x * f64::from(w)).sum::<f64>();
        let (seen, planned) = (sum(&self.rows.seen), sum(&self.rows.planned));
        values.set(Measure::Saved, 100.0 * (1.0 - seen / planned));
        values.set(Measure::SpeedUp, planned / seen);
        let whole = self
            .rows
            .seen
            .iter()
            .zip(&self.rows.planned)
            .map(|(seen, planned)| f64::from(u8::from(seen >= planned)));
        values.set(Measure::Completed, 100.0 * share(whole.zip(weight.iter().copied())));
        let covered = self.rows.covered.iter().zip(weight);
        let covered = covered.filter_map(|(covered, &w)| Some((f64::from(u8::from((*covered)?)), w)));
        values.set(Measure::Coverage, 100.0 * share(covered));
    }

    fn errors(&self, weight: &[u32], values: &mut Values) {
        let rows = &self.rows;
        let of = |value: fn(f64) -> f64| {
            share(rows.error.iter().zip(weight).filter(|(e, _)| !e.is_nan()).map(|(&e, &w)| (value(e), w)))
        };
        values.set(Measure::Mae, of(f64::abs));
        values.set(Measure::Shift, of(|error| error));
        let stopped =
            (0..weight.len()).filter(|&i| rows.seen[i] < rows.planned[i] && !rows.error[i].is_nan());
        let stopped = share(stopped.map(|i| (rows.error[i].abs(), weight[i])));
        values.set(Measure::MaeStopped, if stopped.is_nan() { 0.0 } else { stopped });
        let sizes = self.by_error.iter().map(|&i| (rows.error[i].abs(), weight[i]));
        values.set(Measure::P90, weighted_quantile(sizes.clone(), 0.9).unwrap_or(f64::NAN));
        values.set(Measure::Max, weighted_quantile(sizes, 1.0).unwrap_or(f64::NAN));
        let finite = self
            .by_truth
            .iter()
            .rev()
            .map(|&i| (rows.truth[i], weight[i]))
            .filter(|(truth, _)| truth.is_finite());
        if let (Some(low), Some(high)) =
            (weighted_quantile(finite.clone(), 0.05), weighted_quantile(finite, 0.95))
        {
            values.set(Measure::Spread, high - low);
            values.set(Measure::Nmae, of_spread(of(f64::abs), high - low));
        }
    }

    /// What matters to a search: the best `size` runs.
    fn selection(&self, weight: &[u32], size: u64, values: &mut Values) {
        let Some(floor) = self.floor else { return };
        let finite = |value: f64| if value.is_finite() { value } else { floor };
        let (truth, fitness) = (&self.rows.truth, &self.rows.fitness);
        let (best, chosen) = (top(&self.by_truth, weight, size), top(&self.by_fitness, weight, size));
        let mean = |of: &[f64], set: &[(usize, u32)]| share(set.iter().map(|&(i, w)| (finite(of[i]), w)));
        let mut in_best = vec![0_u32; truth.len()];
        for &(index, copies) in &best {
            in_best[index] = copies;
        }
        let common: u64 = chosen.iter().map(|&(i, copies)| u64::from(copies.min(in_best[i]))).sum();
        let [(first, _), ..] = best[..] else { return };
        let (Some(&(last, _)), Some(&(winner, _))) = (best.last(), chosen.first()) else { return };
        let worst_of_best = truth[last];
        let tied =
            chosen.iter().map(|&(i, w)| (f64::from(u8::from(truth[i] >= worst_of_best - EQUALLY_GOOD)), w));
        let regret = mean(truth, &best) - mean(truth, &chosen);
        values.set(Measure::Recall, 100.0 * common as f64 / size as f64);
        values.set(Measure::RecallTied, 100.0 * share(tied));
        values.set(Measure::Regret, regret);
        values.set(Measure::RegretBest, finite(truth[first]) - finite(truth[winner]));
        values.set(Measure::PaperDifference, mean(fitness, &chosen) - mean(truth, &best));
        if let Some(spread) = values.get(Measure::Spread) {
            values.set(Measure::Nreg, of_spread(regret, spread));
        }
    }
}

/// The first `size` copies in an order, as indices with their number of copies.
fn top(order: &[usize], weight: &[u32], size: u64) -> Vec<(usize, u32)> {
    let mut left = size;
    let mut taken = Vec::new();
    for &index in order {
        let copies = u64::from(weight[index]).min(left);
        if copies > 0 {
            taken.push((index, copies as u32));
            left -= copies;
        }
        if left == 0 {
            break;
        }
    }
    taken
}

/// In percent of the spread; NaN where there is none.
fn of_spread(points: f64, spread: f64) -> f64 {
    if spread < LEAST_SPREAD { f64::NAN } else { 100.0 * points / spread }
}

/// The weighted mean; NaN without weight.
fn share(of: impl Iterator<Item = (f64, u32)>) -> f64 {
    let (sum, weight) =
        of.fold((0.0, 0.0), |(sum, weight), (value, w)| (sum + value * f64::from(w), weight + f64::from(w)));
    sum / weight
}

#[cfg(test)]
mod tests;
