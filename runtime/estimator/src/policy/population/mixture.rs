//! The model at one decision point: candidates weighted by how well they predict what they have not seen, with an
//! uncertainty that is set right by the residuals of the mixture itself.

use super::gaussian::{Candidate, Candidates, Target, from_log, to_log};
use super::kernel::{Closeness, Inputs, Kernel};

/// The power of the leave-one-out likelihood that weighs candidates: neighbouring points are no independent evidence.
const TEMPER: f64 = 0.5;
/// Candidates with less than this share of the best one's weight are dropped.
const LEAST_WEIGHT: f64 = 0.03;
/// How many examples' worth of "as everywhere" the local noise starts with.
const LOCAL_PRIOR: f64 = 3.0;
/// No residual counts as more than so many deviations (squared) in the local noise.
const MOST_SURPRISE: f64 = 16.0;
/// By how much deviations are widened.
const WIDENED: f64 = 1.3;

/// The model at one decision point.
#[derive(Clone, Debug)]
pub(super) struct Mixture {
    inputs: Inputs,
    members: Vec<Member>,
    inverses: Vec<Vec<f64>>,
    /// Squared residuals relative to their variances, by example.
    surprises: Vec<f64>,
    /// Of each example without itself.
    pub(super) left_out: Vec<LeftOut>,
    /// By how much all variances are too small.
    inflation: f64,
    /// The length scale of what counts as near.
    near: f64,
    /// The root mean square of the leave-one-out residuals, in score points.
    pub(super) error: f64,
}

#[derive(Clone, Debug)]
struct Member {
    weight: f64,
    candidate: Candidate,
}

/// A prediction of the final score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Guess {
    /// The logarithm of the remaining error, and its standard deviation.
    pub(super) log: f64,
    pub(super) log_deviation: f64,
}

/// What is predicted of an example without itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct LeftOut {
    pub(super) guess: Guess,
    /// How far off it is, in deviations, as those of the examples are.
    pub(super) off: f64,
}

impl Guess {
    /// The predicted score.
    pub(super) fn score(self) -> f64 {
        from_log(self.log)
    }

    /// The scores that lie so many deviations to each side.
    pub(super) fn within(self, deviations: f64) -> [f64; 2] {
        let reach = deviations * self.log_deviation;
        [from_log(self.log - reach), from_log(self.log + reach)]
    }

    /// Its standard deviation in score points, widened.
    pub(super) fn deviation(self) -> f64 {
        let half = (from_log(self.log + self.log_deviation) - from_log(self.log - self.log_deviation)) / 2.0;
        WIDENED * half.max(1e-4)
    }
}

impl Mixture {
    /// From the candidates, how well each fits here and at neighbouring points, and the final scores of the examples.
    pub(super) fn new(candidates: Candidates, fits: &[f64]) -> Self {
        let Candidates { inputs, inverses, all, finals } = candidates;
        let best = fits.iter().copied().enumerate().fold((0, f64::NEG_INFINITY), |best, (place, fit)| {
            if fit > best.1 { (place, fit) } else { best }
        });
        let near = all[best.0].kernel.length;
        let weigh = |fit: f64| libm::exp((TEMPER * (fit - best.1)).max(-700.0));
        let mut members: Vec<Member> = all
            .into_iter()
            .zip(fits)
            .map(|(candidate, &fit)| Member { weight: weigh(fit), candidate })
            .filter(|member| member.weight >= LEAST_WEIGHT)
            .collect();
        let total: f64 = members.iter().map(|member| member.weight).sum();
        for member in &mut members {
            member.weight /= total;
        }

        let residuals: Vec<f64> = (0..inputs.count)
            .map(|example| members.iter().map(|member| member.weight * member.residual(example)).sum())
            .collect();
        let spread = |(example, &residual): (usize, &f64)| {
            members.iter().map(|member| member.weight * member.spread(example, residual)).sum::<f64>()
        };
        let spreads: Vec<f64> = residuals.iter().enumerate().map(spread).collect();
        let mut surprises: Vec<f64> =
            residuals.iter().zip(&spreads).map(|(residual, spread)| residual * residual / spread).collect();
        let count = inputs.count as f64;
        let inflation = (surprises.iter().sum::<f64>() / count).max(1e-3);
        let left_out = finals.iter().zip(&residuals).zip(&spreads).zip(&surprises);
        let left_out = left_out.map(|(((last, residual), spread), surprise)| LeftOut {
            guess: Guess {
                log: last - residual,
                log_deviation: (spread * inflation * few(inputs.count)).sqrt(),
            },
            off: (surprise / inflation).sqrt(),
        });
        let left_out = left_out.collect();
        for surprise in &mut surprises {
            *surprise = (*surprise / inflation).min(MOST_SURPRISE);
        }
        let squares = finals.iter().zip(&residuals).map(|(&last, &residual)| {
            let error = from_log(last) - from_log(last - residual);
            error * error
        });
        let error = (squares.sum::<f64>() / count).sqrt();

        let mut kept = Vec::new();
        for (place, inverse) in inverses.into_iter().enumerate() {
            let users = members.iter_mut().filter(|member| member.candidate.inverse == place);
            if users.map(|member| member.candidate.inverse = kept.len()).count() > 0 {
                kept.push(inverse);
            }
        }
        Mixture { inputs, members, inverses: kept, surprises, left_out, inflation, near, error }
    }

    /// The prediction for a trial with these features and this smoothed score.
    pub(super) fn predict(&self, features: &[f64], smoothed: f64) -> Guess {
        let (mut input, mut closeness, mut row) = (Vec::new(), Closeness::default(), Vec::new());
        self.inputs.standard.apply(features, &mut input);
        self.inputs.closeness(|column| input[column], self.inputs.count, &mut closeness);
        let now = to_log(smoothed);
        let (mut kernel, mut inverse, mut unexplained) = (None, None, 0.0);
        let mut parts = Vec::with_capacity(self.members.len());
        for Member { weight, candidate } in &self.members {
            let seen = self.inputs.seen(candidate.kernel.features);
            if kernel != Some(candidate.kernel) {
                candidate.kernel.row(&closeness, seen, &mut row);
                kernel = Some(candidate.kernel);
            }
            if inverse != Some(candidate.inverse) {
                let itself = Kernel::with_itself(self.inputs.norm(&input, candidate.kernel.features));
                unexplained =
                    (itself - quadratic(&self.inverses[candidate.inverse], &row)).max(0.0) + candidate.noise;
                inverse = Some(candidate.inverse);
            }
            let from = match candidate.target {
                Target::Gain => now,
                Target::Final => 0.0,
            };
            let mean = from + candidate.mean + candidate.deviation * dot(&row, &candidate.weights);
            let variance = unexplained * candidate.inflation * candidate.deviation * candidate.deviation;
            parts.push((*weight, mean, variance));
        }
        let log: f64 = parts.iter().map(|(weight, mean, _)| weight * mean).sum();
        let variance: f64 = parts
            .iter()
            .map(|(weight, mean, variance)| weight * (variance + (mean - log) * (mean - log)))
            .sum();
        let variance = variance * self.local_noise(&closeness) * few(self.inputs.count) * self.inflation;
        Guess { log, log_deviation: variance.sqrt() }
    }

    /// How noisy the trials near this one are, relative to all.
    fn local_noise(&self, closeness: &Closeness) -> f64 {
        let scale = 2.0 * self.near * self.near * self.inputs.standard.width() as f64;
        let (mut near, mut noise) = (LOCAL_PRIOR, LOCAL_PRIOR);
        for (&distance, surprise) in closeness.distances[0].iter().zip(&self.surprises) {
            let weight = libm::exp(-distance / scale);
            near += weight;
            noise += weight * surprise;
        }
        noise / near
    }
}

impl Member {
    fn residual(&self, example: usize) -> f64 {
        self.candidate.residuals[example] * self.candidate.deviation
    }

    /// Its variance for an example, and how far it is from the mixture.
    fn spread(&self, example: usize, residual: f64) -> f64 {
        let Candidate { variances, inflation, deviation, .. } = &self.candidate;
        let off = self.residual(example) - residual;
        variances[example] * inflation * deviation * deviation + off * off
    }
}

/// By how much variances that rest on few examples are too small.
fn few(examples: usize) -> f64 {
    1.0 + 2.0 / (examples as f64 - 3.0).max(1.0)
}

fn quadratic(matrix: &[f64], vector: &[f64]) -> f64 {
    matrix.chunks_exact(vector.len()).zip(vector).map(|(row, x)| x * dot(row, vector)).sum()
}

/// Added up in four strands, which is faster and as deterministic.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut strands = [0.0; 4];
    let (whole_a, rest_a) = a.as_chunks::<4>();
    let (whole_b, rest_b) = b.as_chunks::<4>();
    for (a, b) in whole_a.iter().zip(whole_b) {
        for strand in 0..4 {
            strands[strand] += a[strand] * b[strand];
        }
    }
    let rest: f64 = rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum();
    (strands[0] + strands[1]) + (strands[2] + strands[3]) + rest
}
